"""The disk of the database or of the image store is full: words, nothing written, work goes on once there is room.

Both are file systems of their own here (tmpfs of a few MB in a mount namespace of bubblewrap, which needs no root), and
are really full.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import systems
from blotter_records.adapters.image_files import to_tiff
from blotter_records.adapters.installation import prepare
from blotter_records.cli import state as states
from blotter_records.client import RecordsClient
from blotter_records.contract.notebooks import Cell, NotebookSave
from blotter_records.contract.studies import SampleRequest
from blotter_records.errors import Unavailable
from persons import until

STUDY = "STU-000001"
DATABASE_BYTES, STORE_BYTES = 320 << 20, 32 << 20
REASON = "Imported while the disk was full"


@dataclass(frozen=True)
class Crowded:
    """A system whose database and store have small disks of their own."""

    running: systems.RunningSystem
    analyst: RecordsClient

    def inside(self, name: str) -> Path:
        """Return a folder of the data directory as the system's processes see it."""
        return Path(f"/proc/{self.running.status()['supervisor']}/root{self.running.data}") / name

    def verify(self) -> subprocess.CompletedProcess[str]:
        """Run ``blotter verify`` where the small disks are."""
        inside = ["nsenter", f"--target={self.running.status()['supervisor']}", "--mount"]
        if os.geteuid() != 0:
            inside += ["--user", "--preserve-credentials"]
        command = [*inside, *systems.BLOTTER, "verify", "--data", str(self.running.data)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def count(self, kind: str) -> int:
        """Return how many revisions of a kind of record there are."""
        return int(self._ask("SELECT count(*) FROM records.revision WHERE kind = %s", kind))

    def entries(self) -> int:
        """Return how many changing entries there are."""
        return int(self._ask("SELECT count(*) FROM audit.entry WHERE rev IS NOT NULL AND %s <> ''", "all"))

    def new_log_file(self) -> None:
        """Let the database begin a file of its write-ahead log: 16 MB have room, whatever happens to the disk.

        Without room for that log PostgreSQL stops, which is another fault than this one.
        """
        with self.running.superuser() as superuser:
            superuser.execute("SELECT pg_switch_wal()")

    def _ask(self, question: str, value: str) -> int:
        with self.running.superuser() as superuser:
            return superuser.execute(question, [value]).fetchone()[0]


@pytest.fixture(scope="module")
def crowded():
    data = systems.new_data_folder()
    prepare(data, is_demo=True)  # makes the folders over which the small disks lie
    disks = [
        *("--size", str(DATABASE_BYTES), "--tmpfs", str(data / "postgres")),
        *("--size", str(STORE_BYTES), "--tmpfs", str(data / "store")),
    ]
    up = [*systems.BLOTTER, "up", "--data", str(data), "--demo", "--port", "0", "--detached"]
    with (data / "logs" / "supervisor.log").open("wb") as log:
        program = subprocess.Popen(
            ["bwrap", "--dev-bind", "/", "/", *disks, "--", *up],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 180
        while not states.read(data).is_ready:
            assert program.poll() is None, systems.logs(data)
            assert time.monotonic() < deadline, systems.logs(data)
            time.sleep(0.1)
        running = systems.found(data)
        with running.client(*running.accounts["analyst"]) as analyst:
            yield Crowded(running, analyst)
    finally:
        systems.remove(data)
        program.wait(60)


def fill(folder: Path) -> Path:
    """Write a file until not one byte more has room; return it."""
    filler = folder / "filler"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for size in (1 << 20, 1 << 12, 1):
            while True:
                try:
                    os.write(descriptor, b"\0" * size)
                except OSError:
                    break
    finally:
        os.close(descriptor)
    free = os.statvfs(folder)
    assert free.f_bavail == 0, "the disk is not full"
    return filler


def image(seed: int) -> bytes:
    """Return an image file of some 8 MB that nothing makes smaller."""
    return to_tiff(np.random.default_rng(seed).integers(0, 65_535, (2_000, 2_000), dtype=np.uint16))


def notebook(version: int) -> NotebookSave:
    """Return a save of some 300 kB that nothing makes smaller."""
    cells = [Cell(cell_type="markdown", id=f"cell-{at}", source=secrets.token_hex(45_000)) for at in range(4)]
    return NotebookSave(expected_version=version, cells=cells)


def test_an_image_has_no_room_in_the_store(crowded):
    images, entries, files = crowded.count("image"), crowded.entries(), sealed(crowded)
    filler = fill(crowded.inside("store"))
    with pytest.raises(Unavailable) as refused:
        crowded.analyst.import_image("large.tif", REASON, image(1), study=STUDY)
    assert refused.value.code == "store.full"
    assert refused.value.message == "The disk of the image store is full; nothing was written."
    assert "System Manager" in refused.value.diagnostics()
    assert (crowded.count("image"), crowded.entries(), sealed(crowded)) == (images, entries, files)
    assert unfinished(crowded) == [], "half a file was left"
    # What needs no room in the store goes on.
    assert crowded.analyst.images()
    saved = SampleRequest(study=STUDY, name="Lysate", note="saved meanwhile", idempotency_key="saved-meanwhile")
    assert crowded.analyst.save_sample(saved).version == 1
    filler.unlink()
    assert crowded.analyst.import_image("large.tif", REASON, image(1), study=STUDY).image
    assert crowded.count("image") > images


def sealed(crowded):
    """Return the names of the files in the store."""
    store = crowded.inside("store")
    return sorted(one.name for one in store.rglob("*") if one.is_file() and one.name != "filler")


def unfinished(crowded):
    """Return what lies in the store's folder for what is being written."""
    return [one.name for one in crowded.inside("store").glob("incoming/*")]


def test_the_half_of_an_image_has_room_in_the_store(crowded):
    images, files = crowded.count("image"), sealed(crowded)
    filler = fill(crowded.inside("store"))
    os.truncate(filler, filler.stat().st_size - (3 << 20))
    with pytest.raises(Unavailable) as refused:
        crowded.analyst.import_image("half.tif", REASON, image(2), study=STUDY)
    assert refused.value.code == "store.full"
    assert (crowded.count("image"), sealed(crowded), unfinished(crowded)) == (images, files, [])
    filler.unlink()


def test_a_save_has_no_room_in_the_database(crowded):
    analyst = crowded.analyst
    crowded.new_log_file()
    version = analyst.save_notebook("large.ipynb", notebook(0)).version
    filler = fill(crowded.inside("postgres"))
    refused = []
    for _ in range(40):  # what was there before the disk was full is used up first
        request = notebook(version)
        try:
            version = analyst.save_notebook("large.ipynb", request).version
        except Unavailable as error:
            refused.append(error)
            if len(refused) == 5:
                break
    assert len(refused) == 5, "the disk was not full"
    for error in refused:
        assert error.code == "unavailable.full", f"{error.code} {error}\n{systems.logs(crowded.running.data, 40)}"
        assert error.message == "The database's disk is full; nothing was written."
        assert "System Manager" in error.diagnostics()
    filler.unlink()  # before we look: a new connection may need room
    assert until(lambda: crowded.count("notebook"), 30) == version
    # The same request, sent again.
    assert until(lambda: saved(analyst, request), 30).version == version + 1
    assert crowded.count("notebook") == version + 1


def saved(analyst, request):
    try:
        return analyst.save_notebook("large.ipynb", request)
    except Unavailable:
        return None


def test_everything_verifies_afterwards(crowded):
    verified = crowded.verify()
    if verified.returncode != 0:  # entries may wait for their numbers for a moment
        verified = until(lambda: (again := crowded.verify()).returncode == 0 and again, 30)
    assert verified.stdout.startswith("verified: ")
    assert "part.failed" not in (crowded.running.data / "logs" / "supervisor.log").read_text()
