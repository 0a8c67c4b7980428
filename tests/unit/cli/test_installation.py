"""A data directory: who may read what, demo for good or never."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from blotter_records.adapters import installation as installations
from blotter_records.errors import Conflict, Invalid

SECRETS = {
    "db-superuser": "root",
    "db-owner": "root",
    "db-reader": "root",
    "db-backup": "root",
    "db-runtime": "blotter-records",
    "db-sequencer": "blotter-sequencer",
    "db-hub": "blotter-hub",
    "service-hub": "blotter-hub",
    "service-cli": "root",
    "service-instrument": "root",
    "services.json": "blotter-records",
    "checkpoint-key": "blotter-sequencer",
}


@pytest.fixture
def data():
    folder = Path(tempfile.mkdtemp(prefix="bl-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(installations.run_folder(folder), ignore_errors=True)
    shutil.rmtree(folder)


def test_each_secret_is_readable_by_one_user_only(data):
    made = installations.prepare(data, is_demo=False)
    found = {path.name: path for path in (data / "secrets").iterdir()}
    assert set(found) >= set(SECRETS)
    for name, path in found.items():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, name
    if os.geteuid() == 0:
        assert {name: found[name].owner() for name in SECRETS} == SECRETS
    assert made.is_evaluation == (os.geteuid() != 0)


def test_a_second_preparation_changes_nothing(data):
    first = installations.prepare(data, is_demo=True)
    before = {path.name: path.read_text() for path in (data / "secrets").iterdir()}
    second = installations.prepare(data, is_demo=True)
    assert first == second
    assert before == {path.name: path.read_text() for path in (data / "secrets").iterdir()}


@pytest.mark.parametrize("was_demo", [True, False])
def test_a_demo_is_one_for_good(data, was_demo):
    installations.prepare(data, is_demo=was_demo)
    with pytest.raises(Conflict) as fault:
        installations.prepare(data, is_demo=not was_demo)
    assert fault.value.code == "data.demo"


def test_a_folder_with_something_else_is_refused(data):
    (data / "thesis.docx").write_text("precious")
    with pytest.raises(Conflict, match="not Blotter's"):
        installations.prepare(data, is_demo=False)
    assert [path.name for path in data.iterdir()] == ["thesis.docx"]


@pytest.mark.needs_root("only root has other users")
def test_a_private_place_is_refused_as_root(data):
    (data / "home").mkdir(mode=0o700)
    with pytest.raises(Invalid, match="is private"):
        installations.prepare(data / "home" / "blotter", is_demo=False)


def test_sockets_fit_into_a_unix_address(data):
    made = installations.prepare(data, is_demo=False)
    assert len(str(made.run / "pg" / ".s.PGSQL.5432.lock")) < 107
    server = made.run / "n" / "s12345678"  # a person's, with a folder for each kernel
    assert len(str(server / "k" / "12345678" / "s" / "z-5")) < 107
    assert len(str(server / "r" / "123456789012.sock")) < 107


@pytest.mark.needs_root("an ordinary user's folders are private")
def test_people_pass_through_the_folder_of_sockets_and_see_no_names(data):
    made = installations.prepare(data, is_demo=False)
    for folder in (made.run.parent, made.run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o711
        assert folder.stat().st_uid == 0


def test_only_one_supervisor_holds_the_lock(data):
    first = installations.hold_lock(data)
    assert first is not None
    assert installations.hold_lock(data) is None
    os.close(first)
    second = installations.hold_lock(data)
    assert second is not None
    os.close(second)
