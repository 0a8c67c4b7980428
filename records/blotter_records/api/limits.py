"""Outer layer: how much is taken, headers on every answer, one log line without anything that was sent."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blotter_records.api.problems import problem

LOG = logging.getLogger("blotter.requests")

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


class Limits:
    """ASGI layer. Image uploads have their own limit where they are streamed into the store.

    Parameters
    ----------
    app : ASGI application
    max_bytes : int
        Largest body of every other request.
    streamed : frozenset of (method, path)
        Requests whose body is streamed.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, streamed: frozenset[tuple[str, str]]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, within the limits."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        status = 0
        body = _Body(receive, self._max_bytes)

        async def answer(message: Message) -> None:
            nonlocal status
            if body.is_over and not status:
                return  # whatever the application says to half a body; the answer is 413
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name.lower() for name, _ in message["headers"]}
                # A signing page says itself who may frame it.
                skipped = given | ({b"x-frame-options"} if scope["path"].startswith("/sign/") else set())
                message["headers"] = [*message["headers"], *(one for one in _HEADERS if one[0] not in skipped)]
            await send(message)

        free = (scope["method"], scope["path"]) in self._streamed
        try:
            if not free and body.is_declared_too_large(scope):
                await _too_large(scope, receive, answer)
            else:
                await self._app(scope, receive if free else body.receive, answer)
        except _TooLargeBody:
            pass
        finally:
            if body.is_over and not status:
                status = 413
                await _too_large(scope, receive, send)
            path = scope["path"] if not scope["path"].startswith("/sign/") else "/sign/…"
            LOG.info("%s %s %d %d ms", scope["method"], path, status, (time.monotonic() - began) * 1000)


class _TooLargeBody(Exception):
    """More was sent than is taken."""


class _Body:
    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._taken = 0

    @property
    def is_over(self) -> bool:
        return self._taken > self._limit

    def is_declared_too_large(self, scope: Scope) -> bool:
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        return any(not value.isdigit() or int(value) > self._limit for value in lengths)

    async def receive(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self.is_over:
            raise _TooLargeBody
        return message


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    await problem(413, "too_large.request", "The request is larger than what is taken.")(scope, receive, send)
