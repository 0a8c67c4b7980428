"""A lane laid straight: its pixels as rows and columns along and across the lane, none made up, none counted twice.

Pixel (row, column) of the image lies at::

    across = column - round(centre(row))
    along  = row - round(rise · across)

in the straight lane, where ``centre(row)`` is the lane's centre line and ``rise`` the slope of its bands. Both are
rounded to whole pixels (half to even), so every pixel of the image falls on one place and keeps its count: a sum over
rows of the straight lane is a sum over pixels of the image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.finding.lanes import Lane
from blotter_records.densitometry.shapes import Counts


@dataclass(frozen=True, slots=True)
class StraightLane:
    """``values``: counts, shape (rows, 2 half + 1); ``on_image``: which of them are pixels of the image.

    ``half``: columns on each side of the centre line, px.
    """

    lane: Lane
    values: Counts
    on_image: NDArray[np.bool_]
    half: int


def places(lane: Lane, rows: int, half: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the image's row and column of each place of the straight lane; they may lie outside the image.

    Returns
    -------
    rows_at, columns_at : ndarray of int, shape (rows, 2 half + 1)
    """
    across = np.arange(-half, half + 1)
    moved = np.rint(lane.rise * across).astype(np.intp)
    row = np.arange(rows)[:, np.newaxis] + moved
    first, last = int(moved.min()), rows + int(moved.max())
    of_rows = lane.column + lane.lean * (np.arange(first, last) - (rows - 1) / 2)
    return row, np.rint(of_rows).astype(np.intp)[row - first] + across


def straightened(counts: Counts, lane: Lane, half: int) -> StraightLane:
    """Return the pixels of a lane laid straight.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
    lane : Lane
    half : int
        Columns on each side of the centre line, px.

    Returns
    -------
    StraightLane
        Places outside the image hold the count of the nearest pixel and are False in ``on_image``.

    Examples
    --------
    >>> counts = np.arange(12, dtype=np.uint16).reshape(3, 4)
    >>> straightened(counts, Lane(1.0, 1.0, 1.0, 0.0, 1.0), 0).values.ravel().tolist()
    [0, 5, 10]
    """
    rows, columns = counts.shape
    row, column = places(lane, rows, half)
    on_image = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    if not on_image.all():
        row, column = np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)
    return StraightLane(lane, counts.ravel()[row * columns + column], on_image, half)


def narrowed(straight: StraightLane, lane: Lane, half: int) -> StraightLane:
    """Return the middle columns of a straight lane, which are those of a lane less than one column beside it."""
    kept = slice(straight.half - half, straight.half + half + 1)
    return StraightLane(lane, straight.values[:, kept], straight.on_image[:, kept], half)
