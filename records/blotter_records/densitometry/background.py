"""Background of a shape from a border around it (formulas B7, B8, B11, B13), and how background is chosen.

The border lies outside the shape and is 1 to 5 px wide. With sides *all* it is every pixel at most that far away down
and across: of a rectangle a square-cornered frame; *top + bottom* and *left + right* are the pixels that far above and
below, or beside, a pixel of the shape: of a rectangle two strips as long as it, without the corners. Pixels of the
border that lie in another shape or outside the image are left out and counted. Fewer than 20 pixels are no background.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from blotter_records.densitometry.intensity import Ratio, median, standard_deviation, sums
from blotter_records.densitometry.masks import Mask
from blotter_records.densitometry.regions import Placed, Region, any_of, placed
from blotter_records.densitometry.shapes import Counts, Rectangle, pixels
from blotter_records.errors import Invalid
from blotter_records.vocabulary import BackgroundMethod, BackgroundSides

#: Fewest pixels that make a background.
FEWEST_PIXELS = 20

#: Widths of the border that may be asked for, px.
WIDTHS = range(1, 6)

#: Smallest and largest radius of a rolling ball, px; larger ones take minutes.
RADII = (1.0, 500.0)

#: Rows beyond the outermost bands of a lane that may be searched, px.
REACHES = range(1, 20_001)


@dataclass(frozen=True, slots=True)
class Background:
    """How background is taken; the same for all shapes of an analysis.

    Parameters
    ----------
    method : BackgroundMethod
        Median (default) or mean of the border's pixels, one of the ways of ``backgrounds``, or none at all.
    width : int
        Width of the border, 1 to 5 px. *Column-wise* takes it above and below; under a *rolling ball* the border gives
        the spread alone.
    sides : BackgroundSides
        Which sides of the border are used by *average*, *median* and *rolling ball*.
    radius : float, optional
        Of the *rolling ball*, px; given with that method and no other.
    reach : int, optional
        With *lane*: rows above the first and below the last band in which the lowest is looked for; not otherwise.
    shapes : tuple of str
        With *user-defined*: the shapes whose pixels are background; not otherwise.

    Raises
    ------
    Invalid
        ``background.width``, ``background.radius``, ``background.reach``, ``background.shapes``.
    """

    method: BackgroundMethod = BackgroundMethod.MEDIAN
    width: int = 3
    sides: BackgroundSides = BackgroundSides.ALL
    radius: float | None = None
    reach: int | None = None
    shapes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        method = self.method
        if self.width not in WIDTHS:
            raise Invalid("background.width", f"A border of {self.width} px: it may be 1 to 5 px wide.")
        _check_given("radius", method, BackgroundMethod.ROLLING_BALL, is_given=self.radius is not None)
        _check_given("reach", method, BackgroundMethod.LANE, is_given=self.reach is not None)
        _check_given("shapes", method, BackgroundMethod.USER_DEFINED, is_given=bool(self.shapes))
        if self.radius is not None and not (math.isfinite(self.radius) and RADII[0] <= self.radius <= RADII[1]):
            raise Invalid("background.radius", f"A rolling ball of radius {self.radius} px: it may be 1 to 500 px.")
        if self.reach is not None and self.reach not in REACHES:
            raise Invalid("background.reach", f"A search over {self.reach} rows: it may be 1 to 20,000.")


def _check_given(name: str, method: BackgroundMethod, owner: BackgroundMethod, *, is_given: bool) -> None:
    """Check that a parameter comes with its method and with no other."""
    if is_given != (method is owner):
        word = owner.value.replace("_", " ")
        said = f"is missing: background {word} needs it" if not is_given else f"belongs to background {word} alone"
        raise Invalid(f"background.{name}", f"The parameter {name} {said}.")


@dataclass(frozen=True, slots=True)
class BorderPixels:
    """The usable pixels of a border (one dimension, counts), and how many were left out."""

    values: Counts
    excluded: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """Background of one shape: ``level`` in counts per pixel (exact), None where there is none; ``why`` says why."""

    level: Ratio | None
    standard_deviation: float | None
    used: int
    excluded: int
    why: str = ""


def border(rectangle: Rectangle, width: int, sides: BackgroundSides) -> tuple[Rectangle, ...]:
    """Return the border of a rectangle as rectangles that do not overlap; they may reach outside the image.

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
    counts: Counts, shape: Placed, width: int, sides: BackgroundSides, others: Iterable[Placed] = ()
) -> BorderPixels:
    """Collect the border's pixels that are on the image and in no other shape.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    shape : Rectangle or Region
        The shape itself.
    width : int
        Width of the border, px.
    sides : BackgroundSides
    others : iterable of Rectangle or Region
        All other shapes that may reach the border.

    Returns
    -------
    BorderPixels
    """
    region = placed(shape)
    near = [placed(other) for other in others]
    if region.inside is not None:
        return _around(counts, region, width, sides, near)
    rows, columns = counts.shape
    found: list[Counts] = []
    asked = 0
    for part in border(region.bounds, width, sides):
        asked += part.area
        top, left = max(0, part.row0), max(0, part.column0)
        bottom, right = min(rows, part.row1), min(columns, part.column1)
        if top >= bottom or left >= right:
            continue
        found.append(_outside(counts, Rectangle(top, left, bottom, right), near))
    values: Counts = np.concatenate(found) if found else counts[:0, 0]
    return BorderPixels(values, asked - values.size)


def _outside(counts: Counts, part: Rectangle, others: list[Region]) -> Counts:
    """Return the pixels of ``part`` that are in none of ``others``."""
    values = pixels(counts, part)
    touching = [other for other in others if other.bounds.overlaps(part)]
    return values[~any_of(touching, part)] if touching else values.ravel()


def _around(counts: Counts, region: Region, width: int, sides: BackgroundSides, others: list[Region]) -> BorderPixels:
    """Collect the border's pixels of a shape that is no rectangle."""
    r = region.bounds
    wide = Rectangle(r.row0 - width, r.column0 - width, r.row1 + width, r.column1 + width)
    shape = region.within(wide)
    grown = shape
    if sides is not BackgroundSides.LEFT_RIGHT:
        grown = _grown(grown, width, axis=0)
    if sides is not BackgroundSides.TOP_BOTTOM:
        grown = _grown(grown, width, axis=1)
    usable = grown & ~shape
    asked = int(np.count_nonzero(usable))
    rows, columns = counts.shape
    on = Rectangle(max(0, wide.row0), max(0, wide.column0), min(rows, wide.row1), min(columns, wide.column1))
    part = usable[on.row0 - wide.row0 : on.row1 - wide.row0, on.column0 - wide.column0 : on.column1 - wide.column0]
    values = pixels(counts, on)[part & ~any_of(others, on)]
    return BorderPixels(values, asked - values.size)


def _grown(mask: Mask, width: int, axis: int) -> Mask:
    """Return the mask with each pixel spread by ``width`` along an axis, both ways."""
    grown = mask.copy()
    for step in range(1, width + 1):
        ahead, behind = (slice(step, None), slice(None, -step)) if axis == 0 else (
            (slice(None), slice(step, None)),
            (slice(None), slice(None, -step)),
        )  # fmt: skip
        grown[ahead] |= mask[behind]
        grown[behind] |= mask[ahead]
    return grown


def estimate(counts: Counts, shape: Placed, background: Background, others: Iterable[Placed] = ()) -> Estimate:
    """Return the background per pixel of one shape from its border, and its spread.

    Average (B7) is the mean of the border's pixels, median (B8) their median by the rule of
    :func:`blotter_records.densitometry.intensity.median`; the spread (B13) is their standard deviation with n - 1
    about their mean under both.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    shape : Rectangle or Region
    background : Background
        *Average*, *median* or *none*; the other methods are in ``backgrounds``.
    others : iterable of Rectangle or Region
        All other shapes that may reach the border.

    Returns
    -------
    Estimate
        ``level`` and ``standard_deviation`` are None with method *none* and with fewer than 20 usable pixels.
    """
    if background.method is BackgroundMethod.NONE:
        return Estimate(None, None, 0, 0, "No background was chosen: there is no signal and no SNR, use the total.")
    around = border_pixels(counts, shape, background.width, background.sides, others)
    used = around.values.size
    if used < FEWEST_PIXELS:
        return Estimate(None, None, used, around.excluded, too_few(used, around.excluded))
    of = sums(around.values)
    average = background.method is BackgroundMethod.AVERAGE
    level = Ratio(of.total, of.area) if average else median(around.values)
    return Estimate(level, standard_deviation(of), used, around.excluded)


def too_few(used: int, excluded: int) -> str:
    """Return why so few pixels are no background."""
    return (
        f"No background: {used} of {used + excluded} border pixels are usable, "
        f"{FEWEST_PIXELS} are needed. There is no signal and no SNR."
    )
