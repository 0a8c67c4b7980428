"""System policies with their defaults (requirements C5): those that something reads today.

Every rule that has a number in it takes the number from here. When a policy does not say, the answer is no.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Policies:
    """The policies in force. Times are ``timedelta``, lengths are characters."""

    password_min_length: int = 12
    password_max_length: int = 256
    password_classes: int = 3
    password_bcrypt_cost: int = 12
    password_max_age: timedelta = timedelta(days=90)
    password_history: int = 10
    temporary_password_valid: timedelta = timedelta(hours=24)
    lockout_attempts: int = 5
    lockout_release: timedelta = timedelta(minutes=15)
    session_idle: timedelta = timedelta(minutes=15)
    session_max: timedelta = timedelta(hours=12)
    signature_dialog: timedelta = timedelta(seconds=60)
    signature_dialog_max: timedelta = timedelta(minutes=10)
    reason_min_chars: int = 10
    review_approver_is_distinct: bool = True
    analysts_may_import: bool = True
    statement: str = (
        "I understand that my electronic signature is the legally binding equivalent of my handwritten signature, "
        "and that I am accountable for what I sign with it."
    )


#: What holds where nobody has set anything else.
DEFAULTS = Policies()
