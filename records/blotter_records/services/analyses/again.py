"""Measuring a stored analysis again, at the wish of a person who looks at it (11.10(a))."""

from __future__ import annotations

from blotter_records.contract.analyses import Recomputation
from blotter_records.domain.records import Analysis, Image
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.analyses.recomputing import Recomputed, compared
from blotter_records.services.analyses.showing import found, version_revision
from blotter_records.services.images import images, lineage
from blotter_records.services.images.pixels import Pixels
from blotter_records.vocabulary import Action


class Again:
    """Recomputes one analysis."""

    def __init__(self, ledger: Ledger, *, gate: Gate, pixels: Pixels) -> None:
        self._ledger = ledger
        self._gate = gate
        self._pixels = pixels

    def recompute(self, actor: Actor, analysis: str, version: int | None = None) -> Recomputation:
        """Measure an analysis, or one of its versions, again from the sealed pixels and compare.

        Raises
        ------
        NotFound, Conflict
            No such analysis or version, or none to see; the status of its image.
        IntegrityBroken
            The image does not verify.
        """
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_RECOMPUTE, stream) as acting:
            with self._ledger.begin() as work:
                revision = found(work, analysis)
                image = Image.from_json(images.found(work, revision.content["image"]).content)
                acting.on(work, image.study, status=lineage.status_of(work, image).value)
                if version is not None:
                    revision = version_revision(work, analysis, version)
            self._pixels.counts(image, actor)
            report = Recomputed()
            content = Analysis.from_json(revision.content)
            differences = list(compared(content, image, self._pixels, report))
        return Recomputation(
            analysis=analysis,
            version=version,
            formula_set=content.formula_set,
            numbers=report.numbers,
            is_reproduced=not differences and not report.other_formulas,
            differences=differences,
        )
