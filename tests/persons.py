"""A person at the hub without a browser: cookies, forms with their tokens, redirects looked at one by one."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Self, TypeVar
from urllib.parse import urlsplit

import httpx

T = TypeVar("T")
NAVIGATES = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}


#: Read once: for each browser anew it would take longer than what the browser asks.
_TRUSTED = httpx.create_ssl_context(trust_env=False)


class HubPerson:
    """Somebody with a cookie jar of his or her own.

    Parameters
    ----------
    url : str
    address : str
        Where the person sits: one of this machine's own, 127.x.y.z. Guessing at one address throttles newcomers there.
    """

    def __init__(self, url: str, address: str = "127.0.0.1") -> None:
        self.url = url.rstrip("/")
        transport = httpx.HTTPTransport(local_address=address, verify=_TRUSTED)
        self.http = httpx.Client(base_url=self.url, timeout=30, headers=NAVIGATES, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str) -> httpx.Response:
        """Ask for a page; a redirect is not followed."""
        return self.http.get(path)

    def follow(self, path: str) -> httpx.Response:
        """Ask for a page and go where it leads."""
        return self.http.get(path, follow_redirects=True)

    def post(
        self, path: str, fields: dict[str, str | list[str]], files: dict[str, tuple[str, bytes]] | None = None
    ) -> httpx.Response:
        """Fill in the form of a page and send it; a redirect is not followed."""
        page = self.follow(path)
        token = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
        assert token is not None, f"no form at {page.url}: {page.status_code}"
        return self.http.post(path, data={**fields, "_xsrf": token[1]}, files=files)

    def sign_in(self, user_name: str, password: str) -> httpx.Response:
        """Sign in; returns the answer to the form."""
        return self.post("/hub/login", {"username": user_name, "password": password})

    def call(self, method: str, path: str) -> httpx.Response:
        """Call the API as the page's script would, with its XSRF header."""
        headers = {"X-XSRFToken": self.cookie("_xsrf", path), "Sec-Fetch-Mode": "cors"}
        return self.http.request(method, path, headers=headers)

    def cookie(self, name: str, path: str) -> str:
        """Return the cookie that goes with a path: the hub and each server have their own."""
        fitting = [one for one in self.http.cookies.jar if one.name == name and path.startswith(one.path)]
        return str(max(fitting, key=lambda one: len(one.path)).value) if fitting else ""

    def open_server(self, user_name: str, within_s: float = 60) -> httpx.Response:
        """Start the person's server and return its first page."""
        self.follow("/hub/spawn")
        return until(lambda: _arrived(self.follow(f"/hub/spawn-pending/{user_name}"), user_name), within_s)


def _arrived(page: httpx.Response, user_name: str) -> httpx.Response | None:
    assert page.status_code < 500, page.text
    return page if page.url.path.startswith(f"/user/{user_name}/") else None


def until(condition: Callable[[], T | None], within_s: float, what: Callable[[], str] = lambda: "not in time") -> T:
    """Return the first true value of ``condition``; fails when there is none in time, and says ``what`` then."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)
    return value


def leads_to(answer: httpx.Response) -> str:
    """Return the path that a redirect leads to."""
    assert answer.status_code == 302, f"{answer.status_code}: {answer.text[:300]}"
    return urlsplit(answer.headers["location"]).path
