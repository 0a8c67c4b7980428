"""A bundle that is read where it lies: whatever is taken out of it is compared with its manifest first."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO

from blotter_records.domain.records import Json
from blotter_records.errors import IntegrityBroken, NotFound

_MANIFEST = "manifest-sha256.txt"
#: Bytes that are read at a time.
_PIECE = 1 << 20
_RECORD = re.compile(r"data/records/([a-z]+)/([A-Z]{3}-[0-9]+)/([0-9]+)\.json")

OpenFile = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Member:
    """Where a file of the payload lies, and what it has to be."""

    header: int
    size: int
    sha256: str


class OpenedBundle:
    """Reads a bundle that has been verified once.

    Parameters
    ----------
    open_file : callable
        Opens its bytes.
    manifest_sha256 : str, optional
        Digest of its manifest, by which everything else is compared; without it the manifest is believed.

    Raises
    ------
    IntegrityBroken
        ``integrity.copy``: it is not the bundle that was brought in.
    """

    def __init__(self, open_file: OpenFile, manifest_sha256: str | None = None) -> None:
        self._open_file = open_file
        with open_file() as file, zipfile.ZipFile(file) as archive:
            top = archive.namelist()[0].partition("/")[0]
            manifest = archive.read(f"{top}/{_MANIFEST}")
            self.manifest_sha256 = hashlib.sha256(manifest).hexdigest()
            if manifest_sha256 not in {None, self.manifest_sha256}:
                raise differs(_MANIFEST)
            self._members: dict[str, Member] = {}
            for line in manifest.decode().splitlines():
                digest, _, name = line.partition("  ")
                entry = archive.getinfo(f"{top}/{name}")
                self._members[name] = Member(entry.header_offset, entry.file_size, digest)
        self._by_digest = {one.sha256: name for name, one in self._members.items()}
        self.records: dict[tuple[str, str], list[int]] = {}
        for name in self._members:
            if found := _RECORD.fullmatch(name):
                self.records.setdefault((found[1], found[2]), []).append(int(found[3]))
        for revs in self.records.values():
            revs.sort()

    def of_kind(self, kind: str) -> list[str]:
        """Return the ids of the records of a kind, sorted."""
        return sorted(record for known, record in self.records if known == kind)

    def revisions(self, kind: str, record: str) -> list[int]:
        """Return the revisions of a record. Raises ``NotFound``."""
        revs = self.records.get((kind, record))
        if revs is None:
            raise NotFound(f"not_found.{kind}", f"There is no {kind} {record} in this copy.")
        return revs

    def content(self, kind: str, record: str, rev: int | None = None) -> Json:
        """Return a record's content at a revision, the newest one without it. Raises ``NotFound``."""
        revs = self.revisions(kind, record)
        return self.json(f"data/records/{kind}/{record}/{revs[-1] if rev is None else rev}.json")

    def json(self, name: str) -> Json:
        """Return a JSON file of the payload."""
        content: Json = json.loads(self.read(name))
        return content

    def get(self, sha256: str) -> bytes:
        """Return the bytes of the payload with a digest. Raises ``IntegrityBroken`` (implements ``Sealed``)."""
        name = self._by_digest.get(sha256)
        if name is None:
            raise IntegrityBroken("integrity.missing", f"The bytes {sha256[:12]}… are not in this copy.")
        return self.read(name)

    def read(self, name: str) -> bytes:
        """Return a file of the payload. Raises ``NotFound``, ``IntegrityBroken('integrity.copy')``."""
        member = self._members.get(name)
        if member is None:
            raise NotFound("not_found.file", f"There is no {name} in this copy.")
        with self._open_file() as file:
            data = _from(file, member, 0, member.size)
        if hashlib.sha256(data).hexdigest() != member.sha256:
            raise differs(name)
        return data

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file of the payload; raises ``IntegrityBroken('integrity.copy')`` after the last piece."""
        member = self._members[name]
        digest = hashlib.sha256()
        with self._open_file() as file:
            for at in range(0, member.size, _PIECE):
                piece = _from(file, member, at, min(_PIECE, member.size - at))
                digest.update(piece)
                yield piece
        if digest.hexdigest() != member.sha256:
            raise differs(name)

    def part(self, name: str, at: int, size: int) -> bytes:
        """Return some bytes of a file, not compared with anything: who asks can prove them otherwise."""
        with self._open_file() as file:
            return _from(file, self._members[name], at, size)

    def size(self, name: str) -> int:
        """Return how many bytes a file of the payload has."""
        return self._members[name].size


def _from(file: BinaryIO, member: Member, at: int, size: int) -> bytes:
    """Return bytes of a stored file: they follow its header, whose length is in it."""
    file.seek(member.header)
    head = bytes(file.read(30))
    name, extra = struct.unpack_from("<HH", head, 26)
    file.seek(member.header + 30 + name + extra + at)
    return bytes(file.read(size))


def differs(what: str) -> IntegrityBroken:
    """Return that something is not what was brought in."""
    return IntegrityBroken(
        "integrity.copy",
        f"The copy is no longer the one that was brought in: {what} differs.",
        "Call your System Manager; `blotter verify` names the bundle concerned.",
    )
