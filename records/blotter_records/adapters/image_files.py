"""Reads and writes grey TIFF files: 8 and 16 bits, unsigned, one page.

Compression none, LZW, deflate or PackBits; strips or tiles; either byte order. Everything is checked before a pixel is
decoded, and every strip must decode to exactly the bytes that its rows need: a file that was cut off, or that says
something else than it holds, is refused.
"""

from __future__ import annotations

import io

import numpy as np
import tifffile
from numpy.typing import NDArray

from blotter_records.adapters.tiff_directory import Directory, Tag, read_directory
from blotter_records.adapters.tiff_pixels import Layout, decode, layout_of
from blotter_records.errors import Invalid, TooLarge
from blotter_records.ports.files import ReadImage

Counts = NDArray[np.uint8 | np.uint16]

#: Most rows and most columns.
MOST_SIDE = 20_000

#: A file of more than this many decoded bytes may not decode to more than `_MOST_RATIO` times its own size.
_BOMB_FROM = 64 << 20
_MOST_RATIO = 200

#: First bytes of other formats, to name what somebody tried.
_OTHER_FORMATS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\xaf\xaf": "a Bio-Rad scan (.1sc)",
    b"BM": "a BMP picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an Office document",
}


class TiffReader:
    """Reads grey TIFF files (``ports.files.ImageReader``).

    Parameters
    ----------
    max_bytes : int
        Most bytes of the file, and most bytes of its decoded pixels.
    """

    def __init__(self, *, max_bytes: int = 512 << 20) -> None:
        self._max_bytes = max_bytes

    def read(self, data: bytes, *, file_name: str) -> ReadImage:
        """Return the counts of a grey TIFF file.

        Parameters
        ----------
        data : bytes
            The whole file.
        file_name : str
            For messages only; never decides how the bytes are read.

        Returns
        -------
        ReadImage
            ``counts`` is read-only, shape (rows, columns), native byte order. ``saturation_level`` is the largest
            value of its bits.

        Raises
        ------
        Invalid
            ``image.format`` (not a TIFF file, or one that contradicts itself), ``image.truncated``, ``image.corrupt``
            (a strip does not decode), ``image.colour``, ``image.depth`` (signed, floating point, other than 8 or 16
            bits), ``image.pages``, ``image.compression``, ``image.encoding`` (counts stored as square roots and other
            codings of the values).
        TooLarge
            ``image.too_large``, before anything is decoded.
        """
        if len(data) > self._max_bytes:
            raise TooLarge("image.too_large", f"{file_name} has {len(data):,} bytes, {self._max_bytes:,} may be.")
        _check_format(data, file_name)
        directory = read_directory(data)
        white_is_zero = _check_kind(directory)
        layout = layout_of(directory)
        self._check_size(layout, len(data))
        counts = decode(data, layout)
        notes = _notes(directory)
        if white_is_zero:
            # The tag says how a value is shown (0 is white), not what was measured: on a blot dark means signal.
            notes.append("WhiteIsZero: counts are the values as stored; the file asks to show 0 as white.")
        counts.flags.writeable = False
        return ReadImage(
            counts=counts,
            bits=8 * counts.dtype.itemsize,
            compression=layout.compression,
            white_is_zero=white_is_zero,
            saturation_level=int(np.iinfo(layout.dtype).max),
            notes=tuple(notes),
        )

    def _check_size(self, layout: Layout, file_bytes: int) -> None:
        """Refuse images that are too large to decode, or far larger than their file can be."""
        if layout.rows > MOST_SIDE or layout.columns > MOST_SIDE:
            raise TooLarge(
                "image.too_large",
                f"The image has {layout.rows:,} rows and {layout.columns:,} columns; {MOST_SIDE:,} may be.",
            )
        decoded = layout.rows * layout.columns * layout.dtype.itemsize
        if decoded > self._max_bytes:
            raise TooLarge("image.too_large", f"The pixels need {decoded:,} bytes, {self._max_bytes:,} may be.")
        if decoded > _BOMB_FROM and decoded > _MOST_RATIO * file_bytes:
            raise TooLarge(
                "image.too_large",
                f"{file_bytes:,} bytes of file would become {decoded:,} bytes of pixels: no camera's image.",
            )


def to_tiff(
    counts: Counts, *, compression: str = "none", white_is_zero: bool = False, big_endian: bool = False
) -> bytes:
    """Write counts as a grey TIFF file of one page.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
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


def _check_format(data: bytes, file_name: str) -> None:
    """Name other formats, so that the message says what was given."""
    for start, what in _OTHER_FORMATS.items():
        if data.startswith(start):
            raise Invalid(
                "image.format",
                f"{file_name} is {what}, not a TIFF file.",
                "Export the original image of the instrument as TIFF, 8 or 16 bits, grey.",
            )


def _check_kind(directory: Directory) -> bool:
    """Refuse all but one grey, unsigned page of plain counts; tell whether it is WhiteIsZero."""
    if directory.has_more_pages or _is_stack(directory.description):
        raise Invalid("image.pages", "The TIFF file holds more than one image.", "Export each image as its own file.")
    photometric = directory.one(Tag.PHOTOMETRIC)
    if photometric not in {0, 1} or directory.one(Tag.SAMPLES_PER_PIXEL, 1) != 1:
        what = "a palette" if photometric == 3 else "colours or several channels"
        raise Invalid("image.colour", f"The TIFF file has {what}; numbers are made from grey values only.")
    if directory.one(Tag.SAMPLE_FORMAT, 1) != 1:
        raise Invalid("image.depth", "The TIFF file holds signed or floating-point values, not unsigned counts.")
    if directory.one(Tag.FILL_ORDER, 1) != 1:
        raise Invalid("image.encoding", "The bits of each byte are stored in reverse (FillOrder 2).")
    if directory.one(Tag.MD_FILE_TAG, 0) == 2:
        raise Invalid(
            "image.encoding",
            "The file stores square roots of the counts (.gel of Molecular Dynamics).",
            "Export it with linear values.",
        )
    return photometric == 0


def _is_stack(description: str) -> bool:
    """Tell whether ImageJ wrote a stack behind a single directory (``images=N``)."""
    if not description.startswith("ImageJ="):
        return False
    fields = dict(line.partition("=")[::2] for line in description.rstrip("\0").splitlines())
    return fields.get("images", "1").strip() != "1"


def _notes(directory: Directory) -> list[str]:
    """Say what the file asks for and is not done."""
    notes = []
    if directory.one(Tag.ORIENTATION, 1) != 1:
        notes.append("The file asks for a turned or mirrored view; pixels stay as stored.")
    if Tag.GRAY_RESPONSE_CURVE in directory.numbers:
        notes.append("The file has a grey response curve; it is not applied.")
    return notes
