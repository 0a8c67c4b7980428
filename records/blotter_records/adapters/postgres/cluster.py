"""Roles and databases of a cluster: made once by its superuser, who then is used by no service.

========================  ==========  =====================================================================
role                      database    may
========================  ==========  =====================================================================
``blotter_owner``         blotter     migrations only; owns the schemas; refused by triggers all the same
``blotter_runtime``       blotter     the records service: INSERT and SELECT, column by column
``blotter_sequencer``     blotter     numbers entries, extends the tree
``blotter_reader``        blotter     verification: SELECT on the trail and the revisions
``blotter_backup``        blotter     backups: SELECT on everything, read-only
``blotter_hub``           hub         owns JupyterHub's own database
========================  ==========  =====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from psycopg import Connection, sql

#: Which database each role may open.
DATABASE_OF = {
    "blotter_owner": "blotter",
    "blotter_runtime": "blotter",
    "blotter_sequencer": "blotter",
    "blotter_reader": "blotter",
    "blotter_backup": "blotter",
    "blotter_hub": "hub",
}
OWNER_OF = {"blotter": "blotter_owner", "hub": "blotter_hub"}

# A forgotten transaction or a lock held by a stuck process must end by itself.
_SETTINGS: dict[str, dict[LiteralString, str]] = {
    "blotter_runtime": {
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
        "transaction_timeout": "300s",  # totals of the trail rest on it (searching.py)
        "work_mem": "32MB",  # a common word's entries as a list, not as pages whose every entry is cut into words again
        "max_parallel_workers_per_gather": "0",  # starting one takes longer than any of the service's questions
    },
    "blotter_sequencer": {
        "statement_timeout": "60s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
    },
    "blotter_reader": {"default_transaction_read_only": "on"},
    "blotter_backup": {"default_transaction_read_only": "on"},
}
_COMMON: dict[LiteralString, str] = {"search_path": "pg_catalog", "timezone": "UTC", "client_encoding": "UTF8"}


def create_roles_and_databases(superuser: Connection[tuple[object, ...]], passwords: Mapping[str, str]) -> None:
    """Make the roles and databases that are missing, and set every password and grant again.

    Parameters
    ----------
    superuser : psycopg.Connection
        To the database ``postgres``, in autocommit (databases cannot be made in a transaction).
    passwords : mapping of str to str
        Password by role, for every role of ``DATABASE_OF``.
    """
    for role in DATABASE_OF:
        _make_role(superuser, role, passwords[role])
    for database, owner in OWNER_OF.items():
        _make_database(superuser, database, owner)
    for database in ("postgres", "template1"):
        superuser.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))


def _make_role(superuser: Connection[tuple[object, ...]], role: str, password: str) -> None:
    name = sql.Identifier(role)
    if superuser.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount == 0:
        superuser.execute(sql.SQL("CREATE ROLE {}").format(name))
    # What is sent is the SCRAM verifier: the password itself is never in a statement, so never in a log.
    verifier = superuser.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    superuser.execute(
        sql.SQL(
            "ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT PASSWORD {}"
        ).format(name, sql.Literal(verifier))
    )
    for setting, value in {**_COMMON, **_SETTINGS.get(role, {})}.items():
        if role == "blotter_hub" and setting == "search_path":
            continue  # JupyterHub names no schema
        superuser.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.SQL(setting), sql.Literal(value)))


def _make_database(superuser: Connection[tuple[object, ...]], database: str, owner: str) -> None:
    name = sql.Identifier(database)
    if superuser.execute("SELECT FROM pg_database WHERE datname = %s", [database]).rowcount == 0:
        superuser.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(owner)))
    superuser.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role, its in DATABASE_OF.items():
        if its == database:
            superuser.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role)))
