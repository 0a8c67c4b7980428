"""Passwords (11.300): rules and hashing.

A password is hashed as ``v1$`` + bcrypt(base64(HMAC-SHA-384(label, password))). bcrypt alone stops at 72 bytes and
reads a key with a NUL as its repetition; the labelled HMAC makes 64 bytes without NUL of any password, and keeps a
hash that leaked elsewhere from being tried here (*hash shucking*).
"""

from __future__ import annotations

import base64
import functools
import hmac
import re
import unicodedata
from collections.abc import Collection

import bcrypt

from blotter_records.domain.names import folded
from blotter_records.domain.policies import Policies
from blotter_records.errors import Invalid

_SCHEME = "v1$"
_LABEL = b"blotter/password/v1"

#: Words of the trade, beside the passwords of others that leaked most often.
_TRADE = frozenset(
    {"electrophoresis", "westernblot", "laboratory", "blotter", "temporary", "administrator", "passphrase", "kennwort"}
)


def check_new_password(password: str, *, user_name: str, printed_name: str, policies: Policies) -> None:
    """Check a password that a person has chosen.

    Raises
    ------
    Invalid
        ``password.length``, ``password.classes``, ``password.common``, ``password.name``, ``password.pattern``; the
        message never holds the password.
    """
    if not policies.password_min_length <= len(password) <= policies.password_max_length:
        raise Invalid(
            "password.length",
            f"A password has {policies.password_min_length} to {policies.password_max_length} characters.",
            "Several words in a row are easy to remember and long enough.",
        )
    if _classes(password) < policies.password_classes:
        raise Invalid(
            "password.classes",
            f"A password has at least {policies.password_classes} of these: small letters, capital letters, digits, "
            "other characters.",
        )
    if is_common(password):
        raise Invalid("password.common", "This password is one of those that are tried first.")
    own = [part for name in (user_name, printed_name) for part in re.split(r"[\W_]+", folded(name)) if len(part) >= 4]
    if any(part in folded(password) for part in own):
        raise Invalid("password.name", "A password must not contain your name or user name.")
    if len(set(password)) < 5:
        raise Invalid("password.pattern", "This password repeats a few characters.")


@functools.cache
def _common() -> frozenset[str]:
    """Return the passwords that are tried first: zxcvbn's list of leaked ones, words of the trade."""
    # Half a megabyte, needed only when somebody chooses a password.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(FREQUENCY_LISTS["passwords"]) | _TRADE


def is_common(password: str) -> bool:
    """Tell whether a password is one that is tried first: as it is, without digits and signs, or twice in a row.

    Examples
    --------
    >>> is_common("Password123!"), is_common("dragondragon"), is_common("Wide 7 rivers meet here")
    (True, True, False)
    """
    whole = folded(password)
    plain = re.sub(r"[\W\d_]+", "", whole)
    halves = [one[: len(one) // 2] for one in (whole, plain) if len(one) % 2 == 0 and one == one[: len(one) // 2] * 2]
    return any(len(one) >= 4 and one in _common() for one in (whole, plain, *halves))


def cost_of(hashed: str) -> int | None:
    """Return the cost at which a password was hashed; None for a form that is not known."""
    parts = hashed.removeprefix(_SCHEME).split("$")
    return int(parts[2]) if hashed.startswith(_SCHEME) and len(parts) == 4 and parts[2].isdecimal() else None


def _classes(password: str) -> int:
    tests = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    return sum(any(test(character) for character in password) for test in tests)


def _prepared(password: str) -> bytes:
    text = unicodedata.normalize("NFKC", password).encode()
    return base64.b64encode(hmac.digest(_LABEL, text, "sha384"))


def hash_password(password: str, *, cost: int) -> str:
    """Return the stored form of a password, with a scheme tag. Takes about 240 ms at cost 12."""
    return _SCHEME + bcrypt.hashpw(_prepared(password), bcrypt.gensalt(cost)).decode()


def password_matches(password: str, hashed: str) -> bool:
    """Tell whether a password is the stored one; an unknown scheme or a damaged hash never matches."""
    if not hashed.startswith(_SCHEME):
        return False
    try:
        return bcrypt.checkpw(_prepared(password), hashed.removeprefix(_SCHEME).encode())
    except ValueError:
        return False


def check_history(password: str, hashes: Collection[str], *, remembered: int) -> None:
    """Raise ``Invalid('password.history')`` if the password is one of the person's last ``remembered`` ones."""
    if any(password_matches(password, hashed) for hashed in list(hashes)[:remembered]):
        raise Invalid("password.history", f"This was one of your last {remembered} passwords.", "Choose another.")
