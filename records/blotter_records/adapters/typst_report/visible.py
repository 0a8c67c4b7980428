"""Text as it can be printed: what cannot be seen, or would turn the line round, is shown as its code point.

The raw text is in the report's attachments; here ``a<RLO>b`` becomes ``a⟨U+202E⟩b``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Mapping
from typing import Any

#: Categories that draw nothing or have no agreed meaning: control, format, surrogate, private use, unassigned,
#: line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SPACES = "\u00a0\u202f\u2009"


def shown(text: str, drawable: Container[str]) -> str:
    """Return `text` with every character that is unseen or not `drawable` as ``⟨U+XXXX⟩``; line ends become spaces.

    Parameters
    ----------
    text : str
        As stored.
    drawable : container of str
        The characters that the fonts have.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_one(character, drawable) for character in text.replace("\r\n", "\n"))


def _one(character: str, drawable: Container[str]) -> str:
    if character in "\n\t":
        return " "
    category = unicodedata.category(character)
    if category in _UNSEEN or (category == "Zs" and character not in " " + _SPACES):
        return f"⟨U+{ord(character):04X}⟩"
    if category == "Zs" or character in drawable:
        return character
    return f"⟨U+{ord(character):04X}⟩"


def walk(value: Any, change: Callable[[str], str]) -> Any:
    """Return a JSON value with every text changed; keys stay as they are."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: walk(part, change) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [walk(part, change) for part in value]
    return value
