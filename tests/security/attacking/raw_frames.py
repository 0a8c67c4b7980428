"""Frames that no front end sends, each by the name that a set gives it.

A row is the words that a name must hold and a builder; the first row that fits is taken, so special ones come first.
A builder returns pairs of a wire form and the frames sent on one connection. A name that no row fits is an error: an
attack that is not run is not stopped.
"""

from __future__ import annotations

import json
import struct
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from security.kernel_channel import V1, frame_v1

Frames = list[tuple[str | None, list[str | bytes]]]
PROGRAM = "import os"
COMMAND = "ImageBrowser()"


def header(**more: Any) -> dict[str, Any]:
    """Return a header as JupyterLab makes it."""
    return {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "session": uuid.uuid4().hex,
        "username": "",
        "date": "2026-01-01T00:00:00Z",
        "version": "5.3",
        **more,
    }


def content(code: Any = PROGRAM, **more: Any) -> dict[str, Any]:
    """Return what a cell sends."""
    return {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False, **more}


def v1(
    head: Any = None, body: Any = None, channel: bytes = b"shell", parent: Any = None, metadata: Any = None,
    buffers: Iterable[bytes] = (),
) -> bytes:  # fmt: skip
    """Return a frame of the newer form; bytes stand for themselves."""
    values = (head or header(), parent or {}, metadata or {}, content() if body is None else body)
    return frame_v1([channel, *(as_bytes(value) for value in values), *buffers])


def legacy(head: Any = None, body: Any = None, **more: Any) -> str:
    """Return a frame of the older form."""
    return json.dumps(
        {
            "header": header() if head is None else head,
            "parent_header": {},
            "metadata": {},
            "content": content() if body is None else body,
            "channel": "shell",
            "buffers": [],
            **more,
        }
    )


def as_bytes(value: Any) -> bytes:
    """Return a value as it goes over the wire."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def legacy_binary(parts: list[bytes], offsets: list[int] | None = None) -> bytes:
    """Return a binary frame of the older form: a message and its buffers."""
    starts, at = [], 4 * (len(parts) + 1)
    for part in parts:
        starts.append(at)
        at += len(part)
    numbers = [len(parts), *(starts if offsets is None else offsets)]
    return b"".join(struct.pack("!I", number) for number in numbers) + b"".join(parts)


def both(head: Any = None, body: Any = None) -> Frames:
    """Return one message in both forms."""
    return [(V1, [v1(head, body)]), (None, [legacy(head, body)])]


def _offsets(*numbers: int, tail: bytes = b"") -> bytes:
    return b"".join(struct.pack("<Q", number) for number in numbers) + tail


def _nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return b'{"code": ' + (opening * depth).encode() + b"1" + (closing * depth).encode() + b"}"


def _legacy_text(text: bytes | str) -> str:
    """Return a frame of the older form whose content is this JSON."""
    whole = legacy(body={"HERE": 1})
    return whole.replace('{"HERE": 1}', text.decode() if isinstance(text, bytes) else text)


def _raw_content(text: bytes) -> Frames:
    return [(V1, [v1(body=text)]), (None, [_legacy_text(text)])]


def _duplicate(inside: str) -> Frames:
    one = json.dumps(header())
    twice = one[:-1] + ', "msg_type": "kernel_info_request"}'
    if inside == "content":
        text = b'{"code": "ImageBrowser()", "silent": false, "code": "import os"}'
        return _raw_content(text)
    whole = legacy().replace(one[: one.index("{") + 1], one[: one.index("{") + 1], 1)
    return [(V1, [v1(head=twice.encode())]), (None, [_with_header(whole, twice)])]


def _with_header(whole: str, head: str) -> str:
    given = json.loads(whole)
    given["header"] = "HERE"
    return json.dumps(given).replace('"HERE"', head)


def _channel(name: bytes) -> Frames:
    return [(V1, [v1(channel=name)]), (None, [legacy(channel=name.decode("utf-8", "replace"))])]


def _head(**fields: Any) -> Callable[[], Frames]:
    return lambda: both(header(**fields))


def _whole_head(value: Any) -> Callable[[], Frames]:
    return lambda: [(V1, [v1(head=as_bytes(value))]), (None, [_with_header(legacy(), json.dumps(value))])]


def _body(value: Any) -> Callable[[], Frames]:
    return lambda: [(V1, [v1(body=as_bytes(value))]), (None, [_legacy_text(json.dumps(value))])]


def _frame(*frames: str | bytes, protocol: str | None = V1) -> Callable[[], Frames]:
    return lambda: [(protocol, list(frames))]


def _twisted(change: Callable[[list[int]], list[int]]) -> Callable[[], Frames]:
    """Return a good frame whose offsets were changed."""

    def build() -> Frames:
        frame = v1(body=content(COMMAND))
        count = struct.unpack_from("<Q", frame)[0]
        offsets = list(struct.unpack_from(f"<{count}Q", frame, 8))
        numbers = change(offsets)
        return [(V1, [_offsets(len(numbers), *numbers, tail=frame[8 * (count + 1) :])])]

    return build


_BIG = 1 << 63
_ROWS: tuple[tuple[str, Callable[[], Frames]], ...] = (
    ("legacy msg_type differs", lambda: [(None, [
        legacy(header(msg_type="kernel_info_request"), msg_type="execute_request"),
        legacy(msg_type="kernel_info_request"),
    ])]),
    ("legacy header string", lambda: [(None, [legacy(json.dumps(header()))])]),
    ("legacy header", lambda: [(None, [legacy(value) for value in ([], None, 1)])]),
    ("legacy text frame", _frame(legacy())),
    ("text frame", _frame(legacy(), "x", "")),
    ("v1 legacy", lambda: [(None, [v1()])]),
    ("v1 without subprotocol", lambda: [(None, [v1()])]),
    ("binary legacy", lambda: [(None, [legacy_binary([legacy().encode()]), legacy_binary([legacy().encode(), b"x"])])]),
    ("legacy binary", lambda: [(None, [legacy_binary([legacy().encode()], [1 << 31]), b"\0\0\0\1", b"\xff" * 16])]),
    ("legacy buffers", lambda: [(None, [legacy(buffers=["x"]), legacy_binary([legacy().encode(), b"x" * 64])])]),
    ("legacy", lambda: [(None, [legacy(), legacy(channel=None), legacy(metadata=[])])]),
    ("deflate", lambda: [(V1, [v1(body=content("#" * (1 << 20)))]), (V1, [v1(body=content("#" * (40 << 20)))])]),
    ("gzip", lambda: [(V1, [v1(body=content("#" * (1 << 20)))])]),
    ("fragment", lambda: [(V1, [v1(body=content("#" * (1 << 20))), v1()[:40], v1()[40:]])]),
    ("nested", lambda: [*_raw_content(_nested(100_000)), *_raw_content(_nested(100_000, '{"a":', "}")),
                        *_raw_content(_nested(900))]),
    ("deep", lambda: [*_raw_content(_nested(100_000)), *_raw_content(_nested(900))]),
    ("offset count 0", _frame(_offsets(0))),
    ("offset count zero", _frame(_offsets(0))),
    ("offset count", _frame(_offsets(_BIG, 0, 0), _offsets(2**64 - 1), _offsets(1 << 32, 8))),
    ("offset negative", _twisted(lambda all_: [2**64 - 1, *all_[1:]])),
    ("offset overlap", _twisted(lambda all_: [all_[0], all_[3], all_[2], all_[1], *all_[4:]])),
    ("offset overlap", _twisted(lambda all_: [all_[0]] * len(all_))),
    ("offset decreas", _twisted(lambda all_: list(reversed(all_)))),
    ("offset not sorted", _twisted(lambda all_: list(reversed(all_)))),
    ("offset beyond", _twisted(lambda all_: [*all_[:-1], all_[-1] + 1000])),
    ("offset past", _twisted(lambda all_: [*all_[:-1], all_[-1] + 1000])),
    ("offset end", _twisted(lambda all_: [*all_[:-1], all_[-1] + 1000])),
    ("offset gap", _twisted(lambda all_: [all_[0] + 4, *all_[1:]])),
    ("offset header", _twisted(lambda all_: [0, *all_[1:]])),
    ("offset zero", _twisted(lambda all_: [0] * len(all_))),
    ("offset", _twisted(lambda all_: [number + 1 for number in all_])),
    ("too many parts", lambda: [(V1, [v1(buffers=[b"x"] * 5000)])]),
    ("extra part", lambda: [(V1, [v1(buffers=[b"x"])])]),
    ("too few parts", lambda: [(V1, [frame_v1([b"shell", as_bytes(header())])])]),
    ("missing part", lambda: [(V1, [frame_v1([b"shell", as_bytes(header())])])]),
    ("trailing", lambda: [(V1, [v1(body=content(COMMAND)) + b"import os"]), (None, [legacy() + legacy()])]),
    ("truncat", lambda: [(V1, [v1()[:20], v1()[:-3], v1()[:7]]), (None, [legacy()[:-5]])]),
    ("short", _frame(b"\1", b"\0" * 7, b"")),
    ("empty", lambda: [(V1, [b"", v1(head=b"", body=b""), v1(channel=b"")]), (None, ["", "{}", "[]", "null"])]),
    ("garbage", _frame(b"\xff" * 4096)),
    ("random", _frame(bytes(range(256)) * 16)),
    ("all zero", _frame(b"\0" * 4096)),
    ("subshell", lambda: [
        *both(header(subshell_id="x"), content(COMMAND)),
        (V1, [v1(parent={"subshell_id": "x"})]),
        *both(header(subshell_id="x")),
    ]),
    ("parent", lambda: [(V1, [v1(parent=header(msg_id="forged", username="admin"), body=content(COMMAND))])]),
    ("username", lambda: both(header(username="admin"), content(COMMAND))),
    ("date", lambda: both(header(date="1999-01-01T00:00:00Z"), content(COMMAND))),
    ("version", lambda: both(header(version="4.0"), content(COMMAND))),
    ("msg_id newline", lambda: both(header(msg_id="x\n2026-01-01 forged line"))),
    ("msg_id crlf", lambda: both(header(msg_id="x\r\nforged line"))),
    ("msg_id long", lambda: both(header(msg_id="x" * 500_000))),
    ("msg_id huge", lambda: both(header(msg_id="x" * 500_000))),
    ("msg_id reuse", lambda: [(V1, [v1(header(msg_id="same"), content(COMMAND)), v1(header(msg_id="same"))])]),
    ("msg_id duplicate", lambda: [(V1, [v1(header(msg_id="same"), content(COMMAND)), v1(header(msg_id="same"))])]),
    ("replay", lambda: [(V1, [v1(header(msg_id="again", session="s"), content(COMMAND))] * 3)]),
    ("msg_id", lambda: [*both(header(msg_id=["x"])), *both(header(msg_id="")), *both(header(msg_id="../../x")),
                        *both(header(msg_id=None)), *both(header(msg_id={"a": 1}))]),
    ("session", lambda: [*both(header(session="../../etc/x")), *both(header(session=["x"])),
                         *both(header(session="x\n")), *both(header(session="a" * 100_000))]),
    ("msg_type duplicate", lambda: _duplicate("header")),
    ("msg_type null", _head(msg_type="execute_request\0")),
    ("msg_type unicode", lambda: [*both(header(msg_type="\uff45xecute_request")),
                              *both(header(msg_type="ex\u0435cute_request"))]),
    ("msg_type", lambda: [*both(header(msg_type=["execute_request"])), *both(header(msg_type=None)),
                          *both(header(msg_type=" execute_request")), *both(header(msg_type="Execute_Request")),
                          *both(header(msg_type="x" * 100_000))]),
    ("duplicate content", lambda: _duplicate("content")),
    ("duplicate code", lambda: _duplicate("content")),
    ("duplicate", lambda: [*_duplicate("header"), *_duplicate("content")]),
    ("twice", lambda: [*_duplicate("header"), *_duplicate("content")]),
    ("header utf16", lambda: [(V1, [v1(head=json.dumps(header()).encode("utf-16"))])]),
    ("utf16", lambda: [(V1, [v1(body=json.dumps(content()).encode("utf-16"))])]),
    ("utf32", lambda: [(V1, [v1(body=json.dumps(content()).encode("utf-32"))])]),
    ("utf7", lambda: [(V1, [v1(body=json.dumps(content()).encode("utf-7"))])]),
    ("bom", lambda: [(V1, [v1(head=b"\xef\xbb\xbf" + as_bytes(header()))]), (None, ["\ufeff" + legacy()])]),
    ("surrogate", lambda: [*_raw_content(b'{"code": "\\ud800", "silent": false}'),
                           (V1, [v1(body=b'{"code": "\xed\xa0\x80"}')])]),
    ("overlong", lambda: [(V1, [v1(body=b'{"code": "\xc0\xaf"}')])]),
    ("invalid utf", lambda: [(V1, [v1(body=b'{"code": "\xff\xfe"}'), v1(head=b"\xff" * 40)])]),
    ("utf8", lambda: [(V1, [v1(body=b'{"code": "\xff\xfe"}'), v1(body=b'{"code": "\xc0\xaf"}')])]),
    ("nan", lambda: _raw_content(b'{"code": "ImageBrowser()", "silent": NaN}')),
    ("infinity", lambda: _raw_content(b'{"code": "ImageBrowser()", "silent": -Infinity}')),
    ("1e999", lambda: _raw_content(b'{"code": 1e999}')),
    ("big int", lambda: _raw_content(b'{"code": ' + b"9" * 10_000 + b"}")),
    ("bigint", lambda: _raw_content(b'{"code": ' + b"9" * 10_000 + b"}")),
    ("integer", lambda: _raw_content(b'{"code": ' + b"9" * 10_000 + b"}")),
    ("number", lambda: _raw_content(b'{"code": ' + b"9" * 10_000 + b"}")),
    ("comment", lambda: _raw_content(b'{"code": "x" /* y */}')),
    ("single quote", lambda: _raw_content(b"{'code': 'x'}")),
    ("channel stdin", lambda: _channel(b"stdin")),
    ("channel iopub", lambda: _channel(b"iopub")),
    ("channel control", lambda: _channel(b"control")),
    ("channel", lambda: [frames for name in (b"", b"hb", b"shell\0", b"SHELL", b"sh\xffll", b"../shell", b"x" * 70_000)
                         for frames in _channel(name)]),
    ("header list", _whole_head([])),
    ("header null", _whole_head(None)),
    ("header number", _whole_head(7)),
    ("header missing", _whole_head({})),
    ("no header", _whole_head({})),
    ("header", lambda: [*both(header(extra={"a": 1})), *_whole_head([])(), *_whole_head("x")()]),
    ("metadata", lambda: [(V1, [v1(metadata=b"[]"), v1(metadata={"cellId": "../../x"}, body=content(COMMAND)),
                                v1(metadata={"cellId": ["x"]}), v1(metadata={"deletedCells": ["a"] * 50_000})]),
                          (None, [legacy(metadata=[]), legacy(metadata=None)])]),
    ("buffer", lambda: [(V1, [v1(buffers=[b"x" * 100]), v1(buffers=[b""] * 30),
                             v1(body=content(COMMAND), buffers=[b"x"])]),
                        (None, [legacy_binary([legacy().encode(), b"x" * 100])])]),
    ("content null", _body(None)),
    ("content list", _body([])),
    ("content string", _body("x")),
    ("content number", _body(1)),
    ("content missing", lambda: [(V1, [frame_v1([b"shell", as_bytes(header()), b"{}", b"{}"])])]),
    ("content", lambda: [*_body([])(), *_body(None)(), *_body({"code": {"x": 1}})()]),
    ("proto", _body({"code": PROGRAM, "__proto__": {"x": 1}, "__class__": "x"})),
    ("null byte", lambda: both(None, content("ImageBrowser()\0import os"))),
    ("huge", lambda: [(V1, [v1(body=content("#" * (1_100_000)))]), (V1, [v1(body=content("#" * (40 << 20)))])]),
    ("oversize", lambda: [(V1, [v1(body=content("#" * (1_100_000)))]), (V1, [v1(body=content("#" * (40 << 20)))])]),
    ("large", lambda: [(V1, [v1(body=content("#" * (1_100_000)))]), (V1, [v1(body=content("#" * (40 << 20)))])]),
    ("too long", lambda: [(V1, [v1(body=content("#" * (1_100_000)))]), (V1, [v1(body=content("#" * (40 << 20)))])]),
    ("flood", lambda: [(V1, [v1() for _ in range(1000)])]),
    ("burst", lambda: [(V1, [v1() for _ in range(1000)])]),
    ("many", lambda: [(V1, [v1() for _ in range(1000)])]),
    ("json", lambda: [(V1, [v1(body=b"{"), v1(body=b"{}{}"), v1(body=b'{"code": "x",}')]), (None, ["{", "[]", "{}"])]),
)  # fmt: skip


def frames_of(name: str) -> Frames:
    """Return what is sent for a name. Raises ``LookupError`` for one that stands for nothing here."""
    plain = name.lower().replace("msg-id", "msg_id").replace("msg-type", "msg_type")
    for words, builder in _ROWS:
        if all(word in plain for word in words.split()):
            return builder()
    raise LookupError(f"there is no frame for {name!r}")
