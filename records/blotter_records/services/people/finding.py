"""Finding accounts, and how one of them stands now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from blotter_records.domain import accounts as rules
from blotter_records.domain import names
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Account
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import Failures, StoredSecret, UnitOfWork
from blotter_records.services.acting.gate import newest_of
from blotter_records.services.people.credentials import locked_until
from blotter_records.vocabulary import RecordKind

#: So many active System Managers there have to be at any time.
FEWEST_MANAGERS = 2


def found(work: UnitOfWork, account: str) -> Revision:
    """Return the newest revision of an account. Raises ``NotFound('not_found.account')``."""
    return newest_of(work, f"account:{account}")


def every(work: UnitOfWork) -> list[Account]:
    """Return every account, in the order in which they were added."""
    return [Account.from_json(one.content) for one in work.records(RecordKind.ACCOUNT)]


def account_of_name(work: UnitOfWork, user_name: str) -> Revision | None:
    """Return the account of a user name, however it was typed, or None; both take the same questions."""
    account = work.record_of_name(RecordKind.ACCOUNT, names.folded(user_name))
    return work.latest(f"account:{account or 'nobody'}")


def administers(configuration: Configuration, account: Account) -> bool:
    """Tell whether a person administers people, roles or policies."""
    return any(role.administers for role in configuration.ordered(account.roles))


def appointed_managers(work: UnitOfWork, configuration: Configuration) -> list[str]:
    """Return the activated accounts that administer people, roles or policies, whether they can be used today or not.

    What two of them have to do is not one's alone because the other's last day is over or a password was reported:
    then another is appointed from the server's shell.
    """
    return [one.account for one in every(work) if one.is_active and administers(configuration, one)]


def active_managers(work: UnitOfWork, configuration: Configuration, on: date) -> list[str]:
    """Return the accounts that administer people, roles or policies and can be used on a day."""
    return [one.account for one in every(work) if is_active_manager(configuration, one, on)]


def is_active_manager(configuration: Configuration, account: Account, on: date) -> bool:
    """Tell whether a person administers people, roles or policies, with an account that can be used on a day."""
    return administers(configuration, account) and not rules.why_not_usable(account, on)


def is_needed(work: UnitOfWork, configuration: Configuration, account: Account, now: datetime) -> bool:
    """Tell whether an account is one of the last System Managers, whom inactivity never keeps out."""
    if not administers(configuration, account):
        return False
    return len(active_managers(work, configuration, rules.today(now, configuration.policies))) <= FEWEST_MANAGERS


@dataclass(frozen=True)
class Standing:
    """How an account stands: password, failures, lock.

    Parameters
    ----------
    secret : StoredSecret or None
        The newest password.
    locked_until : datetime
        A time gone by if it is not locked; ``credentials.NEVER`` if no time frees it.
    cannot_sign_in : str
        Why signing in is refused, for managers; empty if it is not.
    """

    secret: StoredSecret | None
    failures: Failures
    locked_until: datetime
    cannot_sign_in: str

    def is_locked(self, now: datetime) -> bool:
        """Tell whether the account is locked."""
        return now < self.locked_until


def standing_of(work: UnitOfWork, account: Account, configuration: Configuration, now: datetime) -> Standing:
    """Return how an account stands now."""
    failures = work.failures(account.account)
    policies: Policies = configuration.policies
    until = locked_until(failures, policies, is_administrator=administers(configuration, account))
    needed = is_needed(work, configuration, account, now)
    why_not = rules.may_sign_in(account, now, failures.last_sign_in_at, policies, is_needed=needed)
    if not why_not and now < until:
        why_not = "the account is locked"
    secret = next(iter(work.secrets(account.account)), None)
    return Standing(secret, failures, until, why_not)
