"""Searching records, comparing versions of them."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import AccountId, AnyVersionId, Message, Moment, SampleId, StudyId
from blotter_records.vocabulary import RecordKind

#: Kinds of record that can be searched for: those that belong to a study.
SEARCHED = (
    RecordKind.STUDY, RecordKind.SAMPLE, RecordKind.MEMBRANE, RecordKind.PROBING, RecordKind.ACQUISITION,
    RecordKind.IMAGE, RecordKind.ANALYSIS, RecordKind.RESULT, RecordKind.EXPORT, RecordKind.COPY,
)  # fmt: skip


class RecordQuestion(Message):
    """Which records of a kind; what is not said does not matter. Pages go on with ``after`` or ``before``."""

    kind: RecordKind
    study: StudyId | None = None
    sample: SampleId | None = None
    target: str | None = Field(default=None, max_length=120, description="what a probing round was for, whole words")
    person: AccountId | None = Field(default=None, description="who made or changed it")
    status: str | None = Field(default=None, max_length=40)
    text: str | None = Field(default=None, max_length=200, description="whole words of title or file name")
    since: Moment | None = Field(default=None, description="made at this time or later")
    until: Moment | None = Field(default=None, description="made before this time")
    after: int | None = Field(default=None, ge=0, le=2**63 - 1)
    before: int | None = Field(default=None, ge=0, le=2**63 - 1)
    limit: int = Field(default=100, ge=1, le=500)
    newest_first: bool = True


class RecordRow(Message):
    """A record in a list."""

    record: str
    kind: RecordKind
    study: str
    title: str
    status: str
    version: int
    made_by: str
    made_at: AwareDatetime
    changed_at: AwareDatetime


class RecordPage(Message):
    """A page of records; ``total`` counts every record that the question matches."""

    records: list[RecordRow]
    total: int
    next_after: int | None = None
    next_before: int | None = None


class ComparisonQuestion(Message):
    """Two versions to compare, of one record or of two records of the same kind."""

    first: AnyVersionId
    second: AnyVersionId


class Difference(Message):
    """What differs at one place: a path into the record, the value in the first and in the second version."""

    path: str
    change: str = Field(description="added, removed or changed")
    first: Any = None
    second: Any = None


class VersionSide(Message):
    """One of the two versions."""

    id: str
    rev: int
    status: str
    saved_by: str
    saved_at: AwareDatetime
    reason: str
    sha256: str


class Comparison(Message):
    """What differs between two versions."""

    kind: RecordKind
    first: VersionSide
    second: VersionSide
    is_same: bool
    differences: list[Difference]
    is_cut: bool = Field(False, description="there are more differences than are listed")
