"""Files that were made from records: PDF reports and bundles."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import Digest, EntryRef, ExportId, Message, Moment
from blotter_records.vocabulary import BundleScope, ExportKind, Outcome


class ExportView(Message):
    """An export: kept in the store under its digest, downloaded by its id."""

    export: ExportId
    kind: ExportKind
    record: str
    record_version: int
    study: str
    scope: BundleScope | None = Field(None, description="of a bundle: what it is a copy of")
    entries: int | None = Field(None, description="of a bundle: how many entries of the trail it holds")
    upto: int | None = Field(None, description="of a bundle: the number of the trail up to which it holds them")
    file_name: str
    media_type: str
    sha256: Digest
    bytes: int
    pages: int | None = None
    made_by: str
    made_at: AwareDatetime
    entry: EntryRef


class UserLogRequest(Message):
    """Which entries of the user log are exported; what is not said does not matter. It is printed in the export."""

    who: str | None = Field(default=None, max_length=256, description="user name, or account id")
    action: list[str] | None = Field(default=None, max_length=100, description="any of these actions")
    outcome: Outcome | None = None
    record: str | None = Field(default=None, max_length=64, description="id of the record that the entry is about")
    since: Moment | None = Field(default=None, description="at this time or later")
    until: Moment | None = Field(default=None, description="before this time")
    text: str | None = Field(default=None, max_length=200, description="beginnings of words of summary and reason")


class UserLogFileRequest(UserLogRequest):
    """The user log, or what a filter leaves of it, as one file for reading and sorting."""

    form: Literal["csv", "json", "pdf"] = Field(description="a table, data, or on paper")


class BundleVerified(Message):
    """What the bundle's own verifier says of it; no fault means that everything verifies."""

    export: ExportId
    sha256: Digest
    is_good: bool
    faults: list[str]
