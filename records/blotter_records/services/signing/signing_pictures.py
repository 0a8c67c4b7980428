"""Pictures on the signing page: the image with the shapes that are signed, drawn from the sealed pixels.

By the display that the result pins, as the report prints it: what is signed looks like what is read afterwards.
"""

from __future__ import annotations

from blotter_records.contract.results import ResultView
from blotter_records.domain.records import Display, Image
from blotter_records.errors import NotFound
from blotter_records.ports.files import Pictures
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.analyses.outlines import outline_of
from blotter_records.services.images import images
from blotter_records.services.images.pixels import Pixels

_LONGEST_SIDE = 720


class SigningPictures:
    """Draws what will be signed."""

    def __init__(self, ledger: Ledger, pixels: Pixels, pictures: Pictures) -> None:
        self._ledger = ledger
        self._pixels = pixels
        self._pictures = pictures

    def png(self, result: ResultView, position: int) -> bytes:
        """Return PNG of the image of the pinned analysis at ``position``. Raises ``NotFound``, ``IntegrityBroken``."""
        if not 0 <= position < len(result.analyses):
            raise NotFound("not_found.picture", "There is no such picture.")
        analysis = result.analyses[position]
        with self._ledger.begin() as work:
            image = Image.from_json(images.found(work, analysis.image).content)
            display = _pinned(work, result, image.image)
        counts = self._pixels.counts(image, system_actor("a signing page"))
        shapes = [(shape.shape, outline_of(shape)) for shape in analysis.shapes]
        if display is None:
            window = image.percentile_0_1, image.percentile_99_9
            return self._pictures.png(counts, window, longest_side=_LONGEST_SIDE, shapes=shapes)
        return self._pictures.png(
            counts,
            (display.low, display.high),
            longest_side=_LONGEST_SIDE,
            shapes=shapes,
            gamma=display.gamma,
            is_inverted=display.is_inverted,
            colour=display.colour,
        )


def _pinned(work: UnitOfWork, result: ResultView, image: str) -> Display | None:
    """Return the display of an image that a result pins, or None where there was none."""
    pins = (one.display for one in result.layers if one.image.rpartition(".")[0] == image)
    record, _, rev = (next(pins, None) or "").rpartition(".")
    revision = work.revision(f"display:{record}", int(rev)) if record else None
    return Display.from_json(revision.content) if revision is not None else None
