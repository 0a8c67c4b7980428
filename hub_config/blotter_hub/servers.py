"""People's servers as processes: started as the notebook user, watched, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blotter_records.control_groups import ControlGroup

from blotter_hub.leash import die_with_parent
from blotter_hub.server_groups import ServerGroups

COMMAND = (sys.executable, "-I", "-m", "blotter_extension.server")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
ALLOWED_VARIABLES = frozenset(
    {
        "BLOTTER_API_URL",
        "BLOTTER_IS_DEMO",
        "BLOTTER_IS_EVALUATION",
        "BLOTTER_RUN_DIR",
        "BLOTTER_SIGNING_ORIGIN",
        "JUPYTERHUB_ACTIVITY_URL",
        "JUPYTERHUB_API_TOKEN",
        "JUPYTERHUB_API_URL",
        "JUPYTERHUB_BASE_URL",
        "JUPYTERHUB_CLIENT_ID",
        "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED",
        "JUPYTERHUB_COOKIE_OPTIONS",
        "JUPYTERHUB_HOST",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES",
        "JUPYTERHUB_OAUTH_CALLBACK_URL",
        "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES",
        "JUPYTERHUB_OAUTH_SCOPES",
        "JUPYTERHUB_PUBLIC_HUB_URL",
        "JUPYTERHUB_PUBLIC_URL",
        "JUPYTERHUB_SERVER_NAME",
        "JUPYTERHUB_SERVICE_PREFIX",
        "JUPYTERHUB_SERVICE_URL",
        "JUPYTERHUB_USER",
    }
)
GRACE_S = 5.0
REAP_S = 0.25

log = logging.getLogger("blotter.launcher")


class RequestRefused(Exception):
    """The request is not one that the launcher carries out; the text goes back to the hub."""


@dataclass
class Server:
    """A running (or just ended) server of one person."""

    process: subprocess.Popen[bytes]
    folder: Path
    lease: int
    group: ControlGroup | None = None
    stopping: bool = False


@dataclass
class Servers:
    """The servers that run, by name."""

    run_dir: Path
    notebook_uid: int
    notebook_gid: int
    log_dir: Path | None = None
    groups: ServerGroups = field(default_factory=ServerGroups)
    running: dict[str, Server] = field(default_factory=dict)

    def start(self, lease: int, name: str, port: int, variables: dict[str, str], token: str) -> int:
        """Start the server of ``name``; returns its process id."""
        _check_name(name)
        unknown = sorted(set(variables) - ALLOWED_VARIABLES)
        if unknown:
            raise RequestRefused(f"variables that are not on the list: {', '.join(unknown)}")
        if not all(isinstance(value, str) and "\0" not in value for value in variables.values()):
            raise RequestRefused("variables must be text")
        if not 1024 <= port <= 65535:
            raise RequestRefused("the port must be between 1024 and 65535")
        if not re.fullmatch(r"[\x21-\x7e]{16,512}", token):
            raise RequestRefused("no session token was given")
        if name in self.running and self.running[name].process.poll() is None:
            raise RequestRefused(f"{name} is already running")
        self._forget(name)
        folder = self._make_folder(token)
        group = self.groups.make(folder.name, self.notebook_uid, self.notebook_gid)
        process = self._run(name, folder, self._environment(folder, variables), group)
        self.running[name] = Server(process, folder, lease, group)
        log.info("started %s, pid %d, port %d", name, process.pid, port)
        return process.pid

    def poll(self, name: str) -> int | None:
        """Return None while the server runs, else its exit code (0 for one that is not known)."""
        _check_name(name)
        server = self.running.get(name)
        if server is None:
            return 0
        return server.process.poll()

    async def stop(self, name: str) -> None:
        """Stop a server and its children: SIGTERM, then SIGKILL to its whole process group."""
        _check_name(name)
        server = self.running.get(name)
        if server is None:
            return
        if not server.stopping:
            server.stopping = True
            server.process.terminate()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + GRACE_S
        while server.process.poll() is None and loop.time() < deadline:  # noqa: ASYNC110 - no event for a child's end
            await asyncio.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            # A group outlives its leader as long as a member lives; when none does, this finds no process.
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait(timeout=GRACE_S)
        if self.running.get(name) is server:
            self._forget(name)
        log.info("stopped %s", name)

    async def stop_lease(self, lease: int) -> None:
        """Stop every server of a connection that closed."""
        await asyncio.gather(*(self.stop(name) for name, server in list(self.running.items()) if server.lease == lease))

    async def stop_all(self) -> None:
        """Stop every server."""
        await asyncio.gather(*(self.stop(name) for name in list(self.running)))

    def _make_folder(self, token: str) -> Path:
        """Make a fresh folder of the notebook user, with a home and the token file in it."""
        parent = self.run_dir / "n"
        parent.mkdir(mode=0o711, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="s", dir=parent))
        home = folder / "home"
        temporary = folder / "tmp"
        home.mkdir(mode=0o700)
        temporary.mkdir(mode=0o700)
        token_file = folder / "session_token"
        descriptor = os.open(token_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token)
        if os.geteuid() == 0:
            for path in (token_file, home, temporary, folder):
                os.chown(path, self.notebook_uid, self.notebook_gid)
        return folder

    @staticmethod
    def _environment(folder: Path, variables: dict[str, str]) -> dict[str, str]:
        """Return the whole environment of a server: nothing is inherited from the launcher."""
        return {
            "HOME": str(folder / "home"),
            "LANG": "C.UTF-8",
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "TMPDIR": str(folder / "tmp"),
            "TZ": "UTC",
            **variables,
            "BLOTTER_SESSION_TOKEN_FILE": str(folder / "session_token"),
        }

    def _run(
        self, name: str, folder: Path, environment: dict[str, str], group: ControlGroup | None
    ) -> subprocess.Popen[bytes]:
        change: dict[str, Any] = {}
        if os.geteuid() == 0:
            change = {"user": self.notebook_uid, "group": self.notebook_gid, "extra_groups": []}
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context(self.groups.door(group))

            def on_leash() -> None:
                enter()
                die_with_parent()

            output: Any = None
            if self.log_dir is not None:
                path = self.log_dir / f"server-{name}.log"
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o640)
                output = stack.enter_context(os.fdopen(descriptor, "ab"))
            return subprocess.Popen(
                COMMAND,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                cwd=folder / "home",
                start_new_session=True,
                umask=0o077,
                preexec_fn=on_leash,  # noqa: PLW1509 - the launcher has one thread
                **change,
            )

    def _forget(self, name: str) -> None:
        server = self.running.pop(name, None)
        if server is not None:
            shutil.rmtree(server.folder, ignore_errors=True)
            self.groups.end(server.group)

    async def reap(self) -> None:
        """Collect servers that ended by themselves, and what they left behind."""
        while True:
            await asyncio.sleep(REAP_S)
            for server in self.running.values():
                if server.process.poll() is not None and not server.stopping:
                    server.stopping = True
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(server.process.pid, signal.SIGKILL)
                    shutil.rmtree(server.folder, ignore_errors=True)
                    self.groups.end(server.group)
            self.groups.sweep()


def _check_name(name: str) -> None:
    if not NAME.match(name):
        raise RequestRefused("the name may hold letters, digits, dot, dash and underscore only")
