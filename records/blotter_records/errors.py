"""The one error tree of Blotter.

::

    BlotterError                     code, message, diagnostics
    ├── Refused            403       the rules forbid it; written to the trail as a refusal
    │   └── Unauthenticated 401      nobody is signed in, or the session has ended
    ├── Conflict           409       somebody else was faster, or the state does not allow it
    ├── Invalid            422       what was given is wrong; says what and why
    │   └── TooLarge       413       more bytes than the published limit
    ├── NotFound           404       no such record (or none that you may see)
    ├── IntegrityBroken    500       a stored record does not verify: never shown as data
    └── Unavailable        503       a part that is needed does not answer; nothing was written

``code`` is stable and machine-readable (``family.fact``, e.g. ``refused.role``); it is never reused.
``message`` is one sentence for the person who asked; ``diagnostics`` says what that person can do.
"""

from __future__ import annotations


class BlotterError(Exception):
    """Base of every error that Blotter raises on purpose.

    Parameters
    ----------
    code : str
        Stable code, ``family.fact``.
    message : str
        One sentence for the person who asked.
    diagnostics : str, optional
        What the person can do about it.

    Attributes
    ----------
    entry : int or None
        The trail's id of the refusal, where one was written.
    """

    status = 500
    entry: int | None = None

    def __init__(self, code: str, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self._diagnostics = diagnostics

    def diagnostics(self) -> str:
        """Return what the person can do about it (may be empty)."""
        return self._diagnostics

    def written(self) -> str:
        """Return where the trail has this refusal, in a sentence (empty where none was written)."""
        return f"This refusal is in the audit trail (id {self.entry})." if self.entry is not None else ""


class Refused(BlotterError):
    """The rules forbid it. The refusal itself is an audit entry."""

    status = 403


class Unauthenticated(Refused):
    """Nobody is signed in, the sign-in failed, or the session has ended."""

    status = 401


class Conflict(BlotterError):
    """The record has changed since it was read, or its status does not allow the action."""

    status = 409


class Invalid(BlotterError):
    """What was given is wrong; the message says what and why."""

    status = 422


class TooLarge(Invalid):
    """More bytes than the published limit."""

    status = 413


class NotFound(BlotterError):
    """No such record, or none that this person may see."""

    status = 404


class IntegrityBroken(BlotterError):
    """A stored record does not verify; it is never shown as data."""

    status = 500


class Unavailable(BlotterError):
    """A part that is needed does not answer; nothing was written."""

    status = 503
