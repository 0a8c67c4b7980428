"""A set of attacks: one JSON object a line, read, written out, and turned against what runs here.

``{"id", "channel", "category", "payload", "expect"?, "success", "when"?}``. In payloads ``{"rle": [[text, times], …]}``
and ``{"repeat_this_cell": times, …}`` are written out; ``widget("x", …)`` stands for the call of a whitelisted widget
and is rewritten to a real one, so that an attack is refused for what it does and not for an unknown name; a text in
angle brackets that is no markup stands for something of the running system.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: The set's demonstration widgets and their arguments, and what of ours takes their place.
_WIDGETS = {"echo": "ImageViewer", "slider": "ImageLog", "whoami": "ImageBrowser"}
_ARGUMENTS = {"text": "image", "value": "image", "start": "image"}
_CALL = re.compile(r'\bwidget ?\("(?P<name>echo|slider|whoami)"(?P<rest>,?(?=[ )\w\n])| ?)')
#: ``<live widget>``, ``<other user's kernel>``: words, not markup.
_PLACEHOLDER = re.compile(r"<([a-z][a-z_']*(?: [a-z_']+)*)>")
_MARKUP = {"a", "b", "body", "form", "iframe", "img", "link", "meta", "object", "script", "style", "svg", "table"}

SETS = Path(__file__).resolve().parents[1]
OPEN = SETS / "open_attacks.jsonl"
MORE = SETS / "more_attacks.jsonl"


@dataclass(frozen=True)
class Attack:
    """One attack as the set has it, with its payload written out."""

    id: str
    channel: str
    category: str
    payload: Any
    expect: str = ""
    success: str = ""
    when: str = ""


def read_set(path: Path) -> list[Attack]:
    """Read a set. Raises ``ValueError`` for a line that is no attack, or an id that stands twice."""
    attacks = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            attacks.append(
                Attack(
                    id=str(given["id"]),
                    channel=str(given["channel"]),
                    category=str(given["category"]),
                    payload=written_out(given["payload"]),
                    expect=given.get("expect", ""),
                    success=given.get("success", ""),
                    when=given.get("when", "") or _when(given["payload"]),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}, line {number}: {error!r}") from error
    if len({one.id for one in attacks}) != len(attacks):
        raise ValueError(f"{path.name}: an id stands twice")
    return attacks


def _when(payload: object) -> str:
    return str(payload.get("when", "")) if isinstance(payload, dict) else ""


def written_out(payload: Any) -> Any:
    """Return a payload without abbreviations."""
    if isinstance(payload, dict):
        if set(payload) == {"rle"}:
            return "".join(piece * times for piece, times in payload["rle"])
        return {name: written_out(value) for name, value in payload.items()}
    if isinstance(payload, list):
        made: list[Any] = []
        for item in payload:
            if isinstance(item, dict) and "repeat_this_cell" in item:
                made += [{name: value for name, value in item.items() if name != "repeat_this_cell"}] * int(
                    item["repeat_this_cell"]
                )
            else:
                made.append(written_out(item))
        return made
    return payload


def rewritten(source: str) -> str:
    """Turn ``widget("echo", text=...)`` into ``ImageViewer(image=...)``; leave everything else as it is."""

    def call(match: re.Match[str]) -> str:
        return f"{_WIDGETS[match['name']]}({match['rest'].removeprefix(',').lstrip(' ')}"

    source = re.sub(r"(['\"])hi\1", "\\1IMG-000001\\1", source)
    source = _CALL.sub(call, source)
    return re.sub(r"\b(text|value|start)(?==)", lambda match: _ARGUMENTS[match[1]], source)


def texts_mapped(payload: Any, change: Callable[[str], str]) -> Any:
    """Return a payload with every text in it (values, not names) changed."""
    if isinstance(payload, str):
        return change(payload)
    if isinstance(payload, dict):
        return {name: texts_mapped(value, change) for name, value in payload.items()}
    if isinstance(payload, list):
        return [texts_mapped(value, change) for value in payload]
    return payload


def placeholders(payload: Any) -> set[str]:
    """Return the words in angle brackets that stand for something of the running system."""
    found: set[str] = set()

    def look(text: str) -> str:
        found.update(word for word in _PLACEHOLDER.findall(text) if word.split()[0] not in _MARKUP)
        return text

    texts_mapped(payload, look)
    return found


def filled(payload: Any, words: Mapping[str, str]) -> Any:
    """Return a payload with placeholders filled; those without a value stay as they are."""
    return texts_mapped(payload, lambda text: _PLACEHOLDER.sub(lambda match: words.get(match[1], match.group()), text))
