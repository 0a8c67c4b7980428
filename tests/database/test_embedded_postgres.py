"""The private PostgreSQL: passwords for everyone, checksums, no network, never root, survives a crash."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
from blotter_records.adapters.embedded_postgres import EmbeddedPostgres
from blotter_records.adapters.system_users import find_users, give
from blotter_records.errors import Unavailable

PASSWORD = "only-for-this-test"


@pytest.fixture
def cluster():
    folder = Path(tempfile.mkdtemp(prefix="bl-"))
    folder.chmod(0o755)
    user = find_users().database
    for name in ("data", "s"):
        (folder / name).mkdir()
        give(folder / name, user, 0o700)
    postgres = EmbeddedPostgres(folder / "data", folder / "s", user)
    postgres.initialise(PASSWORD)
    postgres.start()
    yield postgres
    postgres.stop("immediate")
    shutil.rmtree(folder)


def connect(postgres, password=PASSWORD):
    return psycopg.connect(host=str(postgres.sockets), user="postgres", dbname="postgres", password=password)


def test_nobody_gets_in_without_the_password_not_even_over_the_socket(cluster):
    for wrong in (None, "", "guess"):
        with pytest.raises(psycopg.OperationalError, match=r"no password supplied|authentication failed"):
            connect(cluster, wrong)
    with connect(cluster) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_settings_that_protect_the_data(cluster):
    names = ("data_checksums", "listen_addresses", "password_encryption", "fsync", "full_page_writes", "TimeZone")
    with connect(cluster) as connection:
        found = {name: connection.execute(f"show {name}").fetchone()[0] for name in names}
    assert found == {
        "data_checksums": "on",
        "listen_addresses": "",
        "password_encryption": "scram-sha-256",
        "fsync": "on",
        "full_page_writes": "on",
        "TimeZone": "UTC",
    }


def test_it_runs_as_its_own_user_and_its_arguments_hold_no_password(cluster):
    about = Path(f"/proc/{cluster.pid}")
    assert about.stat().st_uid == cluster.user.uid != 0
    assert PASSWORD.encode() not in (about / "cmdline").read_bytes() + (about / "environ").read_bytes()


def test_what_was_committed_survives_a_kill(cluster):
    with connect(cluster) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (1)")
    killed = cluster.pid
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while True:
        try:
            cluster.start()
            break
        except Unavailable:  # the dead server's workers still hold its shared memory for a moment
            assert time.monotonic() < deadline
    assert cluster.pid != killed
    with connect(cluster) as connection:
        assert connection.execute("select n from kept").fetchall() == [(1,)]


def test_another_major_version_is_refused_before_anything_happens(cluster):
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(Unavailable, match="made by PostgreSQL 17, the programs are 18"):
        cluster.initialise(PASSWORD)
