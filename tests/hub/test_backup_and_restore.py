"""Backup, restore and drill on a whole running system: people work meanwhile, the restored one goes on, both verify."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from blotter_records.adapters.installation import prepare
from blotter_records.client import RecordsClient
from blotter_records.contract.notebooks import Cell, NotebookSave
from blotter_records.contract.signing import SigningIntentRequest
from blotter_records.errors import Unauthenticated, Unavailable
from blotter_records.vocabulary import Action, Alarm
from persons import until
from systems import RunningSystem, blotter, new_data_folder, remove, start, stop

WHY = ["--reason", "The disk of the old one died"]


class Writers:
    """People who save versions of a notebook, one after the other, until they are stopped."""

    def __init__(self, system: RunningSystem, roles: list[str]) -> None:
        self.saved: dict[str, int] = dict.fromkeys(roles, 0)
        self._stop = threading.Event()
        self.tokens = {role: system.token(*system.accounts[role]) for role in roles}
        self._url = system.signing_url
        self._threads = [threading.Thread(target=self._save, args=(role,)) for role in roles]

    def _save(self, role: str) -> None:
        with RecordsClient(self._url, token=self.tokens[role]) as client:
            while not self._stop.is_set():
                version = self.saved[role]
                cells = [Cell(cell_type="markdown", id="one", source=f"Version {version + 1}")]
                client.save_notebook("while-saving.ipynb", NotebookSave(expected_version=version, cells=cells))
                self.saved[role] = version + 1

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for backups, the restored system, and a disk for checkpoints."""
    folder = new_data_folder()
    yield folder
    if (folder / "restored").exists():
        remove(folder / "restored")
    shutil.rmtree(folder, ignore_errors=True)


def test_a_backup_under_work_is_restored_and_goes_on_under_a_new_key(running_system, place, tmp_path):
    old, backups, data = running_system, place / "backups", place / "restored"
    kept = tmp_path / "kept.note"
    with Writers(old, ["analyst", "supervisor"]) as writers:
        until(lambda: min(writers.saved.values()) >= 2, 20)
        kept.write_text((old.data / "checkpoints" / "latest").read_text())
        before = dict(writers.saved)
        saved = blotter("backup", "--data", str(old.data), "--into", str(backups))
        assert saved.returncode == 0, saved.stderr
        after = dict(writers.saved)
        until(lambda: all(writers.saved[role] > after[role] for role in after), 20)
    assert any(after[role] > before[role] for role in after)  # nobody waited for the backup
    care = until(lambda: (care := old.status()["care"])["backup"]["what"] and care, 20)
    assert care["backup"]["age_s"] < 60
    assert not care["backup"]["is_overdue"]

    key = old.data / "checkpoints" / "verifier.key"
    restored = blotter("restore", "--from", str(backups), "--data", str(data), "--key", str(key), *WHY)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    size = kept.read_text().split("\n")[1]

    disk = place / "other-disk"
    disk.mkdir()
    disk.chmod(0o777)
    (data / "anchors.toml").write_text(f'[[place]]\nname = "disk"\nkind = "folder"\npath = "{disk}"\n')
    new = start(data)
    verified = blotter("verify", "--data", str(data), "--since", str(kept))
    assert verified.returncode == 0, verified.stdout
    assert f"continues {kept}: {size} entries" in verified.stdout

    # what was saved is there; who was signed in there is not signed in here
    with new.client(*new.accounts["analyst"]) as analyst:
        version = analyst.notebook("while-saving.ipynb").version
        assert before["analyst"] <= version <= after["analyst"] + 1
    for token in writers.tokens.values():
        with RecordsClient(new.signing_url, token=token) as again, pytest.raises(Unauthenticated):
            again.session()

    # nothing is signed before a System Manager has looked at it
    with new.client(*new.accounts["system_manager"]) as manager:
        wanted = SigningIntentRequest(
            record="ACC-000001", action=Action.USER_DEACTIVATE, reason="Left the laboratory in May"
        )
        with pytest.raises(Unavailable, match="was restored from a backup"):
            manager.create_signing_intent(wanted)
        [told] = [one for one in manager.notifications() if one.alarm is Alarm.RESTORED]
        manager.acknowledge(told.notification, "The laboratory knows that Tuesday is lost")
        assert manager.create_signing_intent(wanted).intent

    # checkpoints go to the other disk, the last one when it stops
    until(lambda: "disk" in blotter("anchors", "--data", str(data)).stdout and list(disk.rglob("*.note")), 20)
    anchors = blotter("anchors", "--data", str(data))
    assert anchors.returncode == 0, anchors.stdout
    assert [line.split()[0] for line in anchors.stdout.splitlines()] == ["checkpoints", "disk"]
    stop(data)
    last = (data / "checkpoints" / "latest").read_text()
    newest = max(disk.rglob("*.note"))
    assert newest.read_text() == last
    verified = blotter("verify", "--data", str(data), "--since", str(newest))
    assert verified.returncode == 0, verified.stdout


def test_a_drill_on_the_running_system_passes_and_is_in_the_status(running_system, place):
    assert blotter("backup", "--data", str(running_system.data), "--into", str(place / "backups")).returncode == 0
    drill = blotter("drill", "--data", str(running_system.data))
    assert drill.returncode == 0, drill.stdout + drill.stderr
    assert drill.stdout.startswith("passed: blotter-2")
    until(lambda: running_system.status()["care"]["drill"]["at"], 20)
    said = blotter("status", "--data", str(running_system.data)).stdout
    assert "  drill      " in said
    assert "OVERDUE" not in said
    assert "no jump" in said


def test_a_wrong_anchors_file_is_told_before_anything_starts(place):
    data = place / "wrong"
    run = prepare(data, is_demo=True).run
    (data / "anchors.toml").write_text('[[place]]\nname = "loft"\nkind = "pigeon"\n')
    up = blotter("up", "--demo", "--data", str(data), "--port", "0")
    shutil.rmtree(run)
    assert up.returncode == 1
    [line] = up.stderr.splitlines()
    assert f"{data}/anchors.toml: place.0: Input tag 'pigeon'" in line
    assert not (data / "postgres" / "PG_VERSION").exists()
