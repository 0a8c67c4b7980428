"""``blotter down``: stops a running system."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from blotter_records.adapters.installation import open_existing
from blotter_records.adapters.processes import end
from blotter_records.cli import state as states
from blotter_records.errors import Unavailable

STOP_WITHIN_S = 60.0


def command(data: Annotated[Path, typer.Option(help="the data directory")]) -> None:
    """Stop the system that runs on a data directory."""
    data = data.expanduser().resolve()
    open_existing(data)
    state = states.read(data)
    if state.is_running and state.supervisor is not None:
        stop(state.supervisor)
        print("stopped")
    elif state.stale:
        end([(process.pid, process.started) for process in reversed(state.stale)])
        print("its supervisor was gone; what it had left running is stopped")
    else:
        print("it was not running")


def stop(supervisor: states.Process) -> None:
    """Ask the supervisor to stop everything and wait until it has."""
    try:
        os.kill(supervisor.pid, signal.SIGTERM)
    except PermissionError as fault:
        raise Unavailable("down.permission", "it was started by another user", "Stop it as that user.") from fault
    except ProcessLookupError:
        return
    deadline = time.monotonic() + STOP_WITHIN_S
    while supervisor.is_alive:
        with contextlib.suppress(ChildProcessError):  # a test may be its parent
            os.waitpid(supervisor.pid, os.WNOHANG)
        if time.monotonic() > deadline:
            raise Unavailable("down.slow", f"process {supervisor.pid} has not ended within {STOP_WITHIN_S:.0f} s")
        time.sleep(0.1)
