"""The database of an installation, as the command line handles it: made, migrated, filled for a demo, verified."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from blotter_records.adapters.embedded_postgres import PORT, SUPERUSER, EmbeddedPostgres
from blotter_records.adapters.installation import Installation, hold_lock, make_run_folder
from blotter_records.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from blotter_records.domain.note import VerifierKey
    from blotter_records.services.verifying_checkpoints import Signed


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


@dataclass(frozen=True)
class Verified:
    """What a verification found: the faults, a line each, what was looked at, and the kept checkpoints confirmed."""

    faults: list[str]
    counted: str
    continued: list[str]


def verify(installation: Installation, since: Sequence[Path] = (), key: str | None = None) -> Verified:
    """Verify an installation, running or not.

    Parameters
    ----------
    installation : Installation
    since : sequence of Path
        Checkpoints that somebody kept; the trail has to continue each.
    key : str, optional
        The verifier key to trust, as text or as the name of a file that holds it. Without it the installation's own
        secret is used, not the folder that holds the checkpoints: who can write there could put a key beside a false
        checkpoint.

    Raises
    ------
    Invalid
        ``invalid.key``: the key given is none.
    Unavailable, OSError
        It could not be checked.
    """
    from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder  # noqa: PLC0415
    from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader  # noqa: PLC0415
    from blotter_records.adapters.store import ObjectStore  # noqa: PLC0415
    from blotter_records.services.verification import verify_installation  # noqa: PLC0415

    trusted = _verifier_key(installation, key)
    kept = [(str(path), path.read_text(errors="replace")) for path in since]
    password = installation.secret("db-reader").read_text()
    notes = FileCheckpointFolder(installation.data / "checkpoints").notes()
    store = ObjectStore((installation.data / "store").as_uri())
    with (
        reachable(installation) as postgres,
        PostgresTrailReader(postgres.url("blotter_reader", "blotter"), password) as reader,
    ):
        report = verify_installation(reader, store, notes, trusted, kept)
    return Verified(
        faults=[str(finding) for finding in report.findings],
        counted=f"{report.entries} entries, {report.files} files, {report.checkpoints} checkpoints",
        continued=[f"continues {kept.name}: {size} entries, {_signed_at(kept)}" for size, kept in report.continued],
    )


def _verifier_key(installation: Installation, given: str | None) -> VerifierKey:
    from blotter_records.domain.note import BadNote, SigningKey, VerifierKey  # noqa: PLC0415

    if given is None:
        pem = installation.secret("checkpoint-key").read_bytes()
        return SigningKey.from_pem(installation.instance.origin, pem).verifier()
    # The text form holds a name, two plus signs and base64: no file is called so by accident.
    try:
        return VerifierKey.parse(given if "+" in given and not Path(given).is_file() else Path(given).read_text())
    except BadNote as error:
        raise Invalid("invalid.key", f"--key: {error}") from error


def _signed_at(kept: Signed) -> str:
    return "no time signed" if kept.time_s is None else f"signed {datetime.fromtimestamp(kept.time_s, UTC).isoformat()}"


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
