"""Checking a password: bounded, neutral in time, counted, locked after too many failures (11.300(d)).

Sign-in and signing share one counter. An unknown, inactive or locked account costs one hash like any other, so that
neither the answer nor its time tells which names exist.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from blotter_records.domain import passwords
from blotter_records.domain.policies import Policies
from blotter_records.errors import Unavailable
from blotter_records.ports.clock import Clock
from blotter_records.ports.ledger import Failures, StoredSecret, UnitOfWork

_NEVER = datetime.max.replace(tzinfo=UTC)

#: Seconds that a check waits for its turn before the service says that it is busy.
TURN_S = 15


@dataclass(frozen=True)
class Checked:
    """How a check ended. ``why_not`` is for the trail, never for the person who typed; ``before`` is how it stood."""

    secret: StoredSecret | None
    why_not: str = ""
    locks_now: bool = False
    at: datetime = _NEVER
    before: Failures | None = None

    @property
    def is_good(self) -> bool:
        """Whether the password was right and may be used now."""
        return self.secret is not None


class Credentials:
    """Checks passwords within a unit of work.

    Parameters
    ----------
    clock : Clock
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # One hash per core at a time: sign-in must not become a way to stop the service.
        self._turns = threading.BoundedSemaphore(max(1, os.cpu_count() or 1))
        self._nobody: dict[int, str] = {}

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn to hash. Raises ``Unavailable('unavailable.busy')``."""
        if not self._turns.acquire(timeout=TURN_S):
            raise Unavailable("unavailable.busy", "Too many people are signing in at once.", "Try again in a minute.")
        try:
            yield
        finally:
            self._turns.release()

    def hashed(self, password: str, policies: Policies) -> str:
        """Return the stored form of a new password."""
        with self.turn():
            return passwords.hash_password(password, cost=policies.password_bcrypt_cost)

    def _hash_of_nobody(self, policies: Policies) -> str:
        """Return a hash of the same cost as real ones, for which nobody knows a password."""
        cost = policies.password_bcrypt_cost
        if cost not in self._nobody:
            self._nobody[cost] = passwords.hash_password(os.urandom(32).hex(), cost=cost)
        return self._nobody[cost]

    def check(
        self,
        work: UnitOfWork,
        account: str | None,
        password: str,
        policies: Policies,
        *,
        is_active: bool,
        is_sign_in: bool = False,
        is_change: bool = False,
    ) -> Checked:
        """Check a password and count the attempt in the same unit of work; the caller writes the entry and commits.

        The caller has a :meth:`turn` before it opens the unit of work, so that waiting holds no connection.

        Parameters
        ----------
        work : UnitOfWork
        account : str or None
            None for a name that nobody has.
        password : str
        policies : Policies
            Those in force now.
        is_active : bool
        is_sign_in : bool
            At sign-in, not at signing.
        is_change : bool
            To change it: a temporary password that opened the session is still good for that.

        Returns
        -------
        Checked
        """
        if account is None:
            return self._refuse(password, policies, "no such user name")
        # One attempt at a time for an account: fifty at once count as fifty.
        work.lock(f"attempts:{account}")
        failed = work.failures(account)
        now = self._clock.now()
        if not is_active:
            return self._refuse(password, policies, "the account is not active")
        if _is_locked(failed, now, policies):
            # Attempts while locked are not counted: a stranger cannot keep an account locked for ever.
            return self._refuse(password, policies, "the account is locked")
        secret = next(iter(work.secrets(account)), None)
        hashed = secret.hashed if secret else self._hash_of_nobody(policies)
        if not passwords.password_matches(password, hashed) or secret is None:
            work.count_attempt(account, is_good=False, is_sign_in=is_sign_in)
            return Checked(None, "wrong password", failed.count + 1 >= policies.lockout_attempts)
        why_not = "" if is_change else _why_not_temporary(secret, failed, now)
        if why_not:
            return Checked(None, why_not)
        work.count_attempt(account, is_good=True, is_sign_in=is_sign_in)
        return Checked(secret, at=now, before=failed)

    def _refuse(self, password: str, policies: Policies, why_not: str) -> Checked:
        passwords.password_matches(password, self._hash_of_nobody(policies))
        return Checked(None, why_not)


def must_change(secret: StoredSecret, now: datetime, policies: Policies) -> bool:
    """Tell whether a password must be changed before anything else."""
    longest = policies.password_max_age
    return secret.is_temporary or (longest is not None and now - secret.set_at >= longest)


def _is_locked(failed: Failures, now: datetime, policies: Policies) -> bool:
    if failed.count < policies.lockout_attempts or failed.last_at is None:
        return False
    return now < failed.last_at + policies.lockout_release


def _why_not_temporary(secret: StoredSecret, failed: Failures, now: datetime) -> str:
    """Return why a temporary password is no longer good, or nothing: it opens one session, within its hours."""
    if not secret.is_temporary:
        return ""
    if secret.ends_at is not None and now >= secret.ends_at:
        return "the temporary password has ended"
    if failed.last_good_at is not None and failed.last_good_at >= secret.set_at:
        return "the temporary password has been used"
    return ""
