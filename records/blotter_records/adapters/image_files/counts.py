"""From decoded values to an image: what may be counted, from where it is saturated, and colours made grey."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.shapes import Counts
from blotter_records.errors import Invalid
from blotter_records.ports.files import ReadImage

#: Samples of a colour picture: red, green, blue, and perhaps how opaque it is.
_COLOURS = {3, 4}


def image_of(
    counts: Counts,
    *,
    compression: str = "none",
    white_is_zero: bool = False,
    saturation_level: float | None = None,
    notes: tuple[str, ...] = (),
    channel: str = "",
) -> ReadImage:
    """Return an image of counts; they cannot be written from now on.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    saturation_level : number, optional
        Where the file says it. Else the largest value of the bits, or of floats the largest value of the image: a
        detector's ceiling lies there if anything reached it.

    Raises
    ------
    Invalid
        ``image.not_finite``: a float is no number, or infinite.
    """
    told = list(notes)
    if counts.dtype == np.float32:
        if not np.isfinite(counts).all():
            raise Invalid("image.not_finite", "A pixel of the file is not a number, or is infinite.")
        if saturation_level is None:
            largest = float(counts.max())
            saturation_level = largest if largest > 0 else 1.0
            told.append("The file does not say where its values saturate: the largest one counts as saturated.")
    elif saturation_level is None:
        saturation_level = (1 << 8 * counts.dtype.itemsize) - 1
    counts.flags.writeable = False
    return ReadImage(
        counts=counts,
        bits=8 * counts.dtype.itemsize,
        compression=compression,
        white_is_zero=white_is_zero,
        saturation_level=saturation_level,
        notes=tuple(told),
        channel=channel,
    )


def grey_of(picture: NDArray[Any]) -> tuple[Counts, tuple[str, ...]]:
    """Return the unweighted mean of red, green and blue, rounded to the nearest whole number, and what was done.

    Parameters
    ----------
    picture : ndarray of uint8 or uint16, shape (rows, columns, samples)
        Three or four samples; the fourth, opacity, is left out.

    Raises
    ------
    Invalid
        ``image.colour``: another number of samples.
    """
    if picture.ndim != 3 or picture.shape[2] not in _COLOURS:
        raise Invalid("image.colour", "The file has colours other than red, green and blue.")
    total = picture[..., 0].astype(np.uint32)
    total += picture[..., 1]
    total += picture[..., 2]
    total += 1  # thirds are never halves: one more, divided and cut off, is the nearest whole number
    total //= 3
    notes = ["Colours were made grey: each count is the unweighted mean of red, green and blue, rounded."]
    if picture.shape[2] == 4:
        notes.append("How opaque each pixel is was left out.")
    return total.astype(picture.dtype), tuple(notes)
