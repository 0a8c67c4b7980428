"""The open set of attacks on cells, against the grammar that gate, notebook store and kernel share.

In the set, ``widget("x", ...)`` stands for a call of a whitelisted widget: it is rewritten to a real one, so that an
attack is refused for what it does and not for an unknown name. Controls, which must pass, show that.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from blotter_records.contract.commands import SPECIFICATIONS, Arguments, WidgetSpecification
from blotter_records.contract.grammar import parse
from blotter_records.errors import Refused

ATTACKS = [json.loads(line) for line in Path(__file__).with_name("open_attacks.jsonl").read_text("utf-8").splitlines()]
CELLS = [attack for attack in ATTACKS if attack["channel"] == "execute"]

#: The set's demonstration widgets and their arguments, and the widgets of ours that take their place.
_REAL = {"echo": "ImageViewer", "slider": "ImageLog", "whoami": "ImageBrowser"}
_ARGUMENTS = {"text": "image", "value": "image", "start": "image"}
CONTROLS = [
    'widget("echo", text="IMG-000001")',
    "widget(\"echo\", text='IMG-000001')",
    'widget("whoami")',
    '# a comment\n\nwidget("echo", text="IMG-000001")  # and another',
    'widget("echo",\n    text="IMG-000001",\n)',
    "",
    "# nothing but a comment",
]


def text_of(payload: object) -> object:
    """Write out a payload: text, or ``{"rle": [[text, times], ...]}``."""
    if isinstance(payload, dict) and "rle" in payload:
        return "".join(piece * times for piece, times in payload["rle"])
    return payload


def rewritten(source: object) -> object:
    """Turn ``widget("echo", text=...)`` into ``ImageViewer(image=...)``; leave everything else as it is."""
    if not isinstance(source, str):
        return source

    def call(match: re.Match[str]) -> str:
        return f"{_REAL[match['name']]}({match['rest'].removeprefix(',').lstrip(' ')}"

    source = re.sub(r"(['\"])hi\1", "\\1IMG-000001\\1", source)
    source = re.sub(r'\bwidget ?\("(?P<name>echo|slider|whoami)"(?P<rest>,?(?=[ )\w\n])| ?)', call, source)
    return re.sub(r"\b(text|value|start)(?==)", lambda match: _ARGUMENTS[match[1]], source)


class AnyText(Arguments):
    """Takes any text or number, so that no attack is refused for what its argument says."""

    text: str | int | float | bool | list[str | int | float | bool | None] | None = ""
    value: str | int | float | bool | list[str | int | float | bool | None] | None = ""
    start: int = 0


ECHO = {"Echo": WidgetSpecification("Echo", AnyText, "For tests.", 'Echo(text="hi")')}


def echoed(source: object) -> object:
    """Turn ``widget("echo", ...)`` into ``Echo(...)``."""
    if not isinstance(source, str):
        return source
    return re.sub(r'\bwidget ?\("(?:echo|slider|whoami)",? ?', "Echo(", source)


@pytest.mark.parametrize("source", CONTROLS)
def test_controls_pass_with_any_text(source):
    command = parse(echoed(source), ECHO)
    assert (command is None) == (not source or source.startswith("# nothing"))


@pytest.mark.parametrize("source", CONTROLS)
def test_controls_pass(source):
    command = parse(rewritten(source))
    assert (command is None) == (not source or source.startswith("# nothing"))


def test_the_set_is_whole():
    assert len(ATTACKS) == 308
    assert len(CELLS) == 137
    calls = [attack for attack in CELLS if isinstance(attack["payload"], str) and 'widget("echo"' in attack["payload"]]
    assert len(calls) > 10
    assert all(rewritten(attack["payload"]) != attack["payload"] for attack in calls)


@pytest.mark.parametrize("attack", CELLS, ids=[attack["id"] for attack in CELLS])
@pytest.mark.parametrize("form", ["as written", "with a real widget", "with a widget that takes any text"])
def test_attack(attack, form):
    source = text_of(attack["payload"])
    table = SPECIFICATIONS
    if form == "with a real widget":
        source = rewritten(source)
    elif form != "as written":
        source, table = echoed(source), ECHO
    began = time.perf_counter()
    try:
        command = parse(source, table)
    except Refused as refusal:
        assert refusal.code == "refused.cell"
        assert len(str(refusal)) < 400  # a message for a person, whatever was sent
    else:
        # Only those that do nothing by design may pass, and then as nothing or as the one call that they show.
        assert attack["expect"] == "inert", command
        assert command is None or command.name in {"Echo", *_REAL.values()}
    assert time.perf_counter() - began < 0.2
