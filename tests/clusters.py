"""A private PostgreSQL for tests and benchmarks, set up as in the product: own roles, SCRAM, the real migrations."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from blotter_records.adapters.embedded_postgres import SUPERUSER, EmbeddedPostgres
from blotter_records.adapters.postgres import PostgresLedger
from blotter_records.adapters.postgres.cluster import DATABASE_OF, create_roles_and_databases
from blotter_records.adapters.system_users import find_users
from blotter_records.migrations import upgrade


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL and the password of each of its roles (``postgres`` is the superuser)."""

    server: EmbeddedPostgres
    passwords: dict[str, str]

    def connect(self, role: str, database: str, *, autocommit: bool = False) -> psycopg.Connection:
        """Return a plain psycopg connection as a role."""
        return psycopg.connect(
            host=str(self.server.sockets),
            port=5432,
            user=role,
            dbname=database,
            password=self.passwords[role],
            autocommit=autocommit,
        )

    def new_database(self) -> Database:
        """Return a fresh copy of the migrated database."""
        name = f"b{secrets.token_hex(6)}"
        with self.connect(SUPERUSER, "postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE blotter OWNER blotter_owner")
        return Database(self, name)


@dataclass(frozen=True)
class Database:
    """One database of the cluster."""

    cluster: Cluster
    name: str

    def url(self, role: str) -> str:
        """Return the SQLAlchemy URL for a role, without its password."""
        return self.cluster.server.url(role, self.name)

    def password(self, role: str) -> str:
        """Return the password of a role."""
        return self.cluster.passwords[role]

    def connect(self, role: str, *, autocommit: bool = False) -> psycopg.Connection:
        """Return a plain psycopg connection as a role (``postgres``: the superuser)."""
        return self.cluster.connect(role, self.name, autocommit=autocommit)

    def ledger(self, pool_size: int = 4) -> PostgresLedger:
        """Return a ledger as the run-time role."""
        return PostgresLedger(self.url("blotter_runtime"), self.password("blotter_runtime"), pool_size)


@contextmanager
def running_cluster(*, is_durable: bool = False) -> Iterator[Cluster]:
    """Run a cluster in a folder of its own for the time of the block; as root under the database's system user.

    Tests kill processes, not machines, so they may do without fsync; a benchmark may not.
    """
    folder = Path(tempfile.mkdtemp(prefix="bl-pg-"))
    folder.chmod(0o755)
    user = find_users().database if os.geteuid() == 0 else None
    for name in ("data", "sockets"):
        (folder / name).mkdir(mode=0o700)
        if user is not None:
            os.chown(folder / name, user.uid, user.gid)
    server = EmbeddedPostgres(folder / "data", folder / "sockets", user)
    cluster = Cluster(server, {role: secrets.token_urlsafe(24) for role in (*DATABASE_OF, SUPERUSER)})
    try:
        server.initialise(cluster.passwords[SUPERUSER])
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(f"fsync = {'on' if is_durable else 'off'}\n")
        server.start()
        with cluster.connect(SUPERUSER, "postgres", autocommit=True) as connection:
            create_roles_and_databases(connection, cluster.passwords)
        upgrade(server.url("blotter_owner", "blotter"), cluster.passwords["blotter_owner"])
        yield cluster
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
