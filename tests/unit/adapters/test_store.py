"""The store: whole or not there, verified when read, nothing replaced."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from blotter_records.adapters.store import ObjectStore
from blotter_records.errors import IntegrityBroken, Invalid, TooLarge, Unavailable
from blotter_records.ports.files import Store, StoredFile

DATA = bytes(range(256)) * 10_000
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a store"


@pytest.fixture
def store(folder: Path) -> ObjectStore:
    return ObjectStore(folder.as_uri())


async def chunks(data: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def streamed(store: ObjectStore, pieces: AsyncIterator[bytes], *, limit: int) -> StoredFile:
    """Receive a stream and keep it."""
    return store.keep(await store.receive(pieces, limit=limit))


def test_it_is_a_store(store: ObjectStore) -> None:
    port: Store = store
    assert list(port.names()) == []


def test_bytes_come_back_under_their_digest(store: ObjectStore, folder: Path) -> None:
    stored = store.put(DATA)
    assert (stored.sha256, stored.bytes) == (NAME, len(DATA))
    assert store.get(NAME) == DATA
    assert b"".join(store.open(NAME)) == DATA
    assert store.exists(NAME)
    assert list(store.names()) == [NAME]
    assert files(folder) == [f"{NAME[:2]}/{NAME[2:4]}/{NAME}"]
    path = store.local_path(NAME)
    assert path is not None
    assert path.read_bytes() == DATA
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_stream_is_stored_as_its_bytes(store: ObjectStore, folder: Path) -> None:
    stored = asyncio.run(streamed(store, chunks(DATA), limit=len(DATA)))
    assert (stored.sha256, stored.bytes) == (NAME, len(DATA))
    assert store.get(NAME) == DATA
    assert files(folder) == [f"{NAME[:2]}/{NAME[2:4]}/{NAME}"]


def test_a_large_stream_and_an_empty_one(store: ObjectStore) -> None:
    large = bytes(23_000_000)
    assert asyncio.run(streamed(store, chunks(large, 3_000_000), limit=1 << 30)).bytes == len(large)
    empty = asyncio.run(streamed(store, chunks(b""), limit=10))
    assert store.get(empty.sha256) == b""
    assert sorted(store.names()) == sorted([hashlib.sha256(large).hexdigest(), hashlib.sha256().hexdigest()])


def test_the_same_bytes_again_change_nothing(store: ObjectStore, folder: Path) -> None:
    store.put(DATA)
    path = store.local_path(NAME)
    assert path is not None
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert store.put(DATA) == asyncio.run(streamed(store, chunks(DATA), limit=1 << 30))
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert len(files(folder)) == 1


def test_received_bytes_wait_until_they_are_kept_or_dropped(store: ObjectStore, folder: Path) -> None:
    received = asyncio.run(store.receive(chunks(DATA), limit=len(DATA)))
    assert (received.sha256, received.bytes, store.exists(NAME)) == (NAME, len(DATA), False)
    assert store.read(received) == DATA
    store.drop(received)
    assert files(folder) == []
    received = asyncio.run(store.receive(chunks(DATA), limit=len(DATA)))
    kept = store.keep(received)
    assert store.read(kept) == DATA
    for one in (kept, received):
        store.drop(one)  # what has its name stays
    assert store.get(NAME) == DATA
    assert store.keep(kept) == kept


def test_received_bytes_that_changed_are_not_read(store: ObjectStore, folder: Path) -> None:
    received = asyncio.run(store.receive(chunks(DATA), limit=len(DATA)))
    (folder / received.incoming).write_bytes(DATA[:-1] + b"?")
    with pytest.raises(IntegrityBroken) as broken:
        store.read(received)
    assert broken.value.code == "integrity.digest"


def test_too_many_bytes_leave_nothing(store: ObjectStore, folder: Path) -> None:
    with pytest.raises(TooLarge) as refused:
        asyncio.run(streamed(store, chunks(DATA), limit=len(DATA) - 1))
    assert refused.value.code == "store.too_large"
    assert list(store.names()) == []
    assert not store.exists(NAME)
    store.discard_unfinished()
    assert files(folder) == []


def test_a_stream_that_breaks_off_leaves_nothing_visible(store: ObjectStore, folder: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield DATA
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        asyncio.run(streamed(store, broken(), limit=1 << 30))
    assert list(store.names()) == []
    store.discard_unfinished()
    assert files(folder) == []


def test_what_an_interrupted_write_left_is_removed_and_sealed_bytes_stay(store: ObjectStore, folder: Path) -> None:
    store.put(DATA)
    (folder / "incoming").mkdir(exist_ok=True)
    (folder / "incoming" / "0123").write_bytes(b"whole but without a name")
    (folder / "incoming" / "4567#1").write_bytes(b"part")
    assert store.discard_unfinished() == 2
    assert files(folder) == [f"{NAME[:2]}/{NAME[2:4]}/{NAME}"]


@pytest.mark.parametrize("at", [0, 1_000_000, len(DATA) - 1])
def test_a_flipped_bit_is_found(store: ObjectStore, at: int) -> None:
    store.put(DATA)
    path = store.local_path(NAME)
    assert path is not None
    damaged = bytearray(DATA)
    damaged[at] ^= 1
    path.write_bytes(damaged)
    for read in (lambda: store.get(NAME), lambda: list(store.open(NAME)), lambda: store.put(DATA)):
        with pytest.raises(IntegrityBroken) as broken:
            read()
        assert broken.value.code == "integrity.digest"
    assert path.read_bytes() == bytes(damaged)


def test_missing_bytes_are_a_broken_record(store: ObjectStore) -> None:
    for read in (store.get, store.open):
        with pytest.raises(IntegrityBroken) as broken:
            read(NAME)
        assert broken.value.code == "integrity.missing"
    assert store.local_path(NAME) is None


@pytest.mark.parametrize("name", ["", "../../etc/passwd", NAME.upper(), NAME + "0", NAME[:-1] + "/"])
def test_only_digests_are_names(store: ObjectStore, name: str) -> None:
    for ask in (store.get, store.open, store.exists, store.local_path):
        with pytest.raises(Invalid) as refused:
            ask(name)
        assert refused.value.code == "store.name"


def test_other_files_in_the_folder_are_no_names(store: ObjectStore, folder: Path) -> None:
    store.put(DATA)
    wrong = folder / "00" / "11"
    wrong.mkdir(parents=True)
    (wrong / ("f" * 64)).write_bytes(b"in the wrong place")
    (folder / "README").write_bytes(b"no digest")
    assert list(store.names()) == [NAME]


def test_a_store_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable):
        ObjectStore((tmp_path / "file" / "store").as_uri())


def test_many_writers_of_the_same_bytes(store: ObjectStore, folder: Path) -> None:
    async def race() -> list[str]:
        stored = await asyncio.gather(*(streamed(store, chunks(DATA, 50_000), limit=1 << 30) for _ in range(8)))
        return [one.sha256 for one in stored]

    assert asyncio.run(race()) == [NAME] * 8
    assert store.get(NAME) == DATA
    assert len(files(folder)) == 1


def test_a_file_is_stored_in_pieces_and_read_anywhere(store: ObjectStore, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    stored = store.put_file(path)
    assert (stored.sha256, stored.bytes) == (NAME, len(DATA))
    assert store.put_file(path) == stored
    assert files(folder) == [f"{NAME[:2]}/{NAME[2:4]}/{NAME}"]
    with store.seekable(NAME) as file:
        file.seek(300_000)
        assert bytes(file.read(10)) == DATA[300_000:300_010]
    with pytest.raises(IntegrityBroken, match="are missing"), store.seekable("0" * 64):
        pass


def test_a_store_that_is_no_folder_is_read_anywhere_too(tmp_path: Path) -> None:
    store = ObjectStore("memory:///")
    stored = store.put(DATA)
    assert store.local_path(stored.sha256) is None
    with store.seekable(stored.sha256) as file:
        file.seek(-7, 2)
        assert bytes(file.read()) == DATA[-7:]
