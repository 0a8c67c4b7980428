"""``blotter up`` with a supervisor that never gives up, and only the parts that save: run as a program.

    python -I supervised.py DATA

The supervisor of the product gives up on a part that ends more than a few times within a minute. A test that kills
parts all the time takes away that limit and the parts it never kills (hub, launcher, housekeeper); all else is the
product's.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from blotter_records.adapters.processes import Part, Supervisor
from blotter_records.cli import up

SAVE = {"postgres", "sequencer", "records"}


class PatientSupervisor(Supervisor):
    """Starts a part again however often it ended."""

    def start(self, part: Part) -> None:
        """Start a part of those that save."""
        if part.name in SAVE:
            super().start(replace(part, restarts=1_000_000))


if __name__ == "__main__":
    up.Supervisor = PatientSupervisor  # type: ignore[misc]
    up.command(data=Path(sys.argv[1]), port=0, demo=True, detached=True)
