"""The store of sealed bytes on obstore: a local folder, or S3, GCS, Azure by URL.

The SHA-256 of the bytes is their name, ``aa/bb/<sha256>``. Bytes are written under ``incoming/`` and get their name
only when they are whole (and, in a local folder, on the disk): a name that exists stands for whole bytes. Nothing here
deletes or replaces sealed bytes.
"""

from __future__ import annotations

import errno
import hashlib
import io
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from blotter_records.adapters import durable
from blotter_records.errors import IntegrityBroken, Invalid, TooLarge, Unavailable
from blotter_records.ports.files import StoredFile

if TYPE_CHECKING:
    from obstore import ReadableFile
    from typing_extensions import Buffer

_NAME = re.compile(r"[0-9a-f]{64}")
_PATH = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{64})")
_INCOMING = "incoming"
_STAGING = "staging"
_AREA = re.compile(r"[A-Z]{3}-[0-9]{6,12}")

#: No room on the disk; no room left of what this user may use.
_FULL = (errno.ENOSPC, errno.EDQUOT)

#: Bytes of one chunk when a file is read in pieces.
_CHUNK = 1 << 20


class ObjectStore:
    """Content-addressed, append-only store (``ports.files.Store``).

    Parameters
    ----------
    url : str
        ``file:///absolute/folder`` (made when missing, mode 0700) or a URL that obstore knows; credentials of cloud
        stores come from the environment.

    Raises
    ------
    Unavailable
        ``store.unavailable`` if the store cannot be opened.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        with _store_errors():
            if self._folder is None:
                self._store = from_url(url)
            else:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._store = LocalStore(str(self._folder))

    async def receive(self, chunks: AsyncIterator[bytes], *, limit: int) -> StoredFile:
        """Write a stream that waits to be kept or dropped; without either it goes at the next start.

        Parameters
        ----------
        chunks : async iterator of bytes
        limit : int
            Most bytes.

        Returns
        -------
        StoredFile

        Raises
        ------
        TooLarge
            ``store.too_large`` as soon as more bytes have come; nothing is kept.
        Unavailable
            ``store.unavailable``; nothing is visible.
        """
        incoming = f"{_INCOMING}/{uuid.uuid4().hex}"
        digest, size = hashlib.sha256(), 0
        with _store_errors():
            # A writer that is dropped without close() leaves nothing behind.
            writer = obstore.open_writer_async(self._store, incoming, max_concurrency=4)
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise TooLarge("store.too_large", f"More than {limit:,} bytes were sent.")
            digest.update(chunk)
            with _store_errors():
                await writer.write(chunk)
        with _store_errors():
            await writer.close()
        return StoredFile(digest.hexdigest(), size, incoming)

    def read(self, file: StoredFile) -> bytes:
        """Return the bytes of a file that is kept or waits, verified. Raises as :meth:`get`."""
        if not file.incoming:
            return self.get(file.sha256)
        with _store_errors(file.sha256):
            data = bytes(obstore.get(self._store, file.incoming).bytes())
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise _differs(file.sha256)
        return data

    def keep(self, file: StoredFile) -> StoredFile:
        """Give bytes that wait their name.

        Raises
        ------
        Unavailable
            ``store.unavailable``; nothing is visible.
        IntegrityBroken
            ``integrity.digest`` if the same bytes are already there, but damaged.
        """
        if file.incoming:
            self._publish(file.incoming, file.sha256)
        return StoredFile(file.sha256, file.bytes)

    def drop(self, file: StoredFile) -> None:
        """Remove bytes that wait; what cannot be removed now goes at the next start."""
        if file.incoming:
            with suppress(BaseError, OSError):
                obstore.delete(self._store, file.incoming)

    def stage(self, area: str, offset: int, data: bytes) -> None:
        """Keep bytes that come in pieces. Raises ``Unavailable``; then nothing of them counts."""
        with _store_errors():
            obstore.put(self._store, f"{_area(area)}/{offset:016d}", data)

    def staged(self, area: str) -> int:
        """Return how many bytes came to an area without a gap. Raises ``Unavailable``."""
        return sum(size for _, size in self._pieces(area))

    def read_staged(self, area: str) -> bytes:
        """Return what came to an area, in its order. Raises ``Unavailable``."""
        with _store_errors():
            return b"".join(bytes(obstore.get(self._store, path).bytes()) for path, _ in self._pieces(area))

    def drop_staged(self, area: str) -> None:
        """Remove what came to an area; what cannot be removed now stays where nothing reads it."""
        with suppress(BaseError, OSError, Unavailable):
            pieces = [path for path, _ in self._pieces(area)]
            if pieces:
                obstore.delete(self._store, pieces)

    def _pieces(self, area: str) -> list[tuple[str, int]]:
        """Return path and size of the pieces of an area, from byte 0 on without a gap."""
        with _store_errors():
            there = {
                entry["path"]: entry["size"]
                for batch in obstore.list(self._store, prefix=_area(area))
                for entry in batch
            }
        found, due = [], 0
        for path in sorted(there):
            if int(path.rsplit("/", 1)[-1]) != due:
                break
            found.append((path, there[path]))
            due += there[path]
        return found

    def put(self, data: bytes) -> StoredFile:
        """Write bytes; the same bytes again change nothing.

        Raises
        ------
        Unavailable, IntegrityBroken
            As :meth:`keep`.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        incoming = f"{_INCOMING}/{uuid.uuid4().hex}"
        with _store_errors():
            obstore.put(self._store, incoming, data)
        self._publish(incoming, sha256)
        return StoredFile(sha256, len(data))

    def put_file(self, path: Path) -> StoredFile:
        """Write the bytes of a file in pieces; the same bytes again change nothing.

        Raises
        ------
        Unavailable, IntegrityBroken
            As :meth:`keep`.
        """
        incoming = f"{_INCOMING}/{uuid.uuid4().hex}"
        digest, size = hashlib.sha256(), 0
        with _store_errors():
            writer = obstore.open_writer(self._store, incoming, max_concurrency=2)
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    size += len(chunk)
                    digest.update(chunk)
                    writer.write(chunk)
            writer.close()
        self._publish(incoming, digest.hexdigest())
        return StoredFile(digest.hexdigest(), size)

    def get(self, sha256: str) -> bytes:
        """Return bytes, verified.

        Raises
        ------
        Invalid
            ``store.name`` if ``sha256`` is not 64 hexadecimal digits.
        IntegrityBroken
            ``integrity.missing`` if there are no such bytes, ``integrity.digest`` if they differ from their name.
        """
        with _store_errors(sha256):
            data = bytes(obstore.get(self._store, _path(sha256)).bytes())
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _differs(sha256)
        return data

    def open(self, sha256: str) -> Iterator[bytes]:
        """Return an iterator over the bytes in chunks; raises after the last one if they differ from their name.

        Raises
        ------
        Invalid, IntegrityBroken
            As :meth:`get`; missing bytes at once, a difference at the end.
        """
        with _store_errors(sha256):
            stream = obstore.get(self._store, _path(sha256)).stream(min_chunk_size=_CHUNK)
        return self._verified(stream, sha256)

    def exists(self, sha256: str) -> bool:
        """Tell whether the bytes are there (not whether they are whole)."""
        try:
            with _store_errors():
                obstore.head(self._store, _path(sha256))
        except FileNotFoundError:
            return False
        return True

    def names(self) -> Iterator[str]:
        """Yield every SHA-256 in the store, in no particular order."""
        with _store_errors():
            for batch in obstore.list(self._store):
                for entry in batch:
                    found = _PATH.fullmatch(entry["path"])
                    if found and found[3].startswith(found[1] + found[2]):
                        yield found[3]

    def local_path(self, sha256: str) -> Path | None:
        """Return the file of the bytes in a local folder, None in other stores or when there is none."""
        if self._folder is None:
            return None
        path = self._folder / _path(sha256)
        return path if path.is_file() else None

    @contextmanager
    def seekable(self, sha256: str) -> Iterator[BinaryIO]:
        """Open bytes to read anywhere in them, unverified. Raises ``IntegrityBroken('integrity.missing')``."""
        with _store_errors(sha256):
            if self._folder is not None:
                file: BinaryIO = (self._folder / _path(sha256)).open("rb")
            else:
                remote = _Remote(obstore.open_reader(self._store, _path(sha256)))
                file = cast(BinaryIO, io.BufferedReader(remote, _CHUNK))
        try:
            yield file
        finally:
            file.close()

    def discard_unfinished(self) -> int:
        """Remove what interrupted writes left under ``incoming/``; to be called before anybody writes.

        Returns
        -------
        int
            How many were removed.
        """
        with _store_errors():
            left = [entry["path"] for batch in obstore.list(self._store, prefix=_INCOMING) for entry in batch]
            if left:
                obstore.delete(self._store, left)
        if self._folder is not None and (self._folder / _INCOMING).is_dir():
            # unfinished parts carry a name that a listing does not show
            for part in (self._folder / _INCOMING).iterdir():
                part.unlink()
                left.append(part.name)
        return len(left)

    def _publish(self, incoming: str, sha256: str) -> None:
        """Give whole bytes their name; if they are there already, verify those and drop the new ones."""
        path = _path(sha256)
        with _store_errors():
            if self._folder is not None:
                durable.sync(self._folder / incoming)
            if self.exists(sha256):
                obstore.delete(self._store, incoming)
            else:
                # Two writers of the same bytes may both come here: either copy is right.
                obstore.rename(self._store, incoming, path)
                if self._folder is not None:
                    for folder in list((self._folder / path).parents)[:3]:
                        durable.sync(folder)
                return
        for _ in self.open(sha256):
            pass

    @staticmethod
    def _verified(stream: Iterator[bytes], sha256: str) -> Iterator[bytes]:
        digest = hashlib.sha256()
        with _store_errors(sha256):
            for chunk in stream:
                digest.update(chunk)
                yield bytes(chunk)
        if digest.hexdigest() != sha256:
            raise _differs(sha256)


class _Remote(io.RawIOBase):
    """Bytes of a store that is no folder, as Python's own files are read."""

    def __init__(self, reader: ReadableFile) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._reader.seek(offset, whence)

    def readinto(self, buffer: Buffer) -> int:
        with memoryview(buffer) as room:
            data = bytes(self._reader.read(room.nbytes))
            room[: len(data)] = data
        return len(data)


def _area(area: str) -> str:
    """Return where the pieces of an area lie: beside what is sealed, and beside what goes at the next start."""
    if not _AREA.fullmatch(area):
        raise Invalid("store.area", "Pieces belong to a record.")
    return f"{_STAGING}/{area}"


def _path(sha256: str) -> str:
    """Return where bytes lie in the store."""
    if not _NAME.fullmatch(sha256):
        raise Invalid("store.name", "A SHA-256 has 64 digits, 0-9 and a-f.")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _differs(sha256: str) -> IntegrityBroken:
    return IntegrityBroken(
        "integrity.digest",
        f"The stored bytes {sha256[:12]}… no longer have the digest that they were sealed with.",
        "Call your System Manager; `blotter verify` names the records concerned.",
    )


@contextmanager
def _store_errors(sha256: str = "") -> Iterator[None]:
    """Turn the store's errors into ours; with ``sha256``, missing bytes are a broken record."""
    try:
        yield
    except FileNotFoundError as missing:
        if not sha256:
            raise
        raise IntegrityBroken(
            "integrity.missing",
            f"The stored bytes {sha256[:12]}… are missing.",
            "Call your System Manager; `blotter verify` names the records concerned.",
        ) from missing
    except (BaseError, OSError) as failed:
        if _is_full(failed):
            raise Unavailable(
                "store.full",
                "The disk of the image store is full; nothing was written.",
                "Tell the System Manager; do it again once there is room.",
            ) from failed
        raise Unavailable("store.unavailable", "The image store does not answer; nothing was written.") from failed


def _is_full(failed: Exception) -> bool:
    """Tell whether a disk has no room left; obstore says the system's number only in its text, in OSErrors too."""
    return getattr(failed, "errno", None) in _FULL or any(f"(os error {number})" in str(failed) for number in _FULL)
