"""Migrations: repeatable, and the tables that queries name are the tables that are there."""

from blotter_records.adapters.postgres.cluster import create_roles_and_databases
from blotter_records.adapters.postgres.tables import metadata
from blotter_records.migrations import upgrade


def test_set_up_and_migrations_may_run_again(postgres):
    with postgres.connect("postgres", "postgres", autocommit=True) as superuser:
        create_roles_and_databases(superuser, postgres.passwords)
    upgrade(postgres.server.url("blotter_owner", "blotter"), postgres.passwords["blotter_owner"])
    with postgres.connect("blotter_runtime", "blotter") as connection:
        assert connection.execute("SELECT size FROM audit.tree").fetchone() == (0,)


def test_queries_name_only_columns_that_exist(database):
    with database.connect("postgres") as superuser:
        found = set(
            superuser.execute("SELECT table_schema, table_name, column_name FROM information_schema.columns").fetchall()
        )
    named = {(table.schema, table.name, column.name) for table in metadata.tables.values() for column in table.columns}
    assert named <= found


def test_every_table_is_named_by_a_query(database):
    with database.connect("postgres") as superuser:
        found = set(
            superuser.execute(
                "SELECT table_schema, table_name FROM information_schema.tables "
                "WHERE table_schema IN ('audit', 'records') AND table_name <> 'alembic_version'"
            ).fetchall()
        )
    assert found == {(table.schema, table.name) for table in metadata.tables.values()}


def test_only_its_own_roles_may_open_a_database(postgres):
    import psycopg
    import pytest

    for role, database in (("blotter_hub", "blotter"), ("blotter_runtime", "hub"), ("blotter_reader", "postgres")):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            postgres.connect(role, database)
    postgres.connect("blotter_hub", "hub").close()


def test_nobody_comes_in_without_the_right_password(postgres):
    import psycopg
    import pytest

    for password in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(
                host=str(postgres.server.sockets), port=5432, user="blotter_runtime", dbname="blotter",
                password=password, passfile="/dev/null",
            )  # fmt: skip
