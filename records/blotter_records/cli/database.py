"""The database of an installation, as the command line handles it: made, migrated, filled for a demo, verified."""

from __future__ import annotations

from blotter_records.adapters.embedded_postgres import EmbeddedPostgres
from blotter_records.adapters.installation import Installation


def server(installation: Installation) -> EmbeddedPostgres:
    """Return the installation's PostgreSQL."""
    return EmbeddedPostgres(installation.data / "postgres", installation.run / "pg", installation.users.database)


def url(installation: Installation, role: str, database: str) -> str:
    """Return the URL of a database for one role, without its password."""
    return server(installation).url(role, database)


def initialise(installation: Installation, postgres: EmbeddedPostgres) -> None:
    """Make the cluster's files, the first time."""
    postgres.initialise(installation.secret("db-superuser").read_text())
