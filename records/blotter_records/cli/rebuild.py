"""``blotter rebuild``: makes the list of records again from the records: 0 when done, 2 when it could not be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from blotter_records.adapters.installation import Installation, open_existing
from blotter_records.cli import database
from blotter_records.cli.calling import caller_subject
from blotter_records.errors import BlotterError

CANNOT_REBUILD = 2


def command(data: Annotated[Path, typer.Option(help="the data directory")]) -> None:
    """Make the list of records, by which they are found, again from the records themselves."""
    try:
        made, different = _rebuild(open_existing(data.expanduser().resolve()))
    except (BlotterError, OSError) as fault:
        print(f"cannot rebuild: {fault}", file=sys.stderr)
        raise typer.Exit(CANNOT_REBUILD) from fault
    print(f"rebuilt: {made} records, {different} of which were listed otherwise")


def _rebuild(installation: Installation) -> tuple[int, int]:
    from blotter_records.adapters.postgres import PostgresLedger  # noqa: PLC0415
    from blotter_records.adapters.postgres.rebuilding import PostgresList  # noqa: PLC0415
    from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader  # noqa: PLC0415
    from blotter_records.services.trail.rebuilding import rebuild  # noqa: PLC0415

    with database.reachable(installation, writes=True) as postgres:
        url = {role: postgres.url(f"blotter_{role}", "blotter") for role in ("runtime", "reader", "owner")}
        password = {role: installation.secret(f"db-{role}").read_text() for role in url}
        ledger = PostgresLedger(url["runtime"], password["runtime"], pool_size=1)
        try:
            with PostgresTrailReader(url["reader"], password["reader"]) as reader:
                listing = PostgresList(url["owner"], password["owner"])
                return rebuild(reader, listing, ledger, caller_subject("blotter rebuild"))
        finally:
            ledger.close()
