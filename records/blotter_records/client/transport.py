"""One HTTP connection to the records service; every failure comes out as an error of the tree in ``errors.py``."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from blotter_records.contract.base import Problem
from blotter_records.errors import (
    BlotterError,
    Conflict,
    IntegrityBroken,
    Invalid,
    NotFound,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

#: Seconds: to connect, and to wait for the next bytes of an answer (a large image is decoded before it answers).
TIMEOUT = httpx.Timeout(connect=5, read=120, write=120, pool=10)

#: Seconds to wait for what takes as long as a bundle of a whole study.
LONG_S = 3600.0

#: Headers that go with every request; a function is asked anew for each.
Headers = Mapping[str, str] | Callable[[], Mapping[str, str]]

_BY_STATUS: dict[int, type[BlotterError]] = {
    401: Unauthenticated,
    403: Refused,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: Invalid,
    503: Unavailable,
}


def error_of(response: httpx.Response) -> BlotterError:
    """Return the error that an answer stands for: class, code, message and entry are what the service raised."""
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return Unavailable(
            "unavailable.answer",
            f"The records service answered {response.status_code} without saying why.",
            "Try again; if it stays so, tell the System Manager.",
        )
    kind = _BY_STATUS.get(problem.status)
    if kind is None:
        kind = IntegrityBroken if problem.code.startswith("integrity.") else BlotterError
    error = kind(problem.code, problem.detail, problem.diagnostics)
    error.entry = problem.entry
    return error


@cache
def _trusted(*, is_needed: bool) -> ssl.SSLContext:
    """Return the authorities that are trusted, none where nothing is encrypted; read once, since it takes long."""
    return httpx.create_ssl_context(trust_env=False) if is_needed else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Transport:
    """Sends requests, adds the token, turns answers into values or errors.

    Parameters
    ----------
    base_url : str
        Where the service is; over a unix socket only the host name of it is sent.
    uds : str, optional
        Path of a unix socket.
    token : str, optional
        Session token, or ``service:<name>:<secret>``.
    headers : mapping or callable, optional
        More headers; a callable is asked before each request.
    """

    def __init__(self, base_url: str, uds: str | None, token: str | None, headers: Headers | None) -> None:
        self._headers = headers
        self._token = token
        is_encrypted = base_url.lower().startswith("https:")
        # Proxies and other settings of the environment are ignored: this connection carries a session token.
        self._http = httpx.Client(
            base_url=base_url.rstrip("/") + "/api/v1",
            transport=httpx.HTTPTransport(verify=_trusted(is_needed=is_encrypted), uds=uds, retries=0),
            timeout=TIMEOUT,
            trust_env=False,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _all_headers(self) -> dict[str, str]:
        more = self._headers() if callable(self._headers) else self._headers
        headers = dict(more or {})
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def send(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | Mapping[str, str] | None = None,
        content: Iterator[bytes] | bytes | None = None,
        params: Mapping[str, Any] | None = None,
        wait_s: float | None = None,
    ) -> httpx.Response:
        """Send a request and return a good answer. Raises the service's error, or ``Unavailable``.

        ``wait_s`` is for answers that take longer than usual, seconds.
        """
        headers = self._all_headers()
        if body is not None:
            content = body.model_dump_json().encode() if isinstance(body, BaseModel) else json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        elif content is not None:
            headers["Content-Type"] = "application/octet-stream"
        given = {key: value for key, value in (params or {}).items() if value is not None}
        try:
            limit = TIMEOUT if wait_s is None else httpx.Timeout(connect=5, read=wait_s, write=120, pool=10)
            response = self._http.request(method, path, content=content, headers=headers, params=given, timeout=limit)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if response.is_success:
            return response
        raise error_of(response)

    @contextmanager
    def stream(self, path: str) -> Iterator[httpx.Response]:
        """Open an answer that is read in pieces. Raises the service's error, or ``Unavailable``."""
        try:
            with self._http.stream("GET", path, headers=self._all_headers()) as response:
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                yield response
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    @staticmethod
    def _unreachable(error: httpx.HTTPError) -> Unavailable:
        return Unavailable(
            "unavailable.records",
            "The records service does not answer; nothing can be said about whether the last action was written.",
            f"Read the record again before you repeat the action ({type(error).__name__}).",
        )
