"""The database of an installation, as the command line handles it: made, migrated, filled for a demo, verified."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from blotter_records.adapters.embedded_postgres import PORT, SUPERUSER, EmbeddedPostgres
from blotter_records.adapters.installation import Installation, hold_lock, make_run_folder
from blotter_records.errors import Unavailable


def server(installation: Installation) -> EmbeddedPostgres:
    """Return the installation's PostgreSQL."""
    return EmbeddedPostgres(installation.data / "postgres", installation.run / "pg", installation.users.database)


def url(installation: Installation, role: str, database: str) -> str:
    """Return the URL of a database for one role, without its password."""
    return server(installation).url(role, database)


def initialise(installation: Installation, postgres: EmbeddedPostgres) -> None:
    """Make the cluster's files, the first time."""
    postgres.initialise(installation.secret("db-superuser").read_text())


def upgrade(installation: Installation, postgres: EmbeddedPostgres) -> None:
    """Make roles and databases where missing, then bring the schema to the newest revision, as its owner.

    Imported here: the other commands need neither driver nor migrations.
    """
    from blotter_records.adapters.postgres.cluster import DATABASE_OF, create_roles_and_databases  # noqa: PLC0415
    from blotter_records.migrations import upgrade as migrate  # noqa: PLC0415

    passwords = {role: installation.secret(f"db-{role.removeprefix('blotter_')}").read_text() for role in DATABASE_OF}
    try:
        with psycopg.connect(
            host=str(postgres.sockets),
            port=PORT,
            user=SUPERUSER,
            password=installation.secret("db-superuser").read_text(),
            dbname="postgres",
            autocommit=True,
        ) as superuser:
            create_roles_and_databases(superuser, passwords)
        migrate(postgres.url("blotter_owner", "blotter"), passwords["blotter_owner"])
    except (psycopg.Error, SQLAlchemyError) as fault:
        raise Unavailable("database.upgrade", f"the database could not be prepared: {first_line(fault)}") from fault


def verify(installation: Installation) -> tuple[list[str], str]:
    """Verify an installation, running or not; return the faults, a line each, and what was looked at.

    The key comes from the installation's own secret, not from the folder that holds the checkpoints: who can write
    there could put a key beside a false checkpoint.

    Raises
    ------
    Unavailable, OSError
        It could not be checked.
    """
    from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder  # noqa: PLC0415
    from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader  # noqa: PLC0415
    from blotter_records.adapters.store import ObjectStore  # noqa: PLC0415
    from blotter_records.domain.note import SigningKey  # noqa: PLC0415
    from blotter_records.services.verification import verify_installation  # noqa: PLC0415

    key = SigningKey.from_pem(installation.instance.origin, installation.secret("checkpoint-key").read_bytes())
    password = installation.secret("db-reader").read_text()
    notes = FileCheckpointFolder(installation.data / "checkpoints").notes()
    store = ObjectStore((installation.data / "store").as_uri())
    with (
        reachable(installation) as postgres,
        PostgresTrailReader(postgres.url("blotter_reader", "blotter"), password) as reader,
    ):
        report = verify_installation(reader, store, notes, key.verifier())
    counted = f"{report.entries} entries, {report.files} files, {report.checkpoints} checkpoints"
    return [str(finding) for finding in report.findings], counted


@contextmanager
def reachable(installation: Installation) -> Iterator[EmbeddedPostgres]:
    """Keep PostgreSQL running for the time of the block, starting it only when the system is down."""
    postgres = server(installation)
    if postgres.is_ready():
        yield postgres
        return
    lock = hold_lock(installation.data)
    if lock is None:
        raise Unavailable("database.down", "Blotter is running but its database does not answer", "See blotter status.")
    try:
        make_run_folder(installation.data, installation.users)
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.stop()
    finally:
        os.close(lock)


def first_line(fault: Exception) -> str:
    """Return the first line of an error's text."""
    return next(iter(str(fault).strip().splitlines()), type(fault).__name__)
