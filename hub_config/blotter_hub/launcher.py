"""The launcher: starts people's Jupyter servers, on behalf of the hub and of nobody else.

Run as root, it gives each account's server a user id of its own; run as an ordinary user (an evaluation) it has none
to give, and is started without the last two arguments::

    python -I -m blotter_hub.launcher --socket RUN/launcher.sock --run-dir RUN --hub-user blotter-hub
        [--log-dir DIR] --first-uid 2100000000 --last-uid 2100099999

It is the only process of Blotter that may change user while people work, so it is small, imports little (the standard
library, the package lock), and knows three requests: start, poll, stop. The command is fixed; the caller gives a name,
an account, a port, variables of an allow-list, and a session token, which goes into a file of mode 0600, never in
arguments or environment. The account's number decides the user id: the hub, which holds everybody's session token, is
trusted to name the account; that the id is one of the range, nobody else's, and never root's, is seen to here.

Requests are JSON lines over a unix socket: ``{"id", "call", "name", ...}``, answers ``{"id", "ok", "value"|"error"}``.
A connection is a lease: when it closes, by the hub's end or death, the servers started over it are stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blotter_records.errors import BlotterError
from blotter_records.installed.checking import of_this_process

from blotter_hub.servers import Servers
from blotter_hub.user_ids import RequestRefused, UserIds

LINE_LIMIT = 64 * 1024

log = logging.getLogger("blotter.launcher")


@dataclass
class Launcher:
    """Answers the hub over the socket; see the module's text."""

    servers: Servers
    hub_uid: int
    leases: int = 0

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
            await self.servers.stop_lease(lease)

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
                account, port = str(request["account"]), int(request["port"])
                return self.servers.start(lease, name, account, port, dict(request["variables"]), str(request["token"]))
            case "poll":
                return self.servers.poll(name)
            case "stop":
                await self.servers.stop(name)
                return None
            case other:
                raise RequestRefused(f"unknown request {other!r}")

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
        reaper = asyncio.create_task(self.servers.reap())
        log.info("listening on %s", socket_path)
        await ended.wait()
        listener.close()
        reaper.cancel()
        await self.servers.stop_all()


def _peer_uid(connection: socket.socket) -> int:
    """Return the uid of the process at the other end, as the kernel knows it."""
    layout = struct.Struct("3i")  # struct ucred: pid, uid, gid
    _pid, uid, _gid = layout.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, layout.size))
    return int(uid)


def _account(name: str) -> pwd.struct_passwd:
    return pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)


def _user_ids(first: int | None, last: int | None) -> UserIds | None:
    """Return the ids of people's servers; None for an ordinary user. Raises ``ValueError``: servers would be root's."""
    if os.geteuid() != 0:
        return None
    if first is None or last is None:
        raise ValueError("servers are never run as root: name --first-uid and --last-uid")
    return UserIds(first, last)


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description="Starts people's Jupyter servers.")
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--hub-user", required=True, help="name or uid that may connect")
    parser.add_argument("--log-dir", type=Path, default=None)
    parser.add_argument("--first-uid", type=int, help="account ACC-000001 has the one after (root only, and needed)")
    parser.add_argument("--last-uid", type=int, help="the last of the range")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s launcher %(levelname)s %(message)s")
    try:
        of_this_process()
    except BlotterError as error:
        parser.error(f"{error} {error.diagnostics()}")
    try:
        user_ids = _user_ids(arguments.first_uid, arguments.last_uid)
    except ValueError as error:
        parser.error(str(error))
    servers = Servers(arguments.run_dir, user_ids, arguments.log_dir)
    launcher = Launcher(servers, _account(arguments.hub_user).pw_uid)
    arguments.socket.unlink(missing_ok=True)
    # What a killed launcher left: homes and token files of servers that died with it, and processes that did not.
    if user_ids is not None:
        user_ids.end_all()
    shutil.rmtree(servers.run_dir / "n", ignore_errors=True)
    try:
        asyncio.run(launcher.serve(arguments.socket))
    finally:
        arguments.socket.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
