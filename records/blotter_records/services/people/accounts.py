"""Accounts: a System Manager adds people; the command line adds the first two System Managers (11.100, 11.300)."""

from __future__ import annotations

from blotter_records.contract.accounts import AccountCreated, AccountRequest, AccountView, PersonView
from blotter_records.errors import Invalid, Refused
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.adding import add_account
from blotter_records.services.people.credentials import Credentials
from blotter_records.services.people.finding import FEWEST_MANAGERS, appointed_managers, every, found
from blotter_records.services.people.showing import account_view, person_view
from blotter_records.vocabulary import Action, RecordKind, Role, ServiceIdentity


class Accounts:
    """Adds and lists accounts."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        randomness: Randomness,
        *,
        gate: Gate,
        credentials: Credentials,
        configurations: Configurations,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness
        self._gate = gate
        self._credentials = credentials
        self._configurations = configurations

    def create(self, actor: Actor, request: AccountRequest) -> AccountCreated:
        """Add a person with a temporary password, shown this one time.

        The account is pending: its identity is verified and it is activated by signatures, not all of them those of
        who added it. The first two System Managers, from the command line, are active at once.

        Raises
        ------
        Invalid
            ``user_name.*``, ``printed_name.form``, ``account.roles``, ``account.identity``, ``reason.*``.
        Conflict
            ``conflict.user_name``: the name, or one that looks like it, belongs or once belonged to somebody
            (11.100(a)).
        Refused
            Not a System Manager; or the command line, once there are two.
        """
        policies = actor.configuration.policies
        password = self._randomness.temporary_password()
        now = self._clock.now()
        ends_at = now + policies.temporary_password_valid
        with self._gate.acting(actor, Action.USER_CREATE, "system", services={ServiceIdentity.CLI}) as acting:
            reason = acting.reason(request.reason, request.reason_code)
            hashed = self._credentials.hashed(password, policies)
            with self._ledger.begin() as work:
                work.lock("accounts")
                if actor.service is not None:
                    _check_first_managers(work, actor, request)
                elif request.identity is not None:
                    raise Invalid("account.identity", "Identity is verified by a signature once the account is there.")
                made = add_account(work, actor, acting.role, request, reason=reason, now=now)
                work.put_secret(made.record_id, hashed, is_temporary=True, ends_at=ends_at, entry_id=made.entry.id)
                view = account_view(work, made, self._configurations.current(work), now)
                work.commit()
        return AccountCreated(account=view, temporary_password=password, temporary_password_ends_at=ends_at)

    def people(self, actor: Actor) -> list[PersonView]:
        """Return who works here: what everybody may know."""
        with self._gate.acting(actor, Action.PERSON_VIEW, "system"), self._ledger.begin() as work:
            return [person_view(one) for one in every(work)]

    def list(self, actor: Actor) -> list[AccountView]:
        """Return every account."""
        with (
            self._gate.acting(actor, Action.USER_VIEW, "system", services={ServiceIdentity.CLI}),
            self._ledger.begin() as work,
        ):
            configuration, now = self._configurations.current(work), self._clock.now()
            return [account_view(work, one, configuration, now) for one in work.records(RecordKind.ACCOUNT)]

    def view(self, actor: Actor, account: str) -> AccountView:
        """Return one account. Raises ``NotFound('not_found.account')``."""
        with self._gate.acting(actor, Action.USER_VIEW, f"account:{account}"), self._ledger.begin() as work:
            return account_view(work, found(work, account), self._configurations.current(work), self._clock.now())


def _check_first_managers(work: UnitOfWork, actor: Actor, request: AccountRequest) -> None:
    is_over = len(appointed_managers(work, actor.configuration)) >= FEWEST_MANAGERS
    if list(request.roles) != [Role.SYSTEM_MANAGER] or is_over:
        raise Refused(
            "refused.first_managers",
            "The command line adds only the first two System Managers; they add everybody else.",
        )
    if request.identity is None:
        raise Invalid(
            "account.identity", "For the first System Managers it has to be said how their identity was verified."
        )
