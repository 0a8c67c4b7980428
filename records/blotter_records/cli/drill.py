"""``blotter drill``: 0 when the newest backup restores and verifies, 1 when it does not, 2 when none could be tried."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blotter_records.adapters.installation import Installation, open_existing
from blotter_records.cli import database
from blotter_records.cli.calling import caller
from blotter_records.cli.recompute import PIXELS_KEPT
from blotter_records.errors import BlotterError, IntegrityBroken, Invalid

if TYPE_CHECKING:
    from blotter_records.adapters.postgres import PostgresLedger
    from blotter_records.cli.restoring import Opened, Rebuilt
    from blotter_records.services.operating.drills import Drill

NOT_TRIED = 2
_COMMAND = "blotter drill"


def command(
    *,
    data: Annotated[Path, typer.Option(help="the data directory")],
    source: Annotated[
        Path | None, typer.Option("--from", help="a backup or a folder of them; else where the last one went")
    ] = None,
    sample: Annotated[int, typer.Option(min=1, help="so many analyses are measured again")] = 20,
    scratch: Annotated[Path | None, typer.Option(help="where to restore to for the moment")] = None,
) -> None:
    """Restore the newest backup into a scratch database, verify it, compare it with the live trail, remove it."""
    try:
        drill = _drill(open_existing(data.expanduser().resolve()), source, sample, scratch)
    except (BlotterError, OSError) as fault:
        print(f"no drill: {fault}", file=sys.stderr)
        raise typer.Exit(NOT_TRIED) from fault
    for fault_ in drill.faults:
        print(fault_)
    print(f"{'passed' if drill.is_good else 'FAILED'}: {drill.counted()}")
    if not drill.is_good:
        raise typer.Exit(1)


def _drill(installation: Installation, source: Path | None, sample: int, scratch: Path | None) -> Drill:
    from blotter_records.adapters.postgres import PostgresLedger  # noqa: PLC0415
    from blotter_records.services.operating.drills import Drill, note_drill  # noqa: PLC0415

    drill, begun = Drill(str(source or "")), time.monotonic()
    with database.reachable(installation, writes=True) as postgres:
        ledger = PostgresLedger(
            postgres.url("blotter_runtime", "blotter"), installation.secret("db-runtime").read_text(), pool_size=2
        )
        try:
            _try(installation, ledger, drill, source, sample, scratch)
            drill.duration_s = time.monotonic() - begun
            note_drill(ledger, caller(_COMMAND), drill)
        except (BlotterError, OSError) as fault:
            drill.faults.append(str(fault))
            drill.duration_s = time.monotonic() - begun
            with suppress(BlotterError):  # the live database may be what failed
                note_drill(ledger, caller(_COMMAND), drill)
            raise
        finally:
            ledger.close()
    return drill


def _try(
    installation: Installation,
    ledger: PostgresLedger,
    drill: Drill,
    source: Path | None,
    sample: int,
    scratch: Path | None,
) -> None:
    """Restore, verify, recompute, compare; what is wrong with the backup goes into the drill's faults."""
    from blotter_records.cli.restoring import open_backup, rebuilt  # noqa: PLC0415
    from blotter_records.domain.reasons import Reason  # noqa: PLC0415
    from blotter_records.services.operating.drills import compare_with_live  # noqa: PLC0415

    folder = source.expanduser().resolve() if source is not None else _last_folder(ledger)
    drill.folder = str(folder)
    keys = database.key_history(installation)
    data = Path(tempfile.mkdtemp(prefix="bl-drill-", dir=scratch))
    data.chmod(0o755)
    try:
        backup = open_backup(folder, str(keys.own))
        drill.manifest, drill.manifest_sha256 = backup.manifest, backup.sha256
        drill.faults += backup.manifest.faults.values()
        with rebuilt(backup, data, caller(_COMMAND), Reason("Restore drill"), with_store=False) as made:
            drill.entries, drill.files = made.report.entries, made.report.files
            drill.faults += made.faults
            _recompute(backup, made, drill, sample)
        drill.live_size, faults = compare_with_live(ledger, ledger.seals(), keys, backup.manifest, backup.sha256)
        drill.faults += faults
    except IntegrityBroken as fault:  # to find that a backup is no good is what a drill is for
        drill.faults.append(str(fault))
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _last_folder(ledger: PostgresLedger) -> Path:
    """Return where the newest backup went, as the trail says."""
    from blotter_records.ports.entries import TrailFilter  # noqa: PLC0415
    from blotter_records.vocabulary import Event  # noqa: PLC0415

    with ledger.begin() as work:
        found = work.entries(TrailFilter(actions=[Event.BACKUP_RUN], newest_first=True, limit=1))
    if not found:
        raise Invalid("backup.none", "no backup was ever made", "Make one: blotter backup --into FOLDER.")
    return Path(found[0].body["new"]["folder"])


def _recompute(backup: Opened, made: Rebuilt, drill: Drill, sample: int) -> None:
    """Measure a sample again, from the backup's sealed files."""
    from blotter_records.adapters.backup_folder import store_of  # noqa: PLC0415
    from blotter_records.adapters.image_files import ImageFiles  # noqa: PLC0415
    from blotter_records.adapters.postgres import PostgresLedger  # noqa: PLC0415
    from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader  # noqa: PLC0415
    from blotter_records.adapters.store import ObjectStore  # noqa: PLC0415
    from blotter_records.services.analyses.recomputing import recompute  # noqa: PLC0415
    from blotter_records.services.images.holding import Holding  # noqa: PLC0415
    from blotter_records.services.images.pixels import Pixels  # noqa: PLC0415

    secret, url = made.installation.secret, made.postgres.url
    store = ObjectStore(store_of(backup.path).as_uri())
    ledger = PostgresLedger(url("blotter_runtime", "blotter"), secret("db-runtime").read_text(), pool_size=1)
    try:
        pixels = Pixels(Holding(ledger, store), store, ImageFiles(), PIXELS_KEPT)
        reading = PostgresTrailReader(url("blotter_reader", "blotter"), secret("db-reader").read_text())
        with reading as reader:
            report = recompute(reader, pixels, sample=sample)
    finally:
        ledger.close()
    drill.numbers = report.numbers
    drill.faults += [str(difference) for difference in report.differences]
