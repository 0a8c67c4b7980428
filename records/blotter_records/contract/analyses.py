"""Analyses: shapes and parameters that a person gives, numbers that the service computes."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import (
    AnalysisId,
    Digest,
    EntryRef,
    IdempotencyKey,
    ImageId,
    Message,
    Reason,
    ReasonCode,
)
from blotter_records.contract.finding import FindingView
from blotter_records.contract.quantities import Quantities
from blotter_records.contract.shapes import Shape
from blotter_records.vocabulary import BackgroundMethod, BackgroundSides, Gesture


class Background(Message):
    """How background is taken (formulas B7, B8, B11): a border of ``width`` px outside the shape."""

    method: BackgroundMethod = BackgroundMethod.MEDIAN
    width: int = Field(3, ge=1, le=5, description="px")
    sides: BackgroundSides = BackgroundSides.ALL


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
        description="of the canonical JSON of image, shapes, background, measurements, formula set, finding, quantities"
    )
    formula_set: str
    saved_by: str
    saved_at: AwareDatetime
    reason: str
    results: list[str] = []
    finding: FindingView | None = None
    quantities: Quantities | None = None


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
    entry: EntryRef


class Recomputation(Message):
    """An analysis measured again from the sealed pixels: exact numbers may not differ, fitted ones by 1e-9 at most."""

    analysis: AnalysisId
    version: int | None
    formula_set: str
    numbers: int
    is_reproduced: bool
    differences: list[str]
