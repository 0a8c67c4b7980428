"""Whether a file of a share is what its name says, and reaches as far as it says of itself. Nothing is decoded."""

from __future__ import annotations

import errno
import os
import struct
import zipfile
import zlib
from typing import BinaryIO

from blotter_records.errors import Invalid

#: Most bytes that a ZIP file may unpack to.
_LARGEST = 1 << 33

#: Bit of a member's flags.
_ENCRYPTED = 1

#: Compressions that the records service reads, too.
_READ = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def check(name: str, file: BinaryIO) -> None:
    """See that a file is what its name says and reaches as far as it says of itself; decode nothing.

    Raises
    ------
    Invalid
        ``folder.kind``, ``folder.truncated``.
    OSError
        The share does not give the file: that says nothing about the file.
    """
    if name.lower().endswith(".zip"):
        _check_zip(name, file)
    else:
        _check_tiff(name, file)


def _check_zip(name: str, file: BinaryIO) -> None:
    if file.read(4) != b"PK\x03\x04":
        raise Invalid("folder.kind", f"{name} is no ZIP file.")
    try:
        with zipfile.ZipFile(file) as archive:  # its directory stands at the end: a cut file has none
            members = archive.infolist()
            _check_members(name, members)
            broken = archive.testzip()
    except NotImplementedError as fault:
        raise Invalid("folder.kind", f"{name} uses a part of ZIP that is not read: {fault}.") from fault
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as fault:
        for one in (fault, fault.__context__):  # zipfile calls a file bad whose end it could not read
            if isinstance(one, OSError) and one.errno != errno.EINVAL:  # that is: before the file's beginning
                raise one from None
        raise Invalid("folder.truncated", f"{name} is cut short or broken: {fault}.") from fault
    if broken is not None:
        raise Invalid("folder.truncated", f"In {name}, {broken} does not have the checksum that it should.")


def _check_members(name: str, members: list[zipfile.ZipInfo]) -> None:
    """See, before anything is unpacked, that it can be, and to how much."""
    if any(one.flag_bits & _ENCRYPTED for one in members):
        raise Invalid("folder.kind", f"{name} is encrypted: export it without a password.")
    if not {one.compress_type for one in members} <= _READ:
        raise Invalid("folder.kind", f"{name} is compressed in a way that is not read.")
    unpacked = sum(one.file_size for one in members)
    if unpacked > _LARGEST:
        raise Invalid("folder.kind", f"{name} unpacks to {unpacked} bytes, more than {_LARGEST}.")


_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_STRIP_OFFSETS, _STRIP_SIZES, _TILE_OFFSETS, _TILE_SIZES = 273, 279, 324, 325


def _check_tiff(name: str, file: BinaryIO) -> None:
    """Follow the directories of a TIFF file; whatever they point at must lie in the file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
    version = struct.unpack(order + "H", head[2:4])[0] if order and len(head) >= 8 else 0
    if version not in {42, 43} or (version == 43 and len(head) < 16):
        raise Invalid("folder.kind", f"{name} is no TIFF file.")
    is_big = version == 43
    word, count_of, entry_of = ("Q", "Q", "HHQ") if is_big else ("I", "H", "HHI")
    at = struct.unpack(order + word, head[8:16] if is_big else head[4:8])[0]
    visited: set[int] = set()
    try:
        while at and at not in visited and len(visited) < 1000:
            visited.add(at)
            file.seek(at)
            (entries,) = _unpacked(file, order + count_of)
            table = [_entry(file, order + entry_of, 8 if is_big else 4) for _ in range(min(entries, 5000))]
            (at,) = _unpacked(file, order + word)
            _check_reach(name, file, size, order, word, table)
    except (struct.error, EOFError, OverflowError, ValueError) as fault:
        raise Invalid("folder.truncated", f"{name} ends early: a directory of it lies outside.") from fault
    if not visited:
        raise Invalid("folder.truncated", f"{name} has no image.")


def _check_reach(
    name: str, file: BinaryIO, size: int, order: str, word: str, table: list[tuple[int, int, int, bytes]]
) -> None:
    """See that values and pixels of one directory lie in the file."""
    values: dict[int, tuple[int, ...]] = {}
    for tag, kind, count, inline in table:
        length = _WIDTHS.get(kind, 1) * count
        offset = struct.unpack(order + word, inline)[0]
        if length > len(inline) and offset + length > size:
            raise Invalid("folder.truncated", f"{name} ends early: tag {tag} lies outside.")
        if tag in {_STRIP_OFFSETS, _STRIP_SIZES, _TILE_OFFSETS, _TILE_SIZES} and kind in {3, 4, 16}:
            if length <= len(inline):
                raw = inline[:length]
            else:
                file.seek(offset)
                raw = _exactly(file, length)
            values[tag] = struct.unpack(order + {3: "H", 4: "I", 16: "Q"}[kind] * count, raw)
    for offsets, sizes in ((_STRIP_OFFSETS, _STRIP_SIZES), (_TILE_OFFSETS, _TILE_SIZES)):
        for offset, length in zip(values.get(offsets, ()), values.get(sizes, ()), strict=False):
            if offset + length > size:
                raise Invalid(
                    "folder.truncated", f"{name} ends early: {offset + length} bytes were due, it has {size}."
                )


def _entry(file: BinaryIO, layout: str, width: int) -> tuple[int, int, int, bytes]:
    """Read one entry of a directory: tag, kind, count, value or where it is."""
    tag, kind, count = _unpacked(file, layout)
    return tag, kind, count, _exactly(file, width)


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise EOFError
    return data


def _unpacked(file: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, _exactly(file, struct.calcsize(layout)))
