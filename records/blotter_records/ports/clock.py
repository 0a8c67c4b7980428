"""Time and randomness."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time by which rules decide; in the product it is the database's (11.10(e))."""

    def now(self) -> datetime:
        """Return the present time, aware, UTC."""

    def told(self, moment: datetime) -> datetime:
        """Return the present time, where the database's was read along with something else."""


class Randomness(Protocol):
    """Makes what nobody can guess."""

    def token(self) -> str:
        """Return 32 random bytes, URL-safe base64."""

    def temporary_password(self) -> str:
        """Return a password that a person can copy from a screen (>= 80 bits)."""
