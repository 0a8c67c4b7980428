"""Results: what is submitted, reviewed, approved and signed; and signing itself."""

from __future__ import annotations

from typing import Literal

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
    ResultId,
    SignatureId,
)
from blotter_records.vocabulary import Action, Meaning, ResultStatus, Role


class ResultRequest(Message):
    """Makes a result that pins versions of analyses."""

    title: str = Field("", max_length=200)
    analyses: list[AnalysisVersionId] = Field(min_length=1, max_length=100)
    idempotency_key: IdempotencyKey


class ResultVersionRequest(Message):
    """A new version of a result: other pins, with a reason."""

    analyses: list[AnalysisVersionId] = Field(min_length=1, max_length=100)
    expected_rev: int = Field(ge=1)
    reason: Reason
    idempotency_key: IdempotencyKey


class Step(Message):
    """A workflow action on a result, whether this person may take it now, and why not otherwise."""

    action: Action
    label: str
    meaning: Meaning | None
    needs_signature: bool
    needs_reason: bool
    allowed: bool
    why_not: str = ""


class SignatureView(Message):
    """An electronic signature with its manifestation (11.50) and its computed state (11.70)."""

    signature: SignatureId
    result: ResultId
    version: int
    action: Action
    action_description: str
    meaning: Meaning
    printed_name: str
    user_name: str
    role: Role
    signed_at: AwareDatetime
    zone: str
    digest: Digest
    comment: str
    reason: str
    state: Literal["valid", "outdated", "invalid"]
    seal: Literal["sealed", "pending"]
    entry: EntryRef


class ResultView(Message):
    """A result, its pins and its signatures."""

    result: ResultId
    version: int
    rev: int
    title: str
    status: ResultStatus
    images: list[ImageId]
    analyses: list[AnalysisVersionView]
    digest: Digest = Field(description="what a signature on this version binds")
    created_by: str
    created_at: AwareDatetime
    contributors: list[str]
    signatures: list[SignatureView]
    steps: list[Step]
    entry: EntryRef


class SigningIntentRequest(Message):
    """Asks to sign a workflow action on a result; the service answers with a page of its own to sign on."""

    result: ResultId
    action: Action
    reason: Reason = ""
    comment: str = Field("", max_length=2000)


class SigningIntentView(Message):
    """A signing page that was prepared; single use, bound to the digest shown."""

    intent: str
    url: str
    result: ResultId
    version: int
    action: Action
    meaning: Meaning
    digest: Digest
    ends_at: AwareDatetime
    state: Literal["open", "signed", "ended"]
    signature: SignatureId | None = None
