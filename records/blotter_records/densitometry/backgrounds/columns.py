"""Column-wise linear background: under each column of a shape, the line from what is above it to what is below it.

What runs along the columns, such as a lane's smear or a stripe of the detector, is taken away as it is in that column;
the dark gap beside a lane plays no part, unlike in a closed border.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.background import FEWEST_PIXELS
from blotter_records.densitometry.intensity import standard_deviation, sums
from blotter_records.densitometry.regions import Placed, Region, any_of, placed
from blotter_records.densitometry.shapes import Counts, Rectangle, check_counts, check_on_image
from blotter_records.errors import Invalid

#: Rows that may be used above and below.
WIDTHS = range(1, 51)


@dataclass(frozen=True, slots=True)
class ColumnBackground:
    """``total``: sum of the background over the shape, counts·px, None where a column has no usable pixel.

    ``used``, ``excluded``: pixels above and below that were used, and that lie in other shapes or outside the image;
    ``standard_deviation``: of those used, counts.
    """

    total: float | None
    used: int
    excluded: int
    standard_deviation: float | None


@dataclass(frozen=True, slots=True)
class _Strip:
    """Of each column: mean row, mean count and number of the usable pixels; and all their counts."""

    row: NDArray[np.float64]
    count: NDArray[np.float64]
    number: NDArray[np.int64]
    values: Counts


def column_background(counts: Counts, shape: Placed, width: int = 3, others: Iterable[Placed] = ()) -> ColumnBackground:
    """Return the column-wise linear background of a shape.

    In each column of the shape's bounds, the mean of the ``width`` pixels above the bounds and that of the ``width``
    pixels below are joined by a straight line between the middles of those pixels' rows; it is the background of the
    shape's pixels in that column. Where one side has no usable pixel in a column, the other side's mean is taken; where
    neither has, or fewer than 20 pixels are usable in all, there is no background.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    shape : Rectangle or Region
        On the image.
    width : int
        Rows above and below, 1 to 50.
    others : iterable of Rectangle or Region
        Other shapes; their pixels are left out and counted.

    Returns
    -------
    ColumnBackground

    Raises
    ------
    Invalid
        ``image.counts``, ``shape.outside``, ``background.width``.

    Examples
    --------
    >>> ramp = (10 * np.arange(30, dtype=np.uint16)[:, np.newaxis] + np.zeros(20, np.uint16)).astype(np.uint16)
    >>> column_background(ramp, Rectangle(10, 5, 15, 15)).total
    6000.0
    """
    check_counts(counts)
    region = placed(shape)
    bounds = region.bounds
    check_on_image(bounds, counts.shape)
    if width not in WIDTHS:
        raise Invalid("background.width", f"Strips of {width} px: they may be 1 to 50 px wide.")
    near = [placed(other) for other in others]
    above = _strip(counts, bounds, (bounds.row0 - width, bounds.row0), near)
    below = _strip(counts, bounds, (bounds.row1, bounds.row1 + width), near)
    asked = 2 * width * bounds.width
    used = int(above.number.sum() + below.number.sum())
    has_above, has_below = above.number > 0, below.number > 0
    if used < FEWEST_PIXELS or not (has_above | has_below).all():
        return ColumnBackground(None, used, asked - used, None)
    area, middle = _columns(region)
    both = has_above & has_below
    # The mean of a line over the shape's rows in a column is its height at their mean row.
    apart = np.where(both, below.row - above.row, 1.0)
    part = np.where(both, (middle - above.row) / apart, np.where(has_above, 0.0, 1.0))
    level = np.where(has_above, above.count, 0.0) * (1 - part) + np.where(has_below, below.count, 0.0) * part
    spread = standard_deviation(sums(np.concatenate([above.values, below.values])))
    return ColumnBackground(math.fsum(level * area), used, asked - used, spread)


def _columns(region: Region) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return how many pixels of the shape each column of its bounds has, and their mean row."""
    bounds = region.bounds
    if region.inside is None:
        middle = (bounds.row0 + bounds.row1 - 1) / 2
        return np.full(bounds.width, bounds.height, dtype=np.int64), np.full(bounds.width, middle)
    area = region.inside.sum(axis=0, dtype=np.int64)
    rows = np.arange(bounds.row0, bounds.row1, dtype=np.int64)
    return area, (region.inside * rows[:, np.newaxis]).sum(axis=0) / np.maximum(area, 1)


def _strip(counts: Counts, bounds: Rectangle, rows: tuple[int, int], others: Sequence[Region]) -> _Strip:
    """Return what a strip above or below the bounds holds on the image and outside other shapes."""
    top, bottom = max(0, rows[0]), min(counts.shape[0], rows[1])
    within = counts[top:bottom, bounds.column0 : bounds.column1]
    if top >= bottom:
        nothing = np.zeros(bounds.width)
        return _Strip(nothing, nothing, nothing.astype(np.int64), within.ravel())
    usable = ~any_of(others, Rectangle(top, bounds.column0, bottom, bounds.column1))
    values = within.astype(np.float64)
    number = usable.sum(axis=0, dtype=np.int64)
    divisor = np.maximum(number, 1)
    at = np.arange(top, bottom, dtype=np.float64)[:, np.newaxis]
    return _Strip((at * usable).sum(axis=0) / divisor, (values * usable).sum(axis=0) / divisor, number, within[usable])
