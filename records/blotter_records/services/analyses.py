"""Analyses: gestures and versions; every number is computed here, from the sealed pixels (architecture, section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from blotter_records import densitometry
from blotter_records.contract.analyses import (
    AnalysisVersionView,
    AnalysisView,
    Background,
    GestureRequest,
    Measurement,
    SaveRequest,
    Shape,
)
from blotter_records.domain.digests import version_digest
from blotter_records.domain.reasons import checked_reason
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.domain.workflow import OPEN_FOR_CHANGE
from blotter_records.errors import Conflict, Invalid, NotFound
from blotter_records.ports.ledger import Ledger, Revision, TrailFilter, UnitOfWork
from blotter_records.services import images, lineage, repeats
from blotter_records.services.acting import Actor, Gate
from blotter_records.services.gestures import changed_shapes, next_shape, summary_of
from blotter_records.services.measuring import numbers_of
from blotter_records.services.pixels import Pixels
from blotter_records.services.writing import entry_ref, write
from blotter_records.vocabulary import Action, RecordKind, ResultStatus


class Analyses:
    """Starts analyses, takes gestures, saves versions."""

    def __init__(self, ledger: Ledger, *, gate: Gate, pixels: Pixels) -> None:
        self._ledger = ledger
        self._gate = gate
        self._pixels = pixels

    def start(self, actor: Actor, image: str) -> AnalysisView:
        """Start an analysis of an image: no shapes yet, default background."""
        with self._gate.acting(actor, Action.ANALYSIS_START, f"image:{image}") as role, self._ledger.begin() as work:
            of = Image.from_json(images.found(work, image).content)
            analysis = work.next_id(RecordKind.ANALYSIS)
            content = Analysis(
                analysis=analysis,
                image=image,
                file_sha256=of.file_sha256,
                pixels_sha256=of.pixels_sha256,
                shapes=[],
                background=Background.model_validate({}).model_dump(mode="json"),
                measurements=[],
                formula_set=densitometry.FORMULA_SET,
                next_shape=1,
                contributors=[actor.person()],
                versions=[],
            )
            revision = write(
                work,
                actor,
                role,
                Action.ANALYSIS_START,
                content,
                record_id=analysis,
                expected_rev=0,
                new={"image": image, "background": content.background},
                summary=f"Started {analysis} of {image}",
            )
            work.derive(f"image:{image}", f"analysis:{analysis}")
            view = _view(work, revision)
            work.commit()
        return view

    def view(self, actor: Actor, analysis: str) -> AnalysisView:
        """Return an analysis as it stands. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.ANALYSIS_VIEW, f"analysis:{analysis}"), self._ledger.begin() as work:
            return _view(work, found(work, analysis))

    def of_image(self, actor: Actor, image: str) -> list[AnalysisView]:
        """Return every analysis of an image, oldest first."""
        with self._gate.acting(actor, Action.ANALYSIS_VIEW, f"image:{image}"), self._ledger.begin() as work:
            parent = images.found(work, image)
            return [_view(work, one) for one in lineage.children(work, parent.stream, RecordKind.ANALYSIS)]

    def version(self, actor: Actor, analysis: str, version: int) -> AnalysisVersionView:
        """Return one immutable version. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.ANALYSIS_VIEW, f"analysis:{analysis}"), self._ledger.begin() as work:
            return version_view(work, version_revision(work, analysis, version))

    def edit(self, actor: Actor, analysis: str, request: GestureRequest) -> AnalysisView:
        """Take one finished gesture: measure, write a changing entry, return the numbers.

        Raises
        ------
        Conflict
            ``conflict.stale`` with what changed meanwhile; ``conflict.frozen`` while a result that pins it is
            submitted or further; ``conflict.idempotency`` if the key came with another request.
        Invalid
            ``gesture.*``, or a shape that is not on the image.
        """
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_EDIT, stream) as role, self._ledger.begin() as work:
            work.lock(stream)
            answer = repeats.answered(work, actor, request, stream, AnalysisView)
            if answer is not None:
                return answer
            before = found(work, analysis)
            content = Analysis.from_json(before.content)
            _check_current(work, before, request.expected_rev)
            _check_open(work, content)
            shapes = [shape.model_dump(mode="json") for shape in request.shapes]
            change = changed_shapes(content, shapes, request.background.model_dump(mode="json"), request.gesture)
            of = Image.from_json(images.found(work, content.image).content)
            after = replace(
                content,
                shapes=shapes,
                background=change.background,
                measurements=self.measure(of, request.shapes, request.background, actor),
                formula_set=densitometry.FORMULA_SET,
                next_shape=next_shape(content, shapes),
                contributors=_with(content.contributors, actor),
                is_saved=False,
                digest="",
                reason="",
            )
            revision = write(
                work,
                actor,
                role,
                Action.ANALYSIS_EDIT,
                after,
                record_id=analysis,
                expected_rev=request.expected_rev,
                old={"gesture": request.gesture.value, **change.old},
                new={"gesture": request.gesture.value, **change.new},
                summary=summary_of(request.gesture, content, after, change),
            )
            view = _view(work, revision)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def save(self, actor: Actor, analysis: str, request: SaveRequest) -> AnalysisView:
        """Save the draft as the next immutable version.

        Raises
        ------
        Conflict
            As :meth:`edit`; ``conflict.saved`` if the draft is the newest version already.
        Invalid
            ``reason.*`` from version 2 on; ``analysis.empty`` without a shape.
        """
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_SAVE, stream) as role, self._ledger.begin() as work:
            work.lock(stream)
            answer = repeats.answered(work, actor, request, stream, AnalysisView)
            if answer is not None:
                return answer
            before = found(work, analysis)
            content = Analysis.from_json(before.content)
            _check_current(work, before, request.expected_rev)
            _check_open(work, content)
            if content.is_saved:
                raise Conflict("conflict.saved", f"Nothing has changed since version {len(content.versions)}.")
            if not content.shapes:
                raise Invalid("analysis.empty", "There is no shape to save.", "Draw at least one rectangle.")
            version = len(content.versions) + 1
            reason = checked_reason(
                request.reason, minimum=self._gate.policies.reason_min_chars, is_required=version > 1
            )
            after = replace(
                content,
                versions=[*content.versions, {"version": version, "rev": before.rev + 1}],
                contributors=_with(content.contributors, actor),
                is_saved=True,
                digest=version_digest(content),
                reason=reason,
            )
            revision = write(
                work,
                actor,
                role,
                Action.ANALYSIS_SAVE,
                after,
                record_id=analysis,
                expected_rev=before.rev,
                version=version,
                new={"version": version, "digest": after.digest, "shapes": len(after.shapes)},
                reason=reason,
                summary=f"Saved {analysis}.{version}: {len(after.shapes)} shapes, digest {after.digest[:12]}…",
            )
            view = _view(work, revision)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def measure(self, image: Image, shapes: Sequence[Shape], background: Background, actor: Actor) -> list[Json]:
        """Return the numbers of shapes, from the sealed pixels. Raises ``Invalid``, ``IntegrityBroken``."""
        return numbers_of(self._pixels.counts(image, actor), image, shapes, background)


def found(work: UnitOfWork, analysis: str) -> Revision:
    """Return the newest revision of an analysis. Raises ``NotFound('not_found.analysis')``."""
    revision = work.latest(f"analysis:{analysis}")
    if revision is None:
        raise NotFound("not_found.analysis", f"There is no analysis {analysis}.")
    return revision


def version_revision(work: UnitOfWork, analysis: str, version: int) -> Revision:
    """Return the revision that is a saved version. Raises ``NotFound('not_found.version')``."""
    versions = Analysis.from_json(found(work, analysis).content).versions
    if not 1 <= version <= len(versions):
        raise NotFound("not_found.version", f"There is no version {analysis}.{version}.")
    revision = work.revision(f"analysis:{analysis}", versions[version - 1]["rev"])
    assert revision is not None
    return revision


def version_view(work: UnitOfWork, revision: Revision) -> AnalysisVersionView:
    """Return a saved version as the contract shows it."""
    content = Analysis.from_json(revision.content)
    version = content.versions[-1]["version"]
    pinned = [
        result.result
        for result in lineage.results_of_analysis(work, content.analysis)
        if any(pin["analysis"] == content.analysis and pin["version"] == version for pin in result.pins)
    ]
    return AnalysisVersionView(
        id=f"{content.analysis}.{version}",
        analysis=content.analysis,
        version=version,
        image=content.image,
        shapes=[Shape.model_validate(shape) for shape in content.shapes],
        background=Background.model_validate(content.background),
        measurements=[Measurement.model_validate(one) for one in content.measurements],
        digest=content.digest,
        formula_set=content.formula_set,
        saved_by=revision.subject.printed_name or "",
        saved_at=revision.entry.at,
        reason=content.reason,
        results=pinned,
    )


def _view(work: UnitOfWork, revision: Revision) -> AnalysisView:
    content = Analysis.from_json(revision.content)
    frozen = _frozen_by(work, content)
    versions = [work.revision(revision.stream, one["rev"]) for one in content.versions]
    return AnalysisView(
        analysis=content.analysis,
        image=content.image,
        rev=revision.rev,
        shapes=[Shape.model_validate(shape) for shape in content.shapes],
        background=Background.model_validate(content.background),
        measurements=[Measurement.model_validate(one) for one in content.measurements],
        formula_set=content.formula_set,
        is_saved=content.is_saved,
        is_editable=not frozen,
        why_not_editable=frozen,
        versions=[version_view(work, one) for one in versions if one is not None],
        next_shape=f"S{content.next_shape}",
        entry=entry_ref(revision.entry),
    )


def _frozen_by(work: UnitOfWork, content: Analysis) -> str:
    """Return why the analysis may not be changed, or nothing."""
    for result in lineage.results_of_analysis(work, content.analysis):
        if ResultStatus(result.status) not in OPEN_FOR_CHANGE:
            shown = result.status.replace("_", " ")
            return f"{result.result} pins this analysis and is {shown}. Start another analysis of the image instead."
    return ""


def _check_open(work: UnitOfWork, content: Analysis) -> None:
    frozen = _frozen_by(work, content)
    if frozen:
        raise Conflict("conflict.frozen", frozen)


def _check_current(work: UnitOfWork, revision: Revision, expected_rev: int) -> None:
    """Raise ``Conflict('conflict.stale')`` and say what changed since, if the person saw an older revision."""
    if expected_rev == revision.rev:
        return
    seen = work.revision(revision.stream, expected_rev)
    if seen is None:
        raise Conflict("conflict.stale", f"{revision.record_id} has no revision {expected_rev}.", "Read it again.")
    since = work.entries(TrailFilter(streams=[revision.stream], after=seen.entry.id, limit=50))
    changes = [
        f"{one.body.get('printed_name') or 'somebody'}: {one.body.get('summary', '')}"
        for one in since
        if one.written.rev is not None
    ]
    raise Conflict(
        "conflict.stale",
        f"{revision.record_id} has changed since you looked at it; your change was not written.",
        "Meanwhile: " + "; ".join(changes[-5:]),
    )


def _with(contributors: list[str], actor: Actor) -> list[str]:
    account = actor.person()
    return contributors if account in contributors else [*contributors, account]
