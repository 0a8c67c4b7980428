"""Base of every message of the contract."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

ImageId = Annotated[str, Field(pattern=r"^IMG-[0-9]{6,}$", examples=["IMG-000042"])]
AnalysisId = Annotated[str, Field(pattern=r"^ANL-[0-9]{6,}$", examples=["ANL-000042"])]
AnalysisVersionId = Annotated[str, Field(pattern=r"^ANL-[0-9]{6,}\.[0-9]+$", examples=["ANL-000042.3"])]
ResultId = Annotated[str, Field(pattern=r"^RES-[0-9]{6,}$", examples=["RES-000042"])]
SignatureId = Annotated[str, Field(pattern=r"^SIG-[0-9]{6,}$", examples=["SIG-000042"])]
ExportId = Annotated[str, Field(pattern=r"^EXP-[0-9]{6,}$", examples=["EXP-000042"])]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, hexadecimal")]
Reason = Annotated[str, Field(max_length=2000, description="why, typed by the person")]
IdempotencyKey = Annotated[
    str, Field(min_length=8, max_length=64, description="the same for the same request, sent again")
]


class Message(BaseModel):
    """A message: unknown fields are refused, values are not changed after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Message):
    """An error as the service answers it (``application/problem+json``, RFC 9457).

    ``code`` is stable (see ``errors.py``); ``diagnostics`` says what the person can do; ``entry`` is the trail's own
    id of the refusal where one was written.
    """

    title: str
    status: int
    code: str
    detail: str
    diagnostics: str = ""
    entry: int | None = None


class EntryRef(Message):
    """An audit entry just written: ``id`` is the database's; ``number`` is the sequencer's, None while pending."""

    id: int
    at: AwareDatetime
    number: int | None = None
