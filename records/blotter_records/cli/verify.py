"""``blotter verify``: 0 when everything verifies, 1 with a line per fault, 2 when it could not be checked."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from blotter_records.adapters.installation import open_existing
from blotter_records.adapters.processes import python
from blotter_records.cli import database
from blotter_records.errors import BlotterError

CANNOT_CHECK = 2


def command(
    *,
    data: Annotated[Path | None, typer.Option(help="check an installation")] = None,
    bundle: Annotated[Path | None, typer.Option(help="check an exported bundle")] = None,
    key: Annotated[
        str | None,
        typer.Option(help="the laboratory's verifier key, got by another way: a file (with --data also text)"),
    ] = None,
    since: Annotated[
        list[Path] | None,
        typer.Option(help="a checkpoint that you kept: the trail must continue it (may be given more than once)"),
    ] = None,
) -> None:
    """Verify the whole trail, every record and file of an installation, or an exported bundle."""
    if (data is None) == (bundle is None):
        print("blotter: name one of --data DIR and --bundle FILE", file=sys.stderr)
        raise typer.Exit(CANNOT_CHECK)
    if bundle is not None and since:
        print("blotter: --since goes with --data; a bundle has its own checkpoint", file=sys.stderr)
        raise typer.Exit(CANNOT_CHECK)
    if bundle is not None:
        _verify_bundle(bundle, key)
    elif data is not None:
        _verify_data(data.expanduser().resolve(), since or [], key)


def _verify_bundle(bundle: Path, key: str | None) -> None:
    """Hand over to the verifier that also runs alone, so that both say the same."""
    verifier = Path(__file__).parents[1] / "verifier" / "blotter_verify.py"
    command_line = python(str(verifier), str(bundle), *([] if key is None else [f"--key={key}"]))
    os.execv(command_line[0], command_line)


def _verify_data(data: Path, since: Sequence[Path], key: str | None) -> None:
    try:
        found = database.verify(open_existing(data), since, key)
    except (BlotterError, OSError) as fault:
        print(f"cannot check: {fault}", file=sys.stderr)
        raise typer.Exit(CANNOT_CHECK) from fault
    for line in (*found.faults, *found.continued):
        print(line)
    if found.faults:
        print(f"NOT VERIFIED: {len(found.faults)} fault{'s' if len(found.faults) > 1 else ''}; {found.counted}")
        raise typer.Exit(1)
    print(f"verified: {found.counted}")
