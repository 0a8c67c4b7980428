"""Backups as folders: one each, complete in itself, given its name only when everything is on the disk.

::

    FOLDER/blotter-20261126T071500Z-4711/     time, entries
        manifest.json  manifest.note          what is in it, signed
        database.dump                         of pg_dump
        checkpoints.jsonl                     the signed checkpoints from outside the database
        store.txt                             the sealed files
        store/aa/bb/<sha256>
    FOLDER/.blotter-…-unfinished-…            being written, or left by one that was killed

A sealed file that an earlier backup in the same folder has is verified there and linked (one file, two names); where
the file system has no links it is copied. Nothing here deletes or changes a backup.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from blotter_records.adapters import durable
from blotter_records.domain.backup import (
    MANIFEST,
    SIGNATURE,
    STORE_LIST,
    FileFact,
    Manifest,
    check_manifest,
    is_backup_name,
    read_store_list,
)
from blotter_records.domain.note import BadNote, VerifierKey
from blotter_records.errors import Conflict, IntegrityBroken, Invalid, Unavailable
from blotter_records.ports.backups import BackupDraft

_CHUNK = 1 << 20
_STORE = "store"


def backups(folder: Path) -> list[Path]:
    """Return the whole backups of a folder, oldest first. Raises ``Unavailable('backup.folder')``."""
    try:
        return sorted(one for one in folder.iterdir() if is_backup_name(one.name) and (one / MANIFEST).is_file())
    except OSError as error:
        raise Unavailable("backup.folder", f"{folder} cannot be read: {error.strerror}.") from error


def unfinished(folder: Path) -> list[Path]:
    """Return what killed backups have left in a folder (or one that is being written)."""
    return sorted(folder.glob(".blotter-*-unfinished-*"))


class FolderDraft:
    """A backup that is being written (``ports.backups.BackupDraft``)."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self.path = folder / f".{name}-unfinished-{secrets.token_hex(4)}"
        self._earlier = backups(folder)[-1:]

    def path_of(self, name: str) -> Path:
        """Return where a file of this name belongs."""
        return self.path / name

    def write(self, name: str, data: bytes) -> FileFact:
        """Write a file."""
        with _said(self.path):
            _put(self.path / name, [data])
        return FileFact(len(data), hashlib.sha256(data).hexdigest())

    def fact(self, name: str) -> FileFact:
        """Return size and SHA-256 of a file that is there."""
        with _said(self.path):
            return _fact(self.path / name)

    def keep(self, sha256: str, chunks: Iterable[bytes]) -> int:
        """Keep a sealed file; return its bytes."""
        path = self._place(sha256)
        try:
            with _said(self.path):
                return _put(path, chunks)
        except (IntegrityBroken, Unavailable):
            path.unlink(missing_ok=True)
            raise

    def keep_again(self, sha256: str) -> int | None:
        """Keep the copy that the backup before has, if it verifies; return its bytes, or None."""
        for earlier in self._earlier:
            before = stored(earlier, sha256)
            try:
                fact = _fact(before)
                if fact.sha256 != sha256:
                    continue
                os.link(before, self._place(sha256))
            except OSError:  # not there, or no links on this file system
                continue
            return fact.bytes
        return None

    def _place(self, sha256: str) -> Path:
        path = stored(self.path, sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def publish(self) -> Path:
        """Wait until everything is on the disk, then give the backup its name; return where it is."""
        final = self._folder / self._name
        with _said(self.path):
            for folder, _, _ in os.walk(self.path):
                durable.sync(Path(folder))
            if final.exists():
                raise Conflict("backup.exists", f"{final} is there already.", "Try again in a second.")
            self.path.rename(final)
            durable.sync(self._folder)
        return final


@contextmanager
def draft(folder: Path, name: str) -> Iterator[FolderDraft]:
    """Give a draft for the time of the block; what was not published when it ends with an error is taken away.

    Raises
    ------
    Unavailable
        ``backup.folder``: the folder cannot be made or read.
    """
    with _said(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    writing = FolderDraft(folder, name)
    with _said(folder):
        writing.path.mkdir(mode=0o700)
    try:
        yield writing
    except BaseException:
        shutil.rmtree(writing.path, ignore_errors=True)
        raise


def open_backup(path: Path, key: VerifierKey | None) -> Manifest:
    """Read and check a backup's manifest, and the files that it names (the sealed ones are checked as they are read).

    Parameters
    ----------
    path : Path
    key : VerifierKey, optional
        The key to trust; without it the one that the backup itself names, which shows that the backup is whole, not
        whose it is.

    Raises
    ------
    Invalid
        ``backup.none``, ``backup.manifest``, ``backup.format``.
    IntegrityBroken
        ``backup.signature``, ``backup.file``: it is not what was signed; the message names what.
    """
    try:
        data, note = (path / MANIFEST).read_bytes(), (path / SIGNATURE).read_text(errors="replace")
    except OSError as error:
        raise Invalid(
            "backup.none", f"{path} is no backup: {error.strerror}.", "Name the backup's own folder."
        ) from error
    manifest = Manifest.from_bytes(data)
    try:
        check_manifest(data, note, key or VerifierKey.parse(manifest.key))
    except BadNote as error:
        raise IntegrityBroken("backup.signature", f"{path / MANIFEST}: {error}.") from error
    if key is not None and str(key) != manifest.key:
        raise IntegrityBroken(
            "backup.signature", f"{path / MANIFEST}: it names another key than the one that signed it."
        )
    for name, fact in manifest.files.items():
        try:
            found = _fact(path / name)
        except OSError as error:
            raise IntegrityBroken("backup.file", f"{path / name}: {error.strerror}.") from error
        if found != fact:
            raise IntegrityBroken("backup.file", f"{path / name}: it is not the file that the manifest names.")
    return manifest


def sealed_files(path: Path) -> dict[str, int]:
    """Return SHA-256 and bytes of the sealed files that a backup says it has."""
    return read_store_list((path / STORE_LIST).read_bytes())


def stored(path: Path, sha256: str) -> Path:
    """Return where a backup keeps a sealed file: as the store does, so that it can be opened as one."""
    return path / _STORE / sha256[:2] / sha256[2:4] / sha256


def store_of(path: Path) -> Path:
    """Return the folder of a backup's sealed files."""
    return path / _STORE


def copy_sealed(source: Path, target: Path, sha256: str) -> int:
    """Copy a sealed file, verifying it on the way; return its bytes. Raises ``IntegrityBroken('backup.file')``."""
    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with source.open("rb") as reading, target.open("wb") as writing:
            while chunk := reading.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                writing.write(chunk)
    except FileNotFoundError as error:
        raise IntegrityBroken("backup.file", f"{source}: it is missing.") from error
    if digest.hexdigest() != sha256:
        raise IntegrityBroken("backup.file", f"{source}: its bytes are not those that were sealed.")
    return size


def _fact(path: Path) -> FileFact:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return FileFact(size, digest.hexdigest())


def _put(path: Path, chunks: Iterable[bytes]) -> int:
    size = 0
    with path.open("xb") as file:
        for chunk in chunks:
            size += file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size


@contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("backup.write", f"{path} cannot be written: {error.strerror}.") from error


def _fits_the_port(writing: FolderDraft) -> BackupDraft:
    return writing
