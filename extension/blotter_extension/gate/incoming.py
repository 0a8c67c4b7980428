"""Decides what of the browser's messages reaches a kernel, and builds it anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from blotter_records.contract.grammar import check_limit, check_widget, parse
from blotter_records.contract.notebooks import WidgetsView
from blotter_records.errors import Refused

from blotter_extension.gate.frames import Incoming, Json, is_identifier

#: Asked by every JupyterLab of every kernel; answered here so that nobody waits, not written to the trail.
_ANSWERED: dict[str, tuple[str, Json]] = {
    "history_request": ("history_reply", {"status": "ok", "history": []}),
    "debug_request": ("debug_reply", {"type": "response", "success": False, "message": "There is no debugger."}),
}


@dataclass(frozen=True)
class Forward:
    """Send this to the kernel."""

    content: Json
    cell: str | None = None
    comm: str | None = None


@dataclass(frozen=True)
class Answer:
    """Answer here; the kernel does not see it."""

    channel: str
    msg_type: str
    content: Json


def decide(message: Incoming, allowed: WidgetsView | None, locked: Mapping[str, str]) -> Forward | Answer:
    """Say what happens with a message.

    Parameters
    ----------
    message : Incoming
    allowed : WidgetsView or None
        What the person may use, and the notebook run; None while that is not known.
    locked : mapping of str to str
        What the cells say that the notebook's template locks, by their ids.

    Raises
    ------
    Refused
        It is not allowed; to be told to the person and to the trail.
    """
    if message.msg_type in _ANSWERED:
        reply, content = _ANSWERED[message.msg_type]
        return Answer(message.channel, reply, _completed(content, message.content))
    if message.channel == "control" and message.msg_type in ("interrupt_request", "kernel_info_request"):
        return Forward({})
    if message.channel != "shell" or message.has_buffers:
        raise _refusal(message)
    if message.msg_type == "execute_request":
        return _execute(message, allowed, locked)
    builder = _BUILDERS.get(message.msg_type)
    if builder is None:
        raise _refusal(message)
    return builder(message)


def _refusal(message: Incoming) -> Refused:
    return Refused("refused.message", f"The message {message.msg_type} is not allowed on {message.channel}.")


def _completed(content: Json, request: Json) -> Json:
    if "success" not in content:
        return content
    sequence = request.get("seq")
    command = request.get("command")
    return {
        **content,
        "request_seq": sequence if isinstance(sequence, int) else 0,
        "seq": 0,
        "command": command[:40] if isinstance(command, str) else "",
        "body": {},
    }


def _execute(message: Incoming, allowed: WidgetsView | None, locked: Mapping[str, str]) -> Forward:
    content = message.content
    if content.get("user_expressions"):
        raise Refused("refused.cell", "Expressions cannot be evaluated here.")
    command = parse(content.get("code"))
    if command is not None:
        if allowed is None:
            raise Refused("refused.cell", "The records service does not say yet which widgets you may use.", "Wait.")
        check_widget(command, allowed.mine)
        check_limit(command, allowed.notebook.widgets, allowed.notebook.why_not)
    cell = message.metadata.get("cellId")
    # So that what the log says of a locked cell is what the template has in it.
    if isinstance(cell, str) and content["code"] != locked.get(cell, content["code"]):
        raise Refused("refused.cell", "The notebook's template locks this cell, and its text was changed.", "Undo it.")
    return Forward(
        {
            "code": content["code"],
            "silent": content.get("silent") is True,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": content.get("stop_on_error") is not False,
        },
        cell=cell if is_identifier(cell) else None,
    )


def _comm_message(message: Incoming) -> Forward | Answer:
    comm, data = message.content.get("comm_id"), message.content.get("data")
    if not isinstance(comm, str) or not is_identifier(comm) or not isinstance(data, dict):
        raise _refusal(message)
    if data == {"method": "request_states"}:
        # The question for all widgets at once, sent before it was heard that nobody answers it: heard again.
        return _nobody_answers(comm)
    built: Json | None = None
    if data.get("method") == "request_state":
        built = {"method": "request_state"}
    elif data.get("method") == "custom" and isinstance(data.get("content"), dict):
        built = {"method": "custom", "content": data["content"]}
    if built is None:
        raise Refused("refused.message", "A widget cannot be set from the browser; it takes commands only.")
    return Forward({"comm_id": comm, "data": built}, comm=comm)


def _nobody_answers(comm: str) -> Answer:
    return Answer("iopub", "comm_close", {"comm_id": comm, "data": {}})


def _comm_open(message: Incoming) -> Answer:
    comm = message.content.get("comm_id")
    if message.content.get("target_name") == "jupyter.widget.control" and isinstance(comm, str) and is_identifier(comm):
        # JupyterLab asks this way for the state of all widgets first; closed at once, it asks each widget instead.
        return _nobody_answers(comm)
    raise Refused("refused.message", "A widget cannot be made from outside a cell.")


def _comm_close(message: Incoming) -> Forward:
    comm = message.content.get("comm_id")
    if not is_identifier(comm):
        raise _refusal(message)
    return Forward({"comm_id": comm, "data": {}}, comm=comm)


def _whole(message: Incoming) -> Forward:
    code = message.content.get("code")
    if not isinstance(code, str) or len(code) > 10_000:
        raise _refusal(message)
    return Forward({"code": code})


def _typed(message: Incoming) -> Forward:
    code, cursor = message.content.get("code"), message.content.get("cursor_pos", 0)
    if not isinstance(code, str) or len(code) > 10_000 or type(cursor) is not int or not 0 <= cursor <= len(code):
        raise _refusal(message)
    return Forward({"code": code, "cursor_pos": cursor, "detail_level": 0})


_BUILDERS: dict[str, Callable[[Incoming], Forward | Answer]] = {
    "comm_close": _comm_close,
    "comm_info_request": lambda _: Forward({"target_name": "jupyter.widget"}),
    "comm_msg": _comm_message,
    "comm_open": _comm_open,
    "complete_request": _typed,
    "inspect_request": _typed,
    "is_complete_request": _whole,
    "kernel_info_request": lambda _: Forward({}),
}
