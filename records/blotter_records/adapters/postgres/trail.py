"""The append-only part of a unit of work: entries, and the revisions that they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Executable, Row, Select, Text, bindparam, cast, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from blotter_records import __version__
from blotter_records.adapters.postgres import rows, tables
from blotter_records.adapters.postgres.connecting import translated
from blotter_records.adapters.postgres.searching import Totals, found_ids
from blotter_records.domain.canonical import canonical, text_digest
from blotter_records.ports.ledger import NewEntry, Revision, StoredEntry, TrailFilter, WrittenEntry
from blotter_records.vocabulary import PREFIX, RecordKind

_entry, _leaf, _revision = tables.entry, tables.leaf, tables.revision
_FACTS = (
    _entry.c.id.label("entry_id"),
    _entry.c.stream,
    _entry.c.rev,
    _entry.c.at,
    _entry.c.entry,
    _entry.c.leaf,
    _leaf.c.number,
)
_ENTRIES = select(*_FACTS).select_from(_entry.outerjoin(_leaf, _leaf.c.entry_id == _entry.c.id))
_REVISIONS = select(
    *_FACTS, _revision.c.kind, _revision.c.record_id, _revision.c.version, _revision.c.content, _revision.c.sha256
).select_from(
    _revision.join(_entry, _entry.c.id == _revision.c.entry_id).outerjoin(_leaf, _leaf.c.entry_id == _entry.c.id)
)
_SAID = (
    "stream", "rev", "action", "outcome", "account", "record_kind", "record_id", "record_version", "content_sha256",
)  # fmt: skip
_APPEND = (
    insert(_entry)
    .values(
        {
            **{name: bindparam(name, type_=_entry.c[name].type) for name in _SAID},
            "details": cast(bindparam("details", type_=Text), tables.JsonText),
        }
    )
    .returning(_entry.c.id, _entry.c.at, _entry.c.leaf)
)
# An entry and the revision that it makes in one statement: one way to the database less. The revision's trigger and
# foreign key see the entry, because it was inserted before.
_MADE = _APPEND.cte("made")
_KEPT = insert(_revision).from_select(
    ["stream", "rev", "kind", "record_id", "version", "content", "sha256", "entry_id"],
    select(
        *(bindparam(name, type_=_entry.c[name].type) for name in ("stream", "rev")),
        *(bindparam(name, type_=_entry.c[name].type) for name in ("record_kind", "record_id", "record_version")),
        bindparam("content", type_=Text),
        bindparam("content_sha256", type_=Text),
        _MADE.c.id,
    ),
)
_SAVE = select(_MADE.c.id, _MADE.c.at, _MADE.c.leaf).add_cte(_KEPT.cte("kept"))


class TrailPart:
    """Appends and reads entries and revisions on one connection; see the port for what each method promises."""

    connection: Connection
    totals: Totals

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
    ) -> Revision:
        """Append a changing entry and the revision that it makes."""
        text = canonical(content)
        sha256, rev = text_digest(text), expected_rev + 1
        said = _said(entry, kind=kind, record_id=record_id, version=version, rev=rev, sha256=sha256)
        made = self._written(entry, self.rows(_SAVE, {**said, "content": text})[0], rev)
        return Revision(entry.stream, rev, kind, record_id, version, content, sha256, made, entry.subject)

    def note(self, entry: NewEntry) -> WrittenEntry:
        """Append an entry that changes no record."""
        said = _said(entry, kind=entry.record_kind, record_id=entry.record_id, version=entry.record_version)
        return self._written(entry, self.rows(_APPEND, said)[0], None)

    @staticmethod
    def _written(entry: NewEntry, row: Row[Any], rev: int | None) -> WrittenEntry:
        return WrittenEntry(id=row.id, at=row.at, stream=entry.stream, rev=rev, leaf=bytes(row.leaf).hex())

    def latest(self, stream: str) -> Revision | None:
        """Return the newest revision of a stream, or None."""
        row = self.row(_REVISIONS.where(_revision.c.stream == stream).order_by(_revision.c.rev.desc()).limit(1))
        return rows.revision(row) if row is not None else None

    def revision(self, stream: str, rev: int) -> Revision | None:
        """Return one revision of a stream, or None."""
        row = self.row(_at(stream, rev))
        return rows.revision(row) if row is not None else None

    def history(self, stream: str) -> list[Revision]:
        """Return every revision of a stream, oldest first."""
        found = self.rows(_REVISIONS.where(_revision.c.stream == stream).order_by(_revision.c.rev))
        return [rows.revision(row) for row in found]

    def records(self, kind: RecordKind) -> list[Revision]:
        """Return the newest revision of every record of a kind, by record id."""
        newest = (
            select(_revision.c.entry_id)
            .ext(distinct_on(_revision.c.record_id))
            .where(_revision.c.kind == kind.value)
            .order_by(_revision.c.record_id, _revision.c.rev.desc())
        )
        found = self.rows(_REVISIONS.where(_revision.c.entry_id.in_(newest)).order_by(_revision.c.record_id))
        return [rows.revision(row) for row in found]

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


def _at(stream: str, rev: int) -> Select[Any]:
    return _REVISIONS.where(_revision.c.stream == stream, _revision.c.rev == rev)


def _said(
    entry: NewEntry,
    *,
    kind: RecordKind | None,
    record_id: str | None,
    version: int | None,
    rev: int | None = None,
    sha256: str | None = None,
) -> dict[str, Any]:
    """Return what the service says of an entry, as parameters."""
    return {
        "stream": entry.stream,
        "rev": rev,
        "action": str(entry.action),
        "outcome": entry.outcome.value,
        "account": entry.subject.account,
        "record_kind": kind.value if kind is not None else None,
        "record_id": record_id,
        "record_version": version,
        "content_sha256": sha256,
        "details": rows.details_of(entry, __version__),
    }
