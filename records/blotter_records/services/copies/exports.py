"""Exports: files made from records, kept in the store under their digest, downloaded by id (11.10(b))."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blotter_records.contract.exports import ExportView
from blotter_records.domain.authority import decide
from blotter_records.domain.records import Export
from blotter_records.ports.entries import NewEntry, Revision
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate, newest_of, no_such, with_rule
from blotter_records.services.acting.writing import entry_ref, write
from blotter_records.vocabulary import Action, BundleScope, ExportKind, RecordKind


@dataclass(frozen=True)
class MadeFile:
    """A file that was made from a version of a record; ``made_from`` is the record's stream.

    ``scope``, ``entries`` and ``upto`` are of bundles, see ``records.Export``.
    """

    kind: ExportKind
    record: str
    record_version: int
    made_from: str
    study: str
    file_name: str
    media_type: str
    pages: int | None = None
    scope: str = ""
    entries: int = 0
    upto: int = 0


class Exports:
    """Keeps and gives out what was made."""

    def __init__(self, ledger: Ledger, store: Store, *, gate: Gate) -> None:
        self._ledger = ledger
        self._store = store
        self._gate = gate

    def keep(self, actor: Actor, role: str | None, action: Action, made: MadeFile, data: bytes | Path) -> ExportView:
        """Seal a made file and write its record; the caller has passed the gate for making it."""
        stored = self._store.put_file(data) if isinstance(data, Path) else self._store.put(data)
        with self._ledger.begin() as work:
            export = work.next_id(RecordKind.EXPORT)
            content = Export(
                export=export,
                export_kind=made.kind.value,
                record=made.record,
                record_version=made.record_version,
                file_name=made.file_name,
                media_type=made.media_type,
                sha256=stored.sha256,
                bytes=stored.bytes,
                pages=made.pages,
                made_by=actor.person(),
                made_by_name=actor.name(),
                study=made.study,
                scope=made.scope,
                entries=made.entries,
                upto=made.upto,
            )
            revision = write(
                work,
                actor,
                role,
                action,
                content,
                record_id=export,
                expected_rev=0,
                version=1,
                new=content.as_json(),
                summary=f"Made {export} {made.file_name}: {stored.bytes} bytes, SHA-256 {stored.sha256[:12]}…",
            )
            work.derive(made.made_from, revision.stream)
            work.commit()
        return _view(revision)

    def view(self, actor: Actor, export: str) -> ExportView:
        """Return what an export is. Raises ``NotFound``."""
        stream = f"export:{export}"
        with self._gate.acting(actor, Action.EXPORT_DOWNLOAD, stream) as acting, self._ledger.begin() as work:
            revision = found(work, export)
            check_seen(work, acting, Export.from_json(revision.content))
            return _view(revision)

    def open(self, actor: Actor, export: str) -> tuple[ExportView, Iterator[bytes]]:
        """Note the download and return the bytes in pieces; ``IntegrityBroken`` after the last if they differ."""
        stream = f"export:{export}"
        with self._gate.acting(actor, Action.EXPORT_DOWNLOAD, stream) as acting, self._ledger.begin() as work:
            revision = found(work, export)
            check_seen(work, acting, Export.from_json(revision.content))
            work.note(
                NewEntry(
                    stream=stream,
                    action=Action.EXPORT_DOWNLOAD,
                    subject=actor.subject(acting.role),
                    context=actor.context,
                    record_kind=RecordKind.EXPORT,
                    record_id=export,
                    summary=f"{actor.name()} downloaded {export} {revision.content['file_name']}",
                )
            )
            work.commit()
        view = _view(revision)
        return view, self._store.open(view.sha256)


def check_seen(work: UnitOfWork, acting: Acting, content: Export) -> None:
    """Check that a person may have an export: of a study as a member; of the user log with the right to export it."""
    if content.study:
        acting.on(work, content.study)
        return
    verdict = decide(acting.actor.configuration, Action.LOG_USER_EXPORT, acting.actor.standing())
    if not verdict.is_allowed:
        raise with_rule(no_such(acting.stream), verdict.rule)


def found(work: UnitOfWork, export: str) -> Revision:
    """Return an export. Raises ``NotFound('not_found.export')``."""
    return newest_of(work, f"export:{export}")


def _view(revision: Revision) -> ExportView:
    content = Export.from_json(revision.content)
    return ExportView(
        export=content.export,
        kind=ExportKind(content.export_kind),
        record=content.record,
        record_version=content.record_version,
        study=content.study,
        scope=BundleScope(content.scope) if content.scope else None,
        entries=content.entries if content.scope else None,
        upto=content.upto if content.scope else None,
        file_name=content.file_name,
        media_type=content.media_type,
        sha256=content.sha256,
        bytes=content.bytes,
        pages=content.pages,
        made_by=content.made_by_name,
        made_at=revision.entry.at,
        entry=entry_ref(revision.entry),
    )
