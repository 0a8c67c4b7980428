"""One snapshot of the database for a backup, and the two programs that write and read it.

The programs are PostgreSQL's own, of the version that serves; they connect as ``blotter_backup`` (reads, never writes)
and as ``blotter_owner`` (restores into an empty database), never as the superuser. A restore is one transaction.
Restoring data without the schema would let the triggers stamp every entry anew: there is no way here to do that.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg
from sqlalchemy import make_url

from blotter_records.adapters.embedded_postgres import binaries
from blotter_records.adapters.postgres.connecting import connect
from blotter_records.domain.records import FILE_FIELDS
from blotter_records.errors import Unavailable
from blotter_records.ports.backups import Snapshot
from blotter_records.ports.sequence import TreeHead

_AT_ONCE = 2_000
_FILES: LiteralString = "SELECT kind, record_id, content FROM records.revision WHERE kind = ANY(%s) ORDER BY entry_id"


class PostgresSnapshot:
    """The database at one moment; use it in a ``with`` block.

    Parameters
    ----------
    url : str
        SQLAlchemy URL (role ``blotter_backup``), without a password.
    password : str
    """

    def __init__(self, url: str, password: str) -> None:
        self._url = url
        self._password = password
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        """Connect and take the snapshot."""
        with _translated():
            self._connection = connect(self._url, self._password)
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
            self.head()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection, and with it the snapshot."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _one(self, question: LiteralString) -> tuple[Any, ...]:
        assert self._connection is not None, "a snapshot is used inside its with block"
        with _translated():
            row = self._connection.execute(question).fetchone()
        if row is None:
            raise Unavailable("unavailable.tree", "The trail's tables are not complete.")
        return row

    def now(self) -> datetime:
        """Return the database's time, aware, UTC."""
        moment: datetime = self._one("SELECT clock_timestamp()")[0]
        return moment

    def head(self) -> TreeHead:
        """Return the tree."""
        size, root = self._one("SELECT size, root FROM audit.tree")
        return TreeHead(size, root)

    def waiting(self) -> int:
        """Return how many entries have no number yet."""
        return int(self._one("SELECT count(*) FROM audit.pending")[0])

    def schema(self) -> str:
        """Return the revision of the schema."""
        return str(self._one("SELECT version_num FROM audit.alembic_version")[0])

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield SHA-256 and record of every sealed file that a revision names, each once."""
        assert self._connection is not None, "a snapshot is used inside its with block"
        seen: set[str] = set()
        with _translated(), self._connection.cursor(name="files") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(_FILES, [list(FILE_FIELDS)])
            for kind, record_id, content in cursor:
                sha256 = json.loads(content).get(FILE_FIELDS[kind])
                if sha256 and sha256 not in seen:
                    seen.add(sha256)
                    yield sha256, f"{kind} {record_id}"

    def dump(self, path: Path) -> None:
        """Write everything into a file that ``pg_restore`` reads. Raises ``Unavailable('database.dump')``."""
        snapshot = self._one("SELECT pg_export_snapshot()")[0]
        _run("pg_dump", self._url, self._password, "--format=custom", f"--snapshot={snapshot}", f"--file={path}")


def restore_dump(path: Path, url: str, password: str) -> None:
    """Restore a dump into an empty database, as its owner, all or nothing. Raises ``Unavailable('database.restore')``.

    Parameters
    ----------
    path : Path
    url : str
        SQLAlchemy URL (role ``blotter_owner``), without a password.
    password : str
    """
    _run("pg_restore", url, password, "--exit-on-error", "--single-transaction", "--no-owner", str(path))


_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}


def _run(program: str, url: str, password: str, *arguments: str) -> None:
    parts = make_url(url)
    host = parts.host or str(parts.query.get("host", ""))
    port = parts.port or str(parts.query.get("port", ""))
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    # A file, because environments and arguments of processes can be read by others.
    with tempfile.NamedTemporaryFile("w", prefix="bl-") as file:
        file.write(f"*:*:*:{parts.username}:{escaped}\n")
        file.flush()
        done = subprocess.run(
            [
                str(binaries() / program),
                *(f"--{name}={value}" for name, value in (("host", host), ("port", port)) if value),
                f"--username={parts.username}",
                f"--dbname={parts.database}",
                "--no-password",
                *arguments,
            ],
            env={**_ENVIRONMENT, "PGPASSFILE": file.name},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
    if done.returncode != 0:
        first = (done.stderr.strip().splitlines() or ["it said nothing"])[0]
        raise Unavailable(f"database.{program.removeprefix('pg_')}", f"{program} did not succeed: {first}")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.InsufficientPrivilege) as error:
        raise Unavailable("unavailable.database", f"The database cannot be read: {error}".strip()) from error


def _fits_the_port(snapshot: PostgresSnapshot) -> Snapshot:
    return snapshot
