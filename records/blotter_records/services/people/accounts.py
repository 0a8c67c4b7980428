"""Accounts: a System Manager adds people; the command line adds the first two System Managers (11.100, 11.300)."""

from __future__ import annotations

from collections.abc import Collection

from blotter_records.contract.accounts import AccountCreated, AccountRequest, AccountView, PersonView
from blotter_records.domain import passwords
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Account
from blotter_records.domain.roles import excluded
from blotter_records.errors import Conflict, Invalid, NotFound, Refused
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.writing import write
from blotter_records.services.people.credentials import Credentials
from blotter_records.vocabulary import Action, RecordKind, Role, ServiceIdentity

#: The command line may add System Managers until there are this many; four eyes apply from then on.
FIRST_MANAGERS = 2


class Accounts:
    """Adds and lists accounts."""

    def __init__(
        self, ledger: Ledger, clock: Clock, randomness: Randomness, *, gate: Gate, credentials: Credentials
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness
        self._gate = gate
        self._credentials = credentials

    def create(self, actor: Actor, request: AccountRequest) -> AccountCreated:
        """Add a person with a temporary password, shown this one time.

        Raises
        ------
        Invalid
            ``user_name.*``, ``printed_name.form``, ``account.roles``, ``reason.*``.
        Conflict
            ``conflict.user_name``: the name belongs, or once belonged, to somebody (11.100(a)).
        Refused
            Not a System Manager; or the command line, once there are two.
        """
        policies = actor.configuration.policies
        password = self._randomness.temporary_password()
        ends_at = self._clock.now() + policies.temporary_password_valid
        with self._gate.acting(actor, Action.USER_CREATE, "system", services={ServiceIdentity.CLI}) as acting:
            reason = acting.reason(request.reason)
            hashed = self._credentials.hashed(password, policies)
            with self._ledger.begin() as work:
                work.lock("accounts")
                if actor.service is not None:
                    _check_first_managers(work, request.roles, actor.configuration)
                made = add_account(work, actor, acting.role, request, reason=reason)
                work.put_secret(made.record_id, hashed, is_temporary=True, ends_at=ends_at, entry_id=made.entry.id)
                view = _view(work, made)
                work.commit()
        return AccountCreated(account=view, temporary_password=password, temporary_password_ends_at=ends_at)

    def people(self, actor: Actor) -> list[PersonView]:
        """Return who works here: what everybody may know."""
        with self._gate.acting(actor, Action.PERSON_VIEW, "system"), self._ledger.begin() as work:
            accounts = [Account.from_json(one.content) for one in work.records(RecordKind.ACCOUNT)]
        return [
            PersonView(
                account=one.account,
                user_name=one.user_name,
                printed_name=one.printed_name,
                roles=one.roles,
                is_active=one.is_active,
            )
            for one in accounts
        ]

    def list(self, actor: Actor) -> list[AccountView]:
        """Return every account."""
        with (
            self._gate.acting(actor, Action.USER_VIEW, "system", services={ServiceIdentity.CLI}),
            self._ledger.begin() as work,
        ):
            return [_view(work, revision) for revision in work.records(RecordKind.ACCOUNT)]


def found(work: UnitOfWork, account: str) -> Revision:
    """Return the newest revision of an account. Raises ``NotFound('not_found.account')``."""
    revision = work.latest(f"account:{account}")
    if revision is None:
        raise NotFound("not_found.account", f"There is no account {account}.")
    return revision


def active_managers(work: UnitOfWork, configuration: Configuration) -> list[str]:
    """Return the active accounts that administer people, roles or policies."""
    accounts = [Account.from_json(one.content) for one in work.records(RecordKind.ACCOUNT)]
    return [
        one.account
        for one in accounts
        if one.is_active and any(role.administers for role in configuration.ordered(one.roles))
    ]


def _check_first_managers(work: UnitOfWork, roles: Collection[str], configuration: Configuration) -> None:
    if list(roles) != [Role.SYSTEM_MANAGER] or len(active_managers(work, configuration)) >= FIRST_MANAGERS:
        raise Refused(
            "refused.first_managers",
            "The command line adds only the first two System Managers; they add everybody else.",
        )


def checked_roles(configuration: Configuration, given: Collection[str]) -> list[str]:
    """Return roles in their order. Raises ``Invalid('account.roles')`` for unknown ones and those that exclude."""
    held = configuration.ordered(given)
    unknown = sorted(set(given) - {role.name for role in held})
    if unknown:
        raise Invalid("account.roles", f"There is no role {', '.join(unknown)}.")
    pair = excluded(held)
    if pair is not None:
        names = " and ".join(sorted(pair))
        raise Invalid("account.roles", f"One person cannot be {names}.", "Who administers people touches no data.")
    return [role.name for role in held]


def add_account(
    work: UnitOfWork, actor: Actor, role: str | None, request: AccountRequest, *, reason: Reason
) -> Revision:
    """Write a new account. Raises ``Invalid`` or ``Conflict`` as ``Accounts.create`` says."""
    user_name = passwords.checked_user_name(request.user_name)
    printed_name = passwords.checked_printed_name(request.printed_name)
    roles = checked_roles(actor.configuration, request.roles)
    account = work.next_id(RecordKind.ACCOUNT)
    if not work.claim_name(RecordKind.ACCOUNT, passwords.folded(user_name), account):
        raise Conflict(
            "conflict.user_name", f"The user name {user_name} is or was somebody's.", "Names are never used again."
        )
    content = Account(account, user_name, printed_name, roles)
    named = ", ".join(actor.configuration.label(one) for one in roles)
    return write(
        work,
        actor,
        role,
        Action.USER_CREATE,
        content,
        record_id=account,
        expected_rev=0,
        version=1,
        new=content.as_json(),
        reason=reason,
        summary=f"Added {printed_name} ({user_name}) as {named}",
    )


def _view(work: UnitOfWork, revision: Revision) -> AccountView:
    account = Account.from_json(revision.content)
    secret = next(iter(work.secrets(account.account)), None)
    first = work.revision(revision.stream, 1)
    return AccountView(
        account=account.account,
        user_name=account.user_name,
        printed_name=account.printed_name,
        roles=account.roles,
        is_active=account.is_active,
        must_change_password=secret is None or secret.is_temporary,
        created_at=(first or revision).entry.at,
        last_sign_in_at=work.failures(account.account).last_sign_in_at,
    )
