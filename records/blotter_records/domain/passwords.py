"""Passwords and identification codes (11.300): rules, hashing, and which names are one and the same.

A password is hashed as ``v1$`` + bcrypt(base64(HMAC-SHA-384(label, password))). bcrypt alone stops at 72 bytes and
reads a key with a NUL as its repetition; the labelled HMAC makes 64 bytes without NUL of any password, and keeps a
hash that leaked elsewhere from being tried here (*hash shucking*).
"""

from __future__ import annotations

import base64
import hmac
import re
import unicodedata
from collections.abc import Collection

import bcrypt

from blotter_records.domain.policies import Policies
from blotter_records.errors import Invalid

_SCHEME = "v1$"
_LABEL = b"blotter/password/v1"

_COMMON = frozenset(
    {
        *("password", "passwort", "kennwort", "passphrase", "welcome", "letmein", "qwerty", "qwertz", "asdfgh"),
        *("iloveyou", "administrator", "changeme", "temporary", "electrophoresis", "westernblot", "laboratory"),
        *("blotter", "secret", "summer", "winter", "spring", "autumn", "dragon", "monkey", "football", "qwertyuiop"),
    }
)

_USER_NAME = re.compile(r"[^\W_](?:[\w.\-]{0,62}[^\W_])?", re.UNICODE)

#: Names that would make people believe that something official speaks.
_RESERVED = frozenset(
    {"admin", "administrator", "root", "system", "service", "hub", "cli", "sequencer", "user", "support", "blotter"}
)


def folded(text: str) -> str:
    """Return the form under which two names are the same (NFKC, case-folded, without surrounding blanks).

    Examples
    --------
    >>> folded(" ＡＮＮＡ ") == folded("anna")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).strip().casefold())


def checked_user_name(text: str) -> str:
    """Return an identification code as it is stored. Raises ``Invalid('user_name.form' | 'user_name.generic')``."""
    name = unicodedata.normalize("NFKC", text).strip()
    # One script, lower case, so that no two names look alike and the name can be a part of a web address.
    if not _USER_NAME.fullmatch(name) or not name.isascii() or name != name.lower():
        raise Invalid(
            "user_name.form",
            "A user name has 1 to 64 small letters, digits, dots, hyphens, and starts and ends with a letter or digit.",
        )
    if folded(name) in _RESERVED:
        raise Invalid("user_name.generic", "This user name does not belong to one person.", "Use the person's name.")
    return name


def checked_printed_name(text: str) -> str:
    """Return a printed name (11.50(a)(1)) as it is stored. Raises ``Invalid('printed_name.form')``."""
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    if len(name) < 3 or " " not in name or any(unicodedata.category(c)[0] == "C" for c in name):
        raise Invalid("printed_name.form", "The printed name is the full name: given name and family name.")
    return name


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
    plain = re.sub(r"[\W\d_]+", "", folded(password))
    if plain in _COMMON or any(plain == word * 2 for word in _COMMON):
        raise Invalid("password.common", "This password is one of those that are tried first.")
    own = [part for name in (user_name, printed_name) for part in re.split(r"[\W_]+", folded(name)) if len(part) >= 4]
    if any(part in folded(password) for part in own):
        raise Invalid("password.name", "A password must not contain your name or user name.")
    if len(set(password)) < 5:
        raise Invalid("password.pattern", "This password repeats a few characters.")


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
