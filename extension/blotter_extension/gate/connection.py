"""The websocket between a browser and a kernel, with the gate in it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from contextlib import suppress
from typing import Any

from blotter_records.errors import Refused, Unavailable
from jupyter_client.jsonutil import json_default
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.web import HTTPError
from traitlets import Float, Int

from blotter_extension.gate import outgoing
from blotter_extension.gate.cells import CellTable
from blotter_extension.gate.command_log import CommandLog, Ended, Started
from blotter_extension.gate.frames import V1, Incoming, Json, Unreadable, is_identifier, read
from blotter_extension.gate.incoming import Answer, Forward, decide
from blotter_extension.person import person

SESSION_ENDED = 4401
_RATE_MESSAGES, _RATE_S = 300, 5.0


class GatedConnection(ZMQChannelsWebsocketConnection):
    """Forwards to the kernel what `decide` allows, and to the browser what `outgoing.clean` leaves."""

    watch_interval_s = Float(1.0).tag(config=True)
    #: How often in a row nobody may answer before the connection is closed; meanwhile nothing is granted anyway.
    patience = Int(60).tag(config=True)

    _watcher: asyncio.Task[None] | None = None

    # Life

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._recent: deque[float] = deque(maxlen=_RATE_MESSAGES)
        #: Cells that the kernel has not answered, by the id of their message.
        self._running: dict[str, Started] = {}

    async def prepare(self) -> None:
        """Learn which widgets the person may use, before the first cell; without an answer none is carried out."""
        with suppress(Unavailable):
            await person().learn_widgets()
        await super().prepare()

    def connect(self) -> Any:
        """Connect to the kernel and begin to watch the session."""
        # Without it, Nagle's algorithm and delayed acknowledgement add 40 ms to each cell.
        self.websocket_handler.set_nodelay(True)
        self._watcher = asyncio.ensure_future(self._watch())
        return super().connect()

    def disconnect(self) -> None:  # type: ignore[override]
        """Stop watching and disconnect; cells without an answer are logged as such."""
        if self._watcher is not None:
            self._watcher.cancel()
        for run in self._running.values():
            person().commands.ended(run, "unanswered", "The browser left, or the kernel ended.")
        self._running.clear()
        super().disconnect()

    async def _watch(self) -> None:
        """Close the connection when the person's session ends; an open websocket is not asked again by the hub."""
        silent = denied = 0
        while True:
            await asyncio.sleep(self.watch_interval_s)
            is_signed_in = is_answered = True
            try:
                is_signed_in = await self._is_signed_in()
                if not is_signed_in:
                    # The hub grants nothing while the records service is silent; that is no end of the session.
                    await person().learn_widgets()
            except (HTTPError, Unavailable):
                is_answered = False
            except Refused:
                person().has_session_ended = True
            silent = 0 if is_answered else silent + 1
            # Once may be an answer from before the service came back.
            denied = denied + 1 if is_answered and not is_signed_in else 0
            if person().has_session_ended or denied > 1 or silent >= self.patience:
                self.websocket_handler.close(SESSION_ENDED, "session ended")
                return

    async def _is_signed_in(self) -> bool:
        handler = self.websocket_handler
        hub_auth = getattr(handler.identity_provider, "hub_auth", None)
        if hub_auth is None:
            return handler.current_user is not None
        token = hub_auth.get_token(handler)
        if not token:
            return False
        session = hub_auth.get_session_id(handler)
        return bool(await hub_auth.user_for_token(token, session_id=session, sync=False))

    @property
    def cells(self) -> CellTable:
        """The table of this kernel's cells."""
        return person().cells.setdefault(self.kernel_id, CellTable())

    def _context(self, cell: object = None) -> dict[str, str | None]:
        """Return where something happened, for the trail."""
        known = cell if isinstance(cell, str) and is_identifier(cell) else None
        notebook = person().notebook_context(self.kernel_id)
        return {**notebook, "Kernel": self.kernel_id, "Cell": known, "Address": self._address}

    @property
    def _address(self) -> str | None:
        return getattr(self.websocket_handler.request, "remote_ip", None)

    # In

    def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
        """Read a frame, decide, and forward, answer or refuse."""
        if not self.channels:
            return
        if self._is_too_fast():
            said = "More messages than a person can cause; they were dropped."
            person().refusals.report("message", said, context=self._context())
            return
        try:
            message = read(incoming_msg, self.subprotocol)
        except Unreadable as error:
            person().refusals.report("message", f"The browser sent {error}.", context=self._context())
            return
        try:
            decision = decide(message, person().allowed(self.kernel_id), person().locked(self.kernel_id))
        except Refused as error:
            self._refuse(message, error)
            return
        if isinstance(decision, Answer):
            self._emit_reply(message, decision)
        else:
            self._forward(message, decision)

    def _is_too_fast(self) -> bool:
        now = time.monotonic()
        is_full = len(self._recent) == _RATE_MESSAGES
        is_too_fast = is_full and now - self._recent[0] < _RATE_S
        self._recent.append(now)
        return is_too_fast

    def _forward(self, message: Incoming, decision: Forward) -> None:
        if message.msg_type == "execute_request":
            self.cells.forwarded_cell(message.msg_id, decision.cell, self._address)
            self._running[message.msg_id] = self._started(message, decision.content["code"])
        elif decision.comm is not None:
            self.cells.forwarded_widget_message(message.msg_id, decision.comm, self._address)
        built = self.session.msg(
            message.msg_type, decision.content, header=self._header(message), parent={}, metadata={}
        )
        self.session.send(self.channels[message.channel], built)

    def _header(self, message: Incoming) -> Json:
        """Return a header with our user and our date; of the browser's only the ids of message and session."""
        header: Json = self.session.msg_header(message.msg_type)
        header.update(msg_id=message.msg_id, session=message.session)
        return header

    def _started(self, message: Incoming, source: str) -> Started:
        cell = message.metadata.get("cellId")
        is_automatic = message.metadata.get("automatic") is True
        known = cell if is_identifier(cell) else None
        return CommandLog.started(source, known, self._context(cell), is_automatic=is_automatic)

    def _log_answer(self, parent: str, reply: Json) -> None:
        """Log a cell when the kernel has answered it."""
        run = self._running.pop(parent, None)
        if run is None:
            return
        outcomes: dict[object, Ended] = {"Not allowed": "refused", "Interrupted": "stopped"}
        outcome: Ended = "done" if reply["status"] == "ok" else outcomes.get(reply.get("ename"), "failed")
        person().commands.ended(run, outcome, str(reply.get("evalue", "")))

    # Answers of the gate itself

    def _emit_reply(self, message: Incoming, answer: Answer) -> None:
        parent = self._header(message)
        self._emit("iopub", "status", {"execution_state": "busy"}, parent)
        self._emit(answer.channel, answer.msg_type, answer.content, parent)
        self._emit("iopub", "status", {"execution_state": "idle"}, parent)

    def _refuse(self, message: Incoming, error: Refused) -> None:
        """Answer as the kernel would, and tell the trail."""
        is_cell = error.code == "refused.cell"
        source, context = message.content.get("code"), self._context(message.metadata.get("cellId"))
        is_shown = person().refusals.report("cell" if is_cell else "message", str(error), source, context)
        if is_shown and message.msg_type == "execute_request":
            run = self._started(message, source if isinstance(source, str) else "")
            person().commands.ended(run, "refused", str(error))
        if not message.msg_type.endswith("_request"):
            return
        lines = [f"Not allowed: {error}", *([error.diagnostics()] if error.diagnostics() else [])]
        content = {"ename": "Not allowed", "evalue": str(error), "traceback": lines}
        reply = {"status": "error", "execution_count": 0, **content}
        parent = self._header(message)
        self._emit("iopub", "status", {"execution_state": "busy"}, parent)
        if message.msg_type == "execute_request":
            self._emit("iopub", "error", content, parent)
        channel = "control" if message.channel == "control" else "shell"
        self._emit(channel, message.msg_type.removesuffix("_request") + "_reply", reply, parent)
        self._emit("iopub", "status", {"execution_state": "idle"}, parent)

    def _emit(self, channel: str, msg_type: str, content: Json, parent: Json) -> None:
        built = self.session.msg(msg_type, content, parent={"header": parent})
        if self.subprotocol == V1:
            self.write_message(serialize_msg_to_ws_v1(built, channel, self.session.pack), binary=True)
        else:
            self.write_message(json.dumps({**built, "channel": channel}, default=json_default))

    # Out

    def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
        """Clean a kernel's message; the last step before the browser, also for messages that were buffered."""
        channel = str(getattr(stream, "channel", ""))
        try:
            header, parent, content, has_buffers = self._parts(msg_list)
            msg_type = str(header.get("msg_type"))
            cleaned = outgoing.clean(channel, msg_type, content, has_buffers=has_buffers)
        except (outgoing.Dropped, ValueError, RecursionError) as error:
            self.log.info("dropped a message of the kernel: %s", error)
            return
        if msg_type == "execute_reply":
            self._log_answer(str(parent.get("msg_id", "")), cleaned)
        if msg_type == "comm_open":
            self.cells.opened(str(cleaned["comm_id"]), str(parent.get("msg_id", "")))
        built = [outgoing.header(header), outgoing.header(parent), outgoing.metadata(msg_type), cleaned]
        if self.subprotocol == V1:
            super()._on_zmq_reply(stream, [self.session.pack(part) for part in built])
            return
        names = ("header", "parent_header", "metadata", "content")
        whole = {**dict(zip(names, built, strict=True)), "msg_id": built[0].get("msg_id"), "msg_type": msg_type}
        super()._on_zmq_reply(stream, {**whole, "buffers": []})

    def _parts(self, msg_list: Any) -> tuple[Json, Json, Json, bool]:
        if isinstance(msg_list, dict):
            return msg_list["header"], msg_list["parent_header"], msg_list["content"], bool(msg_list["buffers"])
        header, parent, _metadata, content = (
            json.loads(bytes(part), parse_constant=_refuse_constant) for part in msg_list[:4]
        )
        if not all(isinstance(part, dict) for part in (header, parent, content)):
            raise outgoing.Dropped("a message that is not an object")
        return header, parent, content, len(msg_list) > 4


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
