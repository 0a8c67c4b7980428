"""Whatever is sent is read, or refused in one way: cells, frames, widget messages, notebooks.

The two readers of a cell (gate and kernel) are the same function with two tables, the kernel's being what of the
contract's table has a class; here they are asked about the same cells.
"""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import blotter_guard.widgets  # noqa: F401  registers the widgets
import pytest
from blotter_extension.contents import _cells
from blotter_extension.gate import incoming, outgoing
from blotter_extension.gate.frames import MAX_FRAME, V1, Incoming, Unreadable, read
from blotter_guard.registry import REGISTRY
from blotter_records.contract.commands import SPECIFICATIONS, Command
from blotter_records.contract.grammar import MAX_SOURCE, completeness, parse
from blotter_records.contract.notebook_text import check_text
from blotter_records.contract.notebooks import NotebookLimit, WidgetsView
from blotter_records.errors import Refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from security.kernel_channel import frame_v1
from tornado.web import HTTPError

FUZZ = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

_ALL = sorted(SPECIFICATIONS)
EVERYTHING = WidgetsView(mine=_ALL, notebook=NotebookLimit(widgets=_ALL, why_not="There is no such widget."))

#: Pieces of cells: a text made of these comes far into the reader.
_PIECES = st.sampled_from(
    [*SPECIFICATIONS, "widget", "import os", "image", "result", "=", "(", ")", "[", "]", ",", '"IMG-000001"', "'",
     '"', "\\", "1", "-", "1e9", "0x1", "True", "None", "#", "\n", "\r", " ", "\t", "%", "!", "?", ";", "*", "\0",
     "\u2028", "\ufeff", "\u202e", "\ud800", "\U0001d4ee"]
)  # fmt: skip
CELLS = st.one_of(
    st.text(max_size=300),
    st.lists(_PIECES, max_size=40).map("".join),
    st.lists(st.one_of(_PIECES, st.text(max_size=3)), max_size=40).map("".join),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def said(source: object, table=SPECIFICATIONS) -> Command | str | None:
    """Return how a reader answers; anything but a command, nothing and a refusal goes on as the error it is."""
    try:
        return parse(source, table)
    except Refused as error:
        assert error.code == "refused.cell"
        assert 0 < len(str(error)) < 400
        return str(error)


@FUZZ
@given(CELLS)
def test_gate_and_kernel_read_a_cell_alike(source):
    at_the_gate, in_the_kernel = said(source), said(source, REGISTRY.specifications())
    assert at_the_gate == in_the_kernel
    if isinstance(at_the_gate, Command):
        assert at_the_gate.name in source


@FUZZ
@given(CELLS)
def test_a_cell_is_complete_where_it_is_read(source):
    is_read = not isinstance(said(source), str)
    assert (completeness(source) == "complete") is is_read
    if completeness(source) == "incomplete":
        assert completeness(source + "\n") == "incomplete"


@FUZZ
@given(JSON)
def test_a_cell_that_is_no_text_is_refused(source):
    if not isinstance(source, str):
        assert said(source) == "The cell is not text."


@pytest.mark.parametrize("piece", ["#", "(", "[", '"', "\\", "a=", "1,", "ImageViewer(", "\n", " ", "'\\\\", "#\n"])
def test_reading_takes_time_in_proportion(piece):
    """Twice the text takes at most a little more than twice the time; the longest cell is read in milliseconds."""

    def took(length: int) -> float:
        source = ('ImageViewer(image="' if piece in ("\\", "'\\\\") else "") + piece * (length // len(piece))
        best = float("inf")
        for _ in range(7):
            began = time.perf_counter()
            said(source[:MAX_SOURCE])
            best = min(best, time.perf_counter() - began)
        return best

    half, whole = took(MAX_SOURCE // 2), took(MAX_SOURCE)
    assert whole < 4 * half + 0.002
    assert whole < 0.1


@FUZZ
@given(st.one_of(st.binary(max_size=400), st.text(max_size=200)), st.sampled_from([V1, None]))
def test_any_frame_is_read_or_unreadable(frame, protocol):
    try:
        read(frame, protocol)
    except Unreadable:
        return
    raise AssertionError("noise was read as a message")


HEADERS = st.fixed_dictionaries(
    {"msg_id": st.one_of(st.just("m1"), JSON), "msg_type": st.one_of(
        st.sampled_from(["execute_request", "comm_msg", "comm_open", "comm_close", "complete_request",
                         "inspect_request", "kernel_info_request", "debug_request", "history_request",
                         "shutdown_request", "is_complete_request", "comm_info_request"]), st.text(max_size=20)),
     "session": st.one_of(st.just("s1"), JSON)}
)  # fmt: skip
CONTENTS = st.one_of(
    JSON,
    st.fixed_dictionaries({"code": st.one_of(CELLS, JSON), "user_expressions": JSON, "cursor_pos": JSON}),
    st.fixed_dictionaries({"comm_id": JSON, "target_name": JSON, "data": JSON}),
    st.fixed_dictionaries(
        {"comm_id": st.just("c1"), "data": st.fixed_dictionaries(
            {"method": st.sampled_from(["update", "custom", "request_state", "echo_update"]), "state": JSON,
             "content": JSON, "buffer_paths": JSON})}
    ),
)  # fmt: skip
CHANNELS = st.sampled_from(["shell", "control", "stdin", "iopub", "hb", ""])


@FUZZ
@given(CHANNELS, HEADERS, JSON, CONTENTS, st.lists(st.binary(max_size=4), max_size=2), st.booleans())
def test_any_message_is_decided_or_refused(channel, header, metadata, content, buffers, is_v1):
    parts = [json.dumps(one).encode() for one in (header, {}, metadata, content)]
    if is_v1:
        frame: str | bytes = frame_v1([channel.encode(), *parts, *buffers])
    else:
        whole = {"header": header, "metadata": metadata, "content": content, "channel": channel}
        frame = json.dumps(whole)
    try:
        decided = incoming.decide(read(frame, V1 if is_v1 else None), EVERYTHING, {})
    except (Unreadable, Refused):
        return
    if isinstance(decided, incoming.Forward):
        assert channel in ("shell", "control")
        assert set(decided.content) <= {"code", "silent", "store_history", "user_expressions", "allow_stdin",
                                        "stop_on_error", "comm_id", "data", "target_name", "cursor_pos",
                                        "detail_level"}  # fmt: skip
        if header["msg_type"] == "execute_request":
            assert said(decided.content["code"]) is None or isinstance(said(decided.content["code"]), Command)
            assert decided.content["user_expressions"] == {}
        if header["msg_type"] == "comm_msg":
            assert decided.content["data"]["method"] in ("custom", "request_state")


@FUZZ
@given(st.sampled_from(["iopub", "shell", "control", "stdin"]), st.sampled_from(
    ["display_data", "execute_result", "stream", "comm_open", "comm_msg", "comm_close", "error", "execute_reply",
     "status", "input_request", "kernel_info_reply", "complete_reply", "inspect_reply", "comm_info_reply",
     "is_complete_reply",
     "execute_input", "clear_output"]), JSON, st.booleans())  # fmt: skip
def test_whatever_a_kernel_says_is_cleaned_or_dropped(channel, msg_type, content, has_buffers):
    if not isinstance(content, dict):
        content = {"data": content, "state": content, "comms": content, "traceback": content}
    try:
        cleaned = outgoing.clean(channel, msg_type, content, has_buffers=has_buffers)
    except outgoing.Dropped:
        return
    assert set(cleaned.get("data", {})) <= {
        "application/vnd.jupyter.widget-view+json", "text/plain", "method", "state", "content", "buffer_paths"
    }  # fmt: skip


@FUZZ
@given(st.one_of(JSON, st.fixed_dictionaries({"nbformat": st.sampled_from([3, 4, "4"]), "cells": st.lists(
    st.one_of(JSON, st.fixed_dictionaries({"cell_type": st.sampled_from(["code", "markdown", "raw", 1]),
                                           "id": st.one_of(st.just("c1"), JSON), "source": st.one_of(CELLS, JSON),
                                           "outputs": JSON, "metadata": JSON, "attachments": JSON})),
    max_size=4)})))  # fmt: skip
def test_any_notebook_is_clean_or_refused(monkeypatched_person, document):
    try:
        cells = _cells(document)
    except HTTPError as error:
        assert error.status_code == 400
        return
    for cell in cells:
        assert set(cell.model_dump()) == {"cell_type", "id", "source"}
        if cell.cell_type == "code":
            assert not isinstance(said(cell.source), str)
        else:
            check_text(cell.source)


@pytest.fixture(scope="module")
def monkeypatched_person():
    """A person whose refusals go nowhere: what is read here is the notebook."""
    from blotter_extension import contents

    nobody = SimpleNamespace(refusals=SimpleNamespace(report=lambda *_given, **_more: True))
    kept = contents.person
    contents.person = lambda: nobody
    yield
    contents.person = kept


def test_frames_have_a_longest():
    with pytest.raises(Unreadable):
        read(b"x" * (MAX_FRAME + 1), V1)
    assert isinstance(read(json.dumps({"header": {"msg_id": "a", "msg_type": "b", "session": ""}, "content": {},
                                       "channel": "shell"}), None), Incoming)  # fmt: skip
