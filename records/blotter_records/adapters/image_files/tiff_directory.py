"""The directories of a TIFF file: strict where general readers are forgiving.

A general reader skips tags that it cannot make out and pads short strips with zeros. That is right for looking at a
picture and wrong for a record: a number would be made from pixels that nobody recorded. So the few tags that say how
the pixels lie are read here, every length is checked against the file before it is used, and anything odd is refused.

TIFF 6.0, sections 2 and 8; BigTIFF, whose offsets and counts have 8 bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from blotter_records.errors import Invalid, TooLarge

#: Most values that one tag may have (strips or tiles).
MOST_VALUES = 200_000
#: Most values of all tags of a file: 16 channels of 20,000 strips have 640,000.
_MOST_IN_ALL = 1_000_000
#: Most directories of a file: channels, and small copies of them to look at.
_MOST_PAGES = 64
#: Most bytes of a text that are read; OME writes XML into the first description.
_MOST_TEXT = 1_000
_MOST_XML = 1_000_000

#: struct's letter for the TIFF types that hold whole numbers: BYTE, SHORT, LONG, LONG8; ASCII is 2, RATIONAL 5.
_WHOLE = {1: "B", 3: "H", 4: "I", 16: "Q"}
_ASCII = 2
_RATIONAL = 5


class Tag(IntEnum):
    """Tags that decide what the pixels are."""

    SUBFILE_TYPE = 254
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
    X_RESOLUTION = 282
    Y_RESOLUTION = 283
    PLANAR = 284
    PAGE_NAME = 285
    GRAY_RESPONSE_CURVE = 291
    RESOLUTION_UNIT = 296
    PREDICTOR = 317
    TILE_WIDTH = 322
    TILE_LENGTH = 323
    TILE_OFFSETS = 324
    TILE_BYTE_COUNTS = 325
    SAMPLE_FORMAT = 339
    MD_FILE_TAG = 33445
    """Molecular Dynamics (.gel): 2 = counts stored as square roots, 128 = as they are."""
    MD_SCALE = 33446
    """Molecular Dynamics: by what decoded values are multiplied, two whole numbers."""


_KNOWN = frozenset(Tag)
_TEXTS = frozenset({Tag.DESCRIPTION, Tag.PAGE_NAME})
#: Tags that are rationals, and those that are passed over where they are of another type: no number hangs on them.
_RATIONALS = frozenset({Tag.MD_SCALE, Tag.X_RESOLUTION, Tag.Y_RESOLUTION})
_OPTIONAL = {Tag.X_RESOLUTION: _RATIONAL, Tag.Y_RESOLUTION: _RATIONAL, Tag.RESOLUTION_UNIT: 3}


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory of a TIFF file: what it says in whole numbers and in words."""

    byte_order: Literal["<", ">"]
    numbers: dict[Tag, tuple[int, ...]]
    texts: dict[Tag, str]

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
            raise Invalid("image.format", f"The TIFF file does not say {_said(tag)} once.")
        return values[0]

    def each(self, tag: Tag, samples: int, default: int) -> int:
        """Return what a tag says of each of so many samples, where it says the same of all. Raises ``Invalid``."""
        values = self.numbers.get(tag, (default,) * samples)
        if len({*values}) != 1 or len(values) not in {1, samples}:
            raise Invalid("image.format", f"The TIFF file does not say one {_said(tag)} of all its samples.")
        return values[0]


def _said(tag: Tag) -> str:
    return tag.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class _Shape:
    """How directories lie: classic TIFF (2-byte count of entries, 4-byte offsets) or BigTIFF (8 and 8)."""

    byte_order: Literal["<", ">"]
    entries: str
    offset: str
    first: int

    @property
    def entry_bytes(self) -> int:
        return 4 + 2 * self.offset_bytes

    @property
    def offset_bytes(self) -> int:
        return struct.calcsize(self.offset)


def read_directories(data: bytes) -> list[Directory]:
    """Read all directories of a TIFF file, in the order in which they follow each other.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    list of Directory
        At least one.

    Raises
    ------
    Invalid
        ``image.format`` if it is no TIFF file or its directories go round in a circle, ``image.truncated`` if it
        points past its own end.
    TooLarge
        ``image.too_large`` if a tag has more than 200,000 values, ``image.channels`` for more than 64 directories.
    """
    shape = _shape(data)
    found: list[Directory] = []
    (start,) = _unpack(data, shape, shape.offset, shape.first)
    starts = set[int]()
    values = 0
    while start or not found:
        if start in starts:
            raise Invalid("image.format", "The directories of the TIFF file go round in a circle.")
        starts.add(start)
        if len(found) == _MOST_PAGES:
            raise TooLarge("image.channels", f"The TIFF file holds more than {_MOST_PAGES} images.")
        directory, start = _read(data, shape, start, _MOST_TEXT if found else _MOST_XML)
        values += sum(len(one) for one in directory.numbers.values())
        if values > _MOST_IN_ALL:
            raise TooLarge("image.too_large", f"The tags of the TIFF file have more than {_MOST_IN_ALL:,} values.")
        found.append(directory)
    return found


def _read(data: bytes, shape: _Shape, start: int, most_text: int) -> tuple[Directory, int]:
    """Read one directory; return it and where the next one starts, 0 for none."""
    (entries,) = _unpack(data, shape, shape.entries, start)
    numbers: dict[Tag, tuple[int, ...]] = {}
    texts: dict[Tag, str] = {}
    seen = set[int]()
    first = start + struct.calcsize(shape.entries)
    _check_inside(data, first, shape.entry_bytes * entries)
    for at in range(first, first + shape.entry_bytes * entries, shape.entry_bytes):
        code, kind, count = _unpack(data, shape, "HH" + shape.offset, at)
        if code in seen:
            raise Invalid("image.format", f"The TIFF file says tag {code} twice.")
        seen.add(code)
        value_at = at + 4 + shape.offset_bytes
        if code in _TEXTS and kind == _ASCII:
            where = _where(data, shape, count, value_at)
            _check_inside(data, where, count)
            texts[Tag(code)] = data[where : where + min(count, most_text)].decode("utf-8", "replace").rstrip("\0")
        elif code in _OPTIONAL and (kind, count) != (_OPTIONAL[Tag(code)], 1):
            continue
        elif code in _KNOWN and code not in _TEXTS:
            numbers[Tag(code)] = _numbers(data, shape, code, kind, count, value_at)
    (following,) = _unpack(data, shape, shape.offset, first + shape.entry_bytes * entries)
    return Directory(shape.byte_order, numbers, texts), following


def _shape(data: bytes) -> _Shape:
    """Return byte order and kind of a file from its first bytes."""
    kind = data[:4]
    if kind in {b"II\x2a\x00", b"MM\x00\x2a"}:
        return _Shape("<" if kind[:1] == b"I" else ">", "H", "I", 4)
    if kind in {b"II\x2b\x00", b"MM\x00\x2b"}:
        big = _Shape("<" if kind[:1] == b"I" else ">", "Q", "Q", 8)
        if _unpack(data, big, "HH", 4) != (8, 0):
            raise Invalid("image.format", "The BigTIFF file has offsets of other than 8 bytes.")
        return big
    raise Invalid("image.format", "This is not a TIFF file.", "Export the image as TIFF, 8 or 16 bits, grey.")


def _where(data: bytes, shape: _Shape, size: int, at: int) -> int:
    """Return where a value of ``size`` bytes lies: in the entry itself if it fits there."""
    return at if size <= shape.offset_bytes else _unpack(data, shape, shape.offset, at)[0]


def _numbers(data: bytes, shape: _Shape, code: int, kind: int, count: int, at: int) -> tuple[int, ...]:
    """Return the values of one entry whose value or offset lies at ``at``; a rational is two of them."""
    letter, each = ("I", 2) if kind == _RATIONAL and code in _RATIONALS else (_WHOLE.get(kind), 1)
    if letter is None or count == 0:
        raise Invalid("image.format", f"Tag {code} of the TIFF file is not made of whole numbers.")
    if count > MOST_VALUES:
        raise TooLarge("image.too_large", f"Tag {code} of the TIFF file has {count:,} values, {MOST_VALUES:,} may be.")
    letters = f"{count * each}{letter}"
    return _unpack(data, shape, letters, _where(data, shape, struct.calcsize("<" + letters), at))


def _unpack(data: bytes, shape: _Shape, letters: str, at: int) -> tuple[int, ...]:
    """Unpack whole numbers, after looking whether they are there."""
    _check_inside(data, at, struct.calcsize(shape.byte_order + letters))
    return struct.unpack_from(shape.byte_order + letters, data, at)


def _check_inside(data: bytes, at: int, size: int) -> None:
    """Refuse what points past the end of the file."""
    if at + size > len(data):
        raise Invalid(
            "image.truncated",
            f"The TIFF file ends at byte {len(data):,} but points to byte {at + size:,}.",
            "It may have been cut off on its way: export or copy it again.",
        )
