"""Decides what of a kernel's messages reaches the browser, and builds it anew.

A kernel is not believed: whoever got past its grammar must not be able to put markup or code into the person's page.
Only text, and views of our own widgets (whose code is a static file of this server), come out.
"""

from __future__ import annotations

import re
from typing import Any

from blotter_records.contract.commands import SPECIFICATIONS

from blotter_extension.gate.frames import Json, is_identifier

_VIEW = "application/vnd.jupyter.widget-view+json"
_VIEW_NAMES = frozenset(f"{name}View" for name in SPECIFICATIONS)
_STATE_TEXT = ("_model_module_version", "_view_module_version")
_NOT_PRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Dropped(Exception):
    """The message may not reach the browser."""


def clean(channel: str, msg_type: str, content: Json, *, has_buffers: bool) -> Json:
    """Return the content that the browser may see.

    Raises
    ------
    Dropped
        The message as a whole may not come out.
    """
    builder = _BUILDERS.get((channel, msg_type))
    if builder is None or has_buffers:
        raise Dropped(f"{msg_type} on {channel}")
    cleaned: Json = builder(content)
    return cleaned


def header(given: object) -> Json:
    """Return the fields of a header, as short texts."""
    if not isinstance(given, dict):
        return {}
    names = ("msg_id", "msg_type", "session", "username", "date", "version")
    return {name: _text(given[name], 200) for name in names if given.get(name) is not None}


def metadata(msg_type: str) -> Json:
    """Return the metadata that the browser needs: the protocol version of ipywidgets, when a widget opens."""
    return {"version": "2.1.0"} if msg_type == "comm_open" else {}


def _text(value: object, length: int) -> str:
    return _NOT_PRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))[:length]


def _count(value: object) -> int:
    return value if type(value) is int and 0 <= value < 1 << 31 else 0


def _status(content: Json) -> Json:
    if content.get("execution_state") not in ("busy", "idle", "starting"):
        raise Dropped("unknown state")
    return {"execution_state": content["execution_state"]}


def _execute_input(content: Json) -> Json:
    return {"code": _text(content.get("code"), 10_000), "execution_count": _count(content.get("execution_count"))}


def _display(content: Json) -> Json:
    given = content.get("data")
    view = given.get(_VIEW) if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(view, dict) or not is_identifier(view.get("model_id")):
        raise Dropped("a display that is no widget")
    data = {
        _VIEW: {"version_major": 2, "version_minor": 0, "model_id": view["model_id"]},
        "text/plain": _text(given.get("text/plain", ""), 200),
    }
    return {"data": data, "metadata": {}, "transient": {}}


def _error(content: Json) -> Json:
    lines = content.get("traceback")
    return {
        "ename": _text(content.get("ename"), 60),
        "evalue": _text(content.get("evalue"), 1000),
        "traceback": [_text(line, 1000) for line in lines[:4]] if isinstance(lines, list) else [],
    }


def _comm_open(content: Json) -> Json:
    data = content.get("data")
    if content.get("target_name") != "jupyter.widget" or not is_identifier(content.get("comm_id")):
        raise Dropped("a channel that is no widget")
    state = data.get("state") if isinstance(data, dict) else None
    if not isinstance(state, dict) or "_model_name" not in state:
        raise Dropped("a widget without a model")
    cleaned = {"state": _state(state), "buffer_paths": []}
    return {"comm_id": content["comm_id"], "target_name": "jupyter.widget", "data": cleaned, "target_module": None}


def _state(state: Json) -> Json:
    """Return the state of a widget of ours, or of a layout; whole or a part."""
    if state.get("_model_module") == "@jupyter-widgets/base":
        return _layout(state)
    fixed = {"_model_module": "blotter", "_view_module": "blotter", "_model_name": "BlotterModel"}
    if any(state.get(name, value) != value for name, value in fixed.items()):
        raise Dropped("a model that is not ours")
    if state.get("_view_name", "") not in _VIEW_NAMES | {""} or not isinstance(state.get("view", {}), dict):
        raise Dropped("a view that is not ours")
    kept = {name: state[name] for name in (*fixed, "_view_name", "view") if name in state}
    kept.update({name: _text(state[name], 20) for name in _STATE_TEXT if name in state})
    return kept


def _layout(state: Json) -> Json:
    fixed = {"_model_name": "LayoutModel", "_view_name": "LayoutView", "_view_module": "@jupyter-widgets/base"}
    if any(state.get(name, value) != value for name, value in fixed.items()):
        raise Dropped("a model of ipywidgets that is no layout")
    return {
        name: value for name, value in state.items() if value is None or (isinstance(value, str) and len(value) < 60)
    }


def _comm_message(content: Json) -> Json:
    data = content.get("data")
    if not isinstance(data, dict) or not is_identifier(content.get("comm_id")):
        raise Dropped("a widget message without a widget")
    if data.get("method") == "update" and isinstance(data.get("state"), dict):
        built = {"method": "update", "state": _state(data["state"]), "buffer_paths": []}
    elif data.get("method") == "custom" and isinstance(data.get("content"), dict):
        built = {"method": "custom", "content": data["content"]}
    else:
        raise Dropped("a widget message of another kind")
    return {"comm_id": content["comm_id"], "data": built}


def _comm_close(content: Json) -> Json:
    if not is_identifier(content.get("comm_id")):
        raise Dropped("a closed channel without a name")
    return {"comm_id": content["comm_id"], "data": {}}


def _execute_reply(content: Json) -> Json:
    status = content.get("status")
    if status not in ("ok", "error", "aborted"):
        raise Dropped("a reply without a status")
    reply: Json = {"status": status, "execution_count": _count(content.get("execution_count"))}
    if status == "ok":
        return {**reply, "payload": [], "user_expressions": {}}
    return {**reply, **_error(content)}


def _kernel_info(content: Json) -> Json:
    return {
        "status": "ok",
        "protocol_version": "5.3",
        "implementation": "blotter",
        "implementation_version": _text(content.get("implementation_version", ""), 20),
        "language_info": {"name": "blotter", "mimetype": "text/x-python", "file_extension": ".txt"},
        "banner": _text(content.get("banner", ""), 200),
        "help_links": [],
        "supported_features": [],
    }


def _comm_info(content: Json) -> Json:
    comms = content.get("comms")
    names = [name for name in comms if is_identifier(name)] if isinstance(comms, dict) else []
    return {"status": "ok", "comms": {name: {"target_name": "jupyter.widget"} for name in names}}


def _complete(content: Json) -> Json:
    matches = content.get("matches")
    return {
        "status": "ok",
        "matches": [_text(match, 80) for match in matches[:100]] if isinstance(matches, list) else [],
        "cursor_start": _count(content.get("cursor_start")),
        "cursor_end": _count(content.get("cursor_end")),
        "metadata": {},
    }


def _inspect(content: Json) -> Json:
    data = content.get("data")
    text = data.get("text/plain") if isinstance(data, dict) else None
    if not isinstance(text, str):
        return {"status": "ok", "found": False, "data": {}, "metadata": {}}
    return {"status": "ok", "found": True, "data": {"text/plain": _text(text, 2000)}, "metadata": {}}


def _is_complete(content: Json) -> Json:
    status = content.get("status")
    if status not in ("complete", "incomplete", "invalid"):
        raise Dropped("a reply without a status")
    return {"status": status, "indent": ""} if status == "incomplete" else {"status": status}


def _plain_ok(_content: Json) -> Json:
    return {"status": "ok"}


_BUILDERS: dict[tuple[str, str], Any] = {
    ("iopub", "status"): _status,
    ("iopub", "execute_input"): _execute_input,
    ("iopub", "display_data"): _display,
    ("iopub", "error"): _error,
    ("iopub", "comm_open"): _comm_open,
    ("iopub", "comm_msg"): _comm_message,
    ("iopub", "comm_close"): _comm_close,
    ("shell", "execute_reply"): _execute_reply,
    ("shell", "kernel_info_reply"): _kernel_info,
    ("shell", "comm_info_reply"): _comm_info,
    ("shell", "complete_reply"): _complete,
    ("shell", "inspect_reply"): _inspect,
    ("shell", "is_complete_reply"): _is_complete,
    ("control", "kernel_info_reply"): _kernel_info,
    ("control", "interrupt_reply"): _plain_ok,
    ("control", "shutdown_reply"): lambda content: {"status": "ok", "restart": content.get("restart") is True},
}
