"""How SCPI messages are written: headers in a long and a short form, arguments, strings, errors.

``ACQuisition:INTegration?`` is also ``ACQ:INT?``, in capitals or not: the capitals of the long form are the short one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from blotter_records.errors import Invalid

from blotter_instrument.ports import Connection, FrameRefused, Identity

_ARGUMENT = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*|([^,]*)),')


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its header without the question mark, whether it asks, its arguments without quotes."""

    header: str
    is_query: bool
    arguments: tuple[str, ...]


def parse(text: str) -> Message:
    """Take a message apart.

    Raises
    ------
    Invalid
        ``scpi.syntax``: it is none.
    """
    found = re.fullmatch(r"(\*?[A-Za-z][A-Za-z0-9:]*)(\??)(?:[ \t]+(.*))?", text.strip())
    if found is None:
        raise Invalid("scpi.syntax", f"{text[:40]!r} is no SCPI message.")
    return Message(found[1], bool(found[2]), arguments(found[3] or ""))


def arguments(text: str) -> tuple[str, ...]:
    """Take a list of arguments apart: commas between them, double quotes around strings."""
    if not text.strip():
        return ()
    return tuple(
        found[1].replace('""', '"') if found[1] is not None else found[2].strip()
        for found in _ARGUMENT.finditer(text + ",")
    )


def quoted(text: str) -> str:
    """Return a string as SCPI writes it."""
    return '"' + text.replace('"', '""') + '"'


def unquoted(text: str) -> str:
    """Return the text of a string, or what is no string as it is."""
    return text[1:-1].replace('""', '"') if len(text) >= 2 and text[0] == text[-1] == '"' else text


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    """Return what matches both forms of a header."""
    parts = []
    for mnemonic in pattern.split(":"):
        short = "".join(one for one in mnemonic if not one.islower())
        parts.append(f"(?:{re.escape(mnemonic)}|{re.escape(short)})")
    return re.compile(":".join(parts), re.IGNORECASE)


def matches(pattern: str, header: str) -> bool:
    """Return whether a header is the long or the short form of a pattern such as ``SYSTem:ERRor``."""
    return _expression(pattern).fullmatch(header.removeprefix(":")) is not None


def identity(connection: Connection) -> Identity:
    """Ask a device who it is (``*IDN?``): maker, model, serial number, firmware.

    Raises
    ------
    FrameRefused
        ``device.identity``: the answer has not these four fields.
    """
    text = connection.ask("*IDN?")
    fields = arguments(text)
    if len(fields) != 4 or not all(fields):
        raise FrameRefused("device.identity", f"{text!r} is no identity.")
    return Identity(*fields)


def errors(connection: Connection) -> list[tuple[int, str]]:
    """Return what is in a device's error queue (``SYSTem:ERRor?``), oldest first, and empty it.

    Raises
    ------
    FrameRefused
        ``device.answer``: an answer is none, such as ``-222,"Data out of range"``.
    """
    found: list[tuple[int, str]] = []
    while len(found) < 100:  # a queue that never ends is a broken device
        answer = connection.ask("SYSTem:ERRor?")
        code, *text = arguments(answer) or ("",)
        if not re.fullmatch(r"[+-]?[0-9]+", code):
            raise FrameRefused("device.answer", f"The instrument answers SYSTem:ERRor? with {answer!r}.")
        if int(code) == 0:
            break
        found.append((int(code), ",".join(text)))
    return found


def listed(said: list[tuple[int, str]]) -> str:
    """Return errors as a sentence has them."""
    return "; ".join(f"{code} {text}" for code, text in said) or "it gives no reason"
