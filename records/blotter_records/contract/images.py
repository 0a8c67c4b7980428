"""Images: what was sealed, what is said about them, and how to look at them."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import (
    AnnotationId,
    Digest,
    EntryRef,
    IdempotencyKey,
    ImageId,
    Json,
    Message,
    Reason,
    ReasonCode,
    StudyId,
)
from blotter_records.vocabulary import ImageStatus, Provenance


class PyramidLevel(Message):
    """One level of the tile pyramid: level 0 is full resolution, each next one halves (mean of 2x2, display only)."""

    level: int
    rows: int
    columns: int


class SeenBefore(Message):
    """An image that held the same pixels already when another one came."""

    how: Literal["same", "turned", "part"] = Field(
        description="as they are; flipped, or turned by quarters; one cut out of the other, or both of a third"
    )
    image: str = Field(description="empty: in another study")
    words: str


class ImageView(Message):
    """A sealed image.

    Pixel values of tiles and numbers are *counts*, exactly as stored in the file. ``white_is_zero`` tells that the file
    asks to show 0 as white; that is about display and changes no count. ``saturation_level`` is the count from which a
    pixel counts as saturated (formula B16). An image of 32-bit floats has counts that are not whole; its tiles, to look
    at, hold 16-bit values v that stand for ``tile_offset + tile_step * v``. ``version`` counts what is said about the
    image; its pixels never change.
    """

    image: ImageId
    version: int
    study: str
    status: ImageStatus
    title: str
    channel: str
    acquisition: str
    membrane: str | None
    probing: str | None
    parent: str | None = Field(description="the image that this one was made from")
    transform: Json | None = Field(description="how it was made from its parent")
    hold: Json | None = Field(description="why it is on integrity hold")
    invalidation: Json | None = Field(description="why it is not to be used")
    file_name: str
    file_sha256: Digest
    file_bytes: int
    pixels_sha256: Digest = Field(description="of the counts, little-endian, row by row")
    rows: int
    columns: int
    format: str = Field(description="kind of file, by its content: tiff, ome-tiff, gel, 1sc, scn, licor-zip, png, jpeg")
    bits: Literal[8, 16, 32]
    compression: str
    white_is_zero: bool
    is_picture: bool = Field(description="not for quantification, unless policy image.pictures allows it")
    channel_index: int = Field(description="which image of its file this is, counted from 0")
    file_channel: str = Field(description="what the file calls the channel")
    file_images: list[ImageId] = Field(description="all images of the file, in its order")
    notes: list[str] = Field(
        description="what was done on the way to the counts, and what the file asks for and is not"
    )
    saturation_level: int | float
    minimum: int | float
    maximum: int | float
    percentile_0_1: float
    percentile_99_9: float
    tile_offset: float
    tile_step: float
    tile_size: int
    levels: list[PyramidLevel]
    provenance: Provenance
    imported_by: str
    imported_at: AwareDatetime
    reason: str
    analyses: list[str] = []
    pixel_um: float | None = Field(default=None, description="side of a pixel, µm, where the file says it: for rulers")
    seen_before: list[SeenBefore] = Field(default=[], description="where the same pixels were when this image came")
    entry: EntryRef


class MetadataRequest(Message):
    """What is said about an image: the next version, with a reason."""

    expected_version: int = Field(ge=1)
    title: str = Field(max_length=200)
    channel: str = Field(max_length=60, description="such as 700 nm, ECL")
    reason: Reason = ""
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey


class StudyAssignment(Message):
    """Puts an image that nothing was made from yet into another study of which the person is a member."""

    expected_version: int = Field(ge=1)
    study: StudyId
    reason: Reason = ""
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey


class TransformRequest(Message):
    """Base of a request for a derived image: a new record, its parent stays as it is."""

    reason: Reason = ""
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey


class FlipRequest(TransformRequest):
    """Flips: exact (formula B33)."""

    axis: Literal["rows", "columns"] = Field(description="rows: top to bottom; columns: left to right")


class RotateRequest(TransformRequest):
    """Turns counter-clockwise by a quarter, half or three quarters: exact (formula B33)."""

    degrees: Literal[90, 180, 270]


class CropRequest(TransformRequest):
    """Cuts out a rectangle, half-open, px: exact (formula B33)."""

    row0: int = Field(ge=0)
    column0: int = Field(ge=0)
    row1: int = Field(gt=0)
    column1: int = Field(gt=0)


class DenoiseRequest(TransformRequest):
    """Median of k × k pixels, edges mirrored: exact (formula B33)."""

    size: Literal[3, 5, 7]


class Mark(Message):
    """A mark of the annotation layer; positions in pixels, ``row1`` and ``column1`` where it ends.

    Pixel 0 begins at 0. A text has one place; all other kinds end somewhere and may carry a text at their begin.
    """

    mark: str = Field(pattern=r"^M\d{1,5}$")
    kind: Literal["text", "arrow", "line", "bracket", "rectangle"]
    row: float = Field(ge=-100_000, le=100_000)
    column: float = Field(ge=-100_000, le=100_000)
    row1: float | None = Field(None, ge=-100_000, le=100_000)
    column1: float | None = Field(None, ge=-100_000, le=100_000)
    text: str = Field("", max_length=200)


class AnnotationRequest(Message):
    """Saves the annotation layer of an image: the first version, or with ``expected_version`` the next one."""

    expected_version: int = Field(0, ge=0)
    marks: list[Mark] = Field(max_length=500)
    is_shown: bool = Field(default=True, description="drawn over the image in the viewer and in reports")
    reason: Reason = ""
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey


class AnnotationView(Message):
    """A version of the annotation layer of an image."""

    annotation: AnnotationId
    image: ImageId
    study: str
    version: int
    marks: list[Mark]
    is_shown: bool
    saved_by: str
    saved_at: AwareDatetime
    reason: str
    entry: EntryRef


class DisplayRequest(Message):
    """How an image is shown (formula B32): window in counts, gamma, inversion, colour. It changes no number."""

    expected_version: int = Field(0, ge=0)
    low: float = Field(ge=-1e9, le=1e9, description="counts shown as black (white when inverted)")
    high: float = Field(ge=-1e9, le=1e9, description="counts shown as white")
    gamma: float = Field(1.0, ge=0.1, le=10)
    is_inverted: bool = True
    colour: Literal["grey", "viridis", "magma", "cividis", "green", "magenta", "red"] = "grey"
    idempotency_key: IdempotencyKey


class DisplayView(Message):
    """A version of how an image is shown."""

    display: str
    image: ImageId
    study: str
    version: int
    low: float
    high: float
    gamma: float
    is_inverted: bool
    colour: str
    saved_by: str
    saved_at: AwareDatetime
    entry: EntryRef
