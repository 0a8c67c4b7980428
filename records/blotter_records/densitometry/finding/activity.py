"""Where an image has bands: the map from which lanes are found.

A lane's smear, the membrane's glow and a stripe of the detector run along the columns; bands are what stands out of
them. A grey opening along each column takes away what is longer than any band; arcsinh makes a weak band count beside a
strong one; an opening along the rows removes dust, which is narrower than any lane.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from blotter_records.densitometry.shapes import Counts

Plane = NDArray[np.float64]

#: Longest side of the image that lanes are looked for on; a larger one is reduced by block means first.
LONGEST = 1100

#: Standard deviation of the smoothing along the columns, px of the reduced image.
_SMOOTH = 1.5

#: An opening this part of the rows long is longer than any band.
_BAND_SHARE = 6

#: Dust is narrower than this part of the columns, lanes are wider.
_DUST_SHARE = 100

#: Part of the strongest bands' height from which heights are compressed.
_STRONG_SHARE = 0.005


def reduced(counts: Counts) -> tuple[Plane, int]:
    """Return block means of an image and the blocks' side in px; rows and columns that fill no block are left out.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)

    Returns
    -------
    plane : ndarray of float, shape (rows // side, columns // side)
    side : int

    Examples
    --------
    >>> plane, side = reduced(np.full((2200, 1101), 7, np.uint16))
    >>> side, plane.shape, float(plane[0, 0])
    (2, (1100, 550), 7.0)
    """
    side = -(-max(counts.shape) // LONGEST)
    rows, columns = counts.shape[0] // side, counts.shape[1] // side
    if side == 1 or not rows or not columns:
        return counts.astype(np.float64), 1
    whole = np.uint32 if side < 256 else np.uint64
    total = np.zeros((rows, columns), dtype=np.float64 if counts.dtype.kind == "f" else whole)
    for down in range(side):
        for across in range(side):
            total += counts[down : rows * side : side, across : columns * side : side]
    return total / side**2, side


def noise(plane: Plane) -> float:
    """Return the standard deviation of the pixels' noise, from differences of neighbours along the columns.

    1.4826 times the median of |differences| over sqrt(2): bands and dust are few among the differences. At least a
    hundred-thousandth of the brightest pixel, so that an image without noise can be divided by it.
    """
    if plane.shape[0] < 2:
        return 1.0
    spread = 1.4826 * float(np.median(np.abs(np.diff(plane, axis=0)))) / math.sqrt(2)
    return max(spread, 1e-5 * float(plane.max()), 1e-6)


def opened(plane: Plane, size: int, axis: int) -> Plane:
    """Return the grey opening by a line of ``size`` px along an axis: what is shorter and brighter is gone."""
    low = ndimage.minimum_filter1d(plane, size, axis=axis, mode="nearest")
    high: Plane = ndimage.maximum_filter1d(low, size, axis=axis, mode="nearest")
    return high


def activity(plane: Plane) -> Plane:
    """Return how much each pixel stands out of its column, as arcsinh of multiples of three times the noise.

    Of 1/200 of the strongest bands, where that is more: else the gaps between strong lanes would close.
    What is within twice the noise is taken as 0, or a lane of one band would be lost among the noise of all its rows.

    Parameters
    ----------
    plane : ndarray of float, shape (rows, columns)
        More signal is a larger number.

    Returns
    -------
    ndarray of float, shape (rows, columns)
        0 where nothing stands out.
    """
    rows, columns = plane.shape
    smooth = ndimage.gaussian_filter1d(plane, _SMOOTH, axis=0)
    smooth = ndimage.gaussian_filter1d(smooth, 1.0, axis=1)
    left = noise(plane) / math.sqrt(2 * math.sqrt(math.pi) * _SMOOTH) / math.sqrt(2 * math.sqrt(math.pi))
    above = smooth - opened(smooth, max(9, rows // _BAND_SHARE) | 1, axis=0)
    above -= np.median(above)
    above = opened(above, max(3, columns // _DUST_SHARE) | 1, axis=1)
    scale = max(3 * left, _STRONG_SHARE * float(np.percentile(above, 99.8)))
    shown: Plane = np.arcsinh(np.maximum(0.0, above - 2 * left) / scale)
    return shown
