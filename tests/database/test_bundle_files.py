"""The ZIP file of a bundle: any changed byte is found, hostile files are refused, size does not matter."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.services.bundles.bag import Bag
from blotter_records.services.images.images import ImportPlace
from blotter_records.verifier import container
from blotter_records.verifier.assembling import assembled
from blotter_records.verifier.container import container_problem
from blotter_records.verifier.faults import CannotCheck, Fault
from blotter_records.verifier.files import Files
from blotter_records.verifier.main import verify_bundle
from bundle_forgeries import HOSTILE, hostile
from laboratory import open_laboratory

MB = 1 << 20


@pytest.fixture(scope="module")
def bundle(world, tmp_path_factory):
    return world.write("image", tmp_path_factory.mktemp("zip") / "bundle.zip")


def test_any_flipped_byte_of_the_zip_file_is_a_fault(bundle, tmp_path):
    data = bundle.read_bytes()
    path = tmp_path / "b.zip"
    random = np.random.default_rng(7)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        starts = [entry.header_offset for entry in archive.infolist()]
        end = archive.start_dir
    headers = [start + at for start in starts[::5] for at in range(30)]
    places = [
        *headers[::3],
        *range(end, len(data), 37),
        *range(len(data) - 22, len(data)),
        *random.integers(0, end, 15),
    ]
    for at in places:
        changed = bytearray(data)
        changed[at] ^= 1 << int(random.integers(8))
        path.write_bytes(changed)
        assert verify_bundle(path), f"byte {at} was changed and nothing was said"


def test_a_cut_off_zip_file_is_a_fault(bundle, tmp_path):
    path = tmp_path / "b.zip"
    path.write_bytes(bundle.read_bytes()[:-1000])
    assert len(verify_bundle(path)) == 1
    script = tmp_path / "verify.py"
    script.write_bytes(assembled())
    assert subprocess.run([sys.executable, script, str(path)], check=False).returncode == 1
    assert subprocess.run([sys.executable, script, "/nowhere"], check=False).returncode == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_zip_file_is_refused_before_anything_in_it_is_read(bundle, tmp_path, name):
    (fault,) = verify_bundle(hostile(bundle, tmp_path / "h.zip", name))
    assert HOSTILE[name] in fault


def test_a_list_of_files_that_claims_to_be_huge_is_not_read(tmp_path):
    path = tmp_path / "h.zip"
    path.write_bytes(b"PK" + bytes(100) + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, 1 << 30, 0, 0))
    assert verify_bundle(path) == ["h.zip: its list of files is larger than that of any bundle"]


def filled(path: Path, sizes: list[int]) -> Path:
    with Bag(path, "bundle") as bag:
        for at, size in enumerate(sizes):
            bag.add_pieces(f"{at}.bin", (bytes(min(MB, size - done)) for done in range(0, size, MB)), size)
        bag.finish({}, {})
    return path


def test_where_two_gigabytes_are_not_enough_it_is_a_zip64_file(tmp_path, monkeypatch):
    """The limit is lowered to some kilobytes: before, at and behind it, everything is written and read the same way."""
    limit = 4000
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", limit)
    monkeypatch.setattr(container, "_ZIP64_LIMIT", limit)
    path = filled(tmp_path / "b.zip", [10, limit - 1, limit, limit + 1, 3 * limit, 5])
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert any(entry.extra for entry in archive.infolist())
        assert container_problem(path, archive) == ""
    assert faults_of(path) == []
    listed = subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=False)
    assert "No errors detected" in listed.stdout
    data = bytearray(path.read_bytes())
    for at in (*range(len(data) - 98, len(data), 3), data.index(b"PK\x01\x02") + 6):
        changed = bytearray(data)
        changed[at] ^= 4
        path.write_bytes(changed)
        assert faults_of(path), f"byte {at}"


def faults_of(path: Path) -> list[str]:
    """Return what the verifier says of a ZIP file, whether it can be read or not."""
    try:
        return Files(path).faults
    except (Fault, CannotCheck) as fault:
        return [str(fault)]


def test_there_may_be_more_files_than_a_plain_zip_file_can_have(tmp_path):
    path = filled(tmp_path / "b.zip", [1] * 65_600)
    with zipfile.ZipFile(path) as archive:
        assert len(archive.infolist()) > 65_600
        assert container_problem(path, archive) == ""


def resident() -> int:
    """Return the bytes that this process has had in memory at most since :func:`forget`."""
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak) * 1024


def forget() -> int:
    """Begin to measure anew; return the bytes in memory now."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident()


def test_memory_does_not_grow_with_the_study(postgres, tmp_path):
    """36 images of 8 MB: a bundle of 577 MB is made and verified within 160 MB (64 of them are the pixel cache)."""
    lab = open_laboratory(postgres.new_database(), tmp_path)
    ana, images = lab.people["ana"], lab.services.images
    rows = np.arange(2048, dtype=np.uint16)
    for at in range(36):
        stored = lab.store.put(to_tiff(rows[:, None] * np.uint16(at + 1) ^ rows[None, :]))
        asked = images.begin_import(ana, f"blot {at}.tif", ImportPlace(lab.study), "One of many blots")
        images.seal(ana, asked, stored)
    with lab.sequencing():
        before = forget()
        bundle = lab.bundles().of_study(ana, lab.study)
        made = resident() - before
    assert bundle.bytes > 550 * MB
    path = lab.store.local_path(bundle.sha256)
    before = forget()
    assert verify_bundle(path) == []
    verified = resident() - before
    lab.ledger.close()
    print(f"bundle {bundle.bytes / MB:.0f} MB, made within {made / MB:.0f} MB, verified within {verified / MB:.0f} MB")
    assert made < 160 * MB
    assert verified < 60 * MB
