"""Before anything is signed: the sealed pixels verify and give the stored numbers again (11.10(a))."""

from __future__ import annotations

from blotter_records import densitometry
from blotter_records.contract.analyses import Background
from blotter_records.contract.shapes import Shape
from blotter_records.domain.records import Analysis, Image, Result
from blotter_records.errors import IntegrityBroken
from blotter_records.ports.entries import NewEntry
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.analyses.analyses import Analyses
from blotter_records.services.images import images
from blotter_records.services.images.pixels import Pixels
from blotter_records.services.results import pinning, showing
from blotter_records.vocabulary import Event, Outcome, RecordKind


class Proof:
    """Computes everything that a result pins again."""

    def __init__(self, ledger: Ledger, pixels: Pixels, computing: Analyses) -> None:
        self._ledger = ledger
        self._pixels = pixels
        self._computing = computing

    def check(self, result: str, actor: Actor) -> None:
        """Read each image's sealed file again and measure every pinned version again.

        Raises
        ------
        IntegrityBroken
            ``integrity.*``; an ``integrity.failed`` entry is written.
        """
        with self._ledger.begin() as work:
            content = Result.from_json(showing.found(work, result).content)
            pinned = [Analysis.from_json(one.content) for one in pinning.pinned_by(work, content)]
            of = {image: Image.from_json(images.found(work, image).content) for image in content.images}
        for image in of.values():
            self._pixels.counts(image, actor, again=True)
        for analysis in pinned:
            if analysis.formula_set != densitometry.FORMULA_SET:
                continue  # computed by other formulas; the stored numbers stay as they are
            shapes = [Shape.model_validate(shape) for shape in analysis.shapes]
            background = Background.model_validate(analysis.background)
            if self._computing.measure(of[analysis.image], shapes, background, actor) != analysis.measurements:
                self._refuse(result, analysis.analysis, actor)

    def _refuse(self, result: str, analysis: str, actor: Actor) -> None:
        error = IntegrityBroken(
            "integrity.numbers",
            f"The stored numbers of {analysis} are not those that its pixels give.",
            "Tell the Records Manager; nothing was signed.",
        )
        with self._ledger.begin() as work:
            work.note(
                NewEntry(
                    stream=f"analysis:{analysis}",
                    action=Event.INTEGRITY_FAILED,
                    subject=actor.subject(),
                    context=actor.context,
                    outcome=Outcome.FAILED,
                    record_kind=RecordKind.ANALYSIS,
                    record_id=analysis,
                    new={"rule": error.code, "result": result},
                    summary=error.message,
                )
            )
            work.commit()
        raise error
