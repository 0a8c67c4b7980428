"""The directory of a TIFF file: strict where general readers are forgiving.

A general reader skips tags that it cannot make out and pads short strips with zeros. That is right for looking at a
picture and wrong for a record: a number would be made from pixels that nobody recorded. So the few tags that say how
the pixels lie are read here, every length is checked against the file before it is used, and anything odd is refused.

TIFF 6.0, sections 2 and 8; classic TIFF only (no BigTIFF).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from blotter_records.errors import Invalid, TooLarge

#: Most values that one tag may have (strips or tiles).
MOST_VALUES = 200_000

#: struct's letter for the TIFF types that hold whole numbers: BYTE, SHORT, LONG; ASCII is 2.
_WHOLE = {1: "B", 3: "H", 4: "I"}
_ASCII = 2


class Tag(IntEnum):
    """Tags that decide what the pixels are."""

    COLUMNS = 256
    ROWS = 257
    BITS_PER_SAMPLE = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    DESCRIPTION = 270
    STRIP_OFFSETS = 273
    ORIENTATION = 274
    SAMPLES_PER_PIXEL = 277
    ROWS_PER_STRIP = 278
    STRIP_BYTE_COUNTS = 279
    GRAY_RESPONSE_CURVE = 291
    PREDICTOR = 317
    TILE_WIDTH = 322
    TILE_LENGTH = 323
    TILE_OFFSETS = 324
    TILE_BYTE_COUNTS = 325
    SAMPLE_FORMAT = 339
    MD_FILE_TAG = 33445
    """Molecular Dynamics (.gel): 2 = counts stored as square roots."""


_KNOWN = frozenset(Tag)


@dataclass(frozen=True, slots=True)
class Directory:
    """First directory of a TIFF file, and whether another one follows."""

    byte_order: Literal["<", ">"]
    numbers: dict[Tag, tuple[int, ...]]
    description: str
    has_more_pages: bool

    def one(self, tag: Tag, default: int | None = None) -> int:
        """Return the only value of a tag.

        Raises
        ------
        Invalid
            ``image.format`` if the tag is missing (and has no default) or has several values.
        """
        values = self.numbers.get(tag)
        if values is None and default is not None:
            return default
        if values is None or len(values) != 1:
            raise Invalid("image.format", f"The TIFF file does not say {tag.name.lower().replace('_', ' ')} once.")
        return values[0]


def read_directory(data: bytes) -> Directory:
    """Read the first directory of a TIFF file.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    Directory

    Raises
    ------
    Invalid
        ``image.format`` if it is no classic TIFF file, ``image.truncated`` if it points past its own end.
    TooLarge
        ``image.too_large`` if a tag has more than 200,000 values.
    """
    byte_order = _byte_order(data)
    (start,) = _unpack(data, byte_order, "I", 4)
    (entries,) = _unpack(data, byte_order, "H", start)
    numbers: dict[Tag, tuple[int, ...]] = {}
    description = ""
    seen = set[int]()
    for at in range(start + 2, start + 2 + 12 * entries, 12):
        code, kind, count = _unpack(data, byte_order, "HHI", at)
        if code in seen:
            raise Invalid("image.format", f"The TIFF file says tag {code} twice.")
        seen.add(code)
        if code == Tag.DESCRIPTION and kind == _ASCII:
            where = at + 8 if count <= 4 else _unpack(data, byte_order, "I", at + 8)[0]
            _check_inside(data, where, count)
            description = data[where : where + min(count, 10_000)].decode("latin-1")
        elif code in _KNOWN and code != Tag.DESCRIPTION:
            numbers[Tag(code)] = _numbers(data, byte_order, code, kind, count, at + 8)
    (following,) = _unpack(data, byte_order, "I", start + 2 + 12 * entries)
    return Directory(byte_order, numbers, description, has_more_pages=following != 0)


def _byte_order(data: bytes) -> Literal["<", ">"]:
    """Return the file's byte order from its first four bytes."""
    if data[:4] == b"II\x2a\x00":
        return "<"
    if data[:4] == b"MM\x00\x2a":
        return ">"
    if data[:4] in {b"II\x2b\x00", b"MM\x00\x2b"}:
        raise Invalid("image.format", "This is a BigTIFF file.", "Save it as classic TIFF (it allows up to 4 GB).")
    raise Invalid("image.format", "This is not a TIFF file.", "Export the image as TIFF, 8 or 16 bits, grey.")


def _numbers(data: bytes, byte_order: str, code: int, kind: int, count: int, at: int) -> tuple[int, ...]:
    """Return the values of one entry whose value or offset lies at ``at``."""
    letter = _WHOLE.get(kind)
    if letter is None or count == 0:
        raise Invalid("image.format", f"Tag {code} of the TIFF file is not made of whole numbers.")
    if count > MOST_VALUES:
        raise TooLarge("image.too_large", f"Tag {code} of the TIFF file has {count:,} values, {MOST_VALUES:,} may be.")
    where = at
    if count * struct.calcsize(letter) > 4:
        (where,) = _unpack(data, byte_order, "I", at)
    return _unpack(data, byte_order, f"{count}{letter}", where)


def _unpack(data: bytes, byte_order: str, letters: str, at: int) -> tuple[int, ...]:
    """Unpack whole numbers, after looking whether they are there."""
    _check_inside(data, at, struct.calcsize(byte_order + letters))
    return struct.unpack_from(byte_order + letters, data, at)


def _check_inside(data: bytes, at: int, size: int) -> None:
    """Refuse what points past the end of the file."""
    if at + size > len(data):
        raise Invalid(
            "image.truncated",
            f"The TIFF file ends at byte {len(data):,} but points to byte {at + size:,}.",
            "It may have been cut off on its way: export or copy it again.",
        )
