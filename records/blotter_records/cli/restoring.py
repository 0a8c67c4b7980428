"""Making an installation from a backup, in a folder that nobody takes for one before it is whole.

Used by ``blotter restore``, which then gives the folder its name, and by ``blotter drill``, which takes it away.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from blotter_records.adapters import backup_folder
from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.embedded_postgres import EmbeddedPostgres, major_version
from blotter_records.adapters.installation import Installation, new_instance, prepare
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.adapters.postgres import PostgresLedger
from blotter_records.adapters.postgres.dumping import restore_dump
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader
from blotter_records.adapters.store import ObjectStore
from blotter_records.adapters.system_users import give
from blotter_records.cli import database
from blotter_records.domain.backup import DUMP, MANIFEST, NOTES, Manifest
from blotter_records.errors import IntegrityBroken, Invalid
from blotter_records.migrations import is_known
from blotter_records.services.operating.restoring import Continued, continue_trail
from blotter_records.services.trail.sequencing import BATCH, Sequencer
from blotter_records.services.trail.verification import VerificationReport, verify_installation

if TYPE_CHECKING:
    from blotter_records.domain.reasons import Reason
    from blotter_records.services.acting.actor import Actor


@dataclass(frozen=True)
class Opened:
    """A backup whose manifest and files were checked."""

    path: Path
    manifest: Manifest
    is_key_given: bool

    @property
    def sha256(self) -> str:
        """The digest by which the trail names it."""
        return hashlib.sha256((self.path / MANIFEST).read_bytes()).hexdigest()


def open_backup(folder: Path, key: str | None) -> Opened:
    """Open a backup, or the newest one of a folder of them, and check that this release can restore it.

    Raises
    ------
    Invalid
        ``backup.none``, ``backup.format``, ``backup.schema``: made by a release that this one does not know.
    IntegrityBroken
        ``backup.signature``, ``backup.file``.
    """
    path = folder
    if not (folder / MANIFEST).exists():
        whole = backup_folder.backups(folder)
        if not whole:
            raise Invalid("backup.none", f"there is no whole backup in {folder}", "Name another folder with --from.")
        path = whole[-1]
    manifest = backup_folder.open_backup(path, None if key is None else database.given_key(key))
    if not is_known(manifest.schema):
        raise Invalid(
            "backup.schema",
            f"the backup was made by Blotter {manifest.software} (schema {manifest.schema}), which is newer than this",
            "Use that release.",
        )
    if int(manifest.postgres) > int(major_version()):
        raise Invalid("backup.schema", f"the backup is of PostgreSQL {manifest.postgres}, here is {major_version()}")
    return Opened(path, manifest, key is not None)


@dataclass
class Rebuilt:
    """An installation that was made from a backup; its database runs while the block lasts."""

    installation: Installation
    postgres: EmbeddedPostgres
    report: VerificationReport
    entry: int

    @property
    def faults(self) -> list[str]:
        """What verification found, but for the sealed files that the backup said it lacks."""
        return [str(finding) for finding in self.report.findings]


@contextmanager
def rebuilt(backup: Opened, data: Path, actor: Actor, reason: Reason, *, with_store: bool = True) -> Iterator[Rebuilt]:
    """Make an installation from a backup and verify it.

    Parameters
    ----------
    backup : Opened
    data : Path
        An empty folder; whatever happens, to remove it is the caller's.
    actor : Actor
    reason : Reason
    with_store : bool
        Copy the sealed files; otherwise they are read where the backup has them.

    Raises
    ------
    IntegrityBroken
        ``backup.file``, ``backup.tree``: the database is not the one that the manifest tells of.
    Unavailable
        A program did not succeed, the disk is full.
    """
    manifest = backup.manifest
    new_instance(data, is_demo=manifest.is_demo, predecessors=[one.as_json() for one in manifest.history()])
    installation = prepare(data, is_demo=manifest.is_demo)
    try:
        if with_store:
            _lay_store(backup, installation)
        store = ObjectStore((data / "store" if with_store else backup_folder.store_of(backup.path)).as_uri())
        key = database.signing_key(installation)
        continued = Continued(manifest, backup.sha256, key.name, str(key.verifier()), backup.is_key_given)
        folder = FileCheckpointFolder(data / "checkpoints")
        folder.take_over(_notes(backup), key.sign_text(continued.statement()))
        folder.publish_key(str(key.verifier()))
        postgres = database.server(installation)
        database.initialise(installation, postgres)
        postgres.start(until_we_die=True)
        try:
            entry = _lay_database(backup, installation, postgres, continued, actor, reason)
            _give_checkpoints(installation)
            yield Rebuilt(installation, postgres, _verified(installation, postgres, store, manifest), entry)
        finally:
            postgres.stop()
    finally:
        shutil.rmtree(installation.run, ignore_errors=True)


def _lay_store(backup: Opened, installation: Installation) -> None:
    store, records = installation.data / "store", installation.users.records
    for sha256 in backup_folder.sealed_files(backup.path):
        target = store / sha256[:2] / sha256[2:4] / sha256
        backup_folder.copy_sealed(backup_folder.stored(backup.path, sha256), target, sha256)
        give(target, records, 0o600)
    for folder in (one for one in store.rglob("*") if one.is_dir()):
        give(folder, records, 0o700)


def _notes(backup: Opened) -> Iterator[tuple[int, str]]:
    for line in (backup.path / NOTES).read_text().splitlines():
        note = json.loads(line)
        yield int(note.split("\n")[1]), note


def _lay_database(
    backup: Opened,
    installation: Installation,
    postgres: EmbeddedPostgres,
    continued: Continued,
    actor: Actor,
    reason: Reason,
) -> int:
    """Restore the dump, number what waits, write the entry of the continuation, seal; return the entry's id."""
    database.make_databases(installation, postgres)
    owner = postgres.url("blotter_owner", "blotter")
    restore_dump(backup.path / DUMP, owner, installation.secret("db-owner").read_text())
    database.migrate(installation, postgres)
    sequence = PostgresSequence(
        postgres.url("blotter_sequencer", "blotter"), installation.secret("db-sequencer").read_text()
    )
    ledger = PostgresLedger(
        postgres.url("blotter_runtime", "blotter"), installation.secret("db-runtime").read_text(), pool_size=1
    )
    try:
        head = sequence.head()
        if (head.size, head.root.hex()) != (backup.manifest.tree_size, backup.manifest.tree_root):
            raise IntegrityBroken("backup.tree", "The restored trail is not the one that the manifest tells of.")
        sequence.lead()
        # What waits for a number comes before what is written from now on.
        while sequence.number(BATCH) == BATCH:
            pass
        entry = continue_trail(ledger, actor, continued, reason)
        history = database.key_history(installation)
        folder = FileCheckpointFolder(installation.data / "checkpoints")
        key = database.signing_key(installation)
        Sequencer(sequence, folder, key, utc_now, history.predecessors).step(is_last=True)
    finally:
        ledger.close()
        sequence.close()
    return entry.id


def _give_checkpoints(installation: Installation) -> None:
    for file in (installation.data / "checkpoints").iterdir():
        give(file, installation.users.sequencer, 0o644)


def _verified(
    installation: Installation, postgres: EmbeddedPostgres, store: ObjectStore, manifest: Manifest
) -> VerificationReport:
    notes = FileCheckpointFolder(installation.data / "checkpoints").notes()
    reader = PostgresTrailReader(
        postgres.url("blotter_reader", "blotter"), installation.secret("db-reader").read_text()
    )
    with reader:
        report = verify_installation(reader, store, notes, database.key_history(installation))
    known = {f"file {sha256}" for sha256 in manifest.faults}
    report.findings = [finding for finding in report.findings if finding.where not in known]
    return report
