"""Reasons for change: long enough, and not junk (Annex 11 s.9; PI 041)."""

from __future__ import annotations

import re
import unicodedata

from blotter_records.errors import Invalid

_JUNK = frozenset({"asdf", "qwerty", "test", "none", "n/a", "na", "reason", "change", "changed", "because", "update"})


def checked_reason(text: str, *, minimum: int, is_required: bool = True) -> str:
    """Return the reason as it is stored (NFC, trimmed, one space between words).

    Parameters
    ----------
    text : str
        What the person typed.
    minimum : int
        Least number of characters (policy ``reason.min_chars``).
    is_required : bool
        Whether nothing at all is an answer.

    Raises
    ------
    Invalid
        ``reason.missing``, ``reason.short``, ``reason.junk``, ``reason.characters``.

    Examples
    --------
    >>> checked_reason("  Band 3 was   missed ", minimum=10)
    'Band 3 was missed'
    """
    reason = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} for character in reason):
        raise Invalid("reason.characters", "The reason has characters that cannot be seen.", "Type it as plain text.")
    if not reason:
        if is_required:
            raise Invalid("reason.missing", "A reason is needed.", "Say in a sentence why.")
        return ""
    if len(reason) < minimum:
        raise Invalid("reason.short", f"The reason needs at least {minimum} characters.", "Say in a sentence why.")
    if _is_junk(reason):
        raise Invalid("reason.junk", "This is not a reason that somebody else could understand.", "Say why in words.")
    return reason


def _is_junk(reason: str) -> bool:
    """Tell whether a text says nothing: one word over and over, few different letters, no words."""
    folded = reason.casefold()
    letters = [character for character in folded if character.isalpha()]
    words = re.findall(r"[^\W\d_]+", folded)
    if len(letters) < 5 or len(set(letters)) < 4:
        return True
    # A short piece repeated ("asdfasdf", "no no no no") is one word, however long.
    packed = re.sub(r"[\W_]+", "", folded)
    if re.fullmatch(r"(.{1,6}?)\1+.{0,3}", packed):
        return True
    return set(words) <= _JUNK
