"""Reads `.1sc`, the scan files of Bio-Rad's Quantity One.

Nobody published the format; what is read here is what its users found out and the reference images confirm. A head
says where eleven blocks lie. The last one is the pixels, rows from bottom to top. Blocks 0 to 9 are fields, each with a
type, a length and a number: texts (type 16), descriptions of records (100: which part lies where; 101: which records
there are; 102: a group of them), and the records. The record `SCN` says how large the image is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from blotter_records.adapters.image_files.counts import image_of
from blotter_records.adapters.image_files.limits import Limits
from blotter_records.errors import Invalid, TooLarge
from blotter_records.ports.files import ReadFile

#: Field types of the head that say where a block lies, and which one.
_BLOCKS = {142: 0, 143: 1, 132: 2, 133: 3, 141: 4, 140: 5, 126: 6, 127: 7, 128: 8, 129: 9, 130: 10}
_PIXELS = 10
_END, _TEXT, _PARTS, _RECORDS, _GROUP = 0, 16, 100, 101, 102
#: Most fields of a file; those of instruments have some hundreds.
_MOST_FIELDS = 20_000
#: A field of the head says 1 for its length and has 20 bytes.
_HEAD_FIELD = 20
#: numpy's letters by bytes a pixel.
_TYPES = {1: "u1", 2: "<u2"}


@dataclass(frozen=True, slots=True)
class _Field:
    kind: int
    number: int
    payload: bytes


@dataclass(slots=True)
class _Found:
    """What the blocks say, by the numbers that fields refer to each other with."""

    texts: dict[int, str] = field(default_factory=dict)
    parts: dict[int, bytes] = field(default_factory=dict)

    def text(self, number: int) -> str:
        return self.texts.get(number, "")


def read_1sc(data: bytes, limits: Limits, only: int | None = None) -> ReadFile:  # noqa: ARG001 (it has one channel)
    """Return the one channel of a `.1sc` file.

    Raises
    ------
    Invalid
        ``image.format``, ``image.truncated``, ``image.depth``, ``image.encoding`` (a byte order never seen).
    TooLarge
        ``image.too_large``.
    """
    if not _bytes(data, 32, 12).startswith(b"Intel Format") or not _bytes(data, 56, 17).startswith(
        b"Bio-Rad Scan File"
    ):
        raise Invalid("image.format", "The file starts as a Bio-Rad scan (.1sc) and is none that is known.")
    blocks = _blocks(data)
    said = _scan(data, blocks)
    rows, columns, pixel_bytes = said.get("nypix", 0), said.get("nxpix", 0), said.get("bytes_per_pix", 2)
    if pixel_bytes not in _TYPES or said.get("endian", 0) != 0:
        raise Invalid("image.depth", f"The Bio-Rad scan has {pixel_bytes} bytes a pixel, in an order that is not read.")
    limits.check_pixels(rows, columns, pixel_bytes, len(data))
    start, length = blocks[_PIXELS]
    if length != rows * columns * pixel_bytes:
        raise Invalid(
            "image.format", f"The Bio-Rad scan has {length:,} bytes of pixels for {rows:,} rows of {columns:,}."
        )
    stored = np.frombuffer(_bytes(data, start, length), dtype=_TYPES[pixel_bytes]).reshape(rows, columns)
    counts = np.ascontiguousarray(stored[::-1], dtype=stored.dtype.newbyteorder("="))
    largest = int(np.iinfo(counts.dtype).max)
    ceiling = said.get("data_ceiling", 0)
    is_said = 0 < ceiling < largest
    notes = (f"The file says that values end at {ceiling}: from there on they count as saturated.",) if is_said else ()
    image = image_of(counts, saturation_level=ceiling if is_said else largest, notes=notes)
    return ReadFile("1sc", (image,))


def _blocks(data: bytes) -> dict[int, tuple[int, int]]:
    """Return where each block starts and how long it is, from the head."""
    (end,) = _unpack(data, "I", 148)
    blocks: dict[int, tuple[int, int]] = {}
    at = 160
    while at < end:
        kind, length, _ = _unpack(data, "HHI", at)
        if kind == _END:
            break
        if kind in _BLOCKS:
            start, size = _unpack(data, "II", at + 8)
            _bytes(data, start, size)
            blocks[_BLOCKS[kind]] = (start, size)
        at += _checked_length(_HEAD_FIELD if length == 1 else length)
    if len(blocks) != len(_BLOCKS):
        raise Invalid("image.format", f"The head of the Bio-Rad scan names {len(blocks)} of {len(_BLOCKS)} blocks.")
    return blocks


def _scan(data: bytes, blocks: dict[int, tuple[int, int]]) -> dict[str, int]:
    """Return the whole numbers of the record `SCN` of the group `Scan Header`, by name."""
    every = (one for block in range(_PIXELS) for one in _fields(data, *blocks[block]))
    fields = list(islice(every, _MOST_FIELDS + 1))
    if len(fields) > _MOST_FIELDS:
        raise TooLarge("image.too_large", f"The Bio-Rad scan has more than {_MOST_FIELDS:,} fields.")
    found = _Found(
        texts={one.number: one.payload.rstrip(b"\0").decode("latin-1") for one in fields if one.kind == _TEXT},
        parts={one.number: one.payload for one in fields if one.kind == _PARTS},
    )
    group = ""
    parts: dict[int, bytes] = {}
    for one in fields:
        if one.kind == _GROUP:
            group = found.text(_unpack(one.payload, "I", 12)[0])
        elif one.kind == _RECORDS:
            parts = _records(one.payload, found)
        elif one.kind in parts and group == "Scan Header":
            return _numbers(one.payload, parts[one.kind], found)
    raise Invalid("image.format", "The Bio-Rad scan does not say how large its image is.")


def _fields(data: bytes, start: int, length: int) -> Iterator[_Field]:
    """Yield the fields of a block, after its first eight bytes."""
    at, end = start + 8, start + length
    while at + 8 <= end:
        kind, size, number = _unpack(data, "HHI", at)
        yield _Field(kind, number, _bytes(data, at + 8, _checked_length(size) - 8))
        if kind == _END:
            break
        at += size


def _records(payload: bytes, found: _Found) -> dict[int, bytes]:
    """Return the description of the record `SCN`, by the type of field in which it lies."""
    described = {}
    for at in range(0, len(payload) - 19, 20):
        kind, _, _, _, parts, _, name = _unpack(payload, "HHHHIII", at)
        if found.text(name) == "SCN":
            described[kind] = found.parts.get(parts, b"")
    return described


def _numbers(payload: bytes, parts: bytes, found: _Found) -> dict[str, int]:
    """Return the parts of a record that are one whole number of 16 bits."""
    numbers = {}
    for at in range(0, len(parts) - 35, 36):
        kind, _, count, offset, name = _unpack(parts, "HHIII", at)
        if kind in {3, 4} and count == 1:
            (numbers[found.text(name)],) = _unpack(payload, "H", offset)
    return numbers


def _checked_length(length: int) -> int:
    """Return the length of a field, which moves on by at least its own head."""
    if length < 8:
        raise Invalid("image.format", "A field of the Bio-Rad scan is shorter than its own head.")
    return length


def _unpack(data: bytes, letters: str, at: int) -> tuple[int, ...]:
    return struct.unpack("<" + letters, _bytes(data, at, struct.calcsize("<" + letters)))


def _bytes(data: bytes, start: int, length: int) -> bytes:
    """Return a part of the file that is there."""
    if length < 0 or start + length > len(data):
        raise Invalid(
            "image.truncated",
            f"The Bio-Rad scan ends at byte {len(data):,} but points to byte {start + length:,}.",
            "It may have been cut off on its way: export or copy it again.",
        )
    return data[start : start + length]
