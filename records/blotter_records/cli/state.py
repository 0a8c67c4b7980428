"""What ``state.json`` says about a running system: process ids, ports, whether it is ready.

Nothing in it is secret. A process is named by its pid *and* the moment it started, so that a stale file never makes us
signal somebody else's process.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from blotter_records.adapters.installation import write_json
from blotter_records.adapters.processes import Running, started_ticks


@dataclass(frozen=True)
class Ports:
    """Loopback ports: the public one (hub behind its proxy), the records service, and two internal ones."""

    public: int
    records: int
    hub: int
    proxy: int


@dataclass(frozen=True)
class Process:
    """One process, named for good."""

    pid: int
    started: str

    @property
    def is_alive(self) -> bool:
        """True while this very process runs."""
        return started_ticks(self.pid) == self.started


@dataclass
class State:
    """Content of ``state.json``."""

    supervisor: Process | None = None
    processes: dict[str, Process] = field(default_factory=dict)
    ports: Ports | None = None
    is_ready: bool = False

    @property
    def is_running(self) -> bool:
        """True while the supervisor runs."""
        return self.supervisor is not None and self.supervisor.is_alive

    @property
    def stale(self) -> list[Process]:
        """Parts that outlived their supervisor (it was killed)."""
        return [] if self.is_running else [process for process in self.processes.values() if process.is_alive]

    @property
    def url(self) -> str:
        """Where people sign in."""
        return f"http://localhost:{self.ports.public}" if self.ports else ""

    @property
    def signing_url(self) -> str:
        """Origin of the records service: the signing pages, and the API below ``/api/v1``."""
        return f"http://127.0.0.1:{self.ports.records}" if self.ports else ""

    def write(self, data: Path) -> None:
        """Write the file in one step."""
        write_json(data / "state.json", asdict(self))

    def update(self, running: dict[str, Running]) -> None:
        """Take over the running parts."""
        self.processes = {name: this for name, part in running.items() if (this := find(part.process.pid)) is not None}


def find(pid: int) -> Process | None:
    """Return the process with this pid, named for good; None when there is none."""
    started = started_ticks(pid)
    return None if started is None else Process(pid, started)


def myself() -> Process:
    """Return the running process."""
    return Process(os.getpid(), started_ticks(os.getpid()) or "")


def read(data: Path) -> State:
    """Return what the file says; an empty state when there is none or it cannot be read."""
    try:
        content: dict[str, Any] = json.loads((data / "state.json").read_text())
        return State(
            supervisor=Process(**content["supervisor"]) if content["supervisor"] else None,
            processes={name: Process(**process) for name, process in content["processes"].items()},
            ports=Ports(**content["ports"]) if content["ports"] else None,
            is_ready=content["is_ready"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return State()
