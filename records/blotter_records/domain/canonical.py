"""Canonical JSON: the one form in which the content of a record is kept and hashed.

Keys sorted, no spaces, UTF-8 without escapes, floats as Python's shortest repr (exact on reading), no NaN. Two records
with the same content have the same text and so the same SHA-256, on any machine and in any later version.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from blotter_records.errors import Invalid

# A NUL, written by JSON as backslash-u0000; an even number of backslashes before it is text that only looks like one.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def canonical(value: Any) -> str:
    """Return the canonical JSON text of a value.

    Raises
    ------
    Invalid
        ``invalid.number``: not a number (NaN) or infinite. ``invalid.text``: text that is no Unicode (a lone
        surrogate) or holds a NUL character, which PostgreSQL cannot keep.
    """
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise Invalid("invalid.number", "A number of the record is not finite.") from error
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Invalid("invalid.text", "A text of the record holds a character that is not Unicode.") from error
    if _NUL.search(text):
        raise Invalid("invalid.text", "A text of the record holds a NUL character.")
    return text


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON (UTF-8), 64 hexadecimal digits."""
    return text_digest(canonical(value))


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
