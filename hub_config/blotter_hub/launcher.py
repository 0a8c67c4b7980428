"""The launcher: starts people's Jupyter servers as the notebook user, on behalf of the hub and of nobody else.

Run as root (it changes user for each server) or, in an evaluation, as the one ordinary user::

    python -I -m blotter_hub.launcher --socket RUN/launcher.sock --run-dir RUN --hub-user blotter-hub
        --notebook-user blotter-notebook [--log-dir DIR]

It is the only process of Blotter that may change user while people work, so it is small, imports the standard library
only, and knows three requests: start, poll, stop. The command is fixed; the caller gives a name, a port, variables of
an allow-list, and a session token, which goes into a file of mode 0600 and is never in arguments or environment.

Requests are JSON lines over a unix socket: ``{"id", "call", "name", ...}``, answers ``{"id", "ok", "value"|"error"}``.
A connection is a lease: when it closes, by the hub's end or death, the servers started over it are stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blotter_hub.leash import die_with_parent

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
LINE_LIMIT = 64 * 1024
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
    stopping: bool = False


@dataclass
class Launcher:
    """Starts, watches and stops servers; see the module's text."""

    run_dir: Path
    hub_uid: int
    notebook_uid: int
    notebook_gid: int
    log_dir: Path | None = None
    servers: dict[str, Server] = field(default_factory=dict)
    leases: int = 0

    # ---- requests -------------------------------------------------------------------------------------------------

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
        if name in self.servers and self.servers[name].process.poll() is None:
            raise RequestRefused(f"{name} is already running")
        self._forget(name)
        folder = self._make_folder(token)
        process = self._run(name, folder, self._environment(folder, variables))
        self.servers[name] = Server(process, folder, lease)
        log.info("started %s, pid %d, port %d", name, process.pid, port)
        return process.pid

    def poll(self, name: str) -> int | None:
        """Return None while the server runs, else its exit code (0 for one that is not known)."""
        _check_name(name)
        server = self.servers.get(name)
        if server is None:
            return 0
        return server.process.poll()

    async def stop(self, name: str) -> None:
        """Stop a server and its children: SIGTERM, then SIGKILL to its whole process group."""
        _check_name(name)
        server = self.servers.get(name)
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
        if self.servers.get(name) is server:
            self._forget(name)
        log.info("stopped %s", name)

    async def stop_lease(self, lease: int) -> None:
        """Stop every server of a connection that closed."""
        await asyncio.gather(*(self.stop(name) for name, server in list(self.servers.items()) if server.lease == lease))

    async def stop_all(self) -> None:
        """Stop every server."""
        await asyncio.gather(*(self.stop(name) for name in list(self.servers)))

    # ---- parts of starting ----------------------------------------------------------------------------------------

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

    def _run(self, name: str, folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        change: dict[str, Any] = {}
        if os.geteuid() == 0:
            change = {"user": self.notebook_uid, "group": self.notebook_gid, "extra_groups": []}
        with contextlib.ExitStack() as stack:
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
                preexec_fn=die_with_parent,  # noqa: PLW1509 - the launcher has one thread
                **change,
            )

    def _forget(self, name: str) -> None:
        server = self.servers.pop(name, None)
        if server is not None:
            shutil.rmtree(server.folder, ignore_errors=True)

    # ---- the socket -----------------------------------------------------------------------------------------------

    async def serve_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection, if it is the hub's, until it closes; then end its servers."""
        uid = _peer_uid(writer.get_extra_info("socket"))
        if uid != self.hub_uid:
            log.warning("refused a connection of uid %d", uid)
            writer.close()
            return
        self.leases += 1
        lease = self.leases
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(lease, line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError) as error:  # ValueError: a line over the limit
            log.warning("connection %d ended: %s", lease, error)
        finally:
            writer.close()
            await self.stop_lease(lease)

    async def _answer(self, lease: int, line: bytes) -> dict[str, Any]:
        number: Any = None
        try:
            request = json.loads(line)
            number = request.get("id")
            value = await self._carry_out(lease, request)
        except RequestRefused as error:
            log.warning("refused: %s", error)
            return {"id": number, "ok": False, "error": str(error)}
        except (OSError, ValueError, TypeError, AttributeError, KeyError, subprocess.SubprocessError) as error:
            log.exception("request failed")
            return {"id": number, "ok": False, "error": f"{type(error).__name__}: {error}"}
        return {"id": number, "ok": True, "value": value}

    async def _carry_out(self, lease: int, request: dict[str, Any]) -> int | None:
        name = str(request["name"])
        match request["call"]:
            case "start":
                return self.start(lease, name, int(request["port"]), dict(request["variables"]), str(request["token"]))
            case "poll":
                return self.poll(name)
            case "stop":
                await self.stop(name)
                return None
            case other:
                raise RequestRefused(f"unknown request {other!r}")

    async def reap(self) -> None:
        """Collect servers that ended by themselves, and what they left behind."""
        while True:
            await asyncio.sleep(REAP_S)
            for server in self.servers.values():
                if server.process.poll() is not None and not server.stopping:
                    server.stopping = True
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(server.process.pid, signal.SIGKILL)
                    shutil.rmtree(server.folder, ignore_errors=True)

    async def serve(self, socket_path: Path) -> None:
        """Listen until SIGTERM or SIGINT, then stop every server."""
        mask = os.umask(0o177)
        try:
            listener = await asyncio.start_unix_server(self.serve_connection, socket_path, limit=LINE_LIMIT)
        finally:
            os.umask(mask)
        if os.geteuid() == 0:
            os.chown(socket_path, self.hub_uid, -1)
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        reaper = asyncio.create_task(self.reap())
        log.info("listening on %s", socket_path)
        await ended.wait()
        listener.close()
        reaper.cancel()
        await self.stop_all()


def _check_name(name: str) -> None:
    if not NAME.match(name):
        raise RequestRefused("the name may hold letters, digits, dot, dash and underscore only")


def _peer_uid(connection: socket.socket) -> int:
    """Return the uid of the process at the other end, as the kernel knows it."""
    layout = struct.Struct("3i")  # struct ucred: pid, uid, gid
    _pid, uid, _gid = layout.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, layout.size))
    return int(uid)


def _account(name: str) -> pwd.struct_passwd:
    return pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description="Starts people's Jupyter servers as the notebook user.")
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--hub-user", required=True, help="name or uid that may connect")
    parser.add_argument("--notebook-user", required=True, help="name or uid that servers run as (used by root only)")
    parser.add_argument("--log-dir", type=Path, default=None)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s launcher %(levelname)s %(message)s")
    notebook = _account(arguments.notebook_user)
    if os.geteuid() == 0 and notebook.pw_uid == 0:
        parser.error("servers are never run as root")
    launcher = Launcher(
        run_dir=arguments.run_dir,
        hub_uid=_account(arguments.hub_user).pw_uid,
        notebook_uid=notebook.pw_uid,
        notebook_gid=notebook.pw_gid,
        log_dir=arguments.log_dir,
    )
    arguments.socket.unlink(missing_ok=True)
    # What a killed launcher left: homes and token files of servers that died with it.
    shutil.rmtree(launcher.run_dir / "n", ignore_errors=True)
    try:
        asyncio.run(launcher.serve(arguments.socket))
    finally:
        arguments.socket.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
