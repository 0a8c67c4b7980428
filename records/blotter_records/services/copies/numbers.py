"""The numbers of a copy, computed again from its own pixels (11.10(b): a copy is dynamic, not a picture of one)."""

from __future__ import annotations

from blotter_records import densitometry
from blotter_records.contract.copies import CopyNumbers
from blotter_records.densitometry.shapes import Counts
from blotter_records.domain.records import Analysis, Image
from blotter_records.services.analyses.recomputing import Recomputed, compared, made_again
from blotter_records.services.copies.opened import OpenedBundle
from blotter_records.services.images.pixels import Pixels

#: Differences that are named.
_NAMED = 20


class CopiedPixels:
    """Gives the verified counts of the images of a bundle."""

    def __init__(self, pixels: Pixels, bundle: OpenedBundle) -> None:
        self._pixels = pixels
        self._bundle = bundle

    def verified(self, image: Image) -> Counts:
        """Return the counts of an image. Raises ``IntegrityBroken``."""
        return self._pixels.verified(image, files=self._bundle)


def recomputed(bundle: OpenedBundle, pixels: CopiedPixels) -> CopyNumbers:
    """Measure every revision of every analysis again, and make every derived image again."""
    report, differences = Recomputed(), list[str]()
    for name in bundle.of_kind("image"):
        image = Image.from_json(bundle.content("image", name))
        if image.parent is not None:
            parent = Image.from_json(bundle.content("image", image.parent))
            differences += [f"{name}: {what}" for what in made_again(image, parent, pixels, report)]
    for name in bundle.of_kind("analysis"):
        for rev in bundle.revisions("analysis", name):
            analysis = Analysis.from_json(bundle.content("analysis", name, rev))
            if analysis.shapes or analysis.measurements:
                image = Image.from_json(bundle.content("image", analysis.image))
                differences += [f"{name}, revision {rev}: {what}" for what in compared(analysis, image, pixels, report)]
    return CopyNumbers(
        is_reproduced=not differences and not report.other_formulas,
        numbers=report.numbers,
        versions=report.versions,
        revisions=report.revisions,
        analyses=len(report.analyses),
        images=len(report.images),
        derived=report.derived,
        formula_set=densitometry.FORMULA_SET,
        other_formulas=dict(report.other_formulas),
        differing=len(differences),
        differences=differences[:_NAMED],
    )
