"""Pictures on the signing page: the image with the shapes that are signed, drawn from the sealed pixels."""

from __future__ import annotations

from blotter_records.contract.results import ResultView
from blotter_records.domain.records import Image
from blotter_records.errors import NotFound
from blotter_records.ports.files import Pictures
from blotter_records.ports.ledger import Ledger
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
        return self._pictures.png(
            self._pixels.counts(image, system_actor("a signing page")),
            (image.percentile_0_1, image.percentile_99_9),
            longest_side=_LONGEST_SIDE,
            shapes=[(shape.shape, outline_of(shape)) for shape in analysis.shapes],
        )
