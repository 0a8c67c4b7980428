"""``blotter docs``: writes the reference pages from the code, or checks that they are up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blotter_records.cli.reference import pages


def command(
    into: Annotated[Path, typer.Option(help="The documentation's folder.")] = Path("docs"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a page differs.")] = False,
) -> None:
    """Write the reference pages from the code."""
    folder = into / "reference"
    stale = []
    for name, text in pages().items():
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if check and stale:
        typer.echo(f"Not up to date, run make docs: {', '.join(stale)}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{len(pages())} reference pages; {'differ' if check else 'written'}: {', '.join(stale) or 'none'}")
