"""Base of every message of the contract."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


def _id(prefix: str) -> Any:
    return Field(pattern=rf"^{prefix}-[0-9]{{6,12}}$", examples=[f"{prefix}-000042"])


AccessReviewId = Annotated[str, _id("ARV")]
AccountId = Annotated[str, _id("ACC")]
AcquisitionId = Annotated[str, _id("ACQ")]
AnalysisId = Annotated[str, _id("ANL")]
AnalysisVersionId = Annotated[str, Field(pattern=r"^ANL-[0-9]{6,12}\.[0-9]{1,6}$", examples=["ANL-000042.3"])]
AnnotationId = Annotated[str, _id("ANN")]
CopyId = Annotated[str, _id("CPY")]
ExportId = Annotated[str, _id("EXP")]
ImageId = Annotated[str, _id("IMG")]
InstrumentId = Annotated[str, _id("INS")]
LetterId = Annotated[str, _id("LET")]
MembraneId = Annotated[str, _id("MEM")]
NotificationId = Annotated[str, _id("NTF")]
ProbingId = Annotated[str, _id("PRB")]
ProposalId = Annotated[str, _id("PRP")]
ProtocolId = Annotated[str, _id("PRT")]
ResultId = Annotated[str, _id("RES")]
SampleId = Annotated[str, _id("SMP")]
SignatureId = Annotated[str, _id("SIG")]
StudyId = Annotated[str, _id("STU")]
TemplateId = Annotated[str, _id("TPL")]
TrailReviewId = Annotated[str, _id("TRV")]
AnyId = Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{6,12}$", examples=["IMG-000042"])]
AnyVersionId = Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{6,12}\.[0-9]{1,6}$", examples=["IMG-000042.2"])]
RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,39}$", examples=["analyst"])]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, hexadecimal")]
# Days that people type stay away from the ends of the calendar, where a day more or a zone more is none.
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31), description="2000-01-01 to 2999-12-31")]
# Times that are asked about: a day more, or another zone, is still a time.
Moment = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(3000, 1, 1, tzinfo=UTC))]
Reason = Annotated[str, Field(max_length=2000, description="why, typed by the person")]
ReasonCode = Annotated[str, Field(max_length=40, description="chosen from the list of reasons, where one must be")]
IdempotencyKey = Annotated[
    str, Field(min_length=8, max_length=64, description="the same for the same request, sent again")
]
Json = dict[str, Any]


#: A process in which one thread alone reads messages (a kernel) makes what validates one when it first needs it: it
#: needs few of them, and all together take longer than the rest of its start. Elsewhere they are made at import.
IS_DEFERRED = os.environ.get("BLOTTER_DEFERRED_MODELS") == "1"


class Message(BaseModel):
    """A message: unknown fields are refused, values are not changed after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=IS_DEFERRED)


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


class VersionPlace(Message):
    """Names a saved version of an analysis of the same study."""

    analysis: AnalysisId
    version: int = Field(ge=1, le=1_000_000)
