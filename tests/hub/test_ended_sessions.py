"""A session ended by a System Manager: cookie, server, websocket and kernel are gone within seconds (11.10(d))."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from managing import (
    FIRST,
    SECOND,
    WHY,
    account_of,
    change_password,
    confirm,
    manager,
    signed,
    taken_in,
)
from persons import HubPerson, leads_to, until
from systems import RunningSystem
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

#: So soon on a machine with time to spare; on a busy one, as many of its round trips (the test tells the time).
WITHIN_S = 5.0
ROUND_TRIPS = 60


class Working:
    """A person with a notebook server, a kernel and an open websocket to it."""

    def __init__(self, system: RunningSystem) -> None:
        self.name = f"leaver-{secrets.token_hex(4)}"
        self.password = f"a sentence of {secrets.token_hex(5)} words"
        temporary = taken_in(system, self.name)
        self.hub = HubPerson(system.url)
        assert self.hub.sign_in(self.name, temporary).status_code == 302
        assert leads_to(change_password(self.hub, temporary, self.password)) == "/hub/home"
        self.loop = asyncio.new_event_loop()
        self.is_closed = True

    def open(self) -> None:
        """Start the server and a kernel, and connect to it as a page does."""
        self.hub.open_server(self.name)
        root = f"/user/{self.name}/"
        kernel = self.hub.call("POST", f"{root}api/kernels").json()["id"]
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.hub.http.cookies.jar if root.startswith(one.path))
        token = self.hub.cookie("_xsrf", root)
        url = (
            self.hub.url.replace("http", "ws", 1) + f"{root}api/kernels/{kernel}/channels?session_id=test&_xsrf={token}"
        )
        headers = {"Cookie": cookies, "Origin": self.hub.url}
        self.loop.run_until_complete(self._connect(HTTPRequest(url, headers=headers)))

    async def _connect(self, request: HTTPRequest) -> None:
        def told(message: str | bytes | None) -> None:
            self.is_closed = self.is_closed or message is None  # how tornado tells the end

        self.is_closed = False
        self.socket = await websocket_connect(request, on_message_callback=told)

    @property
    def is_connected(self) -> bool:
        """Whether the websocket is open."""
        self.loop.run_until_complete(asyncio.sleep(0.05))
        return not self.is_closed

    @property
    def processes(self) -> list[int]:
        """The processes of the server and its kernels."""
        wanted = f"JUPYTERHUB_USER={self.name}".encode()
        found = []
        for place in Path("/proc").glob("[0-9]*/environ"):
            try:
                if wanted in place.read_bytes().split(b"\0"):
                    found.append(int(place.parent.name))
            except OSError:
                continue
        return found

    def close(self) -> None:
        """Close everything."""
        self.hub.http.close()
        self.loop.close()


@pytest.fixture
def person(running_system: RunningSystem) -> Iterator[Working]:
    made = Working(running_system)
    yield made
    made.close()


def deactivated(system: RunningSystem, person: Working) -> None:
    by_two(system, person, {"act": "deactivate"})


def given_a_role(system: RunningSystem, person: Working) -> None:
    by_two(system, person, {"act": "assign", "role": "reviewer"})


def by_two(system: RunningSystem, person: Working, fields: dict[str, str]) -> None:
    with manager(system) as first, manager(system, SECOND) as second:
        after = signed(first, FIRST, f"/hub/system/accounts/{account_of(first, person.name)}", fields)
        assert person.hub.get("/hub/home").status_code == 200, "signed by one: nothing has changed"
        confirm(second, SECOND, after)


def reset(system: RunningSystem, person: Working) -> None:
    with manager(system) as first:
        page = f"/hub/system/accounts/{account_of(first, person.name)}"
        assert first.post(page, {"act": "reset", "reason": WHY}).status_code == 200


def reported(system: RunningSystem, person: Working) -> None:
    assert leads_to(person.hub.post("/hub/account", {"act": "compromise", "reason": WHY})) == "/hub/login"


@pytest.mark.parametrize("ending", [deactivated, given_a_role, reset, reported], ids=lambda one: one.__name__)
def test_everything_ends_within_seconds(
    running_system: RunningSystem, person: Working, ending: Callable[[RunningSystem, Working], None]
) -> None:
    person.open()
    status = f"/user/{person.name}/api/status"
    assert person.hub.call("GET", status).status_code == 200
    assert person.is_connected
    assert person.processes
    kept = httpx.Cookies(person.hub.http.cookies)
    within_s = max(WITHIN_S, ROUND_TRIPS * round_trip_s(person.hub))
    ending(running_system, person)
    began = time.monotonic()
    until(lambda: leads_to_sign_in(person.hub), within_s)
    until(lambda: person.hub.call("GET", status).status_code != 200, within_s)
    until(lambda: not person.is_connected, within_s)
    until(lambda: not person.processes, within_s)
    took = time.monotonic() - began
    print(f"everything had ended after {took:.1f} s, of {within_s:.1f} s")
    assert took < within_s
    with HubPerson(running_system.url) as thief:
        thief.http.cookies.update(kept)
        assert leads_to(thief.get("/hub/home")) == "/hub/login"


def round_trip_s(person: HubPerson) -> float:
    """Return how long a page of the hub takes now, the slowest of some."""
    times = []
    for _ in range(5):
        began = time.monotonic()
        assert person.get("/hub/home").status_code == 200
        times.append(time.monotonic() - began)
    return max(times)


def leads_to_sign_in(person: HubPerson) -> bool:
    """Tell whether the hub asks to sign in."""
    answer = person.get("/hub/home")
    return answer.status_code == 302 and leads_to(answer) == "/hub/login"


def test_looking_is_no_input_and_posting_is(running_system: RunningSystem) -> None:
    """The page's script asks how long the session lasts without prolonging it (11.200(a)(1)(ii))."""
    with HubPerson(running_system.url) as person:
        assert person.sign_in(*running_system.accounts["records_manager"]).status_code == 302
        assert 'id="time-left"' in person.get("/hub/home").text
        first = person.call("GET", "/hub/session").json()["left_s"]
        until(lambda: person.call("GET", "/hub/session").json()["left_s"] < first - 1, 10)
        assert person.call("POST", "/hub/session").json()["left_s"] >= first - 1
    with HubPerson(running_system.url) as stranger:
        assert stranger.call("GET", "/hub/session").status_code in {401, 403}
