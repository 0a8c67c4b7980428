"""Images: what was sealed, and how to look at it."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import Digest, EntryRef, ImageId, Message
from blotter_records.vocabulary import ImageStatus


class PyramidLevel(Message):
    """One level of the tile pyramid: level 0 is full resolution, each next one halves (mean of 2x2, display only)."""

    level: int
    rows: int
    columns: int


class ImageView(Message):
    """A sealed image.

    Pixel values of tiles and numbers are *counts*, exactly as stored in the file. ``white_is_zero`` tells that the file
    asks to show 0 as white; that is about display and changes no count. ``saturation_level`` is the count from which a
    pixel counts as saturated (formula B16).
    """

    image: ImageId
    status: ImageStatus
    file_name: str
    file_sha256: Digest
    file_bytes: int
    pixels_sha256: Digest = Field(description="of the counts, little-endian, row by row")
    rows: int
    columns: int
    bits: Literal[8, 16]
    compression: str
    white_is_zero: bool
    saturation_level: int
    minimum: int
    maximum: int
    percentile_0_1: float
    percentile_99_9: float
    tile_size: int
    levels: list[PyramidLevel]
    provenance: Literal["imported"] = "imported"
    imported_by: str
    imported_at: AwareDatetime
    reason: str
    analyses: list[str] = []
    entry: EntryRef
