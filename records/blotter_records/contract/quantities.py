"""Quantities made of signals: what a person chooses for an analysis, and what the service makes of it (B17-B30)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from blotter_records.contract.base import AnalysisId, Digest, IdempotencyKey, Message, VersionPlace
from blotter_records.contract.plates import NormaliserSource, PlateChoice, PlateNumbers
from blotter_records.vocabulary import BandUse, LadderFit, NormalisationMethod, StandardFit, StandardWeight

ShapeId = Annotated[str, Field(pattern=r"^S\d{1,5}$", examples=["S1"])]
LaneNumber = Annotated[int, Field(ge=1, le=2000)]
Named = Annotated[str, Field(max_length=120)]


class UsedBand(Message):
    """A shape, its lane, and what it is taken for; None: only looked at (its molecular weight is told)."""

    shape: ShapeId
    lane: LaneNumber | None = None
    use: BandUse | None = None
    target: Named = Field(default="", description="of a target: which protein")
    kda: float | None = Field(default=None, gt=0, le=100_000, description="of a band of the ladder, kDa")
    amount: float | None = Field(default=None, ge=0, le=1e12, description="of a standard, in the unit of the standards")


class LadderChoice(Message):
    """How molecular weights are told (B20, B21).

    ``name`` is of the library, whose weights alone a band may then have, or of a ladder of one's own. ``origin`` and
    ``front`` are rows of wells and dye front, px: with both, places are relative fronts; without, rows.
    """

    name: Named = Field(min_length=1)
    fit: LadderFit = LadderFit.LINEAR
    origin: float | None = Field(default=None, ge=0, le=1e6)
    front: float | None = Field(default=None, ge=0, le=1e6)


class NormalisationChoice(Message):
    """How targets are normalised (B25-B27).

    The signals of a lane's control bands are added. ``controls_from``: the controls are those of another version, as
    of the other channel; ``totals_from``: so for the total protein of the second step, with the controls found there.
    """

    method: NormalisationMethod
    controls_from: VersionPlace | None = None
    totals_from: VersionPlace | None = None


class StandardsChoice(Message):
    """How amounts are told by standards (B22)."""

    fit: StandardFit = StandardFit.LINEAR
    weight: StandardWeight = StandardWeight.ONE
    unit: str = Field(min_length=1, max_length=20, examples=["ng"])


class LeftOut(Message):
    """A lane that counts in no factor, mean or fit, and why; it stays in tables and charts."""

    lane: LaneNumber
    reason: str = Field(min_length=3, max_length=500)


class QuantitiesChoice(Message):
    """What a person chose: bands or wells, and what is made of them."""

    bands: list[UsedBand] = Field(default=[], max_length=500)
    ladder: LadderChoice | None = None
    normalisation: NormalisationChoice | None = None
    standards: StandardsChoice | None = None
    left_out: list[LeftOut] = Field(default=[], max_length=200)
    control_group: Named = Field(default="", description="the group that fold changes are told against")
    plate: PlateChoice | None = Field(default=None, exclude_if=lambda value: value is None)

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if not self.bands and self.plate is None:
            raise ValueError("quantities are made of bands, or of the wells of a plate; there are none")
        return self


class QuantitiesRequest(Message):
    """Sets the quantities of an analysis; None takes them away."""

    expected_rev: int = Field(ge=1)
    quantities: QuantitiesChoice | None
    idempotency_key: IdempotencyKey


class LaneFacts(Message):
    """What a lane holds, by the membrane's record when the quantities were set."""

    lane: int
    load: str
    ladder: str = ""
    sample: str | None = None
    sample_name: str = ""
    group: str = ""
    biological_replicate: int | None = None
    technical_replicate: int | None = None
    micrograms: float | None = None


class RecordPin(Message):
    """A revision of a record by its digest."""

    record: str
    rev: int
    sha256: Digest


class SourceBand(Message):
    """A band of another version that takes part."""

    shape: str
    lane: int
    use: BandUse
    signal: float
    is_saturated: bool


class Source(Message):
    """Another version that takes part, and its bands."""

    analysis: AnalysisId
    version: int
    digest: Digest
    bands: list[SourceBand]


class QuantityInputs(Message):
    """What was read from other records when the quantities were set; kept, so that they can be computed again."""

    membrane: RecordPin | None = None
    lanes: list[LaneFacts] = []
    controls: Source | None = None
    totals: Source | None = None
    normaliser: NormaliserSource | None = Field(default=None, exclude_if=lambda value: value is None)


class LadderBand(Message):
    """A band of the ladder: place (row, px, or relative front), nominal and fitted weight kDa, their difference %."""

    shape: str
    place: float
    kda: float
    fitted_kda: float
    residual: float


class Weight(Message):
    """Molecular weight of a band, kDa; ``is_extrapolated``: it lies outside the ladder's bands."""

    shape: str
    place: float
    kda: float
    is_extrapolated: bool


class Weights(Message):
    """The ladder's fit (R² of log10 MW) and the weights of the other bands."""

    r_squared: float | None
    ladder: list[LadderBand]
    bands: list[Weight]


class LaneFactor(Message):
    """Signal of a lane's controls, counts·px, and its factor (B25); of the second step where it has its own."""

    lane: int
    control: float
    factor: float
    total: float | None = None
    total_factor: float | None = None
    left_out: str = Field(default="", description="why the lane is left out; empty where it counts")


class NormalisedBand(Message):
    """A target: signal counts·px, normalised (counts·px; two-step: ratio), and that over the control group's mean."""

    shape: str
    lane: int
    target: str
    signal: float
    normalised: float | None
    relative: float | None
    left_out: str = ""


class SampleValue(Message):
    """Value of a sample: the mean of its lanes that count. None where all of them are left out."""

    sample: str
    name: str
    lanes: list[int]
    value: float | None


class Group(Message):
    """Replicates of a group (B30) and their fold change (B29); a replicate is a sample, not a lane.

    ``mean``, SD, SEM as the values, ``cv`` %. ``low``, ``high``: 95 % limits of the fold change.
    """

    target: str
    group: str
    n: int
    excluded: int
    mean: float | None
    standard_deviation: float | None
    standard_error: float | None
    cv: float | None
    mean_snr: float | None
    fold_change: float | None
    log2: float | None
    low: float | None
    high: float | None
    values: list[SampleValue]


class Standard(Message):
    """A standard: nominal amount, signal counts·px, recovery % (None where not defined)."""

    shape: str
    amount: float
    signal: float
    recovery: float | None


class AmountNumber(Message):
    """Amount of a band by the standards, None where the curve does not reach its signal; ``flags`` say what to mind."""

    shape: str
    signal: float
    amount: float | None
    is_extrapolated: bool
    flags: list[str]


class LinearRangeView(Message):
    """The largest run of levels that is linear (B23): ends, their mean signals, line, R²."""

    lowest: float
    highest: float
    lowest_signal: float
    highest_signal: float
    offset: float
    slope: float
    r_squared: float
    levels: int


class Amounts(Message):
    """The standard curve, the linear range, limits of detection and quantitation (counts·px), and the amounts."""

    coefficients: list[float]
    r_squared: float | None
    lowest: float
    highest: float
    linear_range: LinearRangeView | None
    lod: float | None
    loq: float | None
    standards: list[Standard]
    bands: list[AmountNumber]


class QuantityNumbers(Message):
    """Everything that was computed."""

    weights: Weights | None = None
    factors: list[LaneFactor] = []
    normalised: list[NormalisedBand] = []
    groups: list[Group] = []
    amounts: Amounts | None = None
    plate: PlateNumbers | None = Field(default=None, exclude_if=lambda value: value is None)
    notes: list[str] = []


class Quantities(Message):
    """Quantities of an analysis as a record keeps them.

    ``numbers`` is None where a later change left nothing to compute them from; ``problem`` then says why, and the
    analysis cannot be saved until they are set again or taken away.
    """

    chosen: QuantitiesChoice
    inputs: QuantityInputs
    numbers: QuantityNumbers | None
    problem: str = ""


class LadderView(Message):
    """A ladder of the library, kDa, heaviest first."""

    name: str
    weights: list[float]


class QuantitiesHelp(Message):
    """What can be chosen for an analysis: ladders, lanes of its membrane, and a first proposal of bands."""

    ladders: list[LadderView]
    membrane: str | None
    lanes: list[LaneFacts]
    bands: list[UsedBand]
