"""Writes counts as a grey TIFF file of one page, for derived images and for tests."""

from __future__ import annotations

import io

import tifffile

from blotter_records.densitometry.shapes import Counts


def to_tiff(
    counts: Counts, *, compression: str = "none", white_is_zero: bool = False, big_endian: bool = False
) -> bytes:
    """Write counts as a grey TIFF file of one page.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    compression : {"none", "lzw", "deflate", "packbits"}
    white_is_zero : bool
        Only the tag: values are stored as they are.
    big_endian : bool

    Returns
    -------
    bytes
        The same for the same arguments; no time, no machine in it.
    """
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        counts,
        byteorder=">" if big_endian else "<",
        photometric="miniswhite" if white_is_zero else "minisblack",
        compression=None if compression == "none" else compression,
        metadata=None,
        software="Blotter",
    )
    return file.getvalue()
