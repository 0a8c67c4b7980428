"""The signed steps of a result: submit, withdraw, review, return, approve, invalidate, supersede, archive, reassign."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from blotter_records.domain.catalogue import CATALOGUE, STEPS
from blotter_records.domain.records import Account, Image, Json, Result, Study
from blotter_records.errors import Conflict, Invalid, NotFound
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting
from blotter_records.services.acting.writing import write
from blotter_records.services.copies.archiving import Archiving
from blotter_records.services.images import images, lineage
from blotter_records.services.images.quantifying import check_quantifiable
from blotter_records.services.results import pinning
from blotter_records.services.results.flags import check_flags
from blotter_records.services.results.inventory import inventory, open_items, told
from blotter_records.services.results.results import opened
from blotter_records.services.results.showing import found, parties
from blotter_records.services.signing.proof import Proof
from blotter_records.services.signing.steps import Facts, Prepared, Signing
from blotter_records.services.studies import studies
from blotter_records.services.trail_reviews import signing as trail_signing
from blotter_records.services.trail_reviews.standing import why_not
from blotter_records.vocabulary import Action, RecordKind, ResultStatus


@dataclass(frozen=True)
class ResultStep:
    """One of the signed steps.

    Parameters
    ----------
    action : Action
    proof : Proof
        Measures everything again before anything is signed.
    archiving : Archiving
        Verifies the bundle under which a result is archived.
    """

    action: Action
    proof: Proof
    archiving: Archiving
    kind: RecordKind = RecordKind.RESULT

    def prove(self, actor: Actor, record: str, details: Json) -> None:
        """Read the sealed files again and measure what is pinned again; to archive, verify the bundle.

        Raises
        ------
        IntegrityBroken
            ``integrity.*``.
        Conflict
            ``conflict.bundle``.
        """
        self.proof.check(record, actor)
        if self.action is Action.RESULT_ARCHIVE:
            self.archiving.prove(details["bundle"])

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what would change.

        Raises
        ------
        NotFound, Refused
            No such result, or none to see; the person.
        Conflict
            ``conflict.status``; ``conflict.picture``, ``conflict.flag_blocks``, ``conflict.flag_reasons``,
            ``conflict.unused_reasons`` where it is to be submitted; ``conflict.trail_review`` where its trail was not
            looked through, or went on; ``conflict.changed``: what is pinned is not what the records hold.
        Invalid
            ``result.successor``, ``result.bundle``, ``result.reassign``.
        """
        before, content = opened(work, acting, record)
        # No analysis that is pinned may change while the step is taken.
        for pin in sorted(pin["analysis"] for pin in content.pins):
            work.lock(f"analysis:{pin}")
        if self.action is Action.RESULT_SUBMIT:
            for image in content.images:
                check_quantifiable(acting.actor, Image.from_json(images.found(work, image).content))
            check_flags(work, content, acting.actor.configuration.policies)
        digest = pinning.computed_digest(work, content)
        if digest != content.digest:
            raise Conflict("conflict.changed", f"{record} does not hold what it pinned.", "Tell a Records Manager.")
        facts = self._facts(work, acting.actor, content, details)
        bound: Json = {}
        policies = acting.actor.configuration.policies
        if self.action is Action.RESULT_REVIEW_SIGN:
            reviewed = trail_signing.bound(work, content, policies)
            bound, digest = reviewed.structure, reviewed.digest
            facts = (*facts, ("Audit trail, looked through", "", reviewed.told))
        elif (error := why_not(work, content, self.action, policies)) is not None:
            raise error
        return Prepared(
            before=before,
            version=content.version,
            study=content.study,
            status=content.status,
            digest=digest,
            bound=bound,
            role=acting.role or "",
            title=f"{record}: {content.title}",
            facts=facts,
            details=details,
        )

    def _facts(self, work: UnitOfWork, actor: Actor, content: Result, details: Json) -> Facts:
        if self.action is Action.RESULT_REASSIGN:
            return _reassigned(work, actor, content, details)
        target = STEPS[self.action].target
        assert target is not None
        facts = [("Status", content.status.replace("_", " "), target.value.replace("_", " "))]
        if self.action is Action.RESULT_SUBMIT:
            items = inventory(work, content, actor.configuration.policies)
            missing = open_items(items)
            if missing is not None:
                raise missing
            facts += [("Not used", "", told(items))] if told(items) else []
        if self.action is Action.RESULT_INVALIDATE:
            facts.append(("Deviation", "", details["deviation"]))
        if self.action is Action.RESULT_SUPERSEDE:
            successor = _checked_successor(work, content, details["successor"])
            facts.append(("Successor", "", f"{successor.result}.{successor.version} “{successor.title}”"))
        if self.action is Action.RESULT_ARCHIVE:
            self.archiving.check(work, content, details["bundle"])
            facts.append(("Bundle, verified", "", details["bundle"]))
        return tuple(facts)

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write the result as it stands after the step."""
        content = Result.from_json(prepared.before.content)
        after = replace(
            content,
            signatures=[*(content.signatures or []), *signing.signatures()],
            **self._changes(content, actor, prepared),
        )
        rule = CATALOGUE[self.action]
        told = "; ".join(f"{name}: {before or 'none'} → {now}" for name, before, now in prepared.facts)
        revision = write(
            work,
            actor,
            prepared.role,
            self.action,
            after,
            record_id=content.result,
            expected_rev=prepared.before.rev,
            version=content.version,
            old={"status": content.status},
            new={"status": after.status, "signatures": signing.signatures(), **prepared.details},
            reason=signing.reason,
            summary=f"{actor.name()}: {rule.description}, {content.result}.{content.version}; {told}",
            signature=signing.signature,
            proposer=signing.proposer,
            authoriser=signing.authoriser,
        )
        if self.action is Action.RESULT_REVIEW_SIGN:
            trail_signing.close(work, actor, prepared.role, content, prepared.bound["trail_review"], signing.signature)
        lineage.refresh(work, *content.images)
        return revision

    def _changes(self, content: Result, actor: Actor, prepared: Prepared) -> dict[str, Any]:
        """Return the fields that the step changes."""
        details = prepared.details
        if self.action is Action.RESULT_REASSIGN:
            given: dict[str, Any] = {details["part"]: details["account"]}
            return {**_without_submitter(content), **given} if details["part"] == "submitter" else given
        target = STEPS[self.action].target
        assert target is not None
        changes: dict[str, Any] = {"status": target.value}
        match self.action:
            case Action.RESULT_SUBMIT:
                contributors = sorted({*content.contributors, actor.person()})
                changes |= {"submitter": actor.person(), "contributors": contributors}
            case Action.RESULT_REVIEW_SIGN:
                changes["trail_review"] = prepared.bound["trail_review"]
            case Action.RESULT_WITHDRAW:
                changes |= {"submitter": None, **_without_submitter(content)}
            case Action.RESULT_INVALIDATE:
                changes["deviation"] = details["deviation"]
            case Action.RESULT_SUPERSEDE:
                changes["successor"] = details["successor"]
            case Action.RESULT_ARCHIVE:
                changes["archived_as"] = details["bundle"]
        return changes


def _without_submitter(content: Result) -> dict[str, Any]:
    """Return what is kept of who submitted: whoever did once never reviews or approves it, under no policy."""
    return {"former_submitters": sorted({*content.former_submitters, content.submitter or ""} - {""})}


def _checked_successor(work: UnitOfWork, content: Result, named: str) -> Result:
    """Return the result that replaces another one: approved, of the same study, another (C2, row 16)."""
    try:
        successor = Result.from_json(found(work, named).content)
    except NotFound:
        successor = None
    if successor is None or successor.study != content.study or successor.result == content.result:
        raise Invalid("result.successor", f"{named} is no other result of this study.")
    if successor.status != ResultStatus.APPROVED:
        raise Invalid("result.successor", f"{named} is not approved; only an approved result replaces another.")
    return successor


def _reassigned(work: UnitOfWork, actor: Actor, content: Result, details: Json) -> Facts:
    """Return what a reassignment changes, if the person who takes over may do the work."""
    part, account = details["part"], details["account"]
    before = content.submitter if part == "submitter" else content.reviewer
    if before is None:
        raise Invalid("result.reassign", f"{content.result} has no {part} whose work could be given to another.")
    if before == account:
        raise Conflict("conflict.same", f"The {part} of {content.result} is this person already.")
    revision = work.latest(f"account:{account}")
    person = Account.from_json(revision.content) if revision is not None else None
    study = Study.from_json(studies.found(work, content.study).content)
    needed = Action.RESULT_SUBMIT if part == "submitter" else Action.RESULT_REVIEW_SIGN
    configuration = actor.configuration
    able = [role for role in configuration.ordered(study.roles_of(account)) if role.may(needed)]
    if person is None or not person.is_active or not able:
        raise Invalid("result.reassign", f"{account} is no active member of the study who could be its {part}.")
    by = parties(work, content)
    if part == "reviewer" and account in by.authors(is_strict=True):
        raise Invalid("result.reassign", f"{person.printed_name} contributed to the result and cannot review it.")
    was = work.latest(f"account:{before}")
    name = was.content["printed_name"] if was is not None else before
    return ((part.title(), name, person.printed_name),)


def steps(proof: Proof, archiving: Archiving) -> dict[Action, ResultStep]:
    """Return the steps by their action."""
    actions = [action for action, rule in STEPS.items() if rule.is_signed] + [Action.RESULT_REASSIGN]
    return {action: ResultStep(action, proof, archiving) for action in actions}
