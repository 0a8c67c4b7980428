"""Reasons for change: long enough, not junk, from the list where one must be (Annex 11 s.9; PI 041)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from blotter_records.errors import Invalid
from blotter_records.vocabulary import ReasonRule

_JUNK = frozenset({"asdf", "qwerty", "test", "none", "n/a", "na", "reason", "change", "changed", "because", "update"})


@dataclass(frozen=True)
class Reason:
    """A reason as it is stored: what the person typed, and the code chosen from the list (may be empty)."""

    text: str = ""
    code: str = ""


def checked_reason(
    text: str,
    code: str = "",
    *,
    rule: ReasonRule = ReasonRule.REQUIRED,
    minimum: int,
    codes: Sequence[str] = (),
) -> Reason:
    """Return the reason as it is stored (NFC, trimmed, one space between words).

    Parameters
    ----------
    text : str
        What the person typed.
    code : str
        What the person chose from the list.
    rule : ReasonRule
        Whether nothing at all is an answer; ``LIST`` wants a code and a text.
    minimum : int
        Least number of characters (policy ``reason.min_chars``).
    codes : sequence of str
        The list (policy ``reason.codes``): ``code: what it means``.

    Raises
    ------
    Invalid
        ``reason.missing``, ``reason.short``, ``reason.junk``, ``reason.characters``, ``reason.code``.

    Examples
    --------
    >>> checked_reason("  Band 3 was   missed ", minimum=10)
    Reason(text='Band 3 was missed', code='')
    """
    known = [one.partition(": ")[0] for one in codes]
    if code and code not in known:
        raise Invalid("reason.code", f"{code!r} is not in the list of reasons.", f"Choose one of {', '.join(known)}.")
    if rule is ReasonRule.LIST and not code:
        raise Invalid("reason.code", "A reason has to be chosen from the list.", f"One of {', '.join(known)}.")
    is_required = rule in (ReasonRule.REQUIRED, ReasonRule.LIST)
    return Reason(_checked_text(text, minimum=minimum, is_required=is_required), code)


def _checked_text(text: str, *, minimum: int, is_required: bool) -> str:
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
