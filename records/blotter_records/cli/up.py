"""``blotter up``: starts the whole system and stays until it is told to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from blotter_records.adapters.installation import (
    Installation,
    check_instance,
    default_data,
    hold_lock,
    open_existing,
    prepare,
)
from blotter_records.adapters.processes import Running, Supervisor, end, python, tail
from blotter_records.adapters.user_ids import Claim, Machine, UserIds, claim, read_range
from blotter_records.cli import panel, ports
from blotter_records.cli import state as states
from blotter_records.cli.plan import steps
from blotter_records.control_groups import SERVICES, delegated_group
from blotter_records.errors import Conflict, Invalid, Unavailable
from blotter_records.installed.checking import of_this_process

DETACHED_WITHIN_S = 180.0


def command(
    *,
    data: Annotated[Path | None, typer.Option(help="where everything is kept")] = None,
    port: Annotated[int, typer.Option(help="0: any free one", min=0, max=65534)] = 8000,
    demo: Annotated[bool, typer.Option("--demo", help="with people and a blot to try it out")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="return when it is ready")] = False,
    uids: Annotated[str, typer.Option(help="as root: user ids of people's servers, FIRST-LAST")] = "",
    detached: Annotated[bool, typer.Option("--detached", hidden=True)] = False,
) -> None:
    """Start Blotter; Ctrl-C (or blotter down) stops it."""
    os.umask(0o022)
    data = (data or default_data(is_demo=demo)).expanduser().resolve()
    check_instance(data, is_demo=demo)
    of_this_process()
    wanted = _wanted(uids)
    _refuse_second(data)
    if detach:
        _detach(data, port, wanted, is_demo=demo)
    else:
        _run(data, port, wanted, is_demo=demo, with_panel=not detached)


def _wanted(uids: str) -> UserIds | None:
    """Return the user ids that were named, looked at before anything is written; None without."""
    if not uids:
        return None
    if os.geteuid() != 0:
        raise Invalid("uids.evaluation", "only root gives people's servers user ids of their own", "Leave out --uids.")
    ids = read_range(uids)
    Machine().check(ids)
    return ids


def _refuse_second(data: Path) -> None:
    state = states.read(data)
    if state.is_running:
        raise Conflict(
            "up.running",
            f"it is running already at {state.url or data}",
            f"Stop it with: {panel.program()} down --data {data}",
        )


def _run(data: Path, port: int, wanted: UserIds | None, *, is_demo: bool, with_panel: bool) -> None:
    """Prepare the data directory, start everything, watch, stop everything."""
    begun = time.monotonic()
    chosen = ports.choose(port, states.read(data).ports)
    installation = prepare(data, is_demo=is_demo)
    lock = hold_lock(data)
    if lock is None:
        raise Conflict("up.running", f"another blotter up is at work on {data}", "Wait, or stop it.")
    end([(process.pid, process.started) for process in reversed(states.read(data).stale)])
    people = None if installation.is_evaluation else claim(data, wanted)
    state = states.State(supervisor=states.myself(), ports=chosen)
    state.write(data)
    delegated_group(SERVICES)  # a group that systemd delegated may have children with limits once it is left

    def keep(running: dict[str, Running]) -> None:
        state.update(running)
        state.write(data)

    supervisor = Supervisor(data / "logs", say, keep)
    try:
        _start(supervisor, installation, state, people)
        if with_panel:  # a detached one's output is a log, and the demo's passwords belong in no log
            print(panel.ready(installation, state, time.monotonic() - begun), flush=True)
        supervisor.watch()
    except Unavailable:
        if not supervisor.stop_requested:
            raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
        states.State(ports=chosen).write(data)
        os.close(lock)
    say("stopped")


def _start(supervisor: Supervisor, installation: Installation, state: states.State, people: Claim | None) -> None:
    if state.ports is None:
        raise AssertionError
    for step in steps(installation, state.ports, people):
        if supervisor.stop_requested:
            raise Unavailable("up.stopped", "stopped while starting")
        step(supervisor)
    state.is_ready = True
    state.write(installation.data)


def _detach(data: Path, port: int, wanted: UserIds | None, *, is_demo: bool) -> None:
    """Start another process that does the work, wait until it is ready, print what it would have printed."""
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / "supervisor.log"
    begun = time.monotonic()
    arguments = ["-m", "blotter_records.cli", "up", "--detached", "--data", str(data), "--port", str(port)]
    arguments += [f"--uids={wanted}"] if wanted is not None else []
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*python(*arguments), *(["--demo"] if is_demo else [])],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            cwd="/",
        )
    deadline = time.monotonic() + DETACHED_WITHIN_S
    try:
        while not ((state := states.read(data)).is_ready and state.is_running):
            if process.poll() is not None:
                last = next(reversed(list(tail(log))), "it said nothing").removeprefix("blotter: ").rstrip(".")
                raise Unavailable("up.failed", last)
            if time.monotonic() > deadline:
                process.terminate()
                raise Unavailable("up.slow", f"not ready within {DETACHED_WITHIN_S:.0f} s", f"See {logs}.")
            time.sleep(0.1)
    except KeyboardInterrupt:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
        sys.exit(130)
    print(panel.ready(open_existing(data), state, time.monotonic() - begun), flush=True)


def say(line: str) -> None:
    """Tell the person who started Blotter one line."""
    print(f"blotter: {line}", flush=True)
