"""Reads what a browser sends to a kernel, in both wire forms, strictly.

The legacy form is JSON in a text frame, or JSON with buffers in a binary frame; the newer one is
``v1.kernel.websocket.jupyter.org``. Nothing of a frame is passed on: what comes out are parsed values.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

V1 = "v1.kernel.websocket.jupyter.org"
MAX_FRAME = 1 << 20
_MAX_PARTS = 32
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,128}\Z")
_TYPE = re.compile(r"[a-z_]{1,40}\Z")

Json = dict[str, Any]


class Unreadable(Exception):
    """The frame is not one that a Jupyter front end sends."""


@dataclass(frozen=True)
class Incoming:
    """A message from the browser, parsed."""

    channel: str
    msg_id: str
    msg_type: str
    session: str
    metadata: Json
    content: Json
    has_buffers: bool


def is_identifier(value: object) -> bool:
    """Return whether a value may be the id of a message, a widget or a cell."""
    return isinstance(value, str) and _IDENTIFIER.match(value) is not None


def read(frame: str | bytes, subprotocol: str | None) -> Incoming:
    """Read a frame.

    Parameters
    ----------
    frame : str or bytes
        As the websocket delivered it.
    subprotocol : str or None
        `V1`, or None for the legacy form.

    Raises
    ------
    Unreadable
        Anything out of order: lengths, offsets, encodings, duplicate keys, NaN, identifiers, unknown channels.
    """
    if len(frame) > MAX_FRAME:
        raise Unreadable("a message that is too long")
    try:
        if subprotocol == V1:
            return _read_v1(frame)
        return _read_legacy(frame)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"a message that cannot be read ({type(error).__name__})") from error


def _read_v1(frame: str | bytes) -> Incoming:
    if not isinstance(frame, bytes):
        raise Unreadable("a text frame where bytes belong")
    count = int.from_bytes(frame[:8], "little")
    if not 6 <= count <= 6 + _MAX_PARTS or len(frame) < 8 * (count + 1):
        raise Unreadable("a message with wrong offsets")
    offsets = [int.from_bytes(frame[8 * (i + 1) : 8 * (i + 2)], "little") for i in range(count)]
    pieces = _cut(frame, offsets, first=8 * (count + 1))
    header, _parent, metadata, content = (_parse(piece.decode("utf-8")) for piece in pieces[1:5])
    return _checked(pieces[0].decode("ascii"), header, metadata, content, has_buffers=len(pieces) > 5)


def _read_legacy(frame: str | bytes) -> Incoming:
    has_buffers = False
    if isinstance(frame, bytes):
        count = int.from_bytes(frame[:4], "big")
        if not 1 <= count <= _MAX_PARTS or len(frame) < 4 * (count + 1):
            raise Unreadable("a message with wrong offsets")
        offsets = [int.from_bytes(frame[4 * (i + 1) : 4 * (i + 2)], "big") for i in range(count)]
        pieces = _cut(frame, [*offsets, len(frame)], first=4 * (count + 1))
        has_buffers = count > 1
        frame = pieces[0].decode("utf-8")
    whole = _parse(frame)
    header = whole.get("header")
    if not isinstance(header, dict) or whole.get("msg_type", header.get("msg_type")) != header.get("msg_type"):
        raise Unreadable("a message with two types")
    metadata = whole.get("metadata") or {}
    return _checked(whole.get("channel"), header, metadata, whole.get("content"), has_buffers=has_buffers)


def _cut(frame: bytes, offsets: Sequence[int], first: int) -> list[bytes]:
    if offsets[0] != first or offsets[-1] != len(frame) or list(offsets) != sorted(offsets):
        raise Unreadable("a message with wrong offsets")
    return [frame[start:end] for start, end in itertools.pairwise(offsets)]


def _parse(text: str) -> Json:
    value = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    if not isinstance(value, dict):
        raise Unreadable("a message that is not an object")
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate cannot be passed on
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a message that says the same thing twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise Unreadable(f"a message with {name}")


def _checked(channel: object, header: Json, metadata: object, content: object, *, has_buffers: bool) -> Incoming:
    message, kind, session = header.get("msg_id"), header.get("msg_type"), header.get("session")
    if channel not in ("shell", "control", "stdin", "iopub"):
        raise Unreadable("a message on an unknown channel")
    if not isinstance(message, str) or not is_identifier(message):
        raise Unreadable("a message without a proper id")
    if not isinstance(kind, str) or not _TYPE.match(kind):
        raise Unreadable("a message without a proper type")
    if not isinstance(session, str) or not (session == "" or is_identifier(session)):
        raise Unreadable("a message without a proper session")
    if not isinstance(content, dict) or not isinstance(metadata, dict):
        raise Unreadable("a message without content")
    return Incoming(str(channel), message, kind, session, metadata, content, has_buffers)
