"""Names of people: which are one and the same, which look alike, which belong to nobody (11.100(a), 11.300(a))."""

from __future__ import annotations

import re
import unicodedata

from blotter_records.errors import Invalid

_USER_NAME = re.compile(r"[^\W_](?:[\w.\-]{0,62}[^\W_])?", re.UNICODE)
_WITHOUT_SIGNS = re.compile(r"[\W_\d]+")

#: Names of offices, machines and everybody: behind none of them stands one person.
_RESERVED = frozenset(
    {
        *(
            "admin",
            "administrator",
            "root",
            "system",
            "service",
            "hub",
            "cli",
            "sequencer",
            "user",
            "support",
            "blotter",
        ),
        *(
            "lab",
            "labor",
            "laboratory",
            "guest",
            "test",
            "tester",
            "demo",
            "operator",
            "analyst",
            "supervisor",
            "staff",
        ),
        *("reviewer", "approver", "auditor", "inspector", "manager", "systemmanager", "recordsmanager", "qa", "qc"),
        *("everybody", "everyone", "anonymous", "nobody", "team", "shared", "temp", "temporary", "office", "training"),
        *("instrument", "instrumentmanager", "scanner", "imager", "sysadmin", "superuser", "default", "student"),
    }
)

#: What a reader takes for one another in a user name.
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b", "-": ".", "_": "."})


def alike(user_name: str) -> str:
    """Return the form under which two user names look the same to a reader; each form is somebody's once and for ever.

    Examples
    --------
    >>> alike("anna.lee") == alike("anna-1ee"), alike("anna.lee") == alike("anne.lee")
    (True, False)
    """
    return folded(user_name).translate(_ALIKE).replace("rn", "m").replace("vv", "w")


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
    # One script, lower case: few letters look alike, and the name can be a part of a web address.
    if not _USER_NAME.fullmatch(name) or not name.isascii() or name != name.lower():
        raise Invalid(
            "user_name.form",
            "A user name has 1 to 64 small letters, digits, dots, hyphens, and starts and ends with a letter or digit.",
        )
    if _WITHOUT_SIGNS.sub("", name) in _RESERVED:
        raise Invalid("user_name.generic", "This user name does not belong to one person.", "Use the person's name.")
    return name


def checked_printed_name(text: str) -> str:
    """Return a printed name (11.50(a)(1)) as it is stored. Raises ``Invalid('printed_name.form')``."""
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    if len(name) < 3 or " " not in name or any(unicodedata.category(c)[0] == "C" for c in name):
        raise Invalid("printed_name.form", "The printed name is the full name: given name and family name.")
    return name
