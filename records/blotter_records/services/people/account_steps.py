"""Signed actions on accounts: deactivate, reactivate, assign and remove roles (11.10(d), 11.10(g), 11.100)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blotter_records.domain.records import Account, Json
from blotter_records.errors import Conflict, Refused
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting
from blotter_records.services.acting.writing import write
from blotter_records.services.people.accounts import active_managers, checked_roles, found
from blotter_records.services.people.standing import end_session
from blotter_records.services.signing.steps import Prepared, Signing, bind
from blotter_records.vocabulary import Action, Event, RecordKind

#: So many active System Managers there have to be at any time.
FEWEST_MANAGERS = 2


@dataclass(frozen=True)
class AccountStep:
    """One of the signed actions on an account."""

    action: Action
    kind: RecordKind = RecordKind.ACCOUNT

    def prove(self, actor: Actor, record: str, details: Json) -> None:
        """Nothing of an account lies outside the trail."""

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what would change.

        Raises
        ------
        NotFound, Invalid
            ``not_found.account``, ``account.roles``.
        Conflict
            ``conflict.account``: it is so already.
        Refused
            ``refused.last_managers``: fewer than two active System Managers would be left; ``refused.independence``:
            the own account.
        """
        work.lock("accounts")
        before = found(work, record)
        account = Account.from_json(before.content)
        after = self._after(account, acting, details)
        if account.account == acting.actor.account:
            raise Refused("refused.independence", "Somebody else has to do this to your account.")
        configuration = acting.actor.configuration
        left = [one for one in active_managers(work, configuration) if one != account.account]
        managed = any(role.administers for role in configuration.ordered(after.roles)) and after.is_active
        was = any(role.administers for role in configuration.ordered(account.roles)) and account.is_active
        if was and not managed and len(left) < FEWEST_MANAGERS:
            raise Refused("refused.last_managers", "At least two active System Managers have to be left.")
        bound, digest = bind(self.action, before, details)
        role = acting.role or ""
        return Prepared(
            before=before,
            version=before.rev,
            study="",
            status=None,
            digest=digest,
            bound=bound,
            role=role,
            title=f"{account.printed_name} ({account.user_name})",
            facts=_facts(account, after, acting),
            details=details,
        )

    def _after(self, account: Account, acting: Acting, details: Json) -> Account:
        match self.action:
            case Action.USER_DEACTIVATE:
                if not account.is_active:
                    raise Conflict("conflict.account", "The account is not active already.")
                return replace(account, is_active=False)
            case Action.USER_REACTIVATE:
                if account.is_active:
                    raise Conflict("conflict.account", "The account is active already.")
                return replace(account, is_active=True)
            case Action.USER_ROLE_ASSIGN:
                if details["role"] in account.roles:
                    raise Conflict("conflict.account", "The person has this role already.")
                roles = checked_roles(acting.actor.configuration, [*account.roles, details["role"]])
                return replace(account, roles=roles)
            case _:
                if details["role"] not in account.roles:
                    raise Conflict("conflict.account", "The person does not have this role.")
                return replace(account, roles=[one for one in account.roles if one != details["role"]])

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write the account; its sessions end at once (11.10(d))."""
        account = Account.from_json(prepared.before.content)
        after = self._after(
            account, Acting(actor, self.action, prepared.before.stream, prepared.role), prepared.details
        )
        changes = "; ".join(f"{name}: {old} → {new}" for name, old, new in prepared.facts)
        revision = write(
            work,
            actor,
            prepared.role,
            self.action,
            after,
            record_id=account.account,
            expected_rev=prepared.before.rev,
            version=prepared.before.rev + 1,
            old={"roles": account.roles, "is_active": account.is_active},
            new={"roles": after.roles, "is_active": after.is_active},
            reason=signing.reason,
            summary=f"{account.printed_name} ({account.user_name}): {changes}",
            signature=signing.signature,
            proposer=signing.proposer,
            authoriser=signing.authoriser,
        )
        cause = "deactivated" if not after.is_active else "roles changed"
        for stored in work.sessions_of(account.account):
            ended = replace(actor, session=stored.session)
            end_session(work, stored, ended, cause, Event.SESSION_TERMINATED)
        return revision


def _facts(account: Account, after: Account, acting: Acting) -> tuple[tuple[str, str, str], ...]:
    label = acting.actor.configuration.label
    standing = ("not active", "active")
    facts = []
    if account.is_active != after.is_active:
        facts.append(("Account", standing[account.is_active], standing[after.is_active]))
    if account.roles != after.roles:
        before, now = (", ".join(label(one) for one in roles) or "none" for roles in (account.roles, after.roles))
        facts.append(("Roles", before, now))
    return tuple(facts)


STEPS = {
    action: AccountStep(action)
    for action in (
        Action.USER_DEACTIVATE,
        Action.USER_REACTIVATE,
        Action.USER_ROLE_ASSIGN,
        Action.USER_ROLE_REMOVE,
    )
}
