"""Lanes, bands and wells that are found without a person, and what people made of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from blotter_records.contract.base import IdempotencyKey, Message
from blotter_records.contract.shapes import Rectangle
from blotter_records.contract.wells import FoundWell, WellGrid


class FindRequest(Message):
    """Asks the service to find lanes and bands, and to make a shape of each band.

    Shapes of an earlier search that nobody has changed are replaced; all others stay as they are.
    """

    expected_rev: int = Field(ge=1)
    lanes: int | None = Field(None, ge=1, le=100, description="how many lanes there are; found where it is not said")
    sensitivity: float = Field(
        5.0, ge=1, le=100, description="least prominence of a band, standard deviations of its lane's noise"
    )
    idempotency_key: IdempotencyKey


class FoundLane(Message):
    """A lane: its centre at the image's middle row and its half width, px.

    ``lean`` is in columns per row, ``rise`` (the slope of its bands) in rows per column.
    ``confidence`` goes from 0 (nothing is seen there) to 1.
    """

    lane: int = Field(ge=1)
    column: float
    half_width: float
    lean: float
    rise: float
    confidence: float


class FoundBand(Message):
    """A band as it was found, and the shape that was made of it."""

    shape: str
    lane: int = Field(ge=1)
    band: int = Field(ge=1, description="in its lane, from the top")
    label: str
    rectangle: Rectangle
    flags: list[str] = []


class FindingParameters(Message):
    """What automatic finding was told."""

    lanes: int | None
    sensitivity: float
    largest_lean: float
    largest_rise: float
    smallest_share: float
    reach: float
    flank: int
    saturation_level: int


class Finding(Message):
    """What was found last, with the parameters it was found by; a record keeps it so.

    It is lanes and bands, or the wells of a grid: of the other there is none then.
    """

    parameters: FindingParameters | WellGrid
    lanes: list[FoundLane]
    bands: list[FoundBand]
    wells: list[FoundWell] = Field(default=[], exclude_if=lambda value: not value)


class ManualEdit(Message):
    """A shape that is no longer as it was found, or that was never found."""

    shape: str
    label: str
    what: Literal["changed", "deleted", "drawn"]


class FindingView(Finding):
    """What was found, and where people went another way since."""

    edits: list[ManualEdit]
