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

from blotter_records.domain import codes, passwords
from blotter_records.domain.policies import Policies
from blotter_records.errors import Unavailable
from blotter_records.ports.clock import Clock
from blotter_records.ports.ledger import Failures, StoredSecret, UnitOfWork

NEVER = datetime.max.replace(tzinfo=UTC)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

#: Seconds that a check waits for its turn before the service says that it is busy.
TURN_S = 15


@dataclass(frozen=True)
class Checked:
    """How a check ended. ``why_not`` is for the trail, never for the person who typed; ``before`` is how it stood."""

    secret: StoredSecret | None
    why_not: str = ""
    locks_now: bool = False
    at: datetime = NEVER
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
        account: str,
        password: str,
        policies: Policies,
        *,
        why_not: str = "",
        is_administrator: bool = False,
        is_sign_in: bool = False,
        is_change: bool = False,
        code: str | None = None,
    ) -> Checked:
        """Check a password and count the attempt in the same unit of work; the caller writes the entry and commits.

        The caller has a :meth:`turn` before it opens the unit of work, so that waiting holds no connection.

        Parameters
        ----------
        work : UnitOfWork
        account : str
            Or what stands for a name that nobody has: no password is right for it, and its tries are counted alike.
        password : str
        policies : Policies
            Those in force now.
        why_not : str
            Why the account cannot be used at all, for the trail.
        is_administrator : bool
            Its lock is always freed by time: nobody can keep all System Managers out for ever.
        is_sign_in : bool
            At sign-in, not at signing.
        is_change : bool
            To change it: a temporary password that opened the session is still good for that.
        code : str, optional
            The one-time code that was given, where one is asked for; a person without a second factor has none.

        Returns
        -------
        Checked
        """
        # One attempt at a time for an account: fifty at once count as fifty.
        work.lock(f"attempts:{account}")
        failed = work.failures(account)
        now = self._clock.now()
        if why_not:
            return self._refuse(password, policies, why_not)
        if locked_until(failed, policies, is_administrator=is_administrator) > now:
            # Attempts while locked are not counted: a stranger cannot keep an account locked for ever.
            return self._refuse(password, policies, "the account is locked")
        secret = next(iter(work.secrets(account)), None)
        hashed = secret.hashed if secret else self._hash_of_nobody(policies)
        if not passwords.password_matches(password, hashed) or secret is None:
            return self._wrong(work, account, "wrong password", failed, policies, is_sign_in=is_sign_in)
        why_not = "" if is_change else _why_not_temporary(secret, failed, now)
        if why_not:
            return Checked(None, why_not)
        factor = work.held_totp(account) if code is not None else None
        if factor is not None and not self._is_code(work, account, factor, code or "", now):
            return self._wrong(work, account, "wrong one-time code", failed, policies, is_sign_in=is_sign_in)
        work.count_attempt(account, is_good=True, is_sign_in=is_sign_in)
        return Checked(secret, at=now, before=failed)

    @staticmethod
    def _wrong(
        work: UnitOfWork, account: str, why_not: str, failed: Failures, policies: Policies, *, is_sign_in: bool
    ) -> Checked:
        work.count_attempt(account, is_good=False, is_sign_in=is_sign_in)
        return Checked(None, why_not, failed.count + 1 >= policies.lockout_attempts, before=failed)

    @staticmethod
    def _is_code(work: UnitOfWork, account: str, secret: str, code: str, now: datetime) -> bool:
        step = codes.step_of(secret, code, now)
        return step is not None and work.use_code(account, step)

    def has_other_cost(self, secret: StoredSecret, policies: Policies) -> bool:
        """Tell whether a password was hashed at another cost than the policy asks for now."""
        return passwords.cost_of(secret.hashed) != policies.password_bcrypt_cost

    def hashed_again(self, password: str, policies: Policies) -> str:
        """Return the stored form at the cost of now; the caller has a turn already."""
        return passwords.hash_password(password, cost=policies.password_bcrypt_cost)

    def _refuse(self, password: str, policies: Policies, why_not: str) -> Checked:
        passwords.password_matches(password, self._hash_of_nobody(policies))
        return Checked(None, why_not)


def must_change(secret: StoredSecret, now: datetime, policies: Policies) -> bool:
    """Tell whether a password must be changed before anything else."""
    longest = policies.password_max_age
    return secret.is_temporary or (longest is not None and now - secret.set_at >= longest)


def password_ends_at(secret: StoredSecret, policies: Policies) -> datetime | None:
    """Return when a password has to be changed; None if never."""
    if secret.is_temporary:
        return secret.ends_at
    longest = policies.password_max_age
    return secret.set_at + longest if longest is not None else None


def locked_until(failed: Failures, policies: Policies, *, is_administrator: bool) -> datetime:
    """Return until when an account is locked: a time gone by if it is not, the last of all times if by no time."""
    if failed.count < policies.lockout_attempts or failed.last_at is None:
        return _LONG_AGO
    is_timed = policies.lockout_is_timed or is_administrator
    return failed.last_at + policies.lockout_release if is_timed else NEVER


def _why_not_temporary(secret: StoredSecret, failed: Failures, now: datetime) -> str:
    """Return why a temporary password is no longer good, or nothing: it opens one session, within its hours."""
    if not secret.is_temporary:
        return ""
    if secret.ends_at is not None and now >= secret.ends_at:
        return "the temporary password has ended"
    if failed.last_good_at is not None and failed.last_good_at >= secret.set_at:
        return "the temporary password has been used"
    return ""
