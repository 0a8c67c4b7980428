"""The database of an installation, as the command line handles it: made, migrated, filled for a demo, verified."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from blotter_records.adapters.embedded_postgres import PORT, SUPERUSER, EmbeddedPostgres
from blotter_records.adapters.installation import Installation, hold_lock, make_run_folder
from blotter_records.errors import IntegrityBroken, Invalid, Unavailable

if TYPE_CHECKING:
    from blotter_records.domain.keys import KeyHistory
    from blotter_records.domain.note import SigningKey, VerifierKey
    from blotter_records.services.trail.verifying_checkpoints import Signed


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
    """Make roles and databases where missing, then bring the schema to the newest revision, as its owner."""
    make_databases(installation, postgres)
    migrate(installation, postgres)


def make_databases(installation: Installation, postgres: EmbeddedPostgres) -> None:
    """Make roles and databases where missing.

    Imported here: the other commands need neither driver nor migrations.
    """
    from blotter_records.adapters.postgres.cluster import DATABASE_OF, create_roles_and_databases  # noqa: PLC0415

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
    except psycopg.Error as fault:
        raise Unavailable("database.upgrade", f"the database could not be prepared: {first_line(fault)}") from fault


def migrate(installation: Installation, postgres: EmbeddedPostgres) -> None:
    """Bring the schema to the newest revision, as its owner."""
    from blotter_records.migrations import upgrade as to_newest  # noqa: PLC0415

    try:
        to_newest(postgres.url("blotter_owner", "blotter"), installation.secret("db-owner").read_text())
    except (psycopg.Error, SQLAlchemyError) as fault:
        raise Unavailable("database.upgrade", f"the database could not be prepared: {first_line(fault)}") from fault


@dataclass(frozen=True)
class Verified:
    """What a verification found: the faults, a line each, what was looked at, and the kept checkpoints confirmed."""

    faults: list[str]
    counted: str
    continued: list[str]


def verify(
    installation: Installation, since: Sequence[Path] = (), key: str | None = None, *, with_anchors: bool = False
) -> Verified:
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
    with_anchors : bool
        The checkpoints of the places in ``anchors.toml`` that can be read back count as kept, too.

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
    from blotter_records.services.trail.verification import verify_installation  # noqa: PLC0415

    trusted = key_history(installation, key)
    kept = [(str(path), path.read_text(errors="replace")) for path in since]
    named = {name for name, _ in kept}
    anchored = list(_anchored(installation)) if with_anchors else []
    password = installation.secret("db-reader").read_text()
    notes = FileCheckpointFolder(installation.data / "checkpoints").notes()
    store = ObjectStore((installation.data / "store").as_uri())
    with (
        reachable(installation) as postgres,
        PostgresTrailReader(postgres.url("blotter_reader", "blotter"), password) as reader,
    ):
        report = verify_installation(reader, store, notes, trusted, [*kept, *anchored])
    told = [(size, kept) for size, kept in report.continued if kept.name in named]
    return Verified(
        faults=[str(finding) for finding in report.findings],
        counted=f"{report.entries} entries, {report.files} files, {report.checkpoints} checkpoints",
        continued=[
            *(f"continues {kept.name}: {size} entries, {_signed_at(kept)}" for size, kept in told),
            *([f"continues {len(report.continued) - len(told)} checkpoints of other places"] if with_anchors else []),
        ],
    )


def _anchored(installation: Installation) -> Iterator[tuple[str, str]]:
    """Yield what other places have of the installation's checkpoints. Raises ``Invalid``, ``Unavailable``."""
    from blotter_records.adapters.anchors.places import make_places  # noqa: PLC0415

    origins = [installation.instance.origin, *(one["origin"] for one in installation.instance.predecessors)]
    tokens = installation.data / "housekeeping" / "time-stamps"
    for place in make_places(installation.data / "anchors.toml", origins, tokens):
        yield from place.kept()


def signing_key(installation: Installation) -> SigningKey:
    """Return the installation's key, which only the sequencer and who started Blotter can read."""
    from blotter_records.domain.note import SigningKey  # noqa: PLC0415

    return SigningKey.from_pem(installation.instance.origin, installation.secret("checkpoint-key").read_bytes())


def given_key(given: str) -> VerifierKey:
    """Return a verifier key given as text or as the name of a file. Raises ``Invalid('invalid.key')``, ``OSError``."""
    from blotter_records.domain.note import BadNote, VerifierKey  # noqa: PLC0415

    # The text form holds a name, two plus signs and base64: no file is called so by accident.
    try:
        return VerifierKey.parse(given if "+" in given and not Path(given).is_file() else Path(given).read_text())
    except BadNote as error:
        raise Invalid("invalid.key", f"--key: {error}") from error


def key_history(installation: Installation, given: str | None = None) -> KeyHistory:
    """Return the keys to trust: the given one in place of the installation's own, and those of what it continues."""
    from blotter_records.domain.keys import KeyHistory, Predecessor  # noqa: PLC0415

    before = [Predecessor.from_json(one) for one in installation.instance.predecessors]
    trusted = given_key(given) if given is not None else None
    known = next((one.key for one in before if trusted is not None and one.origin == trusted.name), None)
    if trusted is None or known is not None:
        if known != trusted:
            raise Invalid(
                "invalid.key", f"--key: this installation continues {known and known.name} under another key."
            )
        trusted = signing_key(installation).verifier()
    return KeyHistory(trusted, before)


def _signed_at(kept: Signed) -> str:
    return "no time signed" if kept.time_s is None else f"signed {datetime.fromtimestamp(kept.time_s, UTC).isoformat()}"


@contextmanager
def reachable(installation: Installation, *, writes: bool = False) -> Iterator[EmbeddedPostgres]:
    """Keep PostgreSQL running for the time of the block, starting it only when the system is down.

    Parameters
    ----------
    installation : Installation
    writes : bool
        The block writes entries: where no sequencer runs, they get number and seal at the end.
    """
    postgres = server(installation)
    if postgres.is_ready():
        yield postgres
        return
    lock = hold_lock(installation.data)
    if lock is None:
        raise Unavailable("database.down", "Blotter is running but its database does not answer", "See blotter status.")
    try:
        make_run_folder(installation.data, installation.users)
        postgres.start(until_we_die=True)
        try:
            yield postgres
            if writes:
                # A trail that cannot be sealed is verify's to name; what the block found out is not lost over it.
                with suppress(IntegrityBroken):
                    seal(installation, postgres)
        finally:
            postgres.stop()
    finally:
        os.close(lock)


def seal(installation: Installation, postgres: EmbeddedPostgres) -> None:
    """Do once what the sequencer does, on a system that is down. Raises ``IntegrityBroken``, ``Unavailable``."""
    from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder  # noqa: PLC0415
    from blotter_records.adapters.machine_clock import utc_now  # noqa: PLC0415
    from blotter_records.adapters.postgres.sequence import PostgresSequence  # noqa: PLC0415
    from blotter_records.services.trail.sequencing import Sequencer  # noqa: PLC0415

    url_ = postgres.url("blotter_sequencer", "blotter")
    sequence = PostgresSequence(url_, installation.secret("db-sequencer").read_text())
    folder = FileCheckpointFolder(installation.data / "checkpoints")
    try:
        history = key_history(installation)
        Sequencer(sequence, folder, signing_key(installation), utc_now, history.predecessors).step(is_last=True)
    finally:
        sequence.close()


def first_line(fault: Exception) -> str:
    """Return the first line of an error's text."""
    return next(iter(str(fault).strip().splitlines()), type(fault).__name__)
