"""What nobody can guess, from the operating system (``ports.clock.Randomness``)."""

from __future__ import annotations

import secrets

#: Without letters and digits that are mistaken for one another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _LETTERS = 4, 5


class SystemRandomness:
    """Tokens and temporary passwords."""

    def token(self) -> str:
        """Return 32 random bytes, URL-safe base64."""
        return secrets.token_urlsafe(32)

    def temporary_password(self) -> str:
        """Return four groups of five letters and digits (99 bits)."""
        return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS)) for _ in range(_GROUPS))
