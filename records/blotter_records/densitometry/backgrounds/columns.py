"""Column-wise linear background: under each column of a rectangle, the line from what is above it to what is below it.

What runs along the columns, such as a lane's smear or a stripe of the detector, is taken away as it is in that column;
the dark gap beside a lane plays no part, unlike in a closed border.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from blotter_records.densitometry.background import FEWEST_PIXELS
from blotter_records.densitometry.shapes import Counts, Rectangle, check_counts, check_on_image
from blotter_records.errors import Invalid

#: Rows that may be used above and below.
WIDTHS = range(1, 51)


@dataclass(frozen=True, slots=True)
class ColumnBackground:
    """``total``: sum of the background over the rectangle, counts·px, None where a column has no usable pixel.

    ``used``, ``excluded``: pixels above and below that were used, and that lie in other shapes or outside the image.
    """

    total: float | None
    used: int
    excluded: int


def column_background(
    counts: Counts, rectangle: Rectangle, width: int = 3, others: Iterable[Rectangle] = ()
) -> ColumnBackground:
    """Return the column-wise linear background of a rectangle.

    In each column, the mean of the ``width`` pixels above and that of the ``width`` pixels below are joined by a
    straight line between the middles of those pixels' rows. Where one side has no usable pixel in a column, the other
    side's mean is taken; where neither has, or fewer than 20 pixels are usable in all, there is no background.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
    rectangle : Rectangle
        On the image.
    width : int
        Rows above and below, 1 to 50.
    others : iterable of Rectangle
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
    check_on_image(rectangle, counts.shape)
    if width not in WIDTHS:
        raise Invalid("background.width", f"Strips of {width} px: they may be 1 to 50 px wide.")
    above = _strip(counts, rectangle, (rectangle.row0 - width, rectangle.row0), others)
    below = _strip(counts, rectangle, (rectangle.row1, rectangle.row1 + width), others)
    asked = 2 * width * rectangle.width
    used = int(above[2].sum() + below[2].sum())
    sides = (above[2] > 0, below[2] > 0)
    if used < FEWEST_PIXELS or not (sides[0] | sides[1]).all():
        return ColumnBackground(None, used, asked - used)
    # The mean of a line over the rectangle's rows is its height at their middle.
    middle = (rectangle.row0 + rectangle.row1 - 1) / 2
    apart = np.where(sides[0] & sides[1], below[0] - above[0], 1.0)
    part = np.where(sides[0] & sides[1], (middle - above[0]) / apart, np.where(sides[0], 0.0, 1.0))
    level = np.where(sides[0], above[1], 0.0) * (1 - part) + np.where(sides[1], below[1], 0.0) * part
    return ColumnBackground(float(level.sum()) * rectangle.height, used, asked - used)


def _strip(
    counts: Counts, rectangle: Rectangle, rows: tuple[int, int], others: Iterable[Rectangle]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return per column of a strip: mean row, mean count, and number of its usable pixels."""
    top, bottom = max(0, rows[0]), min(counts.shape[0], rows[1])
    values = counts[top:bottom, rectangle.column0 : rectangle.column1].astype(np.float64)
    usable = np.ones(values.shape, dtype=np.bool_)
    for other in others:
        usable[
            max(0, other.row0 - top) : max(0, other.row1 - top),
            max(0, other.column0 - rectangle.column0) : max(0, other.column1 - rectangle.column0),
        ] = False
    number = usable.sum(axis=0)
    divisor = np.maximum(number, 1)
    at = np.arange(top, bottom, dtype=np.float64)[:, np.newaxis]
    return (at * usable).sum(axis=0) / divisor, (values * usable).sum(axis=0) / divisor, number
