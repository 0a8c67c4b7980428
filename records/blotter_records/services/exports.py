"""Exports: files made from a result, kept in the store under their digest, downloaded by id (11.10(b))."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from blotter_records.contract.exports import ExportView
from blotter_records.domain.records import Export
from blotter_records.errors import NotFound
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger, NewEntry, Revision, UnitOfWork
from blotter_records.services.acting import Actor, Gate
from blotter_records.services.writing import entry_ref, write
from blotter_records.vocabulary import Action, ExportKind, RecordKind, Role

_ACTIONS = {ExportKind.REPORT_PDF: Action.REPORT_GENERATE, ExportKind.BUNDLE: Action.BUNDLE_EXPORT}


@dataclass(frozen=True)
class MadeFile:
    """A file that was made from a version of a result."""

    kind: ExportKind
    result: str
    result_version: int
    file_name: str
    media_type: str
    data: bytes
    pages: int | None = None


class Exports:
    """Keeps and gives out what was made."""

    def __init__(self, ledger: Ledger, store: Store, *, gate: Gate) -> None:
        self._ledger = ledger
        self._store = store
        self._gate = gate

    def keep(self, actor: Actor, role: Role | None, made: MadeFile) -> ExportView:
        """Seal a made file and write its record; the caller has passed the gate for making it."""
        stored = self._store.put(made.data)
        with self._ledger.begin() as work:
            export = work.next_id(RecordKind.EXPORT)
            content = Export(
                export=export,
                export_kind=made.kind.value,
                result=made.result,
                result_version=made.result_version,
                file_name=made.file_name,
                media_type=made.media_type,
                sha256=stored.sha256,
                bytes=stored.bytes,
                pages=made.pages,
                made_by=actor.person(),
                made_by_name=actor.name(),
            )
            revision = write(
                work,
                actor,
                role,
                _ACTIONS[made.kind],
                content,
                record_id=export,
                expected_rev=0,
                new=content.as_json(),
                summary=f"Made {export} {made.file_name} of {made.result}.{made.result_version}: "
                f"{stored.bytes} bytes, SHA-256 {stored.sha256[:12]}…",
            )
            work.derive(f"result:{made.result}", revision.stream)
            work.commit()
        return _view(revision)

    def view(self, actor: Actor, export: str) -> ExportView:
        """Return what an export is. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.EXPORT_DOWNLOAD, f"export:{export}"), self._ledger.begin() as work:
            return _view(_found(work, export))

    def open(self, actor: Actor, export: str) -> tuple[ExportView, Iterator[bytes]]:
        """Note the download and return the bytes in pieces; ``IntegrityBroken`` after the last if they differ."""
        stream = f"export:{export}"
        with self._gate.acting(actor, Action.EXPORT_DOWNLOAD, stream) as role, self._ledger.begin() as work:
            revision = _found(work, export)
            work.note(
                NewEntry(
                    stream=stream,
                    action=Action.EXPORT_DOWNLOAD,
                    subject=actor.subject(role),
                    context=actor.context,
                    record_kind=RecordKind.EXPORT,
                    record_id=export,
                    summary=f"{actor.name()} downloaded {export} {revision.content['file_name']}",
                )
            )
            work.commit()
        view = _view(revision)
        return view, self._store.open(view.sha256)


def _found(work: UnitOfWork, export: str) -> Revision:
    revision = work.latest(f"export:{export}")
    if revision is None:
        raise NotFound("not_found.export", f"There is no export {export}.")
    return revision


def _view(revision: Revision) -> ExportView:
    content = Export.from_json(revision.content)
    return ExportView(
        export=content.export,
        kind=ExportKind(content.export_kind),
        result=content.result,
        result_version=content.result_version,
        file_name=content.file_name,
        media_type=content.media_type,
        sha256=content.sha256,
        bytes=content.bytes,
        pages=content.pages,
        made_by=content.made_by_name,
        made_at=revision.entry.at,
        entry=entry_ref(revision.entry),
    )
