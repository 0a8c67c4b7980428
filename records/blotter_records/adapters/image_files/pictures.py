"""Reads PNG and JPEG: pictures, made to be looked at. Their values are kept as they are, and marked as a picture's."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from blotter_records.adapters.image_files.counts import grey_of, image_of
from blotter_records.adapters.image_files.limits import Limits
from blotter_records.errors import Invalid, TooLarge
from blotter_records.ports.files import ReadFile

#: Most pixels of a picture; decoding one takes several times its size.
_MOST_PIXELS = 80_000_000
_JPEG_END = b"\xff\xd9"
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, struct.error, zlib.error)
#: Modes of Pillow whose values are counts, and those that are colours; others become colours first.
_GREY = {"L", "I;16", "I;16B", "I;16L", "1"}
_COLOUR = {"RGB", "RGBA", "P", "LA", "PA"}


def read_png(data: bytes, limits: Limits, only: int | None = None) -> ReadFile:  # noqa: ARG001 (it has one channel)
    """Return the one channel of a PNG file. Raises as :func:`read_jpeg`."""
    if not data.rstrip(b"\r\n\0").endswith(_PNG_END):
        raise _cut_off("PNG")
    if data[12:16] != b"IHDR":
        raise Invalid("image.format", "The PNG file does not start with its head.")
    if data[24] == 16 and data[25] not in {0, 4}:
        raise Invalid("image.depth", "The PNG file has colours of 16 bits; they are not read.")
    return _read(data, "PNG", limits)


def read_jpeg(data: bytes, limits: Limits, only: int | None = None) -> ReadFile:  # noqa: ARG001 (it has one channel)
    """Return the one channel of a JPEG file.

    Raises
    ------
    Invalid
        ``image.truncated``, ``image.corrupt``, ``image.colour`` (printer's colours), ``image.depth``, ``image.pages``.
    TooLarge
        ``image.too_large``, before anything is decoded.
    """
    if not data.rstrip(b"\r\n\0").endswith(_JPEG_END):
        raise _cut_off("JPEG")
    return _read(data, "JPEG", limits)


def _cut_off(name: str) -> Invalid:
    return Invalid(
        "image.truncated", f"The {name} file does not end as one.", "It may have been cut off: export or copy it again."
    )


def _read(data: bytes, name: str, limits: Limits) -> ReadFile:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of is decided here
        try:
            picture = Image.open(io.BytesIO(data), formats=[name])
        except (Image.DecompressionBombError, UnidentifiedImageError, *_BROKEN) as broken:
            raise _broken(name, broken) from broken
        with picture:
            _check(picture, name, len(data), limits)
            try:
                values = _values(picture)
            except (Image.DecompressionBombError, MemoryError, *_BROKEN) as broken:
                raise _broken(name, broken) from broken
    counts, notes = (values, ()) if values.ndim == 2 else grey_of(values)
    notes = (*notes, f"{name}: a picture, not for quantification.")
    image = image_of(np.ascontiguousarray(counts), compression=name.lower(), notes=notes)
    return ReadFile(name.lower(), (image,), is_picture=True)


def _broken(name: str, error: BaseException) -> Invalid | TooLarge:
    if isinstance(error, Image.DecompressionBombError | MemoryError):
        return TooLarge("image.too_large", f"The {name} file has more than {_MOST_PIXELS:,} pixels.")
    return Invalid("image.corrupt", f"The {name} file does not decode.")


def _check(picture: Image.Image, name: str, file_bytes: int, limits: Limits) -> None:
    """Refuse by the head, before anything is decoded."""
    columns, rows = picture.size
    limits.check_pixels(rows, columns, len(picture.getbands()), file_bytes)
    if rows * columns > _MOST_PIXELS:
        raise TooLarge("image.too_large", f"The {name} file has {rows * columns:,} pixels, {_MOST_PIXELS:,} may be.")
    if getattr(picture, "n_frames", 1) != 1:
        raise Invalid("image.pages", f"The {name} file holds several images.")
    if picture.mode not in _GREY | _COLOUR:
        raise Invalid("image.colour", f"The {name} file has colours that are not read ({picture.mode}).")


def _values(picture: Image.Image) -> NDArray[Any]:
    """Decode; return grey counts, or red, green, blue and perhaps opacity."""
    if picture.mode == "1":
        picture = picture.convert("L")
    elif picture.mode in {"P", "PA", "LA"}:
        picture = picture.convert("RGBA" if picture.mode != "P" or "transparency" in picture.info else "RGB")
    picture.load()
    values: NDArray[Any] = np.array(picture)
    return values.astype(values.dtype.newbyteorder("="))
