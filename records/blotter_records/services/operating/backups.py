"""Making a backup: database and store as they were at one moment, signed, and noted in the trail (11.10(c), A11 7.2).

The order makes them fit each other: the database first, in one snapshot; then every sealed file that a record of this
snapshot names. Sealed files are never changed, so that it does not matter that more come in meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC

from blotter_records import __version__
from blotter_records.domain.backup import (
    DUMP,
    MANIFEST,
    NOTES,
    SIGNATURE,
    STORE_LIST,
    Manifest,
    sign_manifest,
    store_list,
)
from blotter_records.domain.keys import KeyHistory
from blotter_records.domain.note import BadNote, SigningKey
from blotter_records.domain.records import Json
from blotter_records.errors import IntegrityBroken, Invalid
from blotter_records.ports.backups import BackupDraft, Snapshot
from blotter_records.ports.entries import NewEntry, WrittenEntry
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.vocabulary import Alarm, Event, Outcome, Severity

#: Faults that the trail's entry names; all are in the manifest.
_NAMED = 20


@dataclass(frozen=True)
class Source:
    """The installation that a backup is made of.

    Parameters
    ----------
    key : SigningKey
        Signs the manifest; its name is the origin.
    keys : KeyHistory
        Open the checkpoints.
    notes : iterable of str
        The signed checkpoints from outside the database, smallest first.
    postgres : str
        Major version of the database server.
    """

    installation: str
    is_demo: bool
    key: SigningKey
    keys: KeyHistory
    notes: Iterable[str]
    postgres: str


@dataclass(frozen=True)
class Backup:
    """A backup that is whole: its manifest, and the digest by which the trail names it."""

    manifest: Manifest
    sha256: str

    def counted(self) -> str:
        """Return in one line what is in it."""
        files = self.manifest.store_files
        size = sum(fact.bytes for fact in self.manifest.files.values()) + self.manifest.store_bytes
        return f"{self.manifest.tree_size + self.manifest.waiting} entries, {files} files, {size} bytes"


def backup_name(snapshot: Snapshot) -> str:
    """Return what a backup of a snapshot is called: time (UTC) and number of entries."""
    return f"blotter-{snapshot.now().astimezone(UTC):%Y%m%dT%H%M%SZ}-{snapshot.head().size}"


def write_backup(snapshot: Snapshot, store: Store, draft: BackupDraft, source: Source, name: str) -> Backup:
    """Write a backup into a draft; publishing it is the caller's.

    A sealed file that is damaged or missing does not keep everything else from being saved: it is named in the
    manifest's faults.

    Raises
    ------
    Invalid
        ``backup.checkpoint``: nothing was signed yet.
    Unavailable
        Database, store or the folder does not answer.
    """
    head = snapshot.head()
    kept = _notes(source, head.size)
    snapshot.dump(draft.path_of(DUMP))
    sizes, faults = _files(snapshot, store, draft)
    files = {
        DUMP: draft.fact(DUMP),
        NOTES: draft.write(NOTES, "".join(f"{json.dumps(note)}\n" for _, note in kept).encode()),
        STORE_LIST: draft.write(STORE_LIST, store_list(sizes)),
    }
    manifest = Manifest(
        name=name,
        made_at=snapshot.now().isoformat(),
        software=__version__,
        schema=snapshot.schema(),
        postgres=source.postgres,
        installation=source.installation,
        is_demo=source.is_demo,
        origin=source.key.name,
        key=str(source.key.verifier()),
        predecessors=[one.as_json() for one in source.keys.predecessors],
        tree_size=head.size,
        tree_root=head.root.hex(),
        waiting=snapshot.waiting(),
        checkpoint_size=kept[-1][0],
        checkpoint=kept[-1][1],
        files=files,
        store_files=len(sizes),
        store_bytes=sum(sizes.values()),
        faults=faults,
    )
    data = manifest.to_bytes()
    draft.write(MANIFEST, data)
    draft.write(SIGNATURE, sign_manifest(data, source.key).encode())
    return Backup(manifest, hashlib.sha256(data).hexdigest())


def _notes(source: Source, size: int) -> list[tuple[int, str]]:
    """Return size and text of the checkpoints that the snapshot is sure to hold, smallest first."""
    kept = []
    for note in source.notes:
        try:
            checkpoint, _ = source.keys.open(note)
        except BadNote:
            continue  # blotter verify names it; a backup is no place to judge
        if checkpoint.size <= size:
            kept.append((checkpoint.size, note))
    if not kept:
        raise Invalid("backup.checkpoint", "No checkpoint was signed yet.", "Start Blotter once, then try again.")
    return sorted(kept)


def _files(snapshot: Snapshot, store: Store, draft: BackupDraft) -> tuple[dict[str, int], dict[str, str]]:
    sizes, faults = {}, {}
    for sha256, owner in snapshot.files():
        size = draft.keep_again(sha256)
        try:
            sizes[sha256] = size if size is not None else draft.keep(sha256, store.open(sha256))
        except IntegrityBroken as error:
            faults[sha256] = f"{owner}: {error.message}"
    return sizes, faults


def note_backup(ledger: Ledger, actor: Actor, backup: Backup, folder: str) -> WrittenEntry:
    """Write in the trail that a backup was made; one with faults is also a notification."""
    manifest = backup.manifest
    is_whole = not manifest.faults
    with ledger.begin() as work:
        entry = work.note(
            NewEntry(
                stream="system",
                action=Event.BACKUP_RUN if is_whole else Event.BACKUP_FAILED,
                subject=actor.subject(),
                outcome=Outcome.DONE if is_whole else Outcome.FAILED,
                new={
                    "backup": manifest.name,
                    "folder": folder,
                    "manifest_sha256": backup.sha256,
                    "tree_size": manifest.tree_size,
                    "tree_root": manifest.tree_root,
                    "checkpoint_size": manifest.checkpoint_size,
                    "waiting": manifest.waiting,
                    "files": manifest.store_files,
                    "bytes": {name: fact.bytes for name, fact in manifest.files.items()}
                    | {"store": manifest.store_bytes},
                    "faults": list(manifest.faults.values())[:_NAMED],
                },
                summary=f"Backup {manifest.name}: {backup.counted()}"
                + ("" if is_whole else f"; {len(manifest.faults)} files could not be taken"),
            )
        )
        if not is_whole:
            message = f"Backup {manifest.name} lacks {len(manifest.faults)} sealed files: they are damaged or missing."
            _alarm(work, actor, message, {"backup": manifest.name, "entry": entry.id})
        work.commit()
    return entry


def note_failed_backup(ledger: Ledger, actor: Actor, why: str, folder: str) -> None:
    """Write in the trail, and tell the System Managers, that a backup was not made."""
    with ledger.begin() as work:
        entry = work.note(
            NewEntry(
                stream="system",
                action=Event.BACKUP_FAILED,
                subject=actor.subject(),
                outcome=Outcome.FAILED,
                new={"folder": folder, "why": why},
                summary=f"No backup was made: {why}"[:500],
            )
        )
        _alarm(work, actor, f"No backup was made: {why}", {"folder": folder, "entry": entry.id})
        work.commit()


def _alarm(work: UnitOfWork, actor: Actor, message: str, facts: Json) -> None:
    raise_alarm(work, actor, Alarm.BACKUP_FAILED, Severity.CRITICAL, message, about="backup", facts=facts)
