"""Results: what is submitted, reviewed and approved; they pin versions of analyses (architecture, section 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from blotter_records.contract.results import ResultRequest, ResultVersionRequest, ResultView, ResumeRequest
from blotter_records.domain.records import Image, Result
from blotter_records.errors import Invalid
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.acting.stale import check_current
from blotter_records.services.acting.writing import write
from blotter_records.services.images import images, lineage
from blotter_records.services.images.quantifying import check_quantifiable
from blotter_records.services.results import pinning
from blotter_records.services.results.flags import kept_reasons
from blotter_records.services.results.inventory import kept_unused_reasons
from blotter_records.services.results.showing import found, parties, result_view
from blotter_records.services.studies import studies
from blotter_records.services.studies.versions import with_maker
from blotter_records.vocabulary import Action, RecordKind, ResultStatus

#: Results that a list shows, oldest first.
_SHOWN = 100_000


class Results:
    """Makes results, versions of them, takes them for review. Signed steps are in ``steps.py``."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def create(self, actor: Actor, request: ResultRequest) -> ResultView:
        """Make a result, once for a key.

        Raises
        ------
        NotFound
            A version that is not there, or not to see.
        Invalid
            ``result.pins``, ``result.study``, ``result.supersedes``.
        Conflict
            ``conflict.status`` of an image; ``conflict.idempotency`` if the key came with another request.
        """
        stream = f"analysis:{request.analyses[0].partition('.')[0]}"
        with self._gate.acting(actor, Action.RESULT_CREATE, stream) as acting, self._ledger.begin() as work:
            pinned = pinning.take(work, request.analyses)
            study = self._checked(work, acting, pinned)
            answer = repeats.answered(work, actor, request, "result", ResultView)
            if answer is not None:
                return answer
            _check_superseded(work, request.supersedes, study)
            names = pinning.images_of(pinned)
            content = Result(
                result=work.next_id(RecordKind.RESULT),
                version=1,
                title=" ".join(request.title.split()) or f"Result of {', '.join(names)}",
                status=ResultStatus.IN_ANALYSIS.value,
                pins=pinning.pins_of(pinned),
                images=names,
                digest="",
                contributors=[actor.person()],
                created_by=actor.person(),
                created_by_name=actor.name(),
                signatures=[],
                study=study,
                layers=pinning.layers_of(work, names),
                supersedes=request.supersedes,
            )
            content = replace(content, digest=pinning.digest_of(content, pinned))
            revision = write(
                work,
                actor,
                acting.role,
                Action.RESULT_CREATE,
                content,
                record_id=content.result,
                expected_rev=0,
                version=1,
                new={"title": content.title, "pins": content.pins, "layers": content.layers, "digest": content.digest},
                summary=f"Made {content.result}.1 “{content.title}” of {', '.join(request.analyses)}"
                + (f", to replace {request.supersedes}" if request.supersedes else ""),
            )
            view = _after_writing(work, actor, revision, pinned)
            repeats.keep(work, actor, request, "result", view)
            work.commit()
        return view

    @staticmethod
    def _checked(work: UnitOfWork, acting: Acting, pinned: Sequence[Revision]) -> str:
        """Return the study of what is pinned, after membership, status and use of each image."""
        study = pinning.study_of(pinned)
        for image in pinning.images_of(pinned):
            content = Image.from_json(images.found(work, image).content)
            acting.on(work, study, status=lineage.status_of(work, content).value)
            check_quantifiable(acting.actor, content)
        return study

    def add_version(self, actor: Actor, result: str, request: ResultVersionRequest) -> ResultView:
        """Make the next version with other pins; a returned result goes back into analysis.

        Raises
        ------
        Conflict
            ``conflict.stale`` with what changed; ``conflict.status`` unless it is in analysis or returned;
            ``conflict.idempotency`` as :meth:`create`.
        """
        stream = f"result:{result}"
        with self._gate.acting(actor, Action.RESULT_VERSION_ADD, stream) as acting, self._ledger.begin() as work:
            before, content = opened(work, acting, result)
            answer = repeats.answered(work, actor, request, stream, ResultView)
            if answer is not None:
                return answer
            check_current(work, before, request.expected_rev)
            reason = acting.reason(request.reason, request.reason_code)
            pinned = pinning.take(work, request.analyses)
            if pinning.study_of(pinned) != content.study:
                raise Invalid("result.study", f"{result} belongs to {content.study}; so does everything it pins.")
            names = pinning.images_of(pinned)
            for name in names:
                check_quantifiable(actor, Image.from_json(images.found(work, name).content))
            after = replace(
                content,
                version=content.version + 1,
                status=ResultStatus.IN_ANALYSIS.value,
                pins=pinning.pins_of(pinned),
                images=names,
                layers=pinning.layers_of(work, names),
                contributors=with_maker(content.contributors, actor),
                reason=reason.text,
                submitter=None,
                reviewer=None,
                flag_reasons=kept_reasons(content, pinning.pins_of(pinned)),
                unused_reasons=kept_unused_reasons(content, pinning.pins_of(pinned), names),
            )
            after = replace(after, digest=pinning.digest_of(after, pinned))
            revision = write(
                work,
                actor,
                acting.role,
                Action.RESULT_VERSION_ADD,
                after,
                record_id=result,
                expected_rev=before.rev,
                version=after.version,
                old={"version": content.version, "pins": content.pins, "status": content.status},
                new={"version": after.version, "pins": after.pins, "layers": after.layers, "digest": after.digest},
                reason=reason,
                summary=f"Made {result}.{after.version} of {', '.join(request.analyses)} "
                f"(before: {content.status.replace('_', ' ')})",
            )
            view = _after_writing(work, actor, revision, pinned, *content.images)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def start_review(self, actor: Actor, result: str) -> ResultView:
        """Take a submitted result for review; the reviewer did not contribute (C2, row 9)."""
        stream = f"result:{result}"
        action = Action.RESULT_REVIEW_START
        with self._gate.acting(actor, action, stream) as acting, self._ledger.begin() as work:
            before, content = opened(work, acting, result)
            after = replace(content, status=ResultStatus.IN_REVIEW.value, reviewer=actor.person())
            revision = write(
                work,
                actor,
                acting.role,
                action,
                after,
                record_id=result,
                expected_rev=before.rev,
                version=content.version,
                old={"status": content.status},
                new={"status": after.status},
                summary=f"{actor.name()} took {result}.{content.version} for review: submitted → in review",
            )
            view = _after_writing(work, actor, revision)
            work.commit()
        return view

    def resume(self, actor: Actor, result: str, request: ResumeRequest) -> ResultView:
        """Take a returned result back into analysis as it is (C2, row 14)."""
        stream = f"result:{result}"
        action = Action.RESULT_RESUME
        with self._gate.acting(actor, action, stream) as acting, self._ledger.begin() as work:
            before, content = opened(work, acting, result)
            answer = repeats.answered(work, actor, request, stream, ResultView)
            if answer is not None:
                return answer
            check_current(work, before, request.expected_rev)
            reason = acting.reason(request.reason, request.reason_code)
            after = replace(
                content,
                status=ResultStatus.IN_ANALYSIS.value,
                submitter=None,
                reviewer=None,
                contributors=with_maker(content.contributors, actor),
            )
            revision = write(
                work,
                actor,
                acting.role,
                action,
                after,
                record_id=result,
                expected_rev=before.rev,
                version=content.version,
                old={"status": content.status},
                new={"status": after.status},
                reason=reason,
                summary=f"{actor.name()} resumed {result}.{content.version}: returned → in analysis",
            )
            view = _after_writing(work, actor, revision)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def view(self, actor: Actor, result: str, *, as_of: datetime | None = None) -> ResultView:
        """Return one result with its signatures and the steps this person may take, now or as it stood at a time."""
        with self._gate.acting(actor, Action.RESULT_VIEW, f"result:{result}") as acting:
            with self._ledger.begin() as work:
                revision = found(work, result)
                content = Result.from_json(revision.content)
                acting.on(work, content.study)
                acting.is_of_signed = bool(content.signatures)
                if as_of is None:
                    return result_view(work, revision, actor)
            with self._ledger.begin(as_of=as_of) as work:
                return result_view(work, found(work, result), actor)

    def list(self, actor: Actor, *, image: str | None = None) -> list[ResultView]:
        """Return every result that this person may see, of an image or of all, oldest first."""
        with self._gate.acting(actor, Action.RESULT_VIEW, "result") as acting, self._ledger.begin() as work:
            seen = studies.visible(work, actor, Action.RESULT_VIEW)
            acting.is_across = seen is None
            keys = ((f"image:{image}",),) if image else ()
            wanted = RecordFilter(RecordKind.RESULT, studies=seen, keys=keys, limit=_SHOWN)
            return [result_view(work, one.revision, actor) for one in work.search(wanted)]


def opened(work: UnitOfWork, acting: Acting, result: str) -> tuple[Revision, Result]:
    """Return a result that is to be changed, locked, after membership, status and person. Raises as ``Acting.on``."""
    work.lock(f"result:{result}")
    before = found(work, result)
    content = Result.from_json(before.content)
    acting.on(work, content.study, status=content.status, parties=parties(work, content))
    return before, content


def _check_superseded(work: UnitOfWork, result: str | None, study: str) -> None:
    if result is None:
        return
    content = Result.from_json(found(work, result).content)
    if content.study != study or content.status != ResultStatus.APPROVED:
        raise Invalid("result.supersedes", f"{result} is no approved result of this study, so it cannot be replaced.")


def _after_writing(
    work: UnitOfWork, actor: Actor, revision: Revision, pinned: Sequence[Revision] = (), *before: str
) -> ResultView:
    """Note what it was made from, find its images by their new status, and return how it is shown."""
    for one in pinned:
        work.derive(one.stream, revision.stream)
    lineage.refresh(work, *Result.from_json(revision.content).images, *before)
    return result_view(work, revision, actor)


def view_for(work: UnitOfWork, result: str, actor: Actor) -> ResultView:
    """Return a result as this person sees it. Raises ``NotFound``."""
    return result_view(work, found(work, result), actor)
