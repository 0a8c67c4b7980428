"""Quality flags: what a reader of a number must be careful about, what policy asks for, and the reasons given."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from blotter_records.contract.base import AnalysisVersionId, IdempotencyKey, Message, Reason, ReasonCode
from blotter_records.contract.shapes import ShapeId
from blotter_records.vocabulary import BandUse, FlagRule, QualityFlag


class Flag(Message):
    """A flag of one shape, or of a lane and all that stands in it.

    ``value`` and ``limit`` are the number behind it, in ``unit``; None where there is none. ``share``: of saturation,
    the part of the shape's pixels. ``use``: what the band is taken for, where quantities say so.
    """

    flag: QualityFlag
    shape: str | None = None
    lane: int | None = None
    use: BandUse | None = None
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    share: float | None = None
    text: str = Field(description="what is so, in a sentence")


class FlagPlace(Message):
    """Names a flag that a result carries: on a shape, or on a lane."""

    analysis: AnalysisVersionId
    flag: QualityFlag
    shape: ShapeId | None = None
    lane: Annotated[int, Field(ge=1, le=2000)] | None = None

    @model_validator(mode="after")
    def _is_on_something(self) -> Self:
        if (self.shape is None) == (self.lane is None):
            raise ValueError("a flag is named on a shape or on a lane")
        return self


class FlagReasonRequest(Message):
    """Gives a reason for flags of a result; each of them keeps it."""

    flags: list[FlagPlace] = Field(min_length=1, max_length=500)
    expected_rev: int = Field(ge=1)
    reason: Reason
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey


class FlagReason(Message):
    """A reason as a result keeps it: for which flag, and by whom."""

    analysis: str
    flag: QualityFlag
    shape: str | None
    lane: int | None
    reason: str
    reason_code: str
    given_by: str
    given_by_name: str


class ResultFlag(Flag):
    """A flag that a result carries, what policy asks for, and the reason that was given (empty where none was)."""

    analysis: AnalysisVersionId
    rule: FlagRule
    reason: str = ""
    reason_code: str = ""
    given_by_name: str = ""
