"""Which characters the fonts can draw: PDF/A and PDF/UA forbid a report with a character that no font has.

Only the ``cmap`` table of each font file is read (OpenType 1.9, "cmap", formats 4 and 12); the result has one byte for
each code point.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

_SFNT = {b"\x00\x01\x00\x00", b"OTTO", b"true"}


class Coverage:
    """The set of code points that at least one of the fonts has.

    Parameters
    ----------
    files : iterable of Path
        ``.ttf``, ``.otf``, ``.ttc``, ``.otc``; what is no font is passed over.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._has = bytearray(0x110000)
        for path in files:
            with path.open("rb") as file:
                try:
                    for low, high in _file_spans(file):
                        end = min(high, len(self._has))  # a table may say more than there are characters
                        self._has[low:end] = b"\x01" * (end - low)
                except struct.error:  # cut off in the middle of a table: Typst will not draw with it either
                    continue

    def __contains__(self, character: object) -> bool:
        return isinstance(character, str) and bool(self._has[ord(character)])


def _file_spans(file: BinaryIO) -> Iterator[tuple[int, int]]:
    tag = file.read(4)
    if tag == b"ttcf":
        _, count = struct.unpack(">II", file.read(8))
        for offset in struct.unpack(f">{count}I", file.read(4 * count)):
            yield from _font_spans(file, offset)
    elif tag in _SFNT:
        yield from _font_spans(file, 0)


def _font_spans(file: BinaryIO, offset: int) -> Iterator[tuple[int, int]]:
    file.seek(offset + 4)
    (tables,) = struct.unpack(">H6x", file.read(8))
    for _ in range(tables):
        tag, _, at, size = struct.unpack(">4sIII", file.read(16))
        if tag == b"cmap":
            file.seek(at)
            yield from _cmap_spans(file.read(size))
            return


def _cmap_spans(table: bytes) -> Iterator[tuple[int, int]]:
    (count,) = struct.unpack_from(">2xH", table)
    for index in range(count):
        platform, encoding, at = struct.unpack_from(">HHI", table, 4 + 8 * index)
        if (platform, encoding) not in {(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}:
            continue
        (kind,) = struct.unpack_from(">H", table, at)
        if kind == 4:
            yield from _format_4(table, at)
        elif kind == 12:
            (groups,) = struct.unpack_from(">I", table, at + 12)
            for group in range(groups):
                low, high, glyph = struct.unpack_from(">III", table, at + 16 + 12 * group)
                yield low + (glyph == 0), high + 1


def _format_4(table: bytes, at: int) -> Iterator[tuple[int, int]]:
    (double,) = struct.unpack_from(">H", table, at + 6)
    segments = double // 2
    ends = struct.unpack_from(f">{segments}H", table, at + 14)
    starts = struct.unpack_from(f">{segments}H", table, at + 16 + double)
    deltas = struct.unpack_from(f">{segments}H", table, at + 16 + 2 * double)
    offsets_at = at + 16 + 3 * double
    offsets = struct.unpack_from(f">{segments}H", table, offsets_at)
    for index, (low, high, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        if low == 0xFFFF:
            continue
        if offset == 0:
            absent = -delta % 0x10000  # the one code that this segment maps to glyph 0
            yield from ((a, b) for a, b in ((low, min(absent, high + 1)), (max(absent + 1, low), high + 1)) if a < b)
            continue
        glyphs = struct.unpack_from(f">{high + 1 - low}H", table, offsets_at + 2 * index + offset)
        if all(glyphs):
            yield low, high + 1
        else:
            yield from ((code, code + 1) for code, glyph in enumerate(glyphs, low) if glyph)
