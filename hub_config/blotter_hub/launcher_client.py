"""The hub's end of the launcher's socket."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

ANSWER_S = 60.0


class LauncherUnavailable(Exception):
    """The launcher does not answer, so no server runs and none can be started."""


class LauncherRefused(Exception):
    """The launcher refused a request or could not carry it out."""


class LauncherClient:
    """One connection, kept open as long as the hub lives: the launcher ends the hub's servers when it closes."""

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path
        self._numbers = itertools.count(1)
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def start(self, name: str, account: str, port: int, variables: dict[str, str], token: str) -> int:
        """Start the server of an account; returns its process id."""
        asked = {"name": name, "account": account, "port": port, "variables": variables, "token": token}
        return int(await self._call(call="start", **asked))

    async def poll(self, name: str) -> int | None:
        """Return None while the server runs, else its exit code."""
        value = await self._call(call="poll", name=name)
        return None if value is None else int(value)

    async def stop(self, name: str) -> None:
        """Stop a server and wait until it is gone."""
        await self._call(call="stop", name=name)

    async def _call(self, **request: Any) -> Any:
        # One request at a time: a stop takes seconds at most, and the order of start, stop and poll stays the asker's.
        async with self._lock:
            try:
                answer = await asyncio.wait_for(self._exchange(request), timeout=ANSWER_S)
            except (TimeoutError, OSError, asyncio.IncompleteReadError, json.JSONDecodeError) as error:
                self._drop()
                raise LauncherUnavailable(f"the launcher does not answer: {error}") from error
        if not answer["ok"]:
            raise LauncherRefused(str(answer["error"]))
        return answer["value"]

    async def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(str(self._path))
        reader, writer = self._streams
        number = next(self._numbers)
        writer.write(json.dumps({"id": number, **request}).encode() + b"\n")
        await writer.drain()
        answer: dict[str, Any] = json.loads(await reader.readuntil(b"\n"))
        if answer.get("id") != number:
            raise ConnectionError("an answer to another request")
        return answer

    def _drop(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
