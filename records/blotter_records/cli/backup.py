"""``blotter backup``: 0 when everything is saved, 1 when sealed files are missing in it, 2 when there is no backup."""

from __future__ import annotations

import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blotter_records.adapters.embedded_postgres import EmbeddedPostgres, major_version
from blotter_records.adapters.installation import Installation, open_existing
from blotter_records.cli import database
from blotter_records.cli.calling import caller
from blotter_records.errors import BlotterError, Invalid, Unavailable

if TYPE_CHECKING:
    from blotter_records.services.operating.backups import Backup

NO_BACKUP = 2
_COMMAND = "blotter backup"


def command(
    *,
    into: Annotated[Path, typer.Option(help="the folder of the backups, on another disk than the data")],
    data: Annotated[Path, typer.Option(help="the data directory")],
) -> None:
    """Save database and store, consistent with each other, while people work or not; nothing old is deleted."""
    from blotter_records.adapters.backup_folder import unfinished  # noqa: PLC0415

    into = into.expanduser().resolve()
    try:
        installation = open_existing(data.expanduser().resolve())
        if into.is_relative_to(installation.data):
            raise Invalid("backup.inside", f"{into} lies within the data that it is to protect", "Name another disk.")
        made, path = _backup(installation, into)
    except (BlotterError, OSError) as fault:
        print(f"no backup: {fault}", file=sys.stderr)
        raise typer.Exit(NO_BACKUP) from fault
    for left in unfinished(into):
        print(f"left by a backup that was killed, or one at work: {left}")
    for what in made.manifest.faults.values():
        print(what)
    print(f"backup: {path}")
    print(f"{made.counted()}; checkpoint over {made.manifest.checkpoint_size} entries")
    print("Keep this key where the backup is not; restore --key wants it:")
    print(f"  {made.manifest.key}")
    if made.manifest.faults:
        print(f"NOT COMPLETE: {len(made.manifest.faults)} sealed files could not be taken")
        raise typer.Exit(1)


def _backup(installation: Installation, into: Path) -> tuple[Backup, Path]:
    from blotter_records.adapters.postgres import PostgresLedger  # noqa: PLC0415
    from blotter_records.services.operating.backups import note_backup, note_failed_backup  # noqa: PLC0415

    with database.reachable(installation, writes=True) as postgres:
        ledger = PostgresLedger(
            postgres.url("blotter_runtime", "blotter"), installation.secret("db-runtime").read_text(), pool_size=1
        )
        with closing(ledger):
            try:
                made, path = _write(installation, postgres, into)
            except (BlotterError, OSError) as fault:
                with suppress(BlotterError):  # the database may be what failed
                    note_failed_backup(ledger, caller(_COMMAND), str(fault), str(into))
                raise
            try:
                note_backup(ledger, caller(_COMMAND), made, str(into))
            except BlotterError as fault:
                said = f"{path} is whole, but the trail does not say so: {fault}"
                raise Unavailable("backup.unnoted", said) from fault
    return made, path


def _write(installation: Installation, postgres: EmbeddedPostgres, into: Path) -> tuple[Backup, Path]:
    from blotter_records.adapters.backup_folder import draft  # noqa: PLC0415
    from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder  # noqa: PLC0415
    from blotter_records.adapters.postgres.dumping import PostgresSnapshot  # noqa: PLC0415
    from blotter_records.adapters.store import ObjectStore  # noqa: PLC0415
    from blotter_records.services.operating.backups import Source, backup_name, write_backup  # noqa: PLC0415

    source = Source(
        installation=installation.instance.installation,
        is_demo=installation.instance.is_demo,
        key=database.signing_key(installation),
        keys=database.key_history(installation),
        notes=(note for _, note in FileCheckpointFolder(installation.data / "checkpoints").notes()),
        postgres=major_version(),
    )
    store = ObjectStore((installation.data / "store").as_uri())
    url = postgres.url("blotter_backup", "blotter")
    with PostgresSnapshot(url, installation.secret("db-backup").read_text()) as snapshot:
        name = backup_name(snapshot)
        with draft(into, name) as writing:
            made = write_backup(snapshot, store, writing, source, name)
            path = writing.publish()
    return made, path
