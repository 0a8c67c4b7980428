"""What verification reads of the database: rows as they are, nothing checked or repaired on the way.

Rows are named tuples: there are millions of them, and a frozen dataclass takes ten times as long to make.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

from blotter_records.ports.sequence import TreeHead
from blotter_records.vocabulary import RecordKind


class RawEntry(NamedTuple):
    """A row of the trail with its columns; ``text`` is what was hashed, ``leaf`` the hash kept beside it."""

    id: int
    stream: str
    rev: int | None
    at: datetime
    action: str
    outcome: str
    account: str | None
    record_kind: str | None
    record_id: str | None
    record_version: int | None
    content_sha256: str | None
    text: str
    leaf: bytes


class NumberedRow(NamedTuple):
    """A number with the hash that the tree has for it, and what of its entry is always looked at.

    Either side is None where it is missing. ``fits`` says that the text is a JSON object without repeated keys that
    begins with exactly what the row's columns say and with the service's login: compared where the columns lie, which
    is worth as much as fetching them. Where it does not, :meth:`TrailReader.entry` has the columns.
    """

    number: int | None
    entry_id: int | None
    sealed: bytes | None
    id: int | None
    text: str
    leaf: bytes
    at: datetime
    fits: bool
    is_waiting: bool


class RawRevision(NamedTuple):
    """A row of the records."""

    stream: str
    rev: int
    kind: str
    record_id: str
    version: int | None
    content: str
    sha256: str
    entry_id: int


class RawChange(NamedTuple):
    """A changing entry's place and digest beside the revision of the same stream and rev; either may be missing."""

    stream: str
    rev: int
    number: int | None
    entry_id: int | None
    content_sha256: str | None
    revision: RawRevision | None


class CurrentRow(NamedTuple):
    """What the list of records says of one: study, id of the entry that made it, sorted search keys."""

    stream: str
    kind: str
    record_id: str
    study: str
    made_id: int
    keys: tuple[str, ...]


class TrailReader(Protocol):
    """Reads everything in one snapshot. Every method raises ``Unavailable`` if the database is gone."""

    def now(self) -> datetime:
        """Return the database's time, aware, UTC."""

    def head(self) -> TreeHead:
        """Return the tree as stored."""

    def numbered(self) -> Iterator[NumberedRow]:
        """Yield every number and every entry, by number; entries without one at the end."""

    def entry(self, id_: int) -> RawEntry | None:
        """Return one entry with its columns, or None."""

    def changes(self) -> Iterator[RawChange]:
        """Yield every changing entry and every revision, by stream (as bytes) and rev."""

    def current(self) -> Iterator[CurrentRow]:
        """Yield the list of records, by stream."""

    def revisions(self, kind: RecordKind) -> Iterator[RawRevision]:
        """Yield every revision of the records of a kind, by record and rev."""

    def notes(self) -> Iterator[tuple[int, str]]:
        """Yield size and text of every checkpoint kept in the database."""


class RecordList(Protocol):
    """The list of records, as it is written anew."""

    def write(self, rows: Iterable[CurrentRow]) -> int:
        """Set every row, take away what belongs to no record; return how many rows were otherwise."""
