"""``blotter verify``: 0 when everything verifies, 1 with a line per fault, 2 when it could not be checked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from blotter_records.adapters.installation import open_existing
from blotter_records.cli import database
from blotter_records.errors import BlotterError
from blotter_records.verifier import main as verifier

CANNOT_CHECK = 2


def command(
    *,
    data: Annotated[Path | None, typer.Option(help="check an installation")] = None,
    bundle: Annotated[Path | None, typer.Option(help="check an exported bundle")] = None,
    key: Annotated[
        str | None,
        typer.Option(help="the laboratory's verifier key, got by another way: a file (with --data also text)"),
    ] = None,
    sha256: Annotated[str | None, typer.Option(help="digest of the bundle's ZIP file, from the audit trail")] = None,
    since: Annotated[
        list[Path] | None,
        typer.Option(help="a checkpoint that you kept: the trail must continue it (may be given more than once)"),
    ] = None,
    anchors: Annotated[
        bool, typer.Option("--anchors", help="the trail must continue what other places have (anchors.toml), too")
    ] = False,
) -> None:
    """Verify the whole trail, every record and file of an installation, or an exported bundle."""
    if (data is None) == (bundle is None):
        print("blotter: name one of --data DIR and --bundle FILE", file=sys.stderr)
        raise typer.Exit(CANNOT_CHECK)
    if bundle is not None and (since or anchors):
        print("blotter: --since and --anchors go with --data; a bundle has its own checkpoint", file=sys.stderr)
        raise typer.Exit(CANNOT_CHECK)
    if bundle is not None:
        _verify_bundle(bundle, key, sha256)
    elif data is not None:
        _verify_data(data.expanduser().resolve(), since or [], key, with_anchors=anchors)


def _verify_bundle(bundle: Path, key: str | None, sha256: str | None) -> None:
    """Hand over to the verifier that also runs alone, so that both say the same."""
    given = [f"--{name}={value}" for name, value in (("key", key), ("sha256", sha256)) if value is not None]
    raise typer.Exit(verifier.main([str(bundle), *given]))


def _verify_data(data: Path, since: Sequence[Path], key: str | None, *, with_anchors: bool) -> None:
    try:
        found = database.verify(open_existing(data), since, key, with_anchors=with_anchors)
    except (BlotterError, OSError) as fault:
        print(f"cannot check: {fault}", file=sys.stderr)
        raise typer.Exit(CANNOT_CHECK) from fault
    for line in (*found.faults, *found.continued):
        print(line)
    if found.faults:
        print(f"NOT VERIFIED: {len(found.faults)} fault{'s' if len(found.faults) > 1 else ''}; {found.counted}")
        raise typer.Exit(1)
    print(f"verified: {found.counted}")
