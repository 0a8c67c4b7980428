"""Implements ``ports.trail_reader`` as the reading role: one snapshot, rows streamed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from itertools import count
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg
from psycopg.sql import SQL, Literal

from blotter_records.adapters.postgres.connecting import connect
from blotter_records.errors import Unavailable
from blotter_records.ports.sequence import TreeHead
from blotter_records.ports.trail_reader import CurrentRow, NumberedRow, RawChange, RawEntry, RawRevision, TrailReader
from blotter_records.vocabulary import RecordKind

# What the trigger audit.stamp puts before the details, from the columns as they are now.
_ENTRY: LiteralString = """
    e.id, e.entry, e.leaf, e.at,
    starts_with(e.entry, concat(
        '{"v" : 1, "id" : ', e.id, ', "at" : "', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        '", "zone" : ', to_json(e.zone), ', "offset" : ', to_json(e.utc_offset),
        ', "login" : "blotter_runtime", "stream" : ', to_json(e.stream),
        ', "rev" : ', coalesce(e.rev::text, 'null'), ', "action" : ', to_json(e.action),
        ', "outcome" : ', to_json(e.outcome), ', "account" : ', coalesce(to_json(e.account)::text, 'null'),
        ', "record_kind" : ', coalesce(to_json(e.record_kind)::text, 'null'),
        ', "record_id" : ', coalesce(to_json(e.record_id)::text, 'null'),
        ', "record_version" : ', coalesce(e.record_version::text, 'null'),
        ', "content_sha256" : ', coalesce(to_json(e.content_sha256)::text, 'null'), ', '))
    AND e.entry IS JSON OBJECT WITH UNIQUE KEYS
"""
_NUMBERED: LiteralString = f"""
SELECT l.number, l.entry_id, l.leaf, {_ENTRY}, false
FROM audit.leaf AS l LEFT JOIN audit.entry AS e ON e.id = l.entry_id
WHERE l.number BETWEEN %s AND %s
ORDER BY l.number
"""  # noqa: S608 - both parts are constants
# Where ranges of as many numbers begin; whatever somebody made of the numbers, each row lies in one of them.
_BOUNDS: LiteralString = """
SELECT number FROM (SELECT number, row_number() OVER (ORDER BY number) AS place FROM audit.leaf) AS l
WHERE place %% %s = 1 ORDER BY number
"""
_UNNUMBERED: LiteralString = f"""
SELECT NULL::bigint, NULL::bigint, NULL::bytea, {_ENTRY}, EXISTS (SELECT FROM audit.pending AS p WHERE p.id = e.id)
FROM audit.entry AS e
WHERE NOT EXISTS (SELECT FROM audit.leaf AS l WHERE l.entry_id = e.id)
ORDER BY e.id
"""  # noqa: S608
_ONE: LiteralString = """
SELECT id, stream, rev, at, action, outcome, account, record_kind, record_id, record_version, content_sha256,
       entry, leaf
FROM audit.entry WHERE id = %s
"""
_CHANGES: LiteralString = """
SELECT coalesce(e.stream, r.stream), coalesce(e.rev, r.rev), l.number, e.id, e.content_sha256,
       r.stream, r.rev, r.kind, r.record_id, r.version, r.content, r.sha256, r.entry_id
FROM (SELECT id, stream, rev, content_sha256 FROM audit.entry WHERE rev IS NOT NULL) AS e
     FULL JOIN records.revision AS r ON r.stream = e.stream AND r.rev = e.rev
     LEFT JOIN audit.leaf AS l ON l.entry_id = e.id
ORDER BY coalesce(e.stream, r.stream) COLLATE "C", 2
"""
_CURRENT: LiteralString = """
SELECT stream, kind, record_id, study, made_id, keys FROM records.current ORDER BY stream COLLATE "C"
"""
# The stream is kind and record, joined by a colon: those of a kind lie side by side (";" comes after ":").
_REVISIONS: LiteralString = """
SELECT stream, rev, kind, record_id, version, content, sha256, entry_id
FROM records.revision WHERE kind = %s AND stream >= %s AND stream < %s ORDER BY stream, rev
"""
_AT_ONCE = 2_000
#: Connections that read numbered entries side by side, and numbers that each reads at once: comparing them with their
#: columns is the database's part of the work, and takes longer than ours.
_SIDE_BY_SIDE, _RANGE = 2, 4_000
_LARGEST = 2**63 - 1


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
        # Two readings may be under way at once, each through a cursor with a name of its own.
        self._cursors = count()

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

    def _rows(self, question: LiteralString, given: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows; a thread fetches the next ones while those at hand are looked at."""
        with (
            _translated(),
            self._connection.cursor(name=f"rows_{next(self._cursors)}", binary=True) as cursor,
            ThreadPoolExecutor(1) as fetching,
        ):
            cursor.execute(question, given)
            ahead = fetching.submit(cursor.fetchmany, _AT_ONCE)
            while rows := ahead.result():
                ahead = fetching.submit(cursor.fetchmany, _AT_ONCE)
                yield from rows

    def _ranges(self) -> Iterator[tuple[Any, ...]]:
        """Yield numbered entries, read range by range on several connections that share the snapshot."""
        snapshot: str = self._one("SELECT pg_export_snapshot()")[0]
        bounds = [row[0] for row in self._rows(_BOUNDS, [_RANGE])]
        with ExitStack() as opened, _translated():
            readers = [opened.enter_context(closing(self._beside(snapshot))) for _ in range(_SIDE_BY_SIDE)]
            turns = [opened.enter_context(ThreadPoolExecutor(1)) for _ in readers]
            ahead: deque[Future[list[tuple[Any, ...]]]] = deque()
            for place, first in enumerate(bounds):
                which = place % _SIDE_BY_SIDE
                last = bounds[place + 1] - 1 if place + 1 < len(bounds) else _LARGEST
                ahead.append(turns[which].submit(_range, readers[which], first, last))
                if len(ahead) > _SIDE_BY_SIDE:
                    yield from ahead.popleft().result()
            while ahead:
                yield from ahead.popleft().result()

    def _beside(self, snapshot: str) -> psycopg.Connection:
        """Return one more connection that sees what this one sees."""
        beside = connect(self._url, self._password)
        beside.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        beside.read_only = True
        beside.execute(SQL("SET TRANSACTION SNAPSHOT {}").format(Literal(snapshot)))
        return beside

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
        yield from map(NumberedRow._make, self._ranges())
        yield from map(NumberedRow._make, self._rows(_UNNUMBERED))

    def entry(self, id_: int) -> RawEntry | None:
        """Return one entry with its columns, or None."""
        with _translated():
            row = self._connection.execute(_ONE, [id_]).fetchone()
        return RawEntry._make(row) if row is not None else None

    def changes(self) -> Iterator[RawChange]:
        """Yield every changing entry and every revision, by stream and rev."""
        for row in self._rows(_CHANGES):
            revision = RawRevision(*row[5:]) if row[5] is not None else None
            yield RawChange(row[0], row[1], row[2], row[3], row[4], revision)

    def current(self) -> Iterator[CurrentRow]:
        """Yield the list of records, by stream."""
        for row in self._rows(_CURRENT):
            stream, kind, record_id, study, made_id, keys = row
            yield CurrentRow(stream, kind, record_id, study, made_id, tuple(sorted(keys)))

    def revisions(self, kind: RecordKind) -> Iterator[RawRevision]:
        """Yield every revision of the records of a kind, by record and rev."""
        return (RawRevision(*row) for row in self._rows(_REVISIONS, [kind.value, f"{kind.value}:", f"{kind.value};"]))

    def notes(self) -> Iterator[tuple[int, str]]:
        """Yield size and text of every checkpoint kept in the database."""
        return ((row[0], row[1]) for row in self._rows("SELECT size, note FROM audit.checkpoint ORDER BY size"))


def _range(reader: psycopg.Connection, first: int, last: int) -> list[tuple[Any, ...]]:
    """Read the entries from one number to another."""
    return reader.cursor(binary=True).execute(_NUMBERED, [first, last]).fetchall()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Unavailable("unavailable.database", "The database does not answer.") from error


def _fits_the_port(reader: PostgresTrailReader) -> TrailReader:
    return reader
