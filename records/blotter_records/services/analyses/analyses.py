"""Analyses: gestures and versions; every number is computed here, from the sealed pixels (architecture, section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from blotter_records import densitometry
from blotter_records.contract.analyses import (
    AnalysisStart,
    AnalysisVersionView,
    AnalysisView,
    Background,
    GestureRequest,
    SaveRequest,
)
from blotter_records.contract.shapes import Shape
from blotter_records.domain.digests import version_digest
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.writing import write
from blotter_records.services.analyses.allowed import usable
from blotter_records.services.analyses.balls import Balls
from blotter_records.services.analyses.changing import opened, write_change
from blotter_records.services.analyses.gestures import changed_shapes, next_shape, summary_of
from blotter_records.services.analyses.measuring import numbers_of
from blotter_records.services.analyses.showing import (
    analysis_view,
    found,
    version_revision,
    version_view,
)
from blotter_records.services.images import images, lineage
from blotter_records.services.images.pixels import Pixels
from blotter_records.services.quantities.keeping import check_whole, requantified
from blotter_records.services.studies.versions import with_maker
from blotter_records.vocabulary import Action, RecordKind


class Analyses:
    """Starts analyses, takes gestures, saves versions."""

    def __init__(self, ledger: Ledger, *, gate: Gate, pixels: Pixels) -> None:
        self._ledger = ledger
        self._gate = gate
        self._pixels = pixels
        self._balls = Balls()

    def start(self, actor: Actor, request: AnalysisStart) -> AnalysisView:
        """Start an analysis of an image: no shapes yet, default background.

        Raises
        ------
        NotFound, Conflict
            No such image, or none to see; its status; ``conflict.idempotency`` if the key came with another request.
        """
        image, stream = request.image, f"image:{request.image}"
        with self._gate.acting(actor, Action.ANALYSIS_START, stream) as acting, self._ledger.begin() as work:
            # Nobody puts the image into another study, or invalidates it, between this look and the commit.
            work.lock(stream)
            of = usable(work, acting, image)
            answer = repeats.answered(work, actor, request, stream, AnalysisView)
            if answer is not None:
                return answer
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
                study=of.study,
            )
            revision = write(
                work,
                actor,
                acting.role,
                Action.ANALYSIS_START,
                content,
                record_id=analysis,
                expected_rev=0,
                new={"image": image, "background": content.background},
                summary=f"Started {analysis} of {image}",
            )
            work.derive(stream, f"analysis:{analysis}")
            lineage.refresh(work, image)
            view = analysis_view(work, revision)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def view(self, actor: Actor, analysis: str, *, as_of: datetime | None = None) -> AnalysisView:
        """Return an analysis as it stands, or stood at a time. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.ANALYSIS_VIEW, f"analysis:{analysis}") as acting:
            with self._ledger.begin() as work:
                revision = found(work, analysis)
                acting.on(work, Analysis.from_json(revision.content).study)
                if as_of is None:
                    return analysis_view(work, revision)
            with self._ledger.begin(as_of=as_of) as work:
                return analysis_view(work, found(work, analysis))

    def of_image(self, actor: Actor, image: str) -> list[AnalysisView]:
        """Return every analysis of an image, oldest first."""
        with self._gate.acting(actor, Action.ANALYSIS_VIEW, f"image:{image}") as acting, self._ledger.begin() as work:
            acting.on(work, Image.from_json(images.found(work, image).content).study)
            return [analysis_view(work, one) for one in lineage.analyses_of_image(work, image)]

    def version(self, actor: Actor, analysis: str, version: int) -> AnalysisVersionView:
        """Return one immutable version. Raises ``NotFound``."""
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_VIEW, stream) as acting, self._ledger.begin() as work:
            acting.on(work, Analysis.from_json(found(work, analysis).content).study)
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
        with self._gate.acting(actor, Action.ANALYSIS_EDIT, stream) as acting, self._ledger.begin() as work:
            draft = opened(work, acting, analysis, request)
            if isinstance(draft, AnalysisView):
                return draft
            content = draft.content
            shapes = [shape.model_dump(mode="json") for shape in request.shapes]
            change = changed_shapes(content, shapes, request.background.model_dump(mode="json"), request.gesture)
            after = draft.changed(
                acting,
                shapes=shapes,
                background=change.background,
                measurements=self.measure(draft.image, request.shapes, request.background, actor),
                formula_set=densitometry.FORMULA_SET,
                next_shape=next_shape(content, shapes),
            )
            return write_change(
                work,
                acting,
                draft,
                requantified(after),
                request,
                old={"gesture": request.gesture.value, **change.old},
                new={"gesture": request.gesture.value, **change.new},
                summary=summary_of(request.gesture, content, after, change),
            )

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
        with self._gate.acting(actor, Action.ANALYSIS_SAVE, stream) as acting, self._ledger.begin() as work:
            draft = opened(work, acting, analysis, request)
            if isinstance(draft, AnalysisView):
                return draft
            before, content = draft.before, draft.content
            check_whole(work, content, draft.image)
            if content.is_saved:
                raise Conflict("conflict.saved", f"Nothing has changed since version {len(content.versions)}.")
            if not content.shapes:
                raise Invalid("analysis.empty", "There is no shape to save.", "Draw at least one.")
            version = len(content.versions) + 1
            reason = acting.reason(request.reason, request.reason_code, version=version)
            after = replace(
                content,
                versions=[*content.versions, {"version": version, "rev": before.rev + 1}],
                contributors=with_maker(content.contributors, actor),
                is_saved=True,
                digest=version_digest(content),
                reason=reason.text,
            )
            revision = write(
                work,
                actor,
                acting.role,
                Action.ANALYSIS_SAVE,
                after,
                record_id=analysis,
                expected_rev=before.rev,
                version=version,
                new={"version": version, "digest": after.digest, "shapes": len(after.shapes)},
                reason=reason,
                summary=f"Saved {analysis}.{version}: {len(after.shapes)} shapes, digest {after.digest[:12]}…",
            )
            view = analysis_view(work, revision)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def measure(self, image: Image, shapes: Sequence[Shape], background: Background, actor: Actor) -> list[Json]:
        """Return the numbers of shapes, from the sealed pixels. Raises ``Invalid``, ``IntegrityBroken``."""
        counts, ball = self._pixels.counts(image, actor), self._balls.of(image.pixels_sha256)
        return numbers_of(counts, image, shapes, background, ball)
