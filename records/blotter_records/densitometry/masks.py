"""Ellipses and polygons: which pixels they hold.

A pixel belongs to a shape when its centre is inside; centres have whole-number coordinates (row, column), as in
scikit-image. On the line itself: a centre on an ellipse is outside; of two polygons that share an edge, exactly one
holds a centre on it (the one below or to the right of the edge), so that sums over disjoint shapes add up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blotter_records.errors import Invalid

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Centre and half axes, px; ``turned``: degrees that the row axis is turned towards the columns.

    Raises
    ------
    Invalid
        ``shape.bounds`` for numbers that are not finite, ``shape.empty`` for a half axis of 0 or less.
    """

    row: float
    column: float
    half_height: float
    half_width: float
    turned: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.row, self.column, self.half_height, self.half_width, self.turned)
        if not all(math.isfinite(one) for one in numbers):
            raise Invalid("shape.bounds", "A number of an ellipse is not finite.")
        if min(self.half_height, self.half_width) <= 0:
            raise Invalid("shape.empty", "A half axis of an ellipse is not larger than 0.")


@dataclass(frozen=True, slots=True)
class Polygon:
    """Corners (row, column), px, in order; the last is joined to the first. A freehand shape is one with many corners.

    Where its lines cross, what is enclosed an even number of times is outside (even-odd rule).

    Raises
    ------
    Invalid
        ``shape.bounds`` for numbers that are not finite, ``shape.empty`` for fewer than three corners.
    """

    corners: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if len(self.corners) < 3:
            raise Invalid("shape.empty", f"A polygon of {len(self.corners)} corners holds no pixel.")
        if not all(math.isfinite(one) for corner in self.corners for one in corner):
            raise Invalid("shape.bounds", "A corner of a polygon is not finite.")


def ellipse_mask(ellipse: Ellipse, shape: tuple[int, int], first: tuple[int, int] = (0, 0)) -> Mask:
    """Return which pixels of an image an ellipse holds: ``(down / a)² + (across / b)² < 1``.

    Parameters
    ----------
    ellipse : Ellipse
        May reach outside the image.
    shape : tuple of int
        Rows and columns of the image, or of a part of it.
    first : tuple of int
        Row and column of the image at which the part begins.

    Returns
    -------
    ndarray of bool, shape ``shape``

    Examples
    --------
    >>> int(ellipse_mask(Ellipse(5, 5, 2.5, 2.5), (11, 11)).sum())
    21
    """
    down = np.arange(first[0], first[0] + shape[0], dtype=np.float64)[:, np.newaxis] - ellipse.row
    across = np.arange(first[1], first[1] + shape[1], dtype=np.float64) - ellipse.column
    if ellipse.turned:
        angle = math.radians(ellipse.turned)
        down, across = (
            down * math.cos(angle) + across * math.sin(angle),
            across * math.cos(angle) - down * math.sin(angle),
        )
    inside: Mask = (down / ellipse.half_height) ** 2 + (across / ellipse.half_width) ** 2 < 1
    return inside


def polygon_mask(polygon: Polygon, shape: tuple[int, int], first: tuple[int, int] = (0, 0)) -> Mask:
    """Return which pixels of an image a polygon holds, by the even-odd rule.

    In each row, the columns where the polygon's lines cross the row of pixel centres are found; an edge counts for rows
    ``upper <= row < lower``; a pixel is inside when an odd number of crossings lies at or left of it.

    Parameters
    ----------
    polygon : Polygon
        May reach outside the image.
    shape : tuple of int
        Rows and columns of the image, or of a part of it.
    first : tuple of int
        Row and column of the image at which the part begins.

    Returns
    -------
    ndarray of bool, shape ``shape``

    Examples
    --------
    >>> int(polygon_mask(Polygon(((0, 0), (0, 3), (2, 3), (2, 0))), (4, 4)).sum())
    6
    """
    return polygon_parts(polygon, shape, first)[0]


def polygon_parts(polygon: Polygon, shape: tuple[int, int], first: tuple[int, int] = (0, 0)) -> tuple[Mask, int]:
    """Return what :func:`polygon_mask` does, and how many pixels the lines go around that are outside all the same.

    Those are enclosed an even number of times; there are none where no lines cross.

    Examples
    --------
    >>> around_again = ((0, 0), (0, 4), (4, 4), (4, 0), (0, 0), (0, 2), (2, 2), (2, 0))
    >>> polygon_parts(Polygon(around_again), (5, 5))[1]
    4
    """
    crossed, around = _crossings(polygon, shape, first)
    inside: Mask = crossed % 2 == 1
    return inside, int(np.count_nonzero((around != 0) & ~inside))


def _crossings(
    polygon: Polygon, shape: tuple[int, int], first: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return for each pixel how many lines lie at or left of it, and how many more of them go down than up."""
    rows, columns = shape
    crossed, around = (np.zeros((rows, columns + 1), dtype=np.int32) for _ in range(2))
    for (row0, column0), (row1, column1) in _edges(polygon.corners):
        if row0 == row1:
            continue
        (top, from_column), (bottom, to_column) = sorted([(row0, column0), (row1, column1)])
        at_rows = np.arange(max(first[0], math.ceil(top)), min(first[0] + rows, math.ceil(bottom)))
        # Divided last: with corners on eighths of a pixel the product is exact, so a crossing on a centre is, too.
        at = from_column + (at_rows - top) * (to_column - from_column) / (bottom - top)
        place = (at_rows - first[0], np.clip(np.ceil(at) - first[1], 0, columns).astype(np.intp))
        np.add.at(crossed, place, 1)
        np.add.at(around, place, 1 if row0 < row1 else -1)
    for count in (crossed, around):
        np.cumsum(count, axis=1, out=count)
    return crossed[:, :columns], around[:, :columns]


def _edges(
    corners: Sequence[tuple[float, float]],
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))
