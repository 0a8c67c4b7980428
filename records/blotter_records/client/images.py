"""Images, their layers and their log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import httpx

from blotter_records.client.calls import Calls, new_key, read_answer
from blotter_records.client.calls import asked as asked_for
from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.images import (
    AnnotationRequest,
    AnnotationView,
    CropRequest,
    DenoiseRequest,
    DisplayRequest,
    DisplayView,
    FlipRequest,
    ImageView,
    MetadataRequest,
    RotateRequest,
    StudyAssignment,
    TransformRequest,
)
from blotter_records.contract.trail import TrailPage, TrailQuestion

_TRANSFORMS = {CropRequest: "crop", DenoiseRequest: "denoise", FlipRequest: "flip", RotateRequest: "rotate"}


@dataclass(frozen=True)
class Tile:
    """Counts of one tile: little-endian uint16, row by row, ``rows * columns * 2`` bytes."""

    data: bytes
    rows: int
    columns: int


def tile_of(answer: httpx.Response) -> Tile:
    """Return the tile that an answer holds."""
    return Tile(answer.content, int(answer.headers["X-Blotter-Rows"]), int(answer.headers["X-Blotter-Columns"]))


class ImageCalls(Calls):
    """Calls about images."""

    def import_image(
        self,
        file_name: str,
        reason: str,
        content: Iterator[bytes] | bytes,
        *,
        study: str,
        membrane: str | None = None,
        probing: str | None = None,
        reason_code: str = "",
        idempotency_key: str = "",
    ) -> ImageView:
        """Import an image file into a study; with the key of a request whose answer was lost, only once."""
        params = {"file_name": file_name, "reason": reason, "study": study, "membrane": membrane, "probing": probing}
        params |= {"reason_code": reason_code or None, "idempotency_key": idempotency_key or new_key()}
        answer = self._transport.send("POST", "/images", content=content, params=params)
        return read_answer(ImageView, answer.content)

    def images(self) -> list[ImageView]:
        """Return every image, oldest first."""
        return self._list(ImageView, "/images")

    def image(self, image: str, *, as_of: datetime | None = None) -> ImageView:
        """Open an image; its sealed file is verified. ``as_of``: what was true then."""
        return self._get(ImageView, f"/images/{image}", as_of=_time(as_of))

    def image_file(self, image: str) -> Iterator[bytes]:
        """Yield the sealed file of an image."""
        with self._transport.stream(f"/images/{image}/file") as answer:
            yield from answer.iter_bytes()

    def edit_metadata(self, image: str, request: MetadataRequest) -> ImageView:
        """Set title and channel of an image."""
        return self._send(ImageView, "POST", f"/images/{image}/metadata", request)

    def assign_study(self, image: str, request: StudyAssignment) -> ImageView:
        """Put an image into another study."""
        return self._send(ImageView, "POST", f"/images/{image}/study", request)

    def transform(self, image: str, request: TransformRequest) -> ImageView:
        """Make a flipped, rotated, cropped or less noisy image."""
        return self._send(ImageView, "POST", f"/images/{image}/{_TRANSFORMS[type(request)]}", request)

    def annotation(self, image: str) -> AnnotationView | None:
        """Return the newest annotations of an image, or None."""
        return self._maybe(AnnotationView, f"/images/{image}/annotations")

    def annotate(self, image: str, request: AnnotationRequest) -> AnnotationView:
        """Save the annotation layer: the first version, or with ``expected_version`` the next one."""
        path = f"/images/{image}/annotations" + ("/versions" if request.expected_version else "")
        return self._send(AnnotationView, "POST", path, request)

    def display(self, image: str) -> DisplayView | None:
        """Return how an image is shown, or None."""
        return self._maybe(DisplayView, f"/images/{image}/display")

    def save_display(self, image: str, request: DisplayRequest) -> DisplayView:
        """Save how an image is shown."""
        return self._send(DisplayView, "POST", f"/images/{image}/display", request)

    def tile(self, image: str, pixels_sha256: str, level: int, row: int, column: int) -> Tile:
        """Return the counts of one tile of a level."""
        return tile_of(self._transport.send("GET", f"/images/{image}/tiles/{pixels_sha256}/{level}/{row}/{column}"))

    def image_trail(
        self, image: str, *, after: int | None = None, limit: int = 500, asked: TrailQuestion | None = None
    ) -> TrailPage:
        """Return a page of the image log: the image and everything made from it; `asked` says more about which."""
        question = asked or TrailQuestion(after=after, limit=limit)
        return self._get(TrailPage, f"/images/{image}/trail", **asked_for(question))

    def analyses_of_image(self, image: str) -> list[AnalysisView]:
        """Return every analysis of an image."""
        return self._list(AnalysisView, f"/images/{image}/analyses")


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
