"""Shapes on an image as the pixels that they hold: bounds, and which pixels within the bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from blotter_records.densitometry.masks import Ellipse, Mask, Polygon, ellipse_mask, polygon_parts
from blotter_records.densitometry.shapes import Counts, Rectangle, check_on_image, pixels
from blotter_records.errors import Invalid

#: Pixels of the largest box around an ellipse or polygon, and of all those of an analysis: a mask of each is made.
LARGEST = 25_000_000
LARGEST_IN_ALL = 4 * LARGEST

#: What a person draws.
Outline = Rectangle | Ellipse | Polygon


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The pixels of a shape.

    Parameters
    ----------
    bounds : Rectangle
        The smallest rectangle that holds all of them.
    inside : ndarray of bool, shape (height, width) of ``bounds``, optional
        Which pixels of the bounds are in the shape; without it all are.
    twice : int
        Pixels that a polygon that crosses itself goes around and that are outside all the same, px.
    """

    bounds: Rectangle
    inside: Mask | None = None
    twice: int = 0

    @property
    def area(self) -> int:
        """Area A: how many pixels are in the shape, px (formula B1)."""
        return self.bounds.area if self.inside is None else int(np.count_nonzero(self.inside))

    def values(self, counts: Counts) -> Counts:
        """Return the shape's pixels of an image: of a rectangle a view with two dimensions, else one dimension."""
        within = pixels(counts, self.bounds)
        return within if self.inside is None else within[self.inside]

    def within(self, window: Rectangle) -> Mask:
        """Return which pixels of a window are in the shape, shape (height, width) of the window."""
        found = np.zeros((window.height, window.width), dtype=np.bool_)
        bounds = self.bounds
        if not bounds.overlaps(window):
            return found
        top, bottom = max(bounds.row0, window.row0), min(bounds.row1, window.row1)
        left, right = max(bounds.column0, window.column0), min(bounds.column1, window.column1)
        part = found[top - window.row0 : bottom - window.row0, left - window.column0 : right - window.column0]
        if self.inside is None:
            part[:] = True
        else:
            part[:] = self.inside[
                top - bounds.row0 : bottom - bounds.row0, left - bounds.column0 : right - bounds.column0
            ]
        return found

    def overlaps(self, other: Region) -> bool:
        """Tell whether at least one pixel is in both."""
        if not self.bounds.overlaps(other.bounds):
            return False
        if self.inside is None and other.inside is None:
            return True
        mine = other.within(self.bounds)
        return bool(mine.any() if self.inside is None else (mine & self.inside).any())


#: A rectangle stands for the region of all its pixels.
Placed = Rectangle | Region


def placed(shape: Placed) -> Region:
    """Return a rectangle as a region, a region as it is."""
    return Region(shape) if isinstance(shape, Rectangle) else shape


def region_of(outline: Outline, image: tuple[int, ...], name: str = "The shape") -> Region:
    """Return which pixels of an image a shape holds.

    Parameters
    ----------
    outline : Rectangle, Ellipse or Polygon
    image : tuple of int
        Rows and columns of the image.
    name : str
        How a message calls the shape.

    Raises
    ------
    Invalid
        ``shape.outside`` where a part of the shape lies outside the image (nothing is clipped); ``shape.empty`` where
        it holds the centre of no pixel; ``shape.large`` where the box around an ellipse or polygon has too many pixels.

    Examples
    --------
    >>> region_of(Ellipse(5, 5, 2.5, 2.5), (11, 11)).bounds
    Rectangle(row0=3, column0=3, row1=8, column1=8)
    """
    if isinstance(outline, Rectangle):
        check_on_image(outline, image, name)
        return Region(outline)
    rows, columns = image[:2]
    top, left, bottom, right = extent(outline)
    # A pixel reaches half a pixel beyond its centre; the rest is room for rounding.
    edge = 0.5 + 1e-9
    if min(top, left) < -edge or bottom > rows - 1 + edge or right > columns - 1 + edge:
        raise Invalid(
            "shape.outside",
            f"{name} (rows {top:g} to {bottom:g}, columns {left:g} to {right:g}) reaches outside the image of {rows} "
            f"rows and {columns} columns.",
            "Move or shrink the shape until all of it lies on the image.",
        )
    first = max(0, math.floor(top)), max(0, math.floor(left))
    size = min(rows, math.floor(bottom) + 1) - first[0], min(columns, math.floor(right) + 1) - first[1]
    if size[0] * size[1] > LARGEST:
        raise too_large(f"The box around {name} has {size[0] * size[1]:,} pixels", LARGEST)
    twice = 0
    if isinstance(outline, Ellipse):
        inside = ellipse_mask(outline, size, first)
    else:
        inside, twice = polygon_parts(outline, size, first)
    down, across = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not down.size:
        raise Invalid("shape.empty", f"{name} holds the centre of no pixel.", "Draw it larger.")
    row0, row1, column0, column1 = int(down[0]), int(down[-1]) + 1, int(across[0]), int(across[-1]) + 1
    bounds = Rectangle(first[0] + row0, first[1] + column0, first[0] + row1, first[1] + column1)
    return Region(bounds, inside[row0:row1, column0:column1], twice)


def too_large(what: str, most: int) -> Invalid:
    """Return the refusal of ellipses and polygons that are too large to be measured."""
    return Invalid("shape.large", f"{what}; {most:,} are the most.", "Draw a rectangle, or smaller shapes.")


def extent(outline: Ellipse | Polygon) -> tuple[float, float, float, float]:
    """Return the first row and column and the last row and column that an outline reaches, px."""
    if isinstance(outline, Polygon):
        rows, columns = zip(*outline.corners, strict=True)
        return min(rows), min(columns), max(rows), max(columns)
    if not outline.turned:
        down, across = outline.half_height, outline.half_width
    else:
        cosine, sine = math.cos(math.radians(outline.turned)), math.sin(math.radians(outline.turned))
        down = math.hypot(outline.half_height * cosine, outline.half_width * sine)
        across = math.hypot(outline.half_height * sine, outline.half_width * cosine)
    return outline.row - down, outline.column - across, outline.row + down, outline.column + across


def drawn(outline: Outline) -> list[tuple[float, float]]:
    """Return corners (row, column) to draw a shape with, in edges of pixels: row 0 begins at 0 and ends at 1.

    An ellipse becomes a polygon of 72 corners; for pictures, never for numbers.
    """
    if isinstance(outline, Rectangle):
        r = outline
        return [(r.row0, r.column0), (r.row0, r.column1), (r.row1, r.column1), (r.row1, r.column0)]
    if isinstance(outline, Polygon):
        return [(row + 0.5, column + 0.5) for row, column in outline.corners]
    turned = math.radians(outline.turned)
    corners = []
    for at in range(72):
        angle = math.radians(5 * at)
        u, v = outline.half_height * math.cos(angle), outline.half_width * math.sin(angle)
        corners.append((
            outline.row + 0.5 + u * math.cos(turned) - v * math.sin(turned),
            outline.column + 0.5 + u * math.sin(turned) + v * math.cos(turned),
        ))  # fmt: skip
    return corners


def any_of(regions: Iterable[Region], window: Rectangle) -> Mask:
    """Return which pixels of a window are in at least one of several shapes."""
    nothing = np.zeros((window.height, window.width), dtype=np.bool_)
    touching = (one.within(window) for one in regions if one.bounds.overlaps(window))
    return reduce(np.logical_or, touching, nothing)
