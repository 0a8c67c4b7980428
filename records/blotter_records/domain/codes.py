"""One-time codes of a second factor (RFC 6238, six digits, 30 seconds)."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

_STEP_S = 30
#: Steps before and after the present one whose code is taken, too: clocks of telephones differ.
_AROUND = 1


def new_secret() -> str:
    """Return a secret for an authenticator app, base32, 160 bits."""
    return pyotp.random_base32()


def address_of(secret: str, user_name: str, issuer: str) -> str:
    """Return the ``otpauth://`` address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=user_name, issuer_name=issuer)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the step (30 seconds since 1970) whose code was given, or None; all of them are compared."""
    factor = pyotp.TOTP(secret)
    present = int(now.timestamp()) // _STEP_S
    found = None
    for step in range(present - _AROUND, present + _AROUND + 1):
        if hmac.compare_digest(factor.at(step * _STEP_S).encode(), code.strip().encode()):
            found = step
    return found
