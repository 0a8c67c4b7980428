"""The append-only part of a unit of work: entries, and the revisions that they make."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from sqlalchemy import Connection, Executable, Row, Select, bindparam, func, insert, select

from blotter_records import __version__
from blotter_records.adapters.postgres import finding, rows, tables
from blotter_records.adapters.postgres.connecting import translated
from blotter_records.adapters.postgres.searching import Totals, found_ids
from blotter_records.domain.canonical import canonical, text_digest
from blotter_records.errors import Invalid
from blotter_records.ports.entries import (
    FoundRecord,
    NewEntry,
    RecordFilter,
    Revision,
    StoredEntry,
    TrailFilter,
    WrittenEntry,
)
from blotter_records.ports.ledger import TrailHead
from blotter_records.vocabulary import PREFIX, RecordKind

_entry, _leaf, _revision = tables.entry, tables.leaf, tables.revision
_FACTS = (
    _entry.c.id.label("entry_id"),
    _entry.c.stream,
    _entry.c.rev,
    _entry.c.at,
    _entry.c.entry,
    _entry.c.leaf,
    _entry.c.zone,
    _entry.c.utc_offset,
    _leaf.c.number,
)
_ENTRIES = select(*_FACTS).select_from(_entry.outerjoin(_leaf, _leaf.c.entry_id == _entry.c.id))
#: Revisions with what their entries say.
REVISIONS = select(
    *_FACTS, _revision.c.kind, _revision.c.record_id, _revision.c.version, _revision.c.content, _revision.c.sha256
).select_from(
    _revision.join(_entry, _entry.c.id == _revision.c.entry_id).outerjoin(_leaf, _leaf.c.entry_id == _entry.c.id)
)
#: Keeps out what was recorded later than the time that is asked about.
_THEN = _entry.c.at <= bindparam("as_of")
_OF_STREAM = REVISIONS.where(_revision.c.stream == bindparam("stream"))
# Built once: to build a statement takes longer than to answer it.
_LATEST = _OF_STREAM.order_by(_revision.c.rev.desc()).limit(1)
_ONE = _OF_STREAM.where(_revision.c.rev == bindparam("rev"))
_HISTORY = _OF_STREAM.order_by(_revision.c.rev)
_SOME = _HISTORY.where(_revision.c.rev.in_(bindparam("revs", expanding=True)))
_NEWEST = select(func.coalesce(func.max(_revision.c.rev), 0).label("rev")).where(
    _revision.c.stream == bindparam("stream")
)
_NEWEST_THEN = _NEWEST.join(_entry, _entry.c.id == _revision.c.entry_id).where(_THEN)
_EARLIER = {statement: statement.where(_THEN) for statement in (_LATEST, _ONE, _HISTORY, _SOME)}
# The only ways in (migration 0004): functions that run as the owner, and check what they write. They are called past
# SQLAlchemy, which would take as long to build and read such a call as the database to answer it.
_NOTE: LiteralString = "SELECT id, at, leaf, utc_offset FROM audit.note(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_SAVE: LiteralString = (
    "SELECT id, at, leaf, utc_offset FROM records.save(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


class TrailPart:
    """Appends and reads entries and revisions on one connection; see the port for what each method promises."""

    connection: Connection
    totals: Totals
    as_of: datetime | None = None

    def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> list[Row[Any]]:
        """Run a statement, return its rows."""
        with translated():
            return list(self.connection.execute(statement, parameters or {}).all())

    def row(self, statement: Executable) -> Row[Any] | None:
        """Run a statement, return its only row or None."""
        return next(iter(self.rows(statement)), None)

    def run(self, statement: Executable) -> int:
        """Run a statement, return how many rows it touched."""
        with translated():
            return self.connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount

    def lock(self, name: str) -> None:
        """Hold an advisory lock until the transaction ends."""
        self.rows(select(func.pg_advisory_xact_lock(rows.lock_key(name))))

    def next_id(self, kind: RecordKind) -> str:
        """Return the next identifier of a kind."""
        self.lock(f"number:{kind}")
        numbers = tables.number
        last = self.row(select(func.max(numbers.c.number)).where(numbers.c.kind == kind))
        number = (last[0] or 0) + 1 if last is not None else 1
        self.run(insert(numbers).values(kind=kind.value, number=number))
        return f"{PREFIX[kind]}-{number:06d}"

    def change(
        self,
        entry: NewEntry,
        *,
        expected_rev: int,
        kind: RecordKind,
        record_id: str,
        version: int | None,
        content: Mapping[str, Any],
        study: str = "",
        keys: Sequence[str] = (),
    ) -> Revision:
        """Append a changing entry and the revision that it makes."""
        written, rev = canonical(content), expected_rev + 1
        said = _said(entry, kind=kind, record_id=record_id, version=version)
        made = self._append(_SAVE, entry, [*said, rev, written, study, list(keys)], rev)
        return Revision(entry.stream, rev, kind, record_id, version, content, text_digest(written), made, entry.subject)

    def note(self, entry: NewEntry) -> WrittenEntry:
        """Append an entry that changes no record."""
        said = _said(entry, kind=entry.record_kind, record_id=entry.record_id, version=entry.record_version)
        return self._append(_NOTE, entry, said, None)

    def _append(self, call: LiteralString, entry: NewEntry, said: Sequence[Any], rev: int | None) -> WrittenEntry:
        if self.as_of is not None:
            raise Invalid("invalid.as_of", "What was true earlier can be read, not changed.")
        if not self.connection.in_transaction():
            self.connection.begin()
        driver: psycopg.Connection[tuple[Any, ...]] = self.connection.connection.driver_connection  # type: ignore[assignment]
        with translated():
            [(id_, at, leaf, offset)] = driver.execute(call, said)
        return WrittenEntry(
            id=id_, at=at, stream=entry.stream, rev=rev, leaf=leaf.hex(), zone=entry.subject.zone, utc_offset=offset
        )

    def _revisions(self, statement: Select[Any], **asked: Any) -> list[Revision]:
        """Return what a statement about revisions finds, as it was at the time that is asked about."""
        if self.as_of is not None:
            statement, asked["as_of"] = _EARLIER[statement], self.as_of
        return [rows.revision(row) for row in self.rows(statement, asked)]

    def latest(self, stream: str) -> Revision | None:
        """Return the newest revision of a stream, or None."""
        return next(iter(self._revisions(_LATEST, stream=stream)), None)

    def newest_rev(self, stream: str) -> int:
        """Return the number of the newest revision of a stream; 0: there is none."""
        asked, given = (_NEWEST, {}) if self.as_of is None else (_NEWEST_THEN, {"as_of": self.as_of})
        [row] = self.rows(asked, {"stream": stream, **given})
        return int(row.rev)

    def revision(self, stream: str, rev: int) -> Revision | None:
        """Return one revision of a stream, or None."""
        return next(iter(self._revisions(_ONE, stream=stream, rev=rev)), None)

    def history(self, stream: str, revs: Collection[int] | None = None) -> list[Revision]:
        """Return every revision of a stream, or those of some numbers, oldest first."""
        if revs is None:
            return self._revisions(_HISTORY, stream=stream)
        return self._revisions(_SOME, stream=stream, revs=list(revs))

    def records(self, kind: RecordKind) -> list[Revision]:
        """Return the newest revision of every record of a kind, in the order in which they were made."""
        return [one.revision for one in self.search(RecordFilter(kind, limit=2**31 - 1))]

    def search(self, wanted: RecordFilter) -> list[FoundRecord]:
        """Return records in the order in which they were made, or newest first."""
        statement = finding.page(REVISIONS, finding.Form.of(wanted, self.as_of))
        found = self.rows(statement, finding.parameters(wanted, self.as_of))
        return [rows.found_record(row) for row in found]

    def in_study(self, study: str, kinds: Iterable[RecordKind]) -> list[str]:
        """Return the streams of every record of some kinds that is in a study now."""
        return [row.stream for row in self.rows(finding.in_study(study, kinds))]

    def count_records(self, wanted: RecordFilter) -> int:
        """Return how many records match."""
        asked = finding.parameters(wanted, self.as_of)
        return int(self.rows(finding.counted(finding.Form.of(wanted, self.as_of)), asked)[0][0])

    def index(self, stream: str, *, study: str, keys: Sequence[str]) -> None:
        """Find a record by these keys from now on."""
        self.run(finding.indexed(stream, study, keys))

    def entries(self, wanted: TrailFilter) -> list[StoredEntry]:
        """Return entries by id, oldest first, or newest first."""
        order = _entry.c.id.desc() if wanted.newest_first else _entry.c.id
        statement = _ENTRIES.where(_entry.c.id.in_(found_ids(self.rows, wanted))).order_by(order)
        return [rows.stored_entry(row) for row in self.rows(statement)]

    def count(self, wanted: TrailFilter) -> int:
        """Return how many entries match, whatever ``after``, ``before`` and ``limit`` say."""
        return self.totals.total(self.rows, wanted)

    def tree_size(self) -> int:
        """Return how many entries the newest signed checkpoint covers."""
        return int(self.rows(select(func.coalesce(func.max(tables.checkpoint.c.size), 0)))[0][0])

    def trail_head(self) -> TrailHead:
        """Return the newest checkpoint and what waits for the next one."""
        kept, waits = tables.checkpoint, tables.pending
        newest = self.rows(select(kept.c.size, kept.c.at).order_by(kept.c.size.desc()).limit(1))
        size, at = (int(newest[0].size), newest[0].at) if newest else (0, None)
        numbered = select(func.coalesce(func.max(_leaf.c.number), 0)).scalar_subquery()
        oldest = select(_entry.c.at).where(_entry.c.id == select(func.min(waits.c.id)).scalar_subquery())
        unnumbered = select(func.count()).select_from(waits).scalar_subquery()
        [found] = self.rows(select(numbered.label("numbered"), unnumbered.label("waiting")))
        since = self.rows(oldest)
        return TrailHead(size, at, found.waiting + max(found.numbered - size, 0), since[0].at if since else None)

    def database_version(self) -> str:
        """Return the version of the database's server."""
        return str(self.rows(select(func.current_setting("server_version")))[0][0])


def _said(entry: NewEntry, *, kind: RecordKind | None, record_id: str | None, version: int | None) -> list[Any]:
    """Return what the service says of an entry, as the functions' parameters."""
    return [
        entry.stream,
        str(entry.action),
        entry.outcome.value,
        entry.subject.account,
        entry.subject.zone,
        kind.value if kind is not None else None,
        record_id,
        version,
        rows.details_of(entry, __version__),
    ]
