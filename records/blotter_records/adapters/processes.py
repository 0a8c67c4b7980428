"""Starts, watches and stops the processes that make up Blotter.

One :class:`Supervisor` owns them all. Each part runs in a session of its own, with the environment that its
:class:`Part` lists and nothing else, as the part's own system user where there is one. The supervisor is a
*subreaper*: whatever a part leaves behind becomes its child, so that stopping really stops everything.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from blotter_records.errors import Unavailable

PR_SET_CHILD_SUBREAPER = 36
POLL_S = 0.1
STABLE_AFTER_S = 60.0


@dataclass(frozen=True)
class SystemUser:
    """Who a part runs as; ``groups`` are supplementary group ids."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()


@dataclass(frozen=True)
class Part:
    """One process of the system.

    Parameters
    ----------
    name : str
        What people are told, and the name of the log.
    argv : list of str
        Command; no secret may stand in it.
    environment : dict
        The whole environment.
    is_ready : callable
        True once the part does its work.
    user : SystemUser, optional
        None keeps the user who started Blotter.
    ready_within_s : float
        After that it counts as failed.
    restarts : int
        How often a part that died is started again before Blotter gives up.
    stop_signal : signal
        What asks it to end.
    stop_within_s : float
        After that it is killed.
    folder : Path
        Its working directory.
    umask : int
        Modes that its files do not get.
    descriptors : tuple of int
        Open files that it inherits: locks that have to outlive the supervisor.
    """

    name: str
    argv: list[str]
    environment: dict[str, str]
    is_ready: Callable[[], bool]
    user: SystemUser | None = None
    ready_within_s: float = 30.0
    restarts: int = 5
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 8.0
    folder: Path = Path("/")
    umask: int = 0o077
    descriptors: tuple[int, ...] = ()


@dataclass
class Running:
    """A started part."""

    part: Part
    process: subprocess.Popen[bytes]
    since: float
    deaths: list[float] = field(default_factory=list)


def started_ticks(pid: int) -> str | None:
    """Return when the process started, as this boot's id and kernel ticks; None when there is none (or only a zombie).

    Together with the pid it names one process for good: a pid alone may have been given to another program.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    if fields[0] in {"Z", "X"}:
        return None
    return f"{boot()}:{fields[19]}"


def boot() -> str:
    """Return the id of this boot of the machine (first 8 digits)."""
    return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]


def descendants(root: int) -> list[int]:
    """Return the pids of all descendants of `root`, children before grandchildren."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    queue = [root]
    while queue:
        queue = [child for parent in queue for child in children.get(parent, [])]
        found += queue
    return found


def end(pids: list[tuple[int, str]], *, within_s: float = 8.0) -> None:
    """End processes of an earlier run that are still the ones recorded (`pid`, :func:`started_ticks`)."""
    for number, patience in ((signal.SIGTERM, within_s), (signal.SIGKILL, 2.0)):
        left = [pid for pid, since in pids if started_ticks(pid) == since]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and any(started_ticks(pid) == since for pid, since in pids):
            time.sleep(POLL_S)


def become_subreaper() -> None:
    """Make this process the parent of whatever its parts leave behind."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


class Supervisor:
    """Owns the running parts.

    Parameters
    ----------
    logs : Path
        Folder of the logs, one per part; the log of the run before is kept as ``.1``.
    say : callable
        Tells the person who started Blotter one line.
    on_change : callable
        Called with the running parts after each start or restart.
    """

    def __init__(self, logs: Path, say: Callable[[str], None], on_change: Callable[[dict[str, Running]], None]) -> None:
        self.logs = logs
        self.say = say
        self.on_change = on_change
        self.running: dict[str, Running] = {}
        self.stop_requested = False
        self._used_logs: set[str] = set()
        become_subreaper()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)

    def _request_stop(self, _number: int, _frame: object) -> None:
        self.stop_requested = True

    def log_of(self, name: str) -> Path:
        """Return the log of a part."""
        return self.logs / f"{name}.log"

    def start(self, part: Part) -> None:
        """Start a part and wait until it is ready.

        Raises
        ------
        Unavailable
            ``part.failed``: it ended or did not get ready; the message names its log and the log's last line.
        """
        running = self.running.get(part.name)
        process = self._spawn(part)
        if running is None:
            self.running[part.name] = Running(part, process, time.monotonic())
        else:
            running.process, running.since = process, time.monotonic()
        self.on_change(self.running)
        deadline = time.monotonic() + part.ready_within_s
        while not part.is_ready():
            if self.stop_requested:
                raise Unavailable("part.stopped", f"stopped while {part.name} was starting")
            if process.poll() is not None:
                raise self._failure(part, f"ended at once (status {process.returncode})")
            if time.monotonic() > deadline:
                raise self._failure(part, f"was not ready within {part.ready_within_s:.0f} s")
            time.sleep(POLL_S)

    def _spawn(self, part: Part) -> subprocess.Popen[bytes]:
        path = self.log_of(part.name)
        if part.name not in self._used_logs and path.exists():
            path.replace(path.with_suffix(".log.1"))
        self._used_logs.add(part.name)
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        user = part.user if os.geteuid() == 0 else None  # only root can become somebody else
        try:
            return subprocess.Popen(  # a list of arguments, never a shell
                part.argv,
                env=part.environment,
                cwd=part.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=part.umask,
                pass_fds=part.descriptors,
                user=None if user is None else user.uid,
                group=None if user is None else user.gid,
                extra_groups=None if user is None else list(user.groups),
            )
        except OSError as fault:
            raise self._failure(part, f"could not be started ({fault.strerror}: {part.argv[0]})") from fault
        finally:
            os.close(log)

    def _failure(self, part: Part, what: str) -> Unavailable:
        last = next(reversed(list(tail(self.log_of(part.name)))), "nothing in its log")
        return Unavailable("part.failed", f"{part.name} {what}: {last[:200]}", f"Its log is {self.log_of(part.name)}.")

    def watch(self) -> None:
        """Watch until somebody asks to stop, or a part dies too often (``Unavailable('part.failed')``)."""
        while not self.stop_requested:
            self.reap()
            for running in list(self.running.values()):
                if running.process.poll() is not None and not self.stop_requested:
                    self._revive(running)
            time.sleep(POLL_S * 3)

    def _revive(self, running: Running) -> None:
        """Start a dead part again, unless it has died too often lately."""
        part, status = running.part, running.process.returncode
        while True:
            now = time.monotonic()
            running.deaths = [at for at in running.deaths if now - at < STABLE_AFTER_S] + [now]
            if len(running.deaths) > part.restarts:
                raise self._failure(part, f"ended {len(running.deaths)} times within {STABLE_AFTER_S:.0f} s")
            self.say(f"{part.name} ended ({_reason(status)}); starting it again")
            try:
                self.start(part)
            except Unavailable:
                if self.stop_requested:
                    return
                stop_group(running.process, signal.SIGKILL, 2.0)
                time.sleep(min(2.0, 0.25 * 2 ** len(running.deaths)))
                status = running.process.returncode
            else:
                self.say(f"{part.name} is back")
                return

    def reap(self) -> None:
        """Collect zombies that parts left to this process."""
        ours = {running.process.pid for running in self.running.values()}
        for entry in Path(f"/proc/self/task/{os.getpid()}").glob("children"):
            for word in entry.read_text().split():
                if int(word) not in ours:
                    with contextlib.suppress(ChildProcessError):
                        os.waitpid(int(word), os.WNOHANG)

    def stop(self) -> None:
        """Stop every part in reverse order, then whatever any of them left behind."""
        for running in reversed(list(self.running.values())):
            stop_one(running.process, running.part.stop_signal, running.part.stop_within_s)
        for number, patience in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0)):
            deadline = time.monotonic() + patience
            left = [pid for pid in descendants(os.getpid()) if started_ticks(pid)]
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            self.running.clear()
            while left and time.monotonic() < deadline:
                self.reap()
                left = [pid for pid in descendants(os.getpid()) if started_ticks(pid)]
                time.sleep(POLL_S / 2)


def stop_one(process: subprocess.Popen[bytes], number: signal.Signals, within_s: float) -> None:
    """Ask a process to end; kill its session's group when it does not."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            stop_group(process, signal.SIGKILL, 2.0)


def stop_group(process: subprocess.Popen[bytes], number: signal.Signals, within_s: float) -> None:
    """Signal the process group that a part leads, and wait for the leader."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(within_s)


def tail(path: Path, lines: int = 20) -> Iterator[str]:
    """Yield the last non-empty lines of a log."""
    with contextlib.suppress(OSError):
        text = path.read_text(errors="replace")[-20_000:]
        yield from [line.strip() for line in text.splitlines() if line.strip()][-lines:]


def _reason(status: int | None) -> str:
    if status is not None and status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"status {status}"


def python(*arguments: str) -> list[str]:
    """Return the command that runs this environment's Python isolated from its user and folder."""
    return [sys.executable, "-I", *arguments]
