"""Signed actions on accounts: identity, activation, deactivation, roles, the statement (11.10(d)(g)(j), 11.100)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from blotter_records.domain import accounts as rules
from blotter_records.domain.canonical import text_digest
from blotter_records.domain.records import Account, Json
from blotter_records.errors import Conflict, Refused
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting
from blotter_records.services.people.adding import checked_roles
from blotter_records.services.people.changing import change_account, end_sessions
from blotter_records.services.people.finding import FEWEST_MANAGERS, active_managers, found, is_active_manager
from blotter_records.services.signing.steps import Facts, Prepared, Signing, Step, prepared_change
from blotter_records.vocabulary import AccountStatus, Action, RecordKind

_ENDS_SESSIONS = {
    Action.USER_DEACTIVATE: "deactivated",
    Action.USER_ROLE_ASSIGN: "roles changed",
    Action.USER_ROLE_REMOVE: "roles changed",
}


@dataclass(frozen=True)
class AccountStep:
    """One of the signed actions on an account."""

    action: Action
    clock: Clock
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
            ``conflict.account``: it is so already, or the account is in no state for it.
        Refused
            ``refused.last_managers``: fewer than two active System Managers would be left; ``refused.independence``:
            the own account, the account that one has added or the password that one has reset.
        """
        work.lock("accounts")
        before = found(work, record)
        account = Account.from_json(before.content)
        self._check_person(account, acting.actor)
        after = self._after(account, acting.actor, details)
        configuration = acting.actor.configuration
        today = self._today(acting.actor)
        left = [one for one in active_managers(work, configuration, today) if one != account.account]
        was, stays = (is_active_manager(configuration, one, today) for one in (account, after))
        if was and not stays and len(left) < FEWEST_MANAGERS:
            raise Refused("refused.last_managers", "At least two active System Managers have to be left.")
        return prepared_change(
            self.action,
            before,
            details,
            role=acting.role,
            title=f"{account.printed_name} ({account.user_name})",
            facts=_facts(account, after, acting.actor),
        )

    def _check_person(self, account: Account, actor: Actor) -> None:
        if self.action is Action.POLICY_ACCEPT:
            if account.account != actor.account:
                raise Refused("refused.independence", "Everybody accepts the statement alone.")
            return
        if account.account == actor.account:
            raise Refused("refused.independence", "Somebody else has to do this to your account.")
        if self.action is Action.USER_ACTIVATE and account.created_by == actor.account:
            raise Refused("refused.independence", "You added this account; another System Manager activates it.")
        if self.action is Action.USER_IDENTITY_VERIFY and actor.account in account.identity_due_by:
            raise Refused(
                "refused.independence", f"{account.identity_due_because} That was you; somebody else verifies."
            )

    def _after(self, account: Account, actor: Actor, details: Json) -> Account:
        change = _CHANGES.get(self.action)
        if change is not None:
            return change(account)
        now = self.clock.now().isoformat()
        match self.action:
            case Action.USER_ACTIVATE:
                return _activated(account, now)
            case Action.USER_REACTIVATE:
                return _reactivated(account, now, has_ended=rules.has_ended(account, self._today(actor)))
            case Action.USER_IDENTITY_VERIFY:
                who = {"verified_by": actor.person(), "verified_by_name": actor.name(), "at": now, "signature": None}
                done = replace(account, identity={**details, **who}, identity_due=False)
                return replace(done, identity_due_because="", identity_due_by=[])
            case Action.POLICY_ACCEPT:
                return _accepted(account, actor.configuration.policies.statement, now)
            case Action.USER_ROLE_ASSIGN:
                if details["role"] in account.roles:
                    raise Conflict("conflict.account", "The person has this role already.")
                return replace(account, roles=checked_roles(actor.configuration, [*account.roles, details["role"]]))
            case _:
                if details["role"] not in account.roles:
                    raise Conflict("conflict.account", "The person does not have this role.")
                return replace(account, roles=[one for one in account.roles if one != details["role"]])

    def _today(self, actor: Actor) -> date:
        return rules.today(self.clock.now(), actor.configuration.policies)

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write the account; where it matters for what the person may do, its sessions end at once (11.10(d))."""
        account = Account.from_json(prepared.before.content)
        after = self._signed(self._after(account, actor, prepared.details), signing)
        changes = "; ".join(f"{name}: {old or 'nothing'} → {new or 'nothing'}" for name, old, new in prepared.facts)
        revision = change_account(
            work,
            actor,
            prepared.role,
            self.action,
            prepared.before,
            after,
            reason=signing.reason,
            summary=f"{account.printed_name} ({account.user_name}): {changes}",
            signature=signing.signature,
            proposer=signing.proposer,
            authoriser=signing.authoriser,
        )
        cause = _ENDS_SESSIONS.get(self.action)
        if cause is not None:
            end_sessions(work, actor, account, cause)
        return revision

    def _signed(self, after: Account, signing: Signing) -> Account:
        """Return the account with the signature in what was signed."""
        if self.action is Action.USER_IDENTITY_VERIFY and after.identity is not None:
            return replace(after, identity={**after.identity, "signature": signing.signature})
        if self.action is Action.POLICY_ACCEPT and after.statement is not None:
            return replace(after, statement={**after.statement, "signature": signing.signature})
        return after


def _deactivated(account: Account) -> Account:
    if account.status == AccountStatus.DEACTIVATED:
        raise Conflict("conflict.account", "The account is not active already.")
    return replace(account, status=AccountStatus.DEACTIVATED.value)


_CHANGES = {Action.USER_DEACTIVATE: _deactivated}


def _activated(account: Account, now: str) -> Account:
    if account.status != AccountStatus.PENDING:
        raise Conflict("conflict.account", "The account was activated already.")
    if account.identity is None:
        raise Conflict("conflict.identity", "Identity has not been verified.", "Verify identity first.")
    return replace(account, status=AccountStatus.ACTIVE.value, active_since=now)


def _reactivated(account: Account, now: str, *, has_ended: bool) -> Account:
    """Return an account that can be used again; a last day that is over goes with what ended it."""
    if account.status != AccountStatus.DEACTIVATED and not (account.is_active and has_ended):
        raise Conflict("conflict.account", "The account is not deactivated, and its last day is not over.")
    expires_on = None if has_ended else account.expires_on
    return replace(account, status=AccountStatus.ACTIVE.value, active_since=now, expires_on=expires_on)


def _accepted(account: Account, statement: str, now: str) -> Account:
    sha256 = text_digest(statement)
    if account.statement is not None and account.statement["sha256"] == sha256:
        raise Conflict("conflict.account", "You have accepted this statement already.")
    return replace(account, statement={"sha256": sha256, "text": statement, "signature": None, "at": now})


def _facts(account: Account, after: Account, actor: Actor) -> Facts:
    label = actor.configuration.label
    facts = []
    if account.status != after.status:
        facts.append(("Account", account.status, after.status))
    if account.expires_on != after.expires_on:
        facts.append(("Last day", account.expires_on or "none", after.expires_on or "none"))
    if account.roles != after.roles:
        before, now = (", ".join(label(one) for one in roles) or "none" for roles in (account.roles, after.roles))
        facts.append(("Roles", before, now))
    if account.identity != after.identity and after.identity is not None:
        before = f"{account.identity['method']}: {account.identity['document']}" if account.identity else ""
        facts.append(("Identity", before, f"{after.identity['method']}: {after.identity['document']}"))
    if account.statement != after.statement and after.statement is not None:
        facts.append(("Statement", account.statement["text"] if account.statement else "", after.statement["text"]))
    return tuple(facts)


def steps(clock: Clock) -> Mapping[Action, Step]:
    """Return the steps on accounts."""
    return {
        action: AccountStep(action, clock)
        for action in (
            Action.POLICY_ACCEPT,
            Action.USER_ACTIVATE,
            Action.USER_DEACTIVATE,
            Action.USER_IDENTITY_VERIFY,
            Action.USER_REACTIVATE,
            Action.USER_ROLE_ASSIGN,
            Action.USER_ROLE_REMOVE,
        )
    }
