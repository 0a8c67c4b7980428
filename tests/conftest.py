"""Fixtures of every test that needs a database.

=================  =======  ==========================================================================================
fixture            scope    gives
=================  =======  ==========================================================================================
``postgres``       session  ``Cluster``: a private PostgreSQL on a unix socket, SCRAM, migrated by the real migrations
``database``       module   ``Database``: a fresh database (copy of the migrated one), a URL for each role
``ledger``         module   ``PostgresLedger`` on ``database`` as the run-time role
``world``          session  ``World``: a laboratory with a study, and a bundle of each scope
=================  =======  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from blotter_records.adapters.postgres import PostgresLedger
from clusters import Cluster, Database, running_cluster

if TYPE_CHECKING:
    from bundle_world import World


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let another set of attacks be named; read by tests/security/test_attacks.py."""
    parser.addoption(
        "--attacks", action="append", metavar="FILE", help="a set of attacks to run instead of those in tests/security"
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def database(postgres: Cluster) -> Database:
    return postgres.new_database()


@pytest.fixture(scope="module")
def ledger(database: Database) -> Iterator[PostgresLedger]:
    ledger = database.ledger()
    yield ledger
    ledger.close()


@pytest.fixture(scope="session")
def world(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from bundle_world import export, make_world
    from laboratory import open_laboratory

    lab = open_laboratory(postgres.new_database(), tmp_path_factory.mktemp("lab"))
    yield export(make_world(lab))
    lab.ledger.close()
