"""The ZIP file itself: that it is byte for byte as Blotter writes it (stored, without times, no gaps)."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from pathlib import Path

PIECE = 1 << 20
_ZIP64_LIMIT = (1 << 31) - 1


def directory_bytes(path: Path) -> int:
    """Return how long a ZIP file says that its list of files is, so that no huge one is read."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 98))
        end = file.read()
    if len(end) < 22 or end[-22:-18] != b"PK\x05\x06":
        raise zipfile.BadZipFile("it does not end as a ZIP file does")
    if end[-42:-38] == b"PK\x06\x07" and end[:4] == b"PK\x06\x06":
        return int(struct.unpack_from("<Q", end, 40)[0])
    return int(struct.unpack_from("<L", end, len(end) - 10)[0])


def container_problem(path: Path, archive: zipfile.ZipFile) -> str:
    """Return what in the ZIP's own structure is not as it was written (stored, fixed times, no gaps), or nothing."""
    with path.open("rb") as file:
        at = 0
        central = hashlib.sha256()
        length = 0
        for entry in archive.infolist():
            name = entry.filename.encode()
            if entry.header_offset != at or not name.isascii():
                return f"{entry.filename}: out of place"
            header, listed = _as_written(name, entry.CRC, entry.file_size, at)
            file.seek(at)
            if file.read(len(header)) != header:
                return f"{entry.filename}: its header"
            central.update(listed)
            length += len(listed)
            at += len(header) + entry.file_size
        file.seek(at)
        found = hashlib.sha256()
        left = length
        while left and (piece := file.read(min(left, PIECE))):
            found.update(piece)
            left -= len(piece)
        end = _end(len(archive.infolist()), length, at)
        return "" if found.digest() == central.digest() and file.read(len(end) + 1) == end else "its list of files"


def _as_written(name: bytes, crc: int, size: int, at: int) -> tuple[bytes, bytes]:
    """Return the header before a file and its line in the list, with ZIP64 where 2 GB are not enough."""
    large, far = size > _ZIP64_LIMIT, at > _ZIP64_LIMIT
    told = 0xFFFFFFFF if large else size
    version, listed_version = (45 if large else 20), (45 if large or far else 20)
    extra = struct.pack("<HHQQ", 1, 16, size, size) if large else b""
    header = b"PK\x03\x04" + struct.pack("<HHHHHLLL", version, 0, 0, 0, 33, crc, told, told)
    header += struct.pack("<HH", len(name), len(extra)) + name + extra
    more = ([size, size] if large else []) + ([at] if far else [])
    extra = struct.pack("<HH" + "Q" * len(more), 1, 8 * len(more), *more) if more else b""
    listed = b"PK\x01\x02" + bytes([listed_version, 3])
    listed += struct.pack("<HHHHHLLL", listed_version, 0, 0, 0, 33, crc, told, told)
    listed += struct.pack("<HHHHHLL", len(name), len(extra), 0, 0, 0, 0o100644 << 16, 0xFFFFFFFF if far else at)
    return header, listed + name + extra


def _end(count: int, length: int, at: int) -> bytes:
    """Return how the list of files ends."""
    end = b""
    if count > 0xFFFF or at > _ZIP64_LIMIT or length > _ZIP64_LIMIT:
        end = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, length, at)
        end += b"PK\x06\x07" + struct.pack("<LQL", 0, at + length, 1)
        count, length, at = min(count, 0xFFFF), min(length, 0xFFFFFFFF), min(at, 0xFFFFFFFF)
    return end + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, count, count, length, at, 0)
