"""Background of a shape from a border around it (formulas B7, B8, B11, B13).

The border lies outside the shape and is 1 to 5 px wide. With sides *all* it is a square-cornered frame; *top + bottom*
and *left + right* are the two strips beside the shape, as long as the shape, without the corners. Pixels of the border
that lie in another shape or outside the image are left out and counted. Fewer than 20 pixels are no background.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from blotter_records.densitometry.intensity import Ratio, median, standard_deviation, sums
from blotter_records.densitometry.shapes import Counts, Rectangle, pixels
from blotter_records.errors import Invalid
from blotter_records.vocabulary import BackgroundMethod, BackgroundSides

#: Fewest border pixels that make a background.
FEWEST_PIXELS = 20

#: Widths of the border that may be asked for, px.
WIDTHS = range(1, 6)


@dataclass(frozen=True, slots=True)
class Background:
    """How background is taken; the same for all shapes of an analysis.

    Parameters
    ----------
    method : BackgroundMethod
        Median (default) or mean of the border's pixels, or none at all.
    width : int
        Width of the border, 1 to 5 px.
    sides : BackgroundSides
        Which sides of the border are used.

    Raises
    ------
    Invalid
        ``background.width``.
    """

    method: BackgroundMethod = BackgroundMethod.MEDIAN
    width: int = 3
    sides: BackgroundSides = BackgroundSides.ALL

    def __post_init__(self) -> None:
        if self.width not in WIDTHS:
            raise Invalid("background.width", f"A border of {self.width} px: it may be 1 to 5 px wide.")


@dataclass(frozen=True, slots=True)
class BorderPixels:
    """The usable pixels of a border (one dimension, counts), and how many were left out."""

    values: Counts
    excluded: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """Background of one shape: ``level`` in counts per pixel (exact), None where there is none."""

    level: Ratio | None
    standard_deviation: float | None
    used: int
    excluded: int


def border(rectangle: Rectangle, width: int, sides: BackgroundSides) -> tuple[Rectangle, ...]:
    """Return the border as rectangles that do not overlap; they may reach outside the image.

    Examples
    --------
    >>> sum(part.area for part in border(Rectangle(10, 10, 24, 50), 3, BackgroundSides.ALL))
    360
    """
    r0, c0, r1, c1 = rectangle.row0, rectangle.column0, rectangle.row1, rectangle.column1
    corner = width if sides is BackgroundSides.ALL else 0
    above_below = (
        Rectangle(r0 - width, c0 - corner, r0, c1 + corner),
        Rectangle(r1, c0 - corner, r1 + width, c1 + corner),
    )
    beside = (Rectangle(r0, c0 - width, r1, c0), Rectangle(r0, c1, r1, c1 + width))
    if sides is BackgroundSides.TOP_BOTTOM:
        return above_below
    if sides is BackgroundSides.LEFT_RIGHT:
        return beside
    return above_below + beside


def border_pixels(
    counts: Counts,
    rectangle: Rectangle,
    width: int,
    sides: BackgroundSides,
    others: Iterable[Rectangle] = (),
) -> BorderPixels:
    """Collect the border's pixels that are on the image and in no other shape.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    rectangle : Rectangle
        The shape itself.
    width : int
        Width of the border, px.
    sides : BackgroundSides
    others : iterable of Rectangle
        All other shapes that may reach the border.

    Returns
    -------
    BorderPixels
    """
    rows, columns = counts.shape
    others = tuple(others)
    found: list[Counts] = []
    asked = 0
    for part in border(rectangle, width, sides):
        asked += part.area
        top, left = max(0, part.row0), max(0, part.column0)
        bottom, right = min(rows, part.row1), min(columns, part.column1)
        if top >= bottom or left >= right:
            continue
        if others:
            found.append(_outside(counts, Rectangle(top, left, bottom, right), others))
        else:
            found.append(counts[top:bottom, left:right].ravel())
    values: Counts = np.concatenate(found) if found else counts[:0, 0]
    return BorderPixels(values, asked - values.size)


def _outside(counts: Counts, part: Rectangle, others: Iterable[Rectangle]) -> Counts:
    """Return the pixels of ``part`` that are in none of ``others``."""
    values = pixels(counts, part)
    touching = [other for other in others if other.overlaps(part)]
    if not touching:
        return values.ravel()
    usable = np.ones(values.shape, dtype=np.bool_)
    for other in touching:
        usable[
            max(0, other.row0 - part.row0) : other.row1 - part.row0,
            max(0, other.column0 - part.column0) : other.column1 - part.column0,
        ] = False
    return values[usable]


def estimate(
    counts: Counts, rectangle: Rectangle, background: Background, others: Iterable[Rectangle] = ()
) -> Estimate:
    """Return the background per pixel of one shape and its spread.

    Average (B7) is the mean of the border's pixels, median (B8) their median by the rule of
    :func:`blotter_records.densitometry.intensity.median`; the spread (B13) is their standard deviation with n - 1
    about their mean under both.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    rectangle : Rectangle
    background : Background
    others : iterable of Rectangle
        All other shapes that may reach the border.

    Returns
    -------
    Estimate
        ``level`` and ``standard_deviation`` are None with method *none* and with fewer than 20 usable pixels.
    """
    if background.method is BackgroundMethod.NONE:
        return Estimate(None, None, 0, 0)
    around = border_pixels(counts, rectangle, background.width, background.sides, others)
    used = around.values.size
    if used < FEWEST_PIXELS:
        return Estimate(None, None, used, around.excluded)
    of = sums(around.values)
    average = background.method is BackgroundMethod.AVERAGE
    level = Ratio(of.total, of.area) if average else median(around.values)
    return Estimate(level, standard_deviation(of), used, around.excluded)
