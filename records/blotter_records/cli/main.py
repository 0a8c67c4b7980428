"""The command ``blotter``. Other packages add subcommands by the entry-point group ``blotter.commands``."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer

from blotter_records.cli import (
    anchors,
    backup,
    breakglass,
    docs,
    down,
    drill,
    evaluate_synthetic,
    import_bundle,
    packages,
    rebuild,
    recompute,
    restore,
    status,
    up,
    users,
    verify,
)
from blotter_records.errors import BlotterError

app = typer.Typer(
    name="blotter",
    help="Gel and western-blot imaging, analysis, review and signing under 21 CFR Part 11.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("up")(up.command)
app.command("down")(down.command)
app.command("status")(status.command)
app.command("verify")(verify.command)
app.command("recompute")(recompute.command)
app.command("rebuild")(rebuild.command)
app.command("import-bundle")(import_bundle.command)
app.command("backup")(backup.command)
app.command("restore")(restore.command)
app.command("drill")(drill.command)
app.command("breakglass")(breakglass.command)
app.command("anchors")(anchors.command)
app.command("packages")(packages.command)
app.command("evaluate-synthetic")(evaluate_synthetic.command)
app.command("docs", hidden=True)(docs.command)
app.add_typer(users.app, name="users")


def main() -> None:
    """Run the command; an error that Blotter raises on purpose becomes one line and status 1."""
    for entry in entry_points(group="blotter.commands"):
        commands = entry.load()
        if isinstance(commands, typer.Typer):
            app.add_typer(commands, name=entry.name)
        else:
            app.command(entry.name)(commands)
    try:
        app()
    except BlotterError as fault:
        say_fault(fault)
        sys.exit(1)


def say_fault(fault: BlotterError) -> None:
    """Print what failed and what to do, in one line."""
    said = str(fault).rstrip(".") + "."
    print(f"blotter: {' '.join(part for part in (said, fault.diagnostics()) if part)}", file=sys.stderr)
