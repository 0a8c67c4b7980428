"""Results: what is submitted, reviewed, approved and signed."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blotter_records.contract.analyses import AnalysisVersionView
from blotter_records.contract.base import (
    AnalysisVersionId,
    Digest,
    EntryRef,
    IdempotencyKey,
    ImageId,
    Message,
    Reason,
    ReasonCode,
    ResultId,
)
from blotter_records.contract.flags import ResultFlag
from blotter_records.contract.signing import Asked, SignatureView
from blotter_records.contract.unused import InventoryItem
from blotter_records.vocabulary import Action, Meaning, ResultStatus


class ResultRequest(Message):
    """Makes a result that pins versions of analyses."""

    title: str = Field("", max_length=200)
    analyses: list[AnalysisVersionId] = Field(min_length=1, max_length=100)
    supersedes: ResultId | None = Field(None, description="the result that this one shall replace once it is approved")
    idempotency_key: IdempotencyKey


class ResultVersionRequest(Message):
    """A new version of a result: other pins, with a reason."""

    analyses: list[AnalysisVersionId] = Field(min_length=1, max_length=100)
    expected_rev: int = Field(ge=1)
    reason: Reason
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey


class Step(Message):
    """A workflow action on a result, whether this person may take it now, and why not otherwise."""

    action: Action
    label: str
    meaning: Meaning | None
    needs_signature: bool
    needs_reason: bool
    needs_second: bool = Field(description="takes effect when a second person has signed it, too")
    asks: list[Asked] = []
    allowed: bool
    why_not: str = ""


class Layer(Message):
    """What a version of a result pins of one image, each as ``id.version``; None where there was none."""

    image: str
    annotation: str | None = None
    display: str | None = None
    acquisition: str | None = None
    membrane: str | None = None
    probing: str | None = None
    samples: list[str] = []


class ResultView(Message):
    """A result, its pins and its signatures."""

    result: ResultId
    study: str
    version: int
    rev: int
    title: str
    status: ResultStatus
    images: list[ImageId]
    layers: list[Layer]
    supersedes: str | None
    successor: str | None
    deviation: str
    archived_as: str
    submitter: str
    reviewer: str
    waiting: list[str] = Field(description="proposals that wait for a second person")
    analyses: list[AnalysisVersionView]
    flags: list[ResultFlag] = Field([], description="what a reader of the pinned numbers must be careful about")
    inventory: list[InventoryItem] = Field(
        [], description="everything scanned and analysed of the same membranes, used or not; empty for a look back"
    )
    digest: Digest = Field(description="what a signature on this version binds")
    created_by: str
    created_at: AwareDatetime
    contributors: list[str]
    signatures: list[SignatureView]
    steps: list[Step]
    entry: EntryRef


class ResumeRequest(Message):
    """Takes a returned result back into analysis."""

    expected_rev: int = Field(ge=1)
    reason: Reason = ""
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey
