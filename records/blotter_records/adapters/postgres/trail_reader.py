"""Implements ``ports.trail_reader`` as the reading role: one snapshot, rows streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg

from blotter_records.adapters.postgres.connecting import connect
from blotter_records.errors import Unavailable
from blotter_records.ports.sequence import TreeHead
from blotter_records.ports.trail_reader import NumberedRow, RawChange, RawEntry, RawRevision, TrailReader
from blotter_records.vocabulary import RecordKind

_NUMBERED: LiteralString = """
SELECT l.number, l.entry_id, l.leaf, false,
       e.id, e.stream, e.rev, e.at, e.action, e.outcome, e.account, e.record_kind, e.record_id, e.record_version,
       e.content_sha256, e.entry, e.leaf
FROM audit.leaf AS l LEFT JOIN audit.entry AS e ON e.id = l.entry_id
ORDER BY l.number
"""
_UNNUMBERED: LiteralString = """
SELECT NULL::bigint, NULL::bigint, NULL::bytea, EXISTS (SELECT FROM audit.pending AS p WHERE p.id = e.id),
       e.id, e.stream, e.rev, e.at, e.action, e.outcome, e.account, e.record_kind, e.record_id, e.record_version,
       e.content_sha256, e.entry, e.leaf
FROM audit.entry AS e
WHERE NOT EXISTS (SELECT FROM audit.leaf AS l WHERE l.entry_id = e.id)
ORDER BY e.id
"""
_CHANGES: LiteralString = """
SELECT coalesce(e.stream, r.stream), coalesce(e.rev, r.rev), l.number, e.id, e.content_sha256,
       r.stream, r.rev, r.kind, r.record_id, r.version, r.content, r.sha256, r.entry_id
FROM (SELECT id, stream, rev, content_sha256 FROM audit.entry WHERE rev IS NOT NULL) AS e
     FULL JOIN records.revision AS r ON r.stream = e.stream AND r.rev = e.rev
     LEFT JOIN audit.leaf AS l ON l.entry_id = e.id
ORDER BY 1, 2
"""
_REVISIONS: LiteralString = """
SELECT stream, rev, kind, record_id, version, content, sha256, entry_id
FROM records.revision WHERE kind = %s ORDER BY stream, rev
"""
_AT_ONCE = 2_000


class PostgresTrailReader:
    """Reads the trail and the records; use it in a ``with`` block, which is one snapshot.

    Parameters
    ----------
    url : str
        SQLAlchemy URL (role ``blotter_reader``), without a password.
    password : str
        The role's password.
    """

    def __init__(self, url: str, password: str) -> None:
        self._url = url
        self._password = password
        self._opened: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        """Connect; the snapshot is taken by the first question."""
        with _translated():
            self._opened = connect(self._url, self._password)
            self._opened.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._opened.read_only = True
            # Sorting all records takes room; without it they go through temporary files.
            self._opened.execute("SET work_mem = '64MB'")
            self._opened.commit()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _connection(self) -> psycopg.Connection:
        if self._opened is None:
            raise RuntimeError("a trail reader is used inside its with block")
        return self._opened

    def _one(self, question: LiteralString) -> tuple[Any, ...]:
        with _translated():
            row = self._connection.execute(question).fetchone()
        if row is None:
            raise Unavailable("unavailable.tree", "The trail's tables are not complete.")
        return row

    def _rows(self, question: LiteralString, given: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows; a thread fetches the next ones while those at hand are looked at."""
        with (
            _translated(),
            self._connection.cursor(name="rows", binary=True) as cursor,
            ThreadPoolExecutor(1) as fetching,
        ):
            cursor.execute(question, given)
            ahead = fetching.submit(cursor.fetchmany, _AT_ONCE)
            while rows := ahead.result():
                ahead = fetching.submit(cursor.fetchmany, _AT_ONCE)
                yield from rows

    def now(self) -> datetime:
        """Return the database's time, aware, UTC."""
        moment: datetime = self._one("SELECT clock_timestamp()")[0]
        return moment

    def head(self) -> TreeHead:
        """Return the tree as stored."""
        size, root = self._one("SELECT size, root FROM audit.tree")
        return TreeHead(size, root)

    def numbered(self) -> Iterator[NumberedRow]:
        """Yield every number and every entry, by number; entries without one at the end."""
        for question in (_NUMBERED, _UNNUMBERED):
            for row in self._rows(question):
                entry = RawEntry._make(row[4:]) if row[4] is not None else None
                yield NumberedRow(row[0], row[1], row[2], entry, row[3])

    def changes(self) -> Iterator[RawChange]:
        """Yield every changing entry and every revision, by stream and rev."""
        for row in self._rows(_CHANGES):
            revision = RawRevision(*row[5:]) if row[5] is not None else None
            yield RawChange(row[0], row[1], row[2], row[3], row[4], revision)

    def revisions(self, kind: RecordKind) -> Iterator[RawRevision]:
        """Yield every revision of the records of a kind, by record and rev."""
        return (RawRevision(*row) for row in self._rows(_REVISIONS, [kind.value]))

    def notes(self) -> Iterator[tuple[int, str]]:
        """Yield size and text of every checkpoint kept in the database."""
        return ((row[0], row[1]) for row in self._rows("SELECT size, note FROM audit.checkpoint ORDER BY size"))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Unavailable("unavailable.database", "The database does not answer.") from error


def _fits_the_port(reader: PostgresTrailReader) -> TrailReader:
    return reader
