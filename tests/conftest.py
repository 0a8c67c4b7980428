"""Fixtures of every test that needs a database.

=================  =======  ==========================================================================================
fixture            scope    gives
=================  =======  ==========================================================================================
``postgres``       session  ``Cluster``: a private PostgreSQL on a unix socket, SCRAM, migrated by the real migrations
``database``       module   ``Database``: a fresh database (copy of the migrated one), a URL for each role
``ledger``         module   ``PostgresLedger`` on ``database`` as the run-time role
=================  =======  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from blotter_records.adapters.postgres import PostgresLedger
from clusters import Cluster, Database, running_cluster


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
