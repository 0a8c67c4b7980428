"""Accounts: a System Manager adds people; the command line adds the first two System Managers (11.100, 11.300)."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.contract.accounts import AccountCreated, AccountRequest, AccountView
from blotter_records.domain import passwords
from blotter_records.domain.authority import ROLE_NAMES, excluded
from blotter_records.domain.reasons import checked_reason
from blotter_records.domain.records import Account
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.ledger import Ledger, Revision, UnitOfWork
from blotter_records.services.acting import Actor, Gate
from blotter_records.services.credentials import Credentials
from blotter_records.services.writing import write
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
        password = self._randomness.temporary_password()
        ends_at = self._clock.now() + self._gate.policies.temporary_password_valid
        with self._gate.acting(actor, Action.USER_CREATE, "system", services={ServiceIdentity.CLI}) as role:
            reason = checked_reason(request.reason, minimum=self._gate.policies.reason_min_chars)
            hashed = self._credentials.hashed(password)
            with self._ledger.begin() as work:
                work.lock("accounts")
                if actor.service is not None:
                    _check_first_managers(work, request.roles)
                made = add_account(work, actor, role, request, reason=reason)
                work.put_secret(made.record_id, hashed, is_temporary=True, ends_at=ends_at, entry_id=made.entry.id)
                view = _view(work, made)
                work.commit()
        return AccountCreated(account=view, temporary_password=password, temporary_password_ends_at=ends_at)

    def list(self, actor: Actor) -> list[AccountView]:
        """Return every account."""
        with (
            self._gate.acting(actor, Action.USER_VIEW, "system", services={ServiceIdentity.CLI}),
            self._ledger.begin() as work,
        ):
            return [_view(work, revision) for revision in work.records(RecordKind.ACCOUNT)]


def _check_first_managers(work: UnitOfWork, roles: Sequence[Role]) -> None:
    managers = [
        one for one in work.records(RecordKind.ACCOUNT) if Role.SYSTEM_MANAGER in Account.from_json(one.content).roles
    ]
    if list(roles) != [Role.SYSTEM_MANAGER] or len(managers) >= FIRST_MANAGERS:
        raise Refused(
            "refused.first_managers",
            "The command line adds only the first two System Managers; they add everybody else.",
        )


def add_account(work: UnitOfWork, actor: Actor, role: Role | None, request: AccountRequest, *, reason: str) -> Revision:
    """Write a new account. Raises ``Invalid`` or ``Conflict`` as ``Accounts.create`` says."""
    user_name = passwords.checked_user_name(request.user_name)
    printed_name = passwords.checked_printed_name(request.printed_name)
    roles = [one for one in Role if one in request.roles]
    pair = excluded(roles)
    if pair is not None:
        names = " and ".join(sorted(ROLE_NAMES[one] for one in pair))
        raise Invalid("account.roles", f"One person cannot be {names}.", "Who administers people touches no data.")
    account = work.next_id(RecordKind.ACCOUNT)
    if not work.claim_name(RecordKind.ACCOUNT, passwords.folded(user_name), account):
        raise Conflict(
            "conflict.user_name", f"The user name {user_name} is or was somebody's.", "Names are never used again."
        )
    content = Account(account, user_name, printed_name, [one.value for one in roles])
    return write(
        work,
        actor,
        role,
        Action.USER_CREATE,
        content,
        record_id=account,
        expected_rev=0,
        new=content.as_json(),
        reason=reason,
        summary=f"Added {printed_name} ({user_name}) as {', '.join(ROLE_NAMES[one] for one in roles)}",
    )


def _view(work: UnitOfWork, revision: Revision) -> AccountView:
    account = Account.from_json(revision.content)
    secret = next(iter(work.secrets(account.account)), None)
    first = work.revision(revision.stream, 1)
    return AccountView(
        account=account.account,
        user_name=account.user_name,
        printed_name=account.printed_name,
        roles=[Role(role) for role in account.roles],
        is_active=account.is_active,
        must_change_password=secret is None or secret.is_temporary,
        created_at=(first or revision).entry.at,
        last_sign_in_at=work.failures(account.account).last_sign_in_at,
    )
