"""Signed actions on a study: members, legal hold, retention (11.10(c), 11.10(g))."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blotter_records.domain.records import Account, Json, Study
from blotter_records.domain.roles import DATA
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, newest_of
from blotter_records.services.acting.writing import write
from blotter_records.services.signing.steps import Facts, Prepared, Signing, prepared_change
from blotter_records.services.studies import studies
from blotter_records.vocabulary import Action, RecordKind


@dataclass(frozen=True)
class StudyStep:
    """One of the signed actions on a study."""

    action: Action
    kind: RecordKind = RecordKind.STUDY

    def prove(self, actor: Actor, record: str, details: Json) -> None:
        """Nothing of a study lies outside the trail."""

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what would change.

        Raises
        ------
        NotFound
            ``not_found.study``, ``not_found.account``.
        Invalid
            ``study.member``: a role that the person does not hold, or that has nothing to do in a study.
        Conflict
            ``conflict.study``: it is so already.
        Refused
            ``refused.independence``: the own membership.
        """
        before = studies.found(work, record)
        role = acting.on(work, record)
        content = Study.from_json(before.content)
        _, facts = self._changed(work, acting.actor, content, details)
        return prepared_change(
            self.action,
            before,
            details,
            role=role,
            title=f"{record}: {content.title}",
            facts=facts,
            study=record,
        )

    def _changed(self, work: UnitOfWork, actor: Actor, content: Study, details: Json) -> tuple[Study, Facts]:
        match self.action:
            case Action.STUDY_MEMBER_ADD:
                return _with_member(work, actor, content, details["account"], details["roles"])
            case Action.STUDY_MEMBER_REMOVE:
                return _without_member(work, actor, content, details["account"])
            case Action.RECORD_HOLD_SET:
                if content.hold is not None:
                    raise Conflict("conflict.study", f"A legal hold is set on {content.study} already.")
                return content, (("Legal hold", "none", "set"),)
            case Action.RECORD_HOLD_RELEASE:
                if content.hold is None:
                    raise Conflict("conflict.study", f"There is no legal hold on {content.study}.")
                return replace(content, hold=None), (("Legal hold", "set", "none"),)
            case _:
                return _retained(content, details)

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write the study's next version."""
        content = Study.from_json(prepared.before.content)
        after, facts = self._changed(work, actor, content, prepared.details)
        if self.action is Action.RECORD_HOLD_SET:
            hold = {"reason": signing.reason.text, "by": actor.name(), "signature": signing.signature}
            after = replace(after, hold=hold)
        return write(
            work,
            actor,
            prepared.role,
            self.action,
            replace(after, reason=signing.reason.text),
            record_id=content.study,
            expected_rev=prepared.before.rev,
            version=prepared.before.rev + 1,
            old={name: before for name, before, _ in facts},
            new={name: now for name, _, now in facts},
            reason=signing.reason,
            summary=f"{content.study}: "
            + "; ".join(f"{name}: {before or 'none'} → {now or 'none'}" for name, before, now in facts),
            signature=signing.signature,
            proposer=signing.proposer,
            authoriser=signing.authoriser,
        )


def _account(work: UnitOfWork, account: str) -> Account:
    revision = newest_of(work, f"account:{account}")
    return Account.from_json(revision.content)


def _check_not_own(actor: Actor, account: str) -> None:
    if actor.person() == account:
        raise Refused("refused.independence", "Somebody else has to change your own membership.")


def _with_member(
    work: UnitOfWork, actor: Actor, content: Study, account: str, wanted: list[str]
) -> tuple[Study, Facts]:
    _check_not_own(actor, account)
    person = _account(work, account)
    if not person.is_active:
        raise Invalid("study.member", f"The account of {person.printed_name} is not active.")
    configuration = actor.configuration
    roles = configuration.ordered(wanted)
    unknown = sorted(set(wanted) - {role.name for role in roles})
    if unknown:
        raise Invalid("study.member", f"There is no role {', '.join(unknown)}.")
    missing = [role.label for role in roles if role.name not in person.roles]
    if missing:
        raise Invalid("study.member", f"{person.printed_name} does not hold the role {', '.join(missing)}.")
    useless = [role.label for role in roles if role.administers or not role.actions & DATA]
    if useless:
        raise Invalid("study.member", f"The role {', '.join(useless)} has nothing to do in a study.")
    before = content.roles_of(account)
    named = [role.name for role in roles]
    if set(named) == before:
        raise Conflict("conflict.study", f"{person.printed_name} has these roles in the study already.")
    others = [one for one in content.members if one["account"] != account]
    label = configuration.label
    shown = ", ".join(label(one) for one in sorted(before))
    after = replace(content, members=[*others, {"account": account, "roles": named}])
    return after, ((f"Member {person.printed_name}", shown, ", ".join(label(one) for one in named)),)


def _without_member(work: UnitOfWork, actor: Actor, content: Study, account: str) -> tuple[Study, Facts]:
    _check_not_own(actor, account)
    person = _account(work, account)
    before = content.roles_of(account)
    if not before:
        raise Conflict("conflict.study", f"{person.printed_name} is no member of {content.study}.")
    label = actor.configuration.label
    after = replace(content, members=[one for one in content.members if one["account"] != account])
    return after, ((f"Member {person.printed_name}", ", ".join(label(one) for one in sorted(before)), ""),)


def _retained(content: Study, details: Json) -> tuple[Study, Facts]:
    name, years = " ".join(details["retention_class"].split()), details["years"]
    if (name, years) == (content.retention_class, content.retention_years):
        raise Conflict("conflict.study", "The study is kept so already.")
    before = f"{content.retention_class}, {content.retention_years} years"
    after = replace(content, retention_class=name, retention_years=years)
    return after, (("Retention", before, f"{name}, {years} years"),)


STEPS = {
    action: StudyStep(action)
    for action in (
        Action.STUDY_MEMBER_ADD,
        Action.STUDY_MEMBER_REMOVE,
        Action.RECORD_HOLD_SET,
        Action.RECORD_HOLD_RELEASE,
        Action.RETENTION_EDIT,
    )
}
