"""A browser's side of a kernel websocket, in either wire form."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from typing import Any

import httpx
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

V1 = "v1.kernel.websocket.jupyter.org"


class Channel:
    """One open websocket; `ask` sends a request and collects everything until the kernel is idle again."""

    def __init__(self, connection: WebSocketClientConnection, protocol: str | None) -> None:
        self.connection = connection
        self.protocol = protocol
        self.session = uuid.uuid4().hex

    @classmethod
    async def open(cls, browser: httpx.Client, kernel: str, protocol: str | None = V1) -> Channel:
        url = (
            str(browser.base_url).replace("http://", "ws://")
            + f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
        )
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
        origin = str(browser.base_url).split("/user/")[0]
        headers = {"Cookie": cookies, "Origin": origin, "Sec-Fetch-Mode": "websocket"}
        request = HTTPRequest(url, headers=headers)
        connection = await websocket_connect(request, subprotocols=[protocol] if protocol else None)
        return cls(connection, protocol)

    def close(self) -> None:
        self.connection.close()

    def message(self, msg_type: str, content: Any, metadata: Any = None) -> dict[str, Any]:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": msg_type, "session": self.session, "username": "mallory",
                  "date": "2020-01-01T00:00:00Z", "version": "5.3"}  # fmt: skip
        return {"header": header, "parent_header": {}, "metadata": metadata or {}, "content": content}

    async def send(self, channel: str, message: dict[str, Any]) -> str:
        if self.protocol == V1:
            parts = [channel.encode()]
            parts += [json.dumps(message[key]).encode() for key in ("header", "parent_header", "metadata", "content")]
            await self.connection.write_message(frame_v1(parts), binary=True)
        else:
            await self.connection.write_message(json.dumps({**message, "channel": channel, "buffers": []}))
        return str(message["header"]["msg_id"])

    async def receive(self, seconds: float = 15) -> dict[str, Any] | None:
        """Return the next message; None when the connection is closed."""
        raw = await asyncio.wait_for(self.connection.read_message(), seconds)
        if raw is None:
            return None
        if isinstance(raw, str):
            return dict(json.loads(raw))
        count = int.from_bytes(raw[:8], "little")
        offsets = [int.from_bytes(raw[8 * (i + 1) : 8 * (i + 2)], "little") for i in range(count)]
        pieces = [raw[a:b] for a, b in itertools.pairwise(offsets)]
        header, parent, metadata, content = (json.loads(piece) for piece in pieces[1:5])
        return {"channel": pieces[0].decode(), "header": header, "parent_header": parent, "metadata": metadata,
                "content": content, "msg_type": header["msg_type"]}  # fmt: skip

    async def ask(
        self, msg_type: str, content: Any, channel: str = "shell", metadata: Any = None
    ) -> list[dict[str, Any]]:
        """Send a request; return what it caused, from busy to idle (and the reply, which may come after)."""
        sent = await self.send(channel, self.message(msg_type, content, metadata))
        found: list[dict[str, Any]] = []
        idle = reply = False
        while not (idle and reply):
            got = await self.receive()
            assert got is not None, "the connection was closed"
            if got["parent_header"].get("msg_id") != sent:
                continue
            found.append(got)
            idle = idle or got["content"].get("execution_state") == "idle"
            reply = reply or got["msg_type"].endswith("_reply") or not msg_type.endswith("_request")
        return found

    async def execute(self, code: Any, cell: str = "cell-1", **more: Any) -> list[dict[str, Any]]:
        """Run a cell."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True}
        return await self.ask("execute_request", {**content, **more}, metadata={"cellId": cell})


def frame_v1(parts: list[bytes]) -> bytes:
    """Return a frame of the newer wire form."""
    first = 8 * (len(parts) + 2)
    offsets = [first]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    numbers = [len(offsets), *offsets]
    return b"".join(number.to_bytes(8, "little") for number in numbers) + b"".join(parts)


def of_type(messages: list[dict[str, Any]], msg_type: str) -> list[dict[str, Any]]:
    """Return the contents of the messages of one type."""
    return [message["content"] for message in messages if message["msg_type"] == msg_type]
