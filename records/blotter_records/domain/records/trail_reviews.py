"""Reviews of the audit trail of results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from blotter_records.domain.records.content import Json, RecordContent, keyed
from blotter_records.vocabulary import RecordKind


@dataclass(frozen=True)
class TrailReview(RecordContent):
    """What a reviewer was shown of the trail of a result, and what he or she has looked through.

    ``groups`` are ``{"group", "record", "action", "outcome", "entries", "first", "last", "sha256", "risks",
    "is_ticked", "comment"}``: which entries (ids of the first and last, SHA-256 over the hashes of all), and the
    reviewer's word. ``covered`` is the newest revision of each stream that the list covers, ``settled`` an entry's id
    up to which no entry can appear any more, ``recent`` the listed refusals beyond it: where the next review begins.
    ``follows`` is the signed review before this one, ``{"record", "rev", "sha256"}``.
    """

    kind: ClassVar[RecordKind] = RecordKind.TRAIL_REVIEW

    review: str
    result: str
    version: int
    study: str
    reviewer: str
    reviewer_name: str
    groups: list[Json]
    covered: dict[str, int]
    settled: int = 0
    recent: list[int] = field(default_factory=list)
    follows: Json | None = None
    signature: str | None = None

    @property
    def entries(self) -> int:
        """How many entries its groups have."""
        return sum(one["entries"] for one in self.groups)

    def keys(self) -> list[str]:
        """Return the result, the reviewer, and whether it is signed."""
        return keyed(record=self.result, person=self.reviewer, status="signed" if self.signature else "open")
