"""``blotter restore``: 0 when the installation is there and verifies, 1 when it does not, 2 when nothing was tried."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blotter_records.cli import panel
from blotter_records.errors import BlotterError, Conflict, IntegrityBroken

if TYPE_CHECKING:
    from blotter_records.cli.restoring import Rebuilt

NOT_RESTORED = 2


def command(
    *,
    source: Annotated[Path, typer.Option("--from", help="a backup, or a folder of them: then the newest")],
    data: Annotated[Path, typer.Option(help="the new data directory: must not exist, or be empty")],
    reason: Annotated[str, typer.Option(help="why, for the audit trail")],
    key: Annotated[
        str | None, typer.Option(help="the verifier key of the installation that was backed up: a file, or the text")
    ] = None,
) -> None:
    """Make an installation from a backup: it verifies, and goes on under a new origin and a new key."""
    data = data.expanduser().absolute()
    try:
        lines = _restore(source.expanduser().resolve(), data, reason, key)
    except IntegrityBroken as fault:
        print(f"NOT RESTORED: {fault}", file=sys.stderr)
        raise typer.Exit(1) from fault
    except (BlotterError, OSError, ValueError) as fault:
        print(f"not restored: {fault}", file=sys.stderr)
        raise typer.Exit(NOT_RESTORED) from fault
    print("\n".join(lines))


def _restore(source: Path, data: Path, reason: str, key: str | None) -> list[str]:
    from blotter_records.cli.calling import caller  # noqa: PLC0415
    from blotter_records.cli.restoring import open_backup, rebuilt  # noqa: PLC0415
    from blotter_records.domain.policies import DEFAULTS  # noqa: PLC0415
    from blotter_records.domain.reasons import checked_reason  # noqa: PLC0415

    why = checked_reason(reason, minimum=DEFAULTS.reason_min_chars)
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise Conflict("restore.target", f"{data} is not empty; nothing is ever written over", "Name a new folder.")
    backup = open_backup(source, key)
    data.parent.mkdir(parents=True, exist_ok=True)
    draft = data.with_name(f".{data.name}-unfinished-{secrets.token_hex(4)}")
    draft.mkdir(mode=0o755)
    try:
        with rebuilt(backup, draft, caller("blotter restore"), why) as made:
            _check(made)
        os.sync()
        draft.rename(data)
        os.sync()
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    lines = _said(made, data, key)
    lines += [f"left by a restore that was killed: {one}" for one in data.parent.glob(f".{data.name}-unfinished-*")]
    return [*backup.manifest.faults.values(), *lines]


def _check(made: Rebuilt) -> None:
    if made.faults:
        raise IntegrityBroken("backup.verify", "; ".join(made.faults))


def _said(made: Rebuilt, data: Path, key: str | None) -> list[str]:
    from blotter_records.domain.keys import Predecessor  # noqa: PLC0415

    instance, report = made.installation.instance, made.report
    before = Predecessor.from_json(instance.predecessors[-1])
    return [
        f"restored: {data}",
        f"verified: {report.entries} entries, {report.files} files, {report.checkpoints} checkpoints",
        f"{instance.origin} continues {before.origin} at size {before.size}",
        *(
            ["The backup was checked with the key that came with it: that shows that it is whole, not whose it is."]
            if key is None
            else []
        ),
        f"Publish its new key: {data / 'checkpoints' / 'verifier.key'}",
        "Nothing can be signed until a System Manager has acknowledged the restore.",
        f"Start it: {panel.program()} up --data {data}{' --demo' if instance.is_demo else ''}",
    ]
