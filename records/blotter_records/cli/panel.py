"""What ``blotter up`` prints when the system is ready."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from blotter_records.adapters.installation import Installation
from blotter_records.cli import demo
from blotter_records.cli.state import State

WIDTH = 76


def program() -> str:
    """Return what to type to run ``blotter``: the bare name when the shell finds this very one."""
    own = Path(sys.executable).parent / "blotter"
    found = shutil.which("blotter")
    return "blotter" if found and Path(found).resolve() == own.resolve() else str(own)


def ready(installation: Installation, state: State, took_s: float) -> str:
    """Return the panel: where to go, who can sign in, where the data lies, how to stop."""
    lines = [f"Blotter is ready ({took_s:.0f} s)", "", f"  Open     {state.url}"]
    if installation.instance.is_demo:
        people = reversed(demo.accounts(installation).items())
        lines += [
            f"  {'Sign in' if number == 0 else '':<8} {user_name:<17} {password:<26} {role.replace('_', ' ')}"
            for number, (role, (user_name, password)) in enumerate(people)
        ]
    else:
        lines += [
            f'  People   {program()} users add USERNAME --name "Printed Name" --role system_manager \\',
            f'             --reason "first System Manager" --data {installation.data}',
        ]
    lines += [f"  Data     {installation.data}", f"  Stop     Ctrl-C, or: {program()} down --data {installation.data}"]
    if installation.instance.is_demo:
        lines += ["", "  DEMO: published passwords. For trying it out only."]
    if installation.is_evaluation:
        lines += [
            "",
            "  EVALUATION: every process runs as you. Regulated use needs a start as root",
            "  (docs/explanation/trust.md).",
        ]
    rule = "─" * WIDTH
    return "\n".join([rule, *lines, rule])
