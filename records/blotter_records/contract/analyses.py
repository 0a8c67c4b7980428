"""Analyses: shapes and parameters that a person gives, numbers that the service computes."""

from __future__ import annotations

from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from blotter_records.contract.base import (
    AnalysisId,
    Digest,
    EntryRef,
    IdempotencyKey,
    ImageId,
    Message,
    ProtocolId,
    Reason,
    ReasonCode,
)
from blotter_records.contract.finding import FindingView
from blotter_records.contract.flags import Flag
from blotter_records.contract.quantities import Quantities
from blotter_records.contract.shapes import Shape, ShapeId
from blotter_records.vocabulary import BackgroundMethod, BackgroundSides, Gesture

#: Most corners of all polygons of an analysis together.
MOST_CORNERS_IN_ALL = 20_000

#: Which parameter belongs to which method.
_OWNERS = {
    "radius": BackgroundMethod.ROLLING_BALL,
    "reach": BackgroundMethod.LANE,
    "shapes": BackgroundMethod.USER_DEFINED,
}


class Background(Message):
    """How background is taken (formulas B7 to B12), the same for all shapes.

    ``width`` px and ``sides`` say which border outside the shape *average* and *median* take; *column-wise* takes
    ``width`` px above and below; under a *rolling ball* the border gives the noise alone. ``radius``, ``reach`` and
    ``shapes`` come with their own method and no other; else they are left out of what is stored.
    """

    method: BackgroundMethod = BackgroundMethod.MEDIAN
    width: int = Field(3, ge=1, le=5, description="px")
    sides: BackgroundSides = BackgroundSides.ALL
    radius: float | None = Field(
        None,
        ge=1,
        le=500,
        allow_inf_nan=False,
        description="of the rolling ball, px",
        exclude_if=lambda value: value is None,
    )
    reach: int | None = Field(
        None,
        ge=1,
        le=20_000,
        description="rows beyond the first and last band of a lane that are searched, px",
        exclude_if=lambda value: value is None,
    )
    shapes: list[ShapeId] | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="the shapes that are user-defined background",
        exclude_if=lambda value: value is None,
    )

    @model_validator(mode="after")
    def _has_what_belongs(self) -> Self:
        for name, owner in _OWNERS.items():
            if (getattr(self, name) is not None) != (self.method is owner):
                raise ValueError(f"{name} is given with background {owner.value}, and only with it")
        if self.shapes is not None and len(set(self.shapes)) != len(self.shapes):
            raise ValueError("a background shape is named twice")
        return self


class Measurement(Message):
    """The numbers of one shape, computed by the service from the sealed pixels.

    Units: ``area`` px; ``total``, ``signal`` counts·px; other intensities counts. None = not defined here (``notes``
    says why). ``total``, ``area``, ``minimum``, ``maximum``, ``saturated`` are exact integers; of an image of 32-bit
    floats ``total`` is the exact sum rounded once, ``minimum`` and ``maximum`` are exact floats.
    """

    shape: str
    area: int
    total: int | float
    mean: float
    minimum: int | float
    maximum: int | float
    standard_deviation: float | None
    median: float
    background: float | None
    background_standard_deviation: float | None
    background_pixels: int
    background_excluded: int = Field(description="border pixels left out: in another shape or outside the image")
    signal: float | None
    snr: float | None
    saturated: int
    saturated_fraction: float
    notes: list[str] = []


class AppliedProtocol(Message):
    """The version of the analysis protocol by which an analysis was made, and what was changed against it since."""

    protocol: ProtocolId
    version: int
    name: str
    sha256: Digest = Field(description="of what that version says")
    differences: list[str] = Field(description="empty where nothing differs from it")


class AnalysisStart(Message):
    """Starts an analysis of an image."""

    image: ImageId
    idempotency_key: IdempotencyKey


class GestureRequest(Message):
    """One finished gesture: what was done, and how the shapes and the background stand after it.

    ``expected_rev`` is the revision that the person saw; a stale one is refused (409), nothing is merged.
    """

    gesture: Gesture
    expected_rev: int = Field(ge=1)
    shapes: list[Shape] = Field(max_length=500)
    background: Background
    idempotency_key: IdempotencyKey

    @model_validator(mode="after")
    def _has_not_too_many_corners(self) -> Self:
        drawn = (one.polygon or one.freehand for one in self.shapes)
        corners = sum(len(one.corners) for one in drawn if one is not None)
        if corners > MOST_CORNERS_IN_ALL:
            raise ValueError(f"all polygons together have {corners} corners; {MOST_CORNERS_IN_ALL} are the most")
        return self


class SaveRequest(Message):
    """Saves the draft as the next immutable version; a reason is required from version 2 on."""

    expected_rev: int = Field(ge=1)
    reason: Reason = ""
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey


class AnalysisVersionView(Message):
    """One immutable version of an analysis."""

    id: str = Field(examples=["ANL-000042.3"])
    analysis: AnalysisId
    version: int
    image: ImageId
    shapes: list[Shape]
    background: Background
    measurements: list[Measurement]
    digest: Digest = Field(
        description="of the canonical JSON of image, shapes, background, measurements, formula set, finding, "
        "quantities, protocol"
    )
    formula_set: str
    saved_by: str
    saved_at: AwareDatetime
    reason: str
    results: list[str] = []
    finding: FindingView | None = None
    quantities: Quantities | None = None
    flags: list[Flag] = []
    protocol: AppliedProtocol | None = None


class AnalysisView(Message):
    """An analysis as it stands: the draft (a record from the first number shown) and its versions."""

    analysis: AnalysisId
    image: ImageId
    study: str
    rev: int
    shapes: list[Shape]
    background: Background
    measurements: list[Measurement]
    formula_set: str
    is_saved: bool = Field(description="the draft equals the newest version")
    is_editable: bool
    why_not_editable: str = ""
    versions: list[AnalysisVersionView]
    next_shape: str
    finding: FindingView | None = Field(None, description="what was found last without a person, and its edits")
    quantities: Quantities | None = Field(None, description="what is made of the signals, where it was set")
    flags: list[Flag] = Field([], description="what a reader of the numbers must be careful about")
    protocol: AppliedProtocol | None = Field(None, description="by which it was made, where it was made by one")
    entry: EntryRef


class Recomputation(Message):
    """An analysis measured again from the sealed pixels: exact numbers may not differ, fitted ones by 1e-9 at most."""

    analysis: AnalysisId
    version: int | None
    formula_set: str
    numbers: int
    is_reproduced: bool
    differences: list[str]
