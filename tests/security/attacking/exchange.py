"""Sends frames to a kernel through the gate, or messages to the kernel itself, and collects what they caused."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from security.attacking.target import AtWork
from security.kernel_channel import V1, Channel
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect

Message = dict[str, Any]
#: What a kernel sends when something was carried out.
EFFECTS = frozenset(
    {
        "clear_output",
        "comm_msg",
        "comm_open",
        "display_data",
        "execute_input",
        "execute_result",
        "input_request",
        "stream",
        "update_display_data",
    }
)
_REPLIES_OF_NOTHING = frozenset({"history_reply", "debug_reply"})
PATIENCE_S = 20.0
#: After so many frames the gate drops what comes on a connection, the questions too; they are asked on a new one.
_FLOOD = 250


@dataclass
class Exchange:
    """What came back for one attack."""

    messages: list[Message] = field(default_factory=list)
    is_closed: bool = False
    #: Whether the kernel answered a question that was asked after the attack.
    is_alive: bool = False
    seconds: float = 0.0

    def effects(self) -> list[Message]:
        """Return the messages that show that something was carried out."""
        return [one for one in self.messages if one["msg_type"] in EFFECTS]

    def errors(self) -> list[str]:
        """Return what the refusals say."""
        return [one["content"].get("evalue", "") for one in self.messages if one["msg_type"] == "error"]

    def answers(self) -> list[Message]:
        """Return replies that are not an error and not empty by design."""
        return [
            one
            for one in self.messages
            if one["msg_type"].endswith("_reply")
            and one["content"].get("status", "ok") == "ok"
            and one["msg_type"] not in _REPLIES_OF_NOTHING
        ]

    def said(self) -> str:
        """Return what came back, short."""
        if self.is_closed:
            return "connection closed"
        if errors := self.errors():
            return errors[0][:160]
        kinds = sorted({one["msg_type"] for one in self.messages} - {"status"})
        refused = [one["content"]["evalue"] for one in self.messages if one["content"].get("status") == "error"]
        return refused[0][:160] if refused else (", ".join(kinds) or "nothing")


async def opened(
    person: AtWork, kernel: str, protocol: str | None, session: str = "", headers: dict[str, str] | None = None
) -> Channel:
    """Open a websocket to a kernel, with other headers or the id of somebody's session where the attack says so."""
    base = str(person.browser.base_url)
    there = f"{base.replace('http://', 'ws://')}api/kernels/{kernel}"
    url = f"{there}/channels?session_id={session or uuid.uuid4().hex}"
    cookies = "; ".join(f"{one.name}={one.value}" for one in person.browser.cookies.jar)
    given = {
        "Cookie": cookies,
        "Origin": base.split("/user/", maxsplit=1)[0],
        "Sec-Fetch-Mode": "websocket",
        **(headers or {}),
    }
    connection = await websocket_connect(
        HTTPRequest(url, headers={name: value for name, value in given.items() if value}),
        subprotocols=[protocol] if protocol else None,
        max_message_size=64 << 20,
        compression_options={},  # offered; a server that takes it can be sent a bomb
    )
    return Channel(connection, protocol)


async def exchange(person: AtWork, frames: Sequence[str | bytes], protocol: str | None = V1) -> Exchange:
    """Send frames on a connection of their own, then ask the kernel who it is on both channels.

    Everything that comes until both questions are answered is kept. When the connection was closed (which is a
    lawful answer to a frame that is none), the questions are asked on a new one.
    """
    made = Exchange()
    began = time.monotonic()
    channel = await opened(person, person.kernel, protocol)
    try:
        for frame in frames:
            await channel.connection.write_message(frame, binary=isinstance(frame, bytes))
        made.is_alive = await _ask(channel, made)
    except WebSocketClosedError:
        made.is_closed = True
    finally:
        channel.close()
    made.seconds = time.monotonic() - began
    if made.is_closed or (len(frames) > _FLOOD and not made.is_alive):
        made.seconds = 0.0 if not made.is_closed else made.seconds  # it waited for answers to what was dropped
        again = await opened(person, person.kernel, V1)
        made.is_alive = await _ask(again, Exchange())
        again.close()
    return made


async def _ask(channel: Channel, made: Exchange) -> bool:
    """Ask on both channels; keep what is no answer to it. Return whether both were answered."""
    asked = {await channel.send(name, channel.message("kernel_info_request", {})) for name in ("control", "shell")}
    waiting = set(asked)
    while waiting:
        try:
            got = await channel.receive(PATIENCE_S)
        except TimeoutError:
            return False
        if got is None:
            made.is_closed = True
            return False
        parent = got["parent_header"].get("msg_id")
        if parent not in asked:
            made.messages.append(got)
        elif got["content"].get("execution_state") == "idle":
            waiting.discard(parent)
    return True


def through_the_gate(person: AtWork, frames: Sequence[str | bytes], protocol: str | None = V1) -> Exchange:
    """Run `exchange` to its end."""
    return asyncio.run(exchange(person, frames, protocol))


def to_the_kernel(person: AtWork, channel: str, msg_type: str, content: Any) -> Exchange:
    """Send a message to the kernel itself, past the gate: its sockets are open to whoever runs the server."""
    client = BlockingKernelClient(connection_file=str(person.connection_file))
    client.load_connection_file()
    client.start_channels(stdin=False, hb=False)
    made = Exchange()
    began = time.monotonic()
    try:
        _listen_until_heard(client)
        message = client.session.msg(msg_type, content)
        getattr(client, f"{channel}_channel").send(message)
        asked = client.session.msg("kernel_info_request", {})
        client.shell_channel.send(asked)
        _collect(client, made, asked["header"]["msg_id"])
    finally:
        client.stop_channels()
    made.seconds = time.monotonic() - began
    return made


def _listen_until_heard(client: BlockingKernelClient) -> None:
    """Ask until the subscription is in force: what was published before it is lost."""
    for _ in range(100):
        client.kernel_info()
        try:
            client.get_iopub_msg(timeout=0.3)
        except Empty:
            continue
        return
    raise AssertionError("the kernel says nothing")


def _collect(client: BlockingKernelClient, made: Exchange, asked: str) -> None:
    end = time.monotonic() + PATIENCE_S
    mine = {client.session.session}
    while time.monotonic() < end:
        try:
            got = client.get_iopub_msg(timeout=1)
        except Empty:
            continue
        parent = got["parent_header"]
        if parent.get("session") not in mine or parent.get("msg_type") == "kernel_info_request":
            if parent.get("msg_id") == asked and got["content"].get("execution_state") == "idle":
                made.is_alive = True
                break
            continue
        made.messages.append(json.loads(json.dumps(got, default=str)))
