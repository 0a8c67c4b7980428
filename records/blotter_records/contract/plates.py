"""Wells of a plate: what a person says of each, and the In-Cell Western numbers the service makes (B28, B30, B31)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from blotter_records.contract.base import AnalysisId, Digest, Message, VersionPlace
from blotter_records.contract.shapes import ShapeId
from blotter_records.vocabulary import WellUse

WellName = Annotated[str, Field(min_length=1, max_length=80, description="the label of its shape", examples=["H12"])]


class UsedWell(Message):
    """A shape that is a well: what it is taken for, its group, and why it counts in no mean, if it does not."""

    shape: ShapeId
    use: WellUse = WellUse.SAMPLE
    group: str = Field("", max_length=120, description="replicates of one treatment, dose or the like")
    left_out: str = Field("", max_length=500, description="the reason; empty where the well counts")


class PlateChoice(Message):
    """Wells, and where their normaliser is.

    ``normaliser_from``: a saved version of an analysis of the same study, as of the channel of the cell stain, whose
    shapes have the same labels; without it, signals are not divided.
    """

    wells: list[UsedWell] = Field(min_length=1, max_length=500)
    normaliser_from: VersionPlace | None = None


class NormaliserWell(Message):
    """A well of the normaliser's version."""

    well: WellName
    signal: float
    is_saturated: bool


class NormaliserSource(Message):
    """The version that holds the normaliser, and its wells."""

    analysis: AnalysisId
    version: int
    digest: Digest
    wells: list[NormaliserWell]


class WellNumber(Message):
    """Numbers of a well.

    ``corrected`` and ``normaliser``: Signal less the mean of the background wells, of each channel, counts·px;
    ``value``: their ratio, or ``corrected`` where there is no normaliser; ``percent``: of the control wells' mean. None
    where the normaliser is not above its background, or where there is no control.
    """

    shape: str
    well: str
    use: WellUse
    group: str
    signal: float
    corrected: float
    normaliser: float | None
    value: float | None
    percent: float | None
    is_saturated: bool
    left_out: str


class WellGroup(Message):
    """Replicate wells of a group (B30): of ``value``; ``cv`` % of the mean; ``percent``: mean, % of the control."""

    group: str
    n: int
    excluded: int
    mean: float | None
    standard_deviation: float | None
    standard_error: float | None
    cv: float | None
    percent: float | None


class PlateNumbers(Message):
    """Everything made of the wells; ``z_prime`` (B31) where positive and negative control wells are named."""

    wells: list[WellNumber]
    groups: list[WellGroup]
    z_prime: float | None
