"""Analysis protocols: how images are analysed, written once, effective by two signatures, applied to many images."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from blotter_records.contract.analyses import Background
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
    StudyId,
)
from blotter_records.contract.quantities import LaneNumber, Named
from blotter_records.vocabulary import BackgroundMethod, LadderFit, NormalisationMethod, TemplateStatus

#: Columns of the report's tables of numbers that a protocol can choose from; shape, label and place always stand there.
REPORT_COLUMNS = (
    "Area", "Total", "Mean", "Min", "Max", "SD", "Median", "Saturated",
    "Signal", "SNR", "Background", "Background SD", "Taken from", "Left out",
)  # fmt: skip

Kilodaltons = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]


class ProtocolLadder(Message):
    """How molecular weights are told.

    ``weights`` are of the bands that the ladder's lane shows, from the top, kDa; empty: all of the library's ladder.
    ``lane`` is needed only where the image's membrane does not say which lane holds the ladder.
    """

    name: Named = Field(min_length=1)
    fit: LadderFit = LadderFit.LINEAR
    weights: list[Kilodaltons] = Field(default=[], max_length=40)
    lane: LaneNumber | None = None


class BandRule(Message):
    """Which band of a lane is taken for what: by its number from the top, or by its molecular weight, kDa.

    Of several bands within the weights the one with the greatest Signal is taken; a band that an earlier rule took is
    not taken again. Lanes that hold a ladder or a blank have none.
    """

    use: Literal["target", "control", "total"]
    target: Named = Field(default="", description="of a target: which protein")
    band: Annotated[int, Field(ge=1, le=500)] | None = None
    low: Kilodaltons | None = None
    high: Kilodaltons | None = None

    @model_validator(mode="after")
    def _has_one_way(self) -> Self:
        is_by_weight = self.low is not None and self.high is not None
        if (self.low is None) != (self.high is None) or is_by_weight == (self.band is not None):
            raise ValueError("a band is told by its number from the top, or by low and high in kDa")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low is below high")
        return self


class ProtocolMethod(Message):
    """What a version of a protocol says."""

    purpose: str = Field(min_length=1, max_length=200, description="what it is for, one line")
    channel: str = Field(default="", max_length=60, description="only images of this channel; empty: of any")
    lanes: int | None = Field(
        default=None, ge=1, le=100, description="how many lanes; None: those of the membrane, or found"
    )
    sensitivity: float = Field(
        5.0, ge=1, le=100, description="least prominence of a band, standard deviations of its lane's noise"
    )
    background: Background = Field(default_factory=lambda: Background.model_validate({}))
    ladder: ProtocolLadder | None = None
    bands: list[BandRule] = Field(default=[], max_length=40)
    normalisation: NormalisationMethod | None = None
    control_group: Named = Field(default="", description="the group that fold changes are told against")
    columns: list[str] = Field(default=[], max_length=len(REPORT_COLUMNS), description="of the report; empty: all")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.background.method is BackgroundMethod.USER_DEFINED:
            raise ValueError("user-defined background is of shapes, which a protocol does not have")
        if any(one.low is not None for one in self.bands) and self.ladder is None:
            raise ValueError("bands are told by their weight only with a ladder")
        uses = {one.use for one in self.bands}
        if self.normalisation is not None and not {"target", "control"} <= uses:
            raise ValueError("normalisation needs a rule for a target, and one for a control")
        if (self.normalisation is NormalisationMethod.TWO_STEP) != ("total" in uses):
            raise ValueError("a two-step normalisation, and no other, needs a rule for the total")
        if self.normalisation is None and (self.control_group or uses):
            raise ValueError("bands are taken for something, and groups compared, only with a normalisation")
        if not {*self.columns} <= {*REPORT_COLUMNS} or len({*self.columns}) != len(self.columns):
            raise ValueError(f"columns are, each once: {', '.join(REPORT_COLUMNS)}")
        return self


class ProtocolRequest(Message):
    """Writes a new protocol: its first draft."""

    name: str = Field(min_length=3, max_length=80, description="as people read it; a protocol keeps it")
    method: ProtocolMethod


class ProtocolDraftRequest(Message):
    """Changes the draft, or begins one beside the effective version. A stale revision is refused (409)."""

    method: ProtocolMethod
    expected_rev: int = Field(ge=1, description="revision of the protocol that was read")
    reason: Reason
    reason_code: ReasonCode = ""


class ProtocolVersionView(Message):
    """A version of a protocol."""

    version: int
    method: ProtocolMethod
    sha256: Digest
    authors: list[str] = Field(description="printed names of who wrote it")
    signers: list[str] = Field(description="printed names of who made it effective")
    signatures: list[str]


class ProtocolView(Message):
    """A protocol: the version in use, and the draft that may follow it."""

    protocol: ProtocolId
    rev: int
    name: str
    status: TemplateStatus
    effective: ProtocolVersionView | None
    draft: ProtocolVersionView | None
    changed_at: AwareDatetime
    changed_by: str
    entry: EntryRef


class ProtocolApply(Message):
    """Applies the effective version of a protocol to an image; ``version`` is the one that the person saw."""

    image: ImageId
    version: int = Field(ge=1, le=1_000_000)
    idempotency_key: IdempotencyKey


class Application(Message):
    """An analysis that was made by a protocol, as it stands."""

    image: ImageId
    analysis: AnalysisId
    study: StudyId
    version: int = Field(description="of the protocol")
    bands: int = Field(description="shapes that there are now")
    flagged: int = Field(description="bands that were flagged when they were found")
    saved: int = Field(description="versions that were saved")
    is_saved: bool
    differences: list[str] = Field(description="what was changed against the protocol since")
    changed_by: str
    entry: EntryRef
