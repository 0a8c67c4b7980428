"""``blotter recompute``: 0 when every stored number follows from its pixels, 1 with a line per fault, 2 if unknown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blotter_records.adapters.installation import Installation, open_existing
from blotter_records.cli import database
from blotter_records.cli.calling import caller_subject
from blotter_records.errors import BlotterError

if TYPE_CHECKING:
    from blotter_records.services.analyses.recomputing import Recomputed

CANNOT_CHECK = 2
#: Decoded images kept in memory while analyses of the same image follow each other (bytes).
PIXELS_KEPT = 256 << 20


def command(
    *,
    data: Annotated[Path, typer.Option(help="the data directory")],
    sample: Annotated[int | None, typer.Option(min=1, help="only so many revisions, drawn at random")] = None,
) -> None:
    """Measure stored analyses again from the sealed pixels, report each number that differs."""
    try:
        report = _recompute(open_existing(data.expanduser().resolve()), sample)
    except (BlotterError, OSError) as fault:
        print(f"cannot check: {fault}", file=sys.stderr)
        raise typer.Exit(CANNOT_CHECK) from fault
    for difference in report.differences:
        print(difference)
    if report.differences:
        print(f"NOT REPRODUCED: {len(report.differences)} of {report.counted()}")
        raise typer.Exit(1)
    print(f"reproduced: {report.counted()}")


def _recompute(installation: Installation, sample: int | None) -> Recomputed:
    from blotter_records.adapters.image_files import ImageFiles  # noqa: PLC0415
    from blotter_records.adapters.postgres import PostgresLedger  # noqa: PLC0415
    from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader  # noqa: PLC0415
    from blotter_records.adapters.store import ObjectStore  # noqa: PLC0415
    from blotter_records.services.analyses.recomputing import note_recomputation, recompute  # noqa: PLC0415
    from blotter_records.services.images.holding import Holding  # noqa: PLC0415
    from blotter_records.services.images.pixels import Pixels  # noqa: PLC0415

    store = ObjectStore((installation.data / "store").as_uri())
    with database.reachable(installation, writes=True) as postgres:
        runtime = postgres.url("blotter_runtime", "blotter")
        ledger = PostgresLedger(runtime, installation.secret("db-runtime").read_text(), pool_size=1)
        try:
            pixels = Pixels(Holding(ledger, store), store, ImageFiles(), PIXELS_KEPT)
            reading = installation.secret("db-reader").read_text()
            with PostgresTrailReader(postgres.url("blotter_reader", "blotter"), reading) as reader:
                report = recompute(reader, pixels, sample=sample)
            note_recomputation(ledger, caller_subject("blotter recompute"), report, sample)
        finally:
            ledger.close()
    return report
