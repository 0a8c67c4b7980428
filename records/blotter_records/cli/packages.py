"""``blotter packages``: whether what is installed is what the lock file names; 1 when something differs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from blotter_records.installed.checking import Seal, checked, differences
from blotter_records.installed.files import scan
from blotter_records.installed.sealing import seal


def command(
    lock: Annotated[
        Path | None, typer.Option("--seal", help="seal what was just installed by the hashes of this lock file")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="read every file, also those that were not touched")] = False,
) -> None:
    """Compare the installed packages with the lock file, file by file."""
    prefix = Path(sys.prefix)
    if lock is not None:
        sealed = seal(prefix, lock.resolve())
    else:
        sealed = checked(prefix)
        if every and (found := list(differences(prefix, sealed, scan(prefix)))):
            print("\n".join(found))
            raise typer.Exit(1)
    print(_line(sealed))


def _line(sealed: Seal) -> str:
    return (
        f"{sealed.packages} packages ({sealed.files} files) as installed from {sealed.lock}\n"
        f"  lock file  sha256 {sealed.lock_sha256}\n  files      sha256 {sealed.content}"
    )
