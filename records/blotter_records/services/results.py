"""Results: what is submitted, reviewed and approved; they pin versions of analyses (architecture, section 8)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from blotter_records.contract.results import ResultRequest, ResultVersionRequest, ResultView, Step
from blotter_records.domain import workflow
from blotter_records.domain.authority import Verdict
from blotter_records.domain.reasons import checked_reason
from blotter_records.domain.records import Analysis, Image, Result
from blotter_records.errors import BlotterError, Conflict, NotFound, Refused
from blotter_records.ports.ledger import Ledger, Revision, UnitOfWork
from blotter_records.services import analyses, images, pinning, repeats
from blotter_records.services.acting import Actor, Gate
from blotter_records.services.manifestation import signature_views
from blotter_records.services.writing import entry_ref, write
from blotter_records.vocabulary import Action, RecordKind, ResultStatus


class Results:
    """Makes results, versions of them, and takes them for review. Signed steps are in ``signatures.py``."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def create(self, actor: Actor, request: ResultRequest) -> ResultView:
        """Make a result, once for a key.

        Raises
        ------
        NotFound
            A version that is not there.
        Invalid
            ``result.pins``.
        Conflict
            ``conflict.idempotency`` if the key came with another request.
        """
        with self._gate.acting(actor, Action.RESULT_CREATE, "result") as role, self._ledger.begin() as work:
            answer = repeats.answered(work, actor, request, "result", ResultView)
            if answer is not None:
                return answer
            pinned = pinning.take(work, request.analyses)
            result = work.next_id(RecordKind.RESULT)
            title = " ".join(request.title.split()) or f"Result of {', '.join(pinning.images_of(pinned))}"
            content = Result(
                result=result,
                version=1,
                title=title,
                status=ResultStatus.IN_ANALYSIS.value,
                pins=pinning.pins_of(pinned),
                images=pinning.images_of(pinned),
                digest=pinning.digest_of(result, 1, title, pinned),
                contributors=[actor.person()],
                created_by=actor.person(),
                created_by_name=actor.name(),
                signatures=[],
            )
            revision = write(
                work,
                actor,
                role,
                Action.RESULT_CREATE,
                content,
                record_id=result,
                expected_rev=0,
                version=1,
                new={"title": title, "pins": content.pins, "digest": content.digest},
                summary=f"Made {result}.1 “{title}” of {', '.join(request.analyses)}",
            )
            for one in pinned:
                work.derive(one.stream, revision.stream)
            view = _view(work, revision, actor, self._gate)
            repeats.keep(work, actor, request, "result", view)
            work.commit()
        return view

    def add_version(self, actor: Actor, result: str, request: ResultVersionRequest) -> ResultView:
        """Make the next version with other pins; a returned result goes back into analysis (C2, row 14).

        Raises
        ------
        Conflict
            ``conflict.stale``; ``conflict.status`` unless it is in analysis or returned; ``conflict.idempotency``
            as :meth:`create`.
        """
        stream = f"result:{result}"
        with self._gate.acting(actor, Action.RESULT_CREATE, stream) as role, self._ledger.begin() as work:
            work.lock(stream)
            answer = repeats.answered(work, actor, request, stream, ResultView)
            if answer is not None:
                return answer
            before = found(work, result)
            content = Result.from_json(before.content)
            status = ResultStatus(content.status)
            if status not in workflow.OPEN_FOR_CHANGE:
                raise _with_status(
                    Conflict("conflict.status", f"{result} is {_words(status)}; it cannot get another version."), status
                )
            if request.expected_rev != before.rev:
                raise Conflict("conflict.stale", f"{result} has changed since you looked at it.", "Read it again.")
            reason = checked_reason(request.reason, minimum=self._gate.policies.reason_min_chars)
            pinned = pinning.take(work, request.analyses)
            version = content.version + 1
            after = replace(
                content,
                version=version,
                status=ResultStatus.IN_ANALYSIS.value,
                pins=pinning.pins_of(pinned),
                images=pinning.images_of(pinned),
                digest=pinning.digest_of(result, version, content.title, pinned),
                contributors=sorted({*content.contributors, actor.person()}),
                reason=reason,
                submitter=None,
                reviewer=None,
            )
            revision = write(
                work,
                actor,
                role,
                Action.RESULT_CREATE,
                after,
                record_id=result,
                expected_rev=before.rev,
                version=version,
                old={"version": content.version, "pins": content.pins, "status": status.value},
                new={"version": version, "pins": after.pins, "status": after.status, "digest": after.digest},
                reason=reason,
                summary=f"Made {result}.{version} of {', '.join(request.analyses)} (before: {_words(status)})",
            )
            for one in pinned:
                work.derive(one.stream, stream)
            view = _view(work, revision, actor, self._gate)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def start_review(self, actor: Actor, result: str) -> ResultView:
        """Take a submitted result for review; the reviewer did not contribute (C2, row 9)."""
        stream = f"result:{result}"
        action = Action.RESULT_REVIEW_START
        with self._gate.acting(actor, action, stream), self._ledger.begin() as work:
            work.lock(stream)
            before = found(work, result)
            content = Result.from_json(before.content)
            verdict = allowed_step(work, content, action, actor, self._gate)
            after = replace(content, status=ResultStatus.IN_REVIEW.value, reviewer=actor.person())
            revision = write(
                work,
                actor,
                verdict.role,
                action,
                after,
                record_id=result,
                expected_rev=before.rev,
                version=content.version,
                old={"status": content.status},
                new={"status": after.status},
                summary=f"{actor.name()} took {result}.{content.version} for review: submitted → in review",
            )
            view = _view(work, revision, actor, self._gate)
            work.commit()
        return view

    def view(self, actor: Actor, result: str) -> ResultView:
        """Return one result with its signatures and the steps this person may take."""
        with self._gate.acting(actor, Action.RESULT_VIEW, f"result:{result}"), self._ledger.begin() as work:
            return view_for(work, result, actor, self._gate)

    def list(self, actor: Actor) -> list[ResultView]:
        """Return every result, oldest first."""
        with self._gate.acting(actor, Action.RESULT_VIEW, "result"), self._ledger.begin() as work:
            return [_view(work, revision, actor, self._gate) for revision in work.records(RecordKind.RESULT)]


def view_for(work: UnitOfWork, result: str, actor: Actor, gate: Gate) -> ResultView:
    """Return a result as this person sees it. Raises ``NotFound``."""
    return _view(work, found(work, result), actor, gate)


def _view(work: UnitOfWork, revision: Revision, actor: Actor, gate: Gate) -> ResultView:
    content = Result.from_json(revision.content)
    first = work.revision(revision.stream, 1) or revision
    pinned = pinning.pinned_by(work, content)
    return ResultView(
        result=content.result,
        version=content.version,
        rev=revision.rev,
        title=content.title,
        status=ResultStatus(content.status),
        images=content.images,
        analyses=[analyses.version_view(work, one) for one in pinned],
        digest=content.digest,
        created_by=content.created_by_name,
        created_at=first.entry.at,
        contributors=_names(work, parties(work, content).contributors),
        signatures=signature_views(work, content),
        steps=steps(work, content, actor, gate),
        entry=entry_ref(revision.entry),
    )


def found(work: UnitOfWork, result: str) -> Revision:
    """Return the newest revision of a result. Raises ``NotFound('not_found.result')``."""
    revision = work.latest(f"result:{result}")
    if revision is None:
        raise NotFound("not_found.result", f"There is no result {result}.")
    return revision


def parties(work: UnitOfWork, content: Result) -> workflow.Parties:
    """Return who had a hand in a result: who made it, changed what it pins, or imported the images."""
    contributors = set(content.contributors)
    for pin in content.pins:
        contributors.update(Analysis.from_json(analyses.found(work, pin["analysis"]).content).contributors)
    for image in content.images:
        contributors.add(Image.from_json(images.found(work, image).content).imported_by)
    return workflow.Parties(sorted(contributors), content.submitter, content.reviewer)


def _verdict(by: workflow.Parties, content: Result, action: Action, actor: Actor, gate: Gate) -> Verdict:
    """Decide whether a person may take a step on a result now."""
    if actor.must_change_password:
        return Verdict(None, "refused.password_change", "Change your password first.")
    return workflow.step(
        action,
        ResultStatus(content.status),
        by,
        account=actor.person(),
        roles=actor.roles,
        policies=gate.policies,
    )


def allowed_step(work: UnitOfWork, content: Result, action: Action, actor: Actor, gate: Gate) -> Verdict:
    """Return the verdict if it allows. Raises ``Refused``, or ``Conflict('conflict.status')`` for a wrong status."""
    verdict = _verdict(parties(work, content), content, action, actor, gate)
    if verdict.is_allowed:
        return verdict
    if verdict.rule == "refused.status":
        raise _with_status(Conflict("conflict.status", verdict.why_not), ResultStatus(content.status))
    raise _with_status(Refused(verdict.rule, verdict.why_not), ResultStatus(content.status))


def steps(work: UnitOfWork, content: Result, actor: Actor, gate: Gate) -> list[Step]:
    """Return every step that starts at the result's status, and whether this person may take it."""
    found_steps = []
    by = parties(work, content)
    for action, transition in workflow.TRANSITIONS.items():
        if ResultStatus(content.status) not in transition.sources:
            continue
        verdict = _verdict(by, content, action, actor, gate)
        found_steps.append(
            Step(
                action=action,
                label=transition.label,
                meaning=transition.meaning,
                needs_signature=transition.needs_signature,
                needs_reason=transition.needs_reason,
                allowed=verdict.is_allowed,
                why_not=verdict.why_not,
            )
        )
    return found_steps


def _names(work: UnitOfWork, accounts: Collection[str]) -> list[str]:
    found_accounts = [work.latest(f"account:{account}") for account in accounts]
    return [one.content["printed_name"] for one in found_accounts if one is not None]


def _words(status: ResultStatus) -> str:
    return status.value.replace("_", " ")


def _with_status(error: BlotterError, status: ResultStatus) -> BlotterError:
    """Note the record's status at an error, for the refusal's entry."""
    error.record_status = status.value  # type: ignore[attr-defined]
    return error
