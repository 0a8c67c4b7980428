"""Files that were made from records: PDF reports and bundles."""

from __future__ import annotations

from pydantic import AwareDatetime

from blotter_records.contract.base import Digest, EntryRef, ExportId, Message, ResultId
from blotter_records.vocabulary import ExportKind


class ExportView(Message):
    """An export: kept in the store under its digest, downloaded by its id."""

    export: ExportId
    kind: ExportKind
    result: ResultId
    result_version: int
    file_name: str
    media_type: str
    sha256: Digest
    bytes: int
    pages: int | None = None
    made_by: str
    made_at: AwareDatetime
    entry: EntryRef
