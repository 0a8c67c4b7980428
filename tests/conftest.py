"""Fixtures of every test that needs a database.

=================  =======  ==========================================================================================
fixture            scope    gives
=================  =======  ==========================================================================================
``postgres``       session  ``Cluster``: a private PostgreSQL on a unix socket, SCRAM, migrated by the real migrations
``database``       module   ``Database``: a fresh database (copy of the migrated one), a URL for each role
``ledger``         module   ``PostgresLedger`` on ``database`` as the run-time role
``sample_images``  session  folder of real gels and blots: BLOTTER_SAMPLE_IMAGES, or ``../shared/data/gels``
``world``          session  ``World``: a laboratory with a study, and a bundle of each scope
=================  =======  ==========================================================================================

A test that cannot run on this machine (no sample images; ``needs_root``, and an ordinary user) is skipped and says so;
where CI is "true" (``.ci/run`` sees to it) it fails.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from blotter_records.adapters.postgres import PostgresLedger
from clusters import Cluster, Database, running_cluster
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from bundle_world import World


HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let another set of attacks be named; read by tests/security/test_attacks.py."""
    parser.addoption(
        "--attacks", action="append", metavar="FILE", help="a set of attacks to run instead of those in tests/security"
    )


class ByGroup(LoadFileScheduling):
    """Gives a process the tests of a file; one of them all that drive a browser, another all of the session's system.

    Several browsers at once, which draw in software, leave two cores nothing for the services that they wait for; and
    each process that needs the system of the session starts its own.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(super()._split_scope(nodeid))


@functools.cache
def _group(file: str) -> str:
    source = (HERE.parent / file).read_text(encoding="utf-8")
    return "browser" if "chromium" in source else "system" if "running_system" in source else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGroup:
    """Say which tests a process runs."""
    return ByGroup(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long groups first, so that no process is left with one at the end."""
    items.sort(key=lambda item: {"browser": 0, "system": 1}.get(_group(item.nodeid.split("::")[0]), 2))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """See whether a test can run here."""
    mark = item.get_closest_marker("needs_root")
    if mark is not None and os.geteuid() != 0:
        cannot_run(f"needs root: {mark.args[0]}")


def cannot_run(why: str) -> NoReturn:
    """Skip a test; in CI no part may be missing unseen, so that it fails there."""
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


@pytest.fixture(scope="session")
def sample_images() -> Path:
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "gels"
    folder = Path(os.environ.get("BLOTTER_SAMPLE_IMAGES") or beside)
    if not (folder / "biorad_test4_ref.tif").is_file():
        cannot_run(f"needs the sample images: none in {folder}")
    return folder


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
