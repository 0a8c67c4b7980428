"""What one person has signed and a second one has to sign, too (four eyes): a record from the first signature on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blotter_records.contract.signing import Fact, ProposalDecline, ProposalView
from blotter_records.domain.authority import Parties, Situation, Verdict, decide_second
from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Json, Proposal
from blotter_records.errors import Conflict, NotFound, Refused
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate, newest_of, study_roles
from blotter_records.services.acting.writing import entry_ref, write
from blotter_records.services.signing.steps import Prepared, Signing, Steps
from blotter_records.vocabulary import Action, Meaning, ProposalStatus, RecordKind

#: Proposals that a list shows, newest first.
_SHOWN = 500


@dataclass(frozen=True)
class About:
    """What a signature is on: the record, the revision, and in words what its signer did."""

    kind: RecordKind
    record: str
    version: int
    rev: int
    description: str
    meaning: Meaning


class SecondActing(Acting):
    """The action that another person has signed, as the second person would take it."""

    def __init__(self, first: Acting, proposal: Proposal) -> None:
        stream = f"{proposal.record_kind}:{proposal.record}"
        super().__init__(first.actor, Action(proposal.action), stream, first.role)
        self._proposal = proposal

    def verdict(
        self, work: UnitOfWork, study: str, *, status: str | None = None, parties: Parties | None = None
    ) -> Verdict:
        """Decide without raising."""
        roles = study_roles(work, study, self.actor) if study else None
        return self._decided(Situation(roles, status, parties))

    def _decided(self, situation: Situation) -> Verdict:
        return decide_second(
            self.actor.configuration,
            self.action,
            self.actor.standing(),
            situation,
            first_account=self._proposal.proposer,
            first_role=self._proposal.role,
        )

    def begin(self) -> None:
        """Decide on the role alone. Raises ``Refused``."""
        verdict = self._decided(Situation())
        if verdict.role is None:
            raise Refused(verdict.rule, verdict.why_not)
        self.role = verdict.role


class CountersignStep:
    """The second signature: carries out what the first one proposed, if it is still the same.

    Parameters
    ----------
    ledger : Ledger
    steps : Steps
        Every step.
    """

    kind = RecordKind.PROPOSAL

    def __init__(self, ledger: Ledger, steps: Steps) -> None:
        self._ledger = ledger
        self._steps = steps

    def prove(self, actor: Actor, record: str, details: Json) -> None:  # noqa: ARG002 - a step's signature
        """Prove what the proposal is about, as for the first signature."""
        with self._ledger.begin() as work:
            proposal = Proposal.from_json(found(work, record).content)
        self._steps.of(Action(proposal.action)).prove(actor, proposal.record, proposal.details)

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:  # noqa: ARG002 - same
        """Say what would be carried out.

        Raises
        ------
        NotFound
            ``not_found.proposal``.
        Conflict
            ``conflict.proposal``: it is not waiting any more; ``conflict.changed``: the record is no longer the one on
            which it was signed.
        Refused
            As the action itself, for a second person.
        """
        before = found(work, record)
        proposal = Proposal.from_json(before.content)
        second = SecondActing(acting, proposal)
        second.begin()
        inner = self._inner(work, second, proposal)
        return replace(inner, before=before, version=1, role=second.role or "", title=f"{record}: {inner.title}")

    def _inner(self, work: UnitOfWork, second: SecondActing, proposal: Proposal) -> Prepared:
        if proposal.status != ProposalStatus.WAITING:
            raise Conflict("conflict.proposal", f"{proposal.proposal} is {proposal.status.replace('_', ' ')} already.")
        inner = self._steps.of(Action(proposal.action)).prepare(work, second, proposal.record, proposal.details)
        if (inner.before.rev, inner.digest) != (proposal.record_rev, proposal.digest):
            raise Conflict(
                "conflict.changed",
                f"{proposal.record} has changed since {proposal.proposer_name} signed.",
                "Decline the proposal; it has to be made again.",
            )
        return inner

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Carry the proposal out, and note in it who confirmed."""
        proposal = Proposal.from_json(prepared.before.content)
        action = Action(proposal.action)
        work.lock(f"{proposal.record_kind}:{proposal.record}")
        second = SecondActing(Acting(actor, action, prepared.before.stream, prepared.role), proposal)
        inner = self._inner(work, second, proposal)
        both = Signing(
            signature=signing.signature,
            reason=Reason(proposal.reason, proposal.reason_code),
            proposer={
                "account": proposal.proposer,
                "printed_name": proposal.proposer_name,
                "signature": proposal.signature,
            },
            authoriser={"account": actor.person(), "printed_name": actor.name(), "signature": signing.signature},
            first_signature=proposal.signature,
        )
        done = self._steps.of(action).carry_out(work, actor, replace(inner, role=prepared.role), both)
        after = replace(
            proposal,
            status=ProposalStatus.CARRIED_OUT.value,
            second=actor.person(),
            second_name=actor.name(),
            second_signature=signing.signature,
            ending=signing.reason.text,
        )
        _write(work, actor, prepared.role, Action.PROPOSAL_COUNTERSIGN, prepared.before, after, signing=both)
        return done


class Proposals:
    """Lists proposals, and declines them."""

    def __init__(self, ledger: Ledger, *, gate: Gate, steps: Steps) -> None:
        self._ledger = ledger
        self._gate = gate
        self._steps = steps

    def list(self, actor: Actor, *, only_waiting: bool = True) -> list[ProposalView]:
        """Return the proposals that this person made or could confirm, newest first."""
        with self._gate.acting(actor, Action.PROPOSAL_VIEW, "proposal"), self._ledger.begin() as work:
            keys = ((f"status:{ProposalStatus.WAITING}",),) if only_waiting else ()
            wanted = RecordFilter(RecordKind.PROPOSAL, keys=keys, newest_first=True, limit=_SHOWN)
            views = [self._view(work, actor, one.revision) for one in work.search(wanted)]
            return [view for view in views if view is not None]

    def view(self, actor: Actor, proposal: str) -> ProposalView:
        """Return one proposal. Raises ``NotFound``; also for who has nothing to do with it."""
        with self._gate.acting(actor, Action.PROPOSAL_VIEW, f"proposal:{proposal}"), self._ledger.begin() as work:
            view = self._view(work, actor, found(work, proposal))
            if view is None:
                raise NotFound("not_found.proposal", f"There is no proposal {proposal}.")
            return view

    def decline(self, actor: Actor, proposal: str, request: ProposalDecline) -> ProposalView:
        """Decline a proposal as somebody who could confirm it, or take the own one back.

        Raises
        ------
        NotFound, Conflict, Invalid
            ``not_found.proposal``, ``conflict.proposal``, ``reason.*``.
        """
        stream = f"proposal:{proposal}"
        with self._gate.acting(actor, Action.PROPOSAL_DECLINE, stream) as acting, self._ledger.begin() as work:
            work.lock(stream)
            before = found(work, proposal)
            content = Proposal.from_json(before.content)
            if self._view(work, actor, before) is None:
                raise NotFound("not_found.proposal", f"There is no proposal {proposal}.")
            if content.status != ProposalStatus.WAITING:
                raise Conflict("conflict.proposal", f"{proposal} is {content.status.replace('_', ' ')} already.")
            reason = acting.reason(request.reason, request.reason_code)
            after = replace(
                content,
                status=ProposalStatus.DECLINED.value,
                second=actor.person(),
                second_name=actor.name(),
                ending=reason.text,
            )
            made = _write(work, actor, acting.role, Action.PROPOSAL_DECLINE, before, after, reason=reason)
            view = self._view(work, actor, made)
            work.commit()
        assert view is not None
        return view

    def _view(self, work: UnitOfWork, actor: Actor, revision: Revision) -> ProposalView | None:
        """Return a proposal as this person may see it; None for who neither made it nor could confirm it."""
        content = Proposal.from_json(revision.content)
        verdict = self._second(work, actor, content)
        mine = actor.account in (content.proposer, content.second)
        if not mine and not verdict.is_allowed and verdict.rule != "refused.status":
            return None
        action = Action(content.action)
        first = work.revision(revision.stream, 1) or revision
        is_waiting = content.status == ProposalStatus.WAITING
        return ProposalView(
            proposal=content.proposal,
            version=revision.rev,
            action=action,
            label=CATALOGUE[action].label,
            record=content.record,
            record_kind=RecordKind(content.record_kind),
            facts=[Fact(name=name, before=before, after=after) for name, before, after in content.facts],
            status=ProposalStatus(content.status),
            proposer=content.proposer_name,
            proposed_at=first.entry.at,
            reason=content.reason,
            second=content.second_name,
            ending=content.ending,
            may_countersign=is_waiting and verdict.is_allowed,
            why_not="" if verdict.is_allowed else verdict.why_not,
            entry=entry_ref(revision.entry),
        )

    def _second(self, work: UnitOfWork, actor: Actor, content: Proposal) -> Verdict:
        second = SecondActing(Acting(actor, Action(content.action), "", None), content)
        return second.verdict(work, content.study or "")


def found(work: UnitOfWork, proposal: str) -> Revision:
    """Return the newest revision of a proposal. Raises ``NotFound('not_found.proposal')``."""
    return newest_of(work, f"proposal:{proposal}")


def waiting_on(work: UnitOfWork, record: str) -> list[str]:
    """Return the proposals on a record that wait for a second person."""
    keys = ((f"status:{ProposalStatus.WAITING}",), (f"record:{record}",))
    return [one.revision.record_id for one in work.search(RecordFilter(RecordKind.PROPOSAL, keys=keys))]


def signed_about(work: UnitOfWork, action: Action, prepared: Prepared) -> About:
    """Return what a signature is on: for a second one the record on which the first was given."""
    rule = CATALOGUE[action]
    meaning = rule.meaning or Meaning.RESPONSIBILITY
    if prepared.kind is not RecordKind.PROPOSAL:
        return About(prepared.kind, prepared.record, prepared.version, prepared.before.rev, rule.description, meaning)
    proposal = Proposal.from_json(prepared.before.content)
    first = CATALOGUE[Action(proposal.action)]
    signed = work.latest(f"signature:{proposal.signature}")
    assert signed is not None
    return About(
        kind=RecordKind(proposal.record_kind),
        record=proposal.record,
        version=signed.content["version"],
        rev=proposal.record_rev,
        description=f"{rule.description}: {first.description}",
        meaning=first.meaning or meaning,
    )


def propose(work: UnitOfWork, actor: Actor, action: Action, prepared: Prepared, signature: str, reason: Reason) -> str:
    """Write what the first person has signed; return the proposal's id.

    Raises
    ------
    Conflict
        ``conflict.proposal``: the same action on the record waits already.
    """
    for other in waiting_on(work, prepared.record):
        if found(work, other).content["action"] == action.value and prepared.kind is not RecordKind.CONFIGURATION:
            raise Conflict("conflict.proposal", f"{other} proposes this already and waits for a second person.")
    proposal = work.next_id(RecordKind.PROPOSAL)
    content = Proposal(
        proposal=proposal,
        action=action.value,
        record_kind=prepared.kind.value,
        record=prepared.record,
        record_rev=prepared.before.rev,
        study=prepared.study or None,
        details=prepared.details,
        bound=prepared.bound,
        digest=prepared.digest,
        facts=[list(fact) for fact in prepared.facts],
        status=ProposalStatus.WAITING.value,
        proposer=actor.person(),
        proposer_name=actor.name(),
        role=prepared.role,
        signature=signature,
        reason=reason.text,
        reason_code=reason.code,
    )
    revision = write(
        work,
        actor,
        prepared.role,
        action,
        content,
        record_id=proposal,
        expected_rev=0,
        version=1,
        new={"action": action.value, "record": prepared.record, "facts": content.facts, "digest": content.digest},
        reason=reason,
        summary=f"{actor.name()} proposed, and waits for a second person: {CATALOGUE[action].label} {prepared.record}",
        signature=signature,
    )
    work.derive(prepared.before.stream, revision.stream)
    return proposal


def _write(
    work: UnitOfWork,
    actor: Actor,
    role: str | None,
    action: Action,
    before: Revision,
    after: Proposal,
    *,
    signing: Signing | None = None,
    reason: Reason | None = None,
) -> Revision:
    done = after.status.replace("_", " ")
    return write(
        work,
        actor,
        role,
        action,
        after,
        record_id=after.proposal,
        expected_rev=before.rev,
        version=before.rev + 1,
        old={"status": before.content["status"]},
        new={"status": after.status},
        reason=reason or (Reason(after.ending) if after.ending else None),
        summary=f"{after.proposal} of {after.proposer_name} ({after.action}, {after.record}): {done} by {actor.name()}",
        signature=signing.signature if signing else None,
        proposer=signing.proposer if signing else None,
        authoriser=signing.authoriser if signing else None,
    )
