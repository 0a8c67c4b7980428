"""Reviews of the audit trail of results."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import (
    AnalysisId,
    Digest,
    EntryRef,
    IdempotencyKey,
    Message,
    ResultId,
    TrailReviewId,
)
from blotter_records.contract.trail import TrailEntryView
from blotter_records.vocabulary import Outcome, TrailRisk

#: ``stream/action/outcome``: names a group of entries.
GroupName = Field(pattern=r"^[a-z_]+:[A-Za-z0-9-]{1,64}/[a-z_.]{1,64}/[a-z]{1,16}$", description="which group")


class TrailReviewBegin(Message):
    """Begins the review of a result's trail, or goes on with the one that was begun."""

    idempotency_key: IdempotencyKey


class TrailReviewTick(Message):
    """Says of one group that it was looked through, or not yet; with a comment."""

    group: str = GroupName
    sha256: Digest = Field(description="of the group as the person saw it: another entry, and the tick is refused")
    is_ticked: bool
    comment: str = Field("", max_length=2000)
    idempotency_key: IdempotencyKey


class GroupQuestion(Message):
    """Which entries of a group."""

    group: str = GroupName
    after: int | None = Field(None, ge=0, le=2**63 - 1, description="only entries with a larger id")
    limit: int = Field(50, ge=1, le=200)


class GroupPage(Message):
    """Entries of a group, oldest first."""

    entries: list[TrailEntryView]
    next_after: int | None = None


class PageQuestion(Message):
    """Which groups: so many, beginning after the first `skip` ones."""

    skip: int = Field(0, ge=0, le=100_000)
    limit: int = Field(50, ge=1, le=200)


class RiskView(Message):
    """Why a group is flagged; ``count`` entries, edits, lanes or versions carry it."""

    risk: TrailRisk
    text: str
    count: int


class ValueChange(Message):
    """What a group changed: a place, its value before and after."""

    path: str
    change: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


class GroupPictures(Message):
    """Between which revisions of an analysis crops of the image can be shown."""

    analysis: AnalysisId
    before: int = Field(ge=1)
    after: int = Field(ge=1)


class TrailGroupView(Message):
    """Entries of one record by one action."""

    group: str
    record: str
    record_kind: str
    action: str
    label: str
    outcome: Outcome
    entries: int
    sha256: Digest
    first_at: AwareDatetime
    last_at: AwareDatetime
    people: list[str]
    risks: list[RiskView]
    is_flagged: bool = Field(description="a comment is required")
    changes: list[ValueChange] = Field(description="what the entries changed all together")
    is_cut: bool = Field(description="there are more changes than are listed")
    pictures: GroupPictures | None
    lines: list[TrailEntryView] = Field(description="the first entries; the others are asked for")
    is_ticked: bool
    comment: str


class FormerReview(Message):
    """The review that was signed last: what is listed came after it."""

    review: TrailReviewId
    version: int
    reviewer: str
    signed_at: AwareDatetime
    entries: int
    groups: int


class TrailReviewView(Message):
    """What is to be reviewed of the trail of a result, the riskiest groups first, and how far the review is."""

    result: ResultId
    version: int
    review: TrailReviewId | None = Field(description="the review that was begun and not signed")
    rev: int
    reviewer: str
    is_mine: bool = Field(description="this person began it, or may begin it, and may tick its groups")
    is_begun: bool
    why_not: str
    former: FormerReview | None
    is_reopened: bool = Field(description="data changed after the last review was signed")
    entries: int
    total: int = Field(description="groups, of which the answer has a page")
    ticked: int
    flagged: int
    skip: int
    groups: list[TrailGroupView]
    missing: list[str] = Field(description="what is left to do before the review can be signed")
    entry: EntryRef | None = None
