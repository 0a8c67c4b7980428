"""People's servers as processes: started, each under a user id of its own, watched, stopped."""

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
from blotter_hub.user_ids import RequestRefused, UserIds, end_all_of, number_of

COMMAND = (sys.executable, "-I", "-m", "blotter_extension.server")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
ALLOWED_VARIABLES = frozenset(
    {
        "BLOTTER_API_URL",
        "BLOTTER_IS_DEMO",
        "BLOTTER_IS_EVALUATION",
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


@dataclass
class Server:
    """A running (or just ended) server of one person."""

    process: subprocess.Popen[bytes]
    folder: Path
    lease: int
    #: Under which it runs; None in an evaluation, where the launcher's own is everybody's.
    uid: int | None
    group: ControlGroup | None = None
    stopping: bool = False


@dataclass
class Servers:
    """The servers that run, by name.

    Parameters
    ----------
    run_dir : Path
        Their folders are below it.
    user_ids : UserIds or None
        Started as root, each account has its own; None in an evaluation.
    log_dir : Path or None
        Where their output goes.
    """

    run_dir: Path
    user_ids: UserIds | None
    log_dir: Path | None = None
    groups: ServerGroups = field(default_factory=ServerGroups)
    running: dict[str, Server] = field(default_factory=dict)

    def start(self, lease: int, name: str, account: str, port: int, variables: dict[str, str], token: str) -> int:
        """Start the server of ``name`` under the user id of ``account``; returns its process id."""
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
        uid = self._uid_of(account)
        folder = self._make_folder(token, uid)
        group = None
        try:
            group = self.groups.make(folder.name, uid)
            process = self._run(name, folder, self._environment(name, folder, variables), uid, group)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            self.groups.end(group)
            raise
        self.running[name] = Server(process, folder, lease, uid, group)
        log.info("started %s, pid %d, port %d, user id %s", name, process.pid, port, "its own" if uid is None else uid)
        return process.pid

    def _uid_of(self, account: str) -> int | None:
        """Return the user id of an account, with nothing running under it; None in an evaluation."""
        if self.user_ids is None:
            number_of(account)
            return None
        uid = self.user_ids.of(account)
        for name, server in list(self.running.items()):
            if server.uid == uid and server.process.poll() is None:
                raise RequestRefused(f"a server of {account} is already running as {name}")
            if server.uid == uid:
                self._forget(name)
        end_all_of(uid)
        return uid

    def poll(self, name: str) -> int | None:
        """Return None while the server runs, else its exit code (0 for one that is not known)."""
        _check_name(name)
        server = self.running.get(name)
        if server is None:
            return 0
        return server.process.poll()

    async def stop(self, name: str) -> None:
        """Stop a server and its children: SIGTERM, then SIGKILL to its whole process group and user id."""
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
        self._kill_rest(server)
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

    def _make_folder(self, token: str, uid: int | None) -> Path:
        """Make a fresh folder that only ``uid`` may enter: a home, the token file; later sockets and connections."""
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
        if uid is not None:
            for path in (token_file, home, temporary, folder):
                os.chown(path, uid, uid)
        return folder

    @staticmethod
    def _environment(name: str, folder: Path, variables: dict[str, str]) -> dict[str, str]:
        """Return the whole environment of a server: nothing is inherited from the launcher.

        Home and name stand in it, since ``/etc/passwd`` knows nothing of these user ids.
        """
        return {
            "HOME": str(folder / "home"),
            "LANG": "C.UTF-8",
            "LOGNAME": name,
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "TMPDIR": str(folder / "tmp"),
            "TZ": "UTC",
            "USER": name,
            **variables,
            "BLOTTER_RUN_DIR": str(folder),
            "BLOTTER_SESSION_TOKEN_FILE": str(folder / "session_token"),
        }

    def _run(
        self, name: str, folder: Path, environment: dict[str, str], uid: int | None, group: ControlGroup | None
    ) -> subprocess.Popen[bytes]:
        change: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
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

    def _kill_rest(self, server: Server) -> None:
        """Kill what is left of a server; a group outlives its leader, and a process may have left the group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        if server.uid is None or any(one.uid == server.uid for one in self.running.values() if one is not server):
            return  # the second: a newer server has taken its place, and nothing older was left when it started
        try:
            end_all_of(server.uid)
        except OSError:  # tried again, and then refused, before the person's next server
            log.exception("something of a stopped server is left")

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
                    self._kill_rest(server)
                    shutil.rmtree(server.folder, ignore_errors=True)
                    self.groups.end(server.group)
            self.groups.sweep()


def _check_name(name: str) -> None:
    if not NAME.match(name):
        raise RequestRefused("the name may hold letters, digits, dot, dash and underscore only")
