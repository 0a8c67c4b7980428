"""Background by a rolling ball with ImageJ's steps (formula B12).

A ball rolls under the landscape whose heights are the counts; what it touches is background. As ImageJ does (Sternberg
1983; ``ij/plugin/filter/BackgroundSubtracter.java``, public domain):

1. smooth by a mean of 3 x 3, rows first, then columns, edges repeated: the ball does not follow single dark pixels;
2. shrink by 2 (radius above 10), 4 (above 30) or 8 (above 100) px, each new pixel the smallest of its block;
3. roll a square patch off the top of the shrunken ball: erosion, then dilation, also with its centre outside the image;
4. enlarge again by bilinear interpolation between the blocks' centres, beyond the outermost ones by extrapolation.

All in IEEE single precision and in ImageJ's order: backgrounds are equal to ImageJ 1.53t's to the last bit.
scikit-image's ``restoration.rolling_ball`` neither smooths nor shrinks: it follows the noise's minima and leaves a
positive offset.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.shapes import Counts, check_counts
from blotter_records.errors import Invalid

_Plane = NDArray[np.float32]

#: Up to this radius (px): shrink by this factor, and cut this percentage off each side of the ball's patch.
_PATCHES = ((10.0, 1, 24), (30.0, 2, 24), (100.0, 4, 32), (math.inf, 8, 40))


def rolling_ball(counts: Counts, radius: float) -> _Plane:
    """Return the background that a rolling ball finds.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
        More signal is a larger count.
    radius : float
        Radius of the ball, px along the image and counts in height; at least as large as the widest band is thick.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Counts. It may lie above single pixels, since the image was smoothed; differences are never clipped here.

    Raises
    ------
    Invalid
        ``image.counts``; ``background.radius`` for a radius below 1 or above 10,000 px.

    Examples
    --------
    >>> counts = np.full((40, 40), 200, dtype=np.uint16)
    >>> counts[18:22, 18:22] = 5000
    >>> round(float(rolling_ball(counts, 12.0).max()), 1)
    200.1
    """
    check_counts(counts)
    if not 1 <= radius <= 10_000:
        raise Invalid("background.radius", f"A rolling ball of radius {radius} px: it may be 1 to 10,000 px.")
    factor, patch = _ball(radius)
    smooth = _mean3(_mean3(counts.astype(np.float32), axis=1), axis=0)
    if factor == 1:
        return _rolled(smooth, patch)
    return _enlarged(_rolled(_shrunk(smooth, factor), patch), factor, counts.shape)


def _ball(radius: float) -> tuple[int, _Plane]:
    """Return the factor to shrink by, and a quarter of the ball's patch: heights by distance down and across."""
    _, factor, percent = next(row for row in _PATCHES if radius <= row[0])
    small = max(radius / factor, 1.0)
    half = math.floor(small - int(percent * small) // 100 + 0.5)
    away = np.arange(half + 1, dtype=np.float64) ** 2
    height = small**2 - away[:, np.newaxis] - away
    return factor, np.sqrt(np.maximum(height, 0.0)).astype(np.float32)


def _mean3(plane: _Plane, axis: int) -> _Plane:
    """Return means of three neighbours along an axis, the outermost repeated; single precision, from low to high."""
    padded = np.pad(plane, [(1, 1) if at == axis else (0, 0) for at in range(2)], mode="edge")
    length = plane.shape[axis]
    before, here, after = (np.take(padded, range(step, step + length), axis=axis) for step in range(3))
    mean: _Plane = ((before + here) + after) * np.float32(0.333333333)
    return mean


def _shrunk(plane: _Plane, factor: int) -> _Plane:
    """Return the smallest pixel of each block of ``factor`` x ``factor``; the last blocks may be incomplete."""
    rows, columns = (-(-size // factor) for size in plane.shape)
    padded = np.full((rows * factor, columns * factor), np.inf, dtype=np.float32)
    padded[: plane.shape[0], : plane.shape[1]] = plane
    small: _Plane = padded.reshape(rows, factor, columns, factor).min(axis=(1, 3))
    return small


def _rolled(plane: _Plane, patch: _Plane) -> _Plane:
    """Return the surface that the top of the ball reaches everywhere: erosion, then dilation by its patch."""
    half = patch.shape[0] - 1
    rows, columns = plane.shape
    # The centre may lie up to ``half`` outside; there the patch sees the image only in part.
    wide = np.full((rows + 4 * half, columns + 4 * half), np.inf, dtype=np.float32)
    wide[2 * half : 2 * half + rows, 2 * half : 2 * half + columns] = plane
    centres = _extreme(wide, patch, np.minimum, np.subtract)
    return _extreme(centres, patch, np.maximum, np.add)


def _extreme(plane: _Plane, patch: _Plane, choose: np.ufunc, change: np.ufunc) -> _Plane:
    """Return the extreme of ``change(pixel, height of the patch)`` over the patch, for each place that has all of it.

    The patch is the same to the left, right, up and down: each quarter's pixels are chosen among before the height
    counts, which gives the same single-precision numbers with a third of the work.
    """
    half = patch.shape[0] - 1
    rows, columns = plane.shape[0] - 2 * half, plane.shape[1] - 2 * half
    best: _Plane | None = None
    for across in range(half + 1):
        sides = choose(
            plane[:, half - across : half - across + columns], plane[:, half + across : half + across + columns]
        )
        for down in range(half + 1):
            four = choose(sides[half - down : half - down + rows], sides[half + down : half + down + rows])
            change(four, patch[down, across], out=four)
            best = four if best is None else choose(best, four, out=best)
    assert best is not None
    return best


def _enlarged(small: _Plane, factor: int, shape: tuple[int, ...]) -> _Plane:
    """Return the small plane at full size, bilinear between the blocks' centres."""
    row, row_weight = _between(shape[0], small.shape[0], factor)
    column, column_weight = _between(shape[1], small.shape[1], factor)
    one = np.float32(1)
    next_column = np.minimum(column + 1, small.shape[1] - 1)
    lines = small[:, column] * column_weight + small[:, next_column] * (one - column_weight)
    next_row = np.minimum(row + 1, small.shape[0] - 1)
    down = row_weight[:, np.newaxis]
    large: _Plane = lines[row] * down + lines[next_row] * (one - down)
    return large


def _between(length: int, small: int, factor: int) -> tuple[NDArray[np.intp], _Plane]:
    """Return for each pixel the block to its left (or above) and that block's weight."""
    at = np.arange(length)
    index = np.clip((at - factor // 2) // factor, 0, max(small - 2, 0))
    distance = (at.astype(np.float32) + np.float32(0.5)) / np.float32(factor) - (
        index.astype(np.float32) + np.float32(0.5)
    )
    return index, np.float32(1) - distance
