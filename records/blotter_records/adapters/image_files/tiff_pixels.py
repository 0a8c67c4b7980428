"""The pixels of a TIFF page: where they lie, and decoding them to exactly the bytes that they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from blotter_records.adapters.image_files.tiff_directory import Directory, Tag
from blotter_records.errors import Invalid

_COMPRESSIONS = {1: "none", 5: "lzw", 8: "deflate", 32946: "deflate", 32773: "packbits"}
#: numpy's letter for (TIFF sample format, bits): whole counts without sign, IEEE floats of 32 bits.
_TYPES = {(1, 8): "u1", (1, 16): "u2", (3, 32): "f4"}
#: Predictors by the kind of their values: 2, differences of whole numbers; 3, of the bytes of floats.
_PREDICTORS = {"u": {1, 2}, "f": {1, 3}}


@dataclass(frozen=True, slots=True)
class Layout:
    """How the pixels lie in the file; all lengths checked."""

    rows: int
    columns: int
    samples: int
    dtype: np.dtype[Any]
    compression: str
    predictor: int
    segment_rows: int
    segment_columns: int
    offsets: tuple[int, ...]
    byte_counts: tuple[int, ...]
    is_tiled: bool

    @property
    def pixel_bytes(self) -> int:
        """Bytes of a pixel."""
        return self.dtype.itemsize * self.samples


def layout_of(directory: Directory) -> Layout:
    """Return how the pixels lie, or refuse what is not supported or contradicts itself."""
    samples = directory.one(Tag.SAMPLES_PER_PIXEL, 1)
    dtype = _dtype(directory, samples)
    compression, predictor = _coding(directory, dtype)
    rows, columns = directory.one(Tag.ROWS), directory.one(Tag.COLUMNS)
    is_tiled = Tag.TILE_WIDTH in directory.numbers
    if is_tiled:
        segment_rows, segment_columns = directory.one(Tag.TILE_LENGTH), directory.one(Tag.TILE_WIDTH)
        allowed = range(16, 4097, 16)
        if segment_rows not in allowed or segment_columns not in allowed:
            raise Invalid("image.format", f"Tiles of {segment_rows} x {segment_columns} px are not read.")
        places = (Tag.TILE_OFFSETS, Tag.TILE_BYTE_COUNTS)
    else:
        segment_rows, segment_columns = min(directory.one(Tag.ROWS_PER_STRIP, 2**32 - 1), rows), columns
        places = (Tag.STRIP_OFFSETS, Tag.STRIP_BYTE_COUNTS)
    offsets, byte_counts = (directory.numbers.get(tag, ()) for tag in places)
    if not (rows and columns and segment_rows):
        raise Invalid("image.format", "The TIFF file says that it has no pixels.")
    needed = -(-rows // segment_rows) * -(-columns // segment_columns)
    if not needed == len(offsets) == len(byte_counts):
        raise Invalid(
            "image.format",
            f"The pixels need {needed} strips or tiles; the file lists {len(offsets)} and {len(byte_counts)}.",
        )
    return Layout(
        rows=rows,
        columns=columns,
        samples=samples,
        dtype=dtype,
        compression=compression,
        predictor=predictor,
        segment_rows=segment_rows,
        segment_columns=segment_columns,
        offsets=offsets,
        byte_counts=byte_counts,
        is_tiled=is_tiled,
    )


def _dtype(directory: Directory, samples: int) -> np.dtype[Any]:
    """Return the type of a sample as it lies in the file."""
    bits = directory.each(Tag.BITS_PER_SAMPLE, samples, 1)
    kind = directory.each(Tag.SAMPLE_FORMAT, samples, 1)
    if (kind, bits) not in _TYPES:
        what = {1: "unsigned", 2: "signed", 3: "floating-point"}.get(kind, "unknown")
        raise Invalid(
            "image.depth",
            f"The TIFF file has {what} values of {bits} bits.",
            "Counts of 8 and 16 bits and floating-point values of 32 bits are read.",
        )
    return np.dtype(directory.byte_order + _TYPES[kind, bits])


def _coding(directory: Directory, dtype: np.dtype[Any]) -> tuple[str, int]:
    """Return compression and predictor."""
    code = directory.one(Tag.COMPRESSION, 1)
    if code not in _COMPRESSIONS:
        raise Invalid(
            "image.compression",
            f"Compression {code} of TIFF is not read.",
            "Save it without compression, or with LZW, deflate or PackBits. JPEG has changed the counts for good.",
        )
    predictor = directory.one(Tag.PREDICTOR, 1)
    allowed = _PREDICTORS[dtype.kind] if _COMPRESSIONS[code] in {"lzw", "deflate"} else {1}
    if predictor not in allowed:
        raise Invalid("image.encoding", f"Predictor {predictor} with compression {code} is not read.")
    return _COMPRESSIONS[code], predictor


def decode(data: bytes, layout: Layout) -> NDArray[Any]:
    """Decode every strip or tile into one array of native byte order.

    Returns
    -------
    ndarray, shape (rows, columns) or, of several samples, (rows, columns, samples)
    """
    if sum(layout.byte_counts) > len(data):
        raise Invalid("image.truncated", "The strips of the TIFF file are together longer than the file.")
    shape = (layout.rows, layout.columns, layout.samples)
    counts: NDArray[Any] = np.empty(shape, dtype=layout.dtype.newbyteorder("="))
    view = memoryview(data)
    for (row, column, height), offset, size in zip(_segments(layout), layout.offsets, layout.byte_counts, strict=True):
        if offset + size > len(data):
            raise Invalid(
                "image.truncated",
                f"The TIFF file ends at byte {len(data):,}; the pixels from row {row} on reach byte {offset + size:,}.",
                "It may have been cut off on its way: export or copy it again.",
            )
        needed = height * layout.segment_columns * layout.pixel_bytes
        plain = _expand(view[offset : offset + size], layout.compression, needed, row)
        target = counts[row : row + height, column : column + layout.segment_columns]
        target[...] = _values(plain, layout, height)[: target.shape[0], : target.shape[1]]
    return counts[..., 0] if layout.samples == 1 else counts


def _values(plain: bytes | bytearray | memoryview, layout: Layout, height: int) -> NDArray[Any]:
    """Return the samples of a decoded strip or tile, their predictor undone."""
    shape = (height, layout.segment_columns, layout.samples)
    if layout.predictor == 3:
        # the bytes of a row lie sorted by their weight, each as the difference from the one before; always big-endian
        coded = np.frombuffer(plain, dtype=layout.dtype).reshape(shape)
        undone: NDArray[Any] = imagecodecs.floatpred_decode(coded, axis=-2)
        return undone
    values = np.frombuffer(plain, dtype=layout.dtype).reshape(shape)
    if layout.predictor == 2:
        # each value is the difference from its left neighbour, modulo the largest value
        values = np.add.accumulate(values, axis=1, dtype=layout.dtype.newbyteorder("="))
    return values


def _segments(layout: Layout) -> Iterator[tuple[int, int, int]]:
    """Yield row, column and height of each strip or tile; the last strip is as high as what is left."""
    for row in range(0, layout.rows, layout.segment_rows):
        height = layout.segment_rows if layout.is_tiled else min(layout.segment_rows, layout.rows - row)
        for column in range(0, layout.columns, layout.segment_columns):
            yield row, column, height


def _expand(stored: memoryview, compression: str, size: int, row: int) -> bytes | bytearray | memoryview:
    """Decode one strip or tile to exactly ``size`` bytes; no more than that is ever made."""
    try:
        if compression == "none":
            plain: bytes | bytearray | memoryview = stored[:size]
        elif compression == "deflate":
            # libdeflate: checks the checksum, refuses a stream that is longer than `size`
            plain = imagecodecs.deflate_decode(bytes(stored), out=size)
        elif compression == "lzw":
            plain = imagecodecs.lzw_decode(bytes(stored), out=size)
        else:
            plain = imagecodecs.packbits_decode(bytes(stored), out=size)
    except (RuntimeError, ValueError) as broken:
        raise Invalid("image.corrupt", f"The pixels from row {row} on do not decode ({compression}).") from broken
    if len(plain) != size:
        raise Invalid(
            "image.truncated",
            f"The pixels from row {row} on end after {len(plain):,} of {size:,} bytes ({compression}).",
        )
    return plain
