"""A share as an instrument: what stands still and is whole is imported; what is not, is not."""

from __future__ import annotations

import errno
import hashlib
import io
import zipfile

import numpy as np
import pytest
import tifffile
from blotter_instrument.driver.folder import FolderInstrument
from blotter_instrument.driver.whole_files import check
from blotter_instrument.ports import Fate, Identity, Provenance
from blotter_records.errors import NotFound, Unavailable
from simulated_instruments import Clock, MemorySink

SCANNER = Identity("Maker", "Scanner", "S1", "2.0")
COUNTS = np.arange(60 * 80, dtype=np.uint16).reshape(60, 80)


@pytest.fixture
def share(tmp_path):
    clock = Clock()
    return tmp_path, FolderInstrument(tmp_path, SCANNER, quiet_s=5.0, now=clock), clock


def arrive(share, name, data):
    """Write a file and wait until it counts as written."""
    folder, instrument, clock = share
    (folder / name).write_bytes(data)
    instrument.arrived()
    clock.at += 5.0
    assert name in instrument.arrived()
    return instrument


def tiff(tmp_path, **how):
    path = tmp_path / "made.tmp"
    tifffile.imwrite(path, COUNTS, **how)
    return path.read_bytes()


KINDS = {
    "strips": {"rowsperstrip": 7},
    "tiles": {"tile": (16, 16)},
    "big": {"bigtiff": True, "tile": (32, 32)},
    "big-endian": {"byteorder": ">"},
    "compressed": {"compression": "zlib", "rowsperstrip": 5},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_tiff_file_is_imported_as_it_is_and_every_cut_one_refused(share, kind):
    data = tiff(share[0], **KINDS[kind])
    instrument, sink = arrive(share, "blot.tif", data), MemorySink()
    outcome = instrument.deliver("blot.tif", sink)
    assert (outcome.fate, outcome.digest) == (Fate.WHOLE, hashlib.sha256(data).hexdigest())
    assert (sink.bytes, sink.sealed) == (data, (outcome.digest, len(data)))
    assert (share[0] / "blot.tif").read_bytes() == data
    for length in range(1, len(data), 211):
        sink = MemorySink()
        outcome = arrive(share, "cut.tif", data[:length]).deliver("cut.tif", sink)
        assert (outcome.fate, sink.chunks, sink.sealed) == (Fate.ABORTED, [], None)
        assert outcome.code in {"folder.kind", "folder.truncated"}


def test_an_import_is_never_an_acquisition(share):
    instrument = share[1]
    assert instrument.provenance is Provenance.IMPORTED
    assert instrument.identity() == SCANNER


def test_a_file_that_still_grows_waits(share):
    folder, instrument, clock = share
    data = tiff(folder)
    for end in range(1000, len(data) + 1000, 1000):
        (folder / "blot.tif").write_bytes(data[:end])
        clock.at += 4.9
        assert instrument.arrived() == []
    with pytest.raises(NotFound):
        instrument.deliver("blot.tif", MemorySink())
    clock.at += 5.0
    assert instrument.arrived() == ["blot.tif"]
    assert instrument.deliver("blot.tif", MemorySink()).fate is Fate.WHOLE


def test_a_file_that_changes_while_it_is_read_is_refused(share):
    folder = share[0]
    data = tiff(folder)
    instrument, sink = arrive(share, "blot.tif", data), MemorySink()
    write = sink.write
    sink.write = lambda chunk: write(chunk) or (folder / "blot.tif").write_bytes(data + b"more")
    outcome = instrument.deliver("blot.tif", sink)
    assert (outcome.fate, sink.aborted[0], sink.sealed) == (Fate.ABORTED, "folder.changed", None)
    instrument = arrive(share, "other.tif", data)
    (folder / "other.tif").unlink()
    (folder / "other.tif").write_bytes(data)  # the same bytes, another file
    assert instrument.deliver("other.tif", MemorySink()).code == "folder.changed"


def test_what_lies_about_its_kind_is_refused(share):
    folder = share[0]
    lying = {
        "a.tif": b"PK\x03\x04" + bytes(100),
        "b.tif": b"MM\x00\x2a",
        "c.tif": b"II\x2a\x00" + bytes(100),
        "d.zip": tiff(folder),
    }
    for name, data in lying.items():
        outcome = arrive(share, name, data).deliver(name, MemorySink())
        assert (outcome.fate, outcome.code in {"folder.kind", "folder.truncated"}) == (Fate.ABORTED, True)


def test_a_zip_file_is_read_through_and_every_cut_or_altered_one_refused(share):
    folder = share[0]
    with zipfile.ZipFile(folder / "made.tmp", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("blot.tif", COUNTS.tobytes()[:1500])
        archive.writestr("info.xml", "<scan/>")
    data = (folder / "made.tmp").read_bytes()
    assert arrive(share, "blot.zip", data).deliver("blot.zip", MemorySink()).fate is Fate.WHOLE
    for length in range(1, len(data), 97):
        assert arrive(share, "cut.zip", data[:length]).deliver("cut.zip", MemorySink()).fate is Fate.ABORTED
    for at in range(60, 1500, 97):  # inside the first member
        altered = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert arrive(share, "altered.zip", altered).deliver("altered.zip", MemorySink()).code == "folder.truncated"


def test_links_folders_and_other_files_are_not_looked_at(share):
    folder, instrument, clock = share
    elsewhere = folder / "elsewhere.dat"
    elsewhere.write_bytes(tiff(folder))
    (folder / "link.tif").symlink_to(elsewhere)
    (folder / "folder.tif").mkdir()
    (folder / "empty.tif").touch()
    instrument.arrived()
    clock.at += 5.0
    assert instrument.arrived() == []
    name = "blot.tif"
    arrive(share, name, elsewhere.read_bytes())
    (folder / name).unlink()
    (folder / name).symlink_to(elsewhere)
    assert instrument.deliver(name, MemorySink()).fate is Fate.INTERRUPTED
    with pytest.raises(NotFound):
        instrument.deliver("../blot.tif", MemorySink())


def test_an_import_goes_on_where_its_sink_stands(share):
    data = tiff(share[0])
    instrument, sink = arrive(share, "blot.tif", data), MemorySink([data[:1000]])
    assert instrument.deliver("blot.tif", sink).fate is Fate.WHOLE
    assert sink.bytes == data
    other = MemorySink([b"x" * 1000])
    assert instrument.deliver("blot.tif", other).code == "folder.changed"


def test_a_share_that_is_gone_is_said(tmp_path):
    with pytest.raises(Unavailable, match="cannot be read"):
        FolderInstrument(tmp_path / "gone", SCANNER).arrived()


def test_a_zip_file_that_cannot_be_read_says_why(share):
    folder, _instrument = share[0], share[1]
    made = {}
    for kind, how in {"bzip2": zipfile.ZIP_BZIP2, "deflate": zipfile.ZIP_DEFLATED}.items():
        with zipfile.ZipFile(folder / "made.tmp", "w", how) as archive:
            archive.writestr("a.txt", bytes(range(256)) * 40)
        made[kind] = (folder / "made.tmp").read_bytes()
    encrypted = bytearray(made["deflate"])
    encrypted[made["deflate"].index(b"PK\x01\x02") + 8] |= 1
    damaged = bytearray(made["deflate"])
    damaged[35:37] = b"\xff\xff"  # no such kind of block: zlib gives up, which zipfile does not catch
    for name, data, code, said in (
        ("bzip2.zip", made["bzip2"], "folder.kind", "compressed in a way that is not read"),
        ("secret.zip", bytes(encrypted), "folder.kind", "encrypted"),
        ("damaged.zip", bytes(damaged), "folder.truncated", "broken"),
    ):
        outcome = arrive(share, name, data).deliver(name, MemorySink())
        assert (outcome.fate, outcome.code) == (Fate.ABORTED, code), name
        assert said in outcome.reason, name


class FailingFile(io.BytesIO):
    """A file of a share that breaks down after its first bytes."""

    def read(self, most=-1):
        if self.tell() > 0:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(most)


def test_a_share_that_breaks_down_says_nothing_of_the_file():
    with pytest.raises(OSError, match="Input/output error"):
        check("blot.zip", FailingFile(b"PK\x03\x04" + bytes(100)))


def test_what_a_sink_raises_is_not_taken_for_the_share(share):
    class FullSink(MemorySink):
        def write(self, _chunk):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        arrive(share, "a.tif", tiff(share[0])).deliver("a.tif", FullSink())
