"""Shapes on an image: half-open rectangles in pixels, and whether they lie on it."""

from __future__ import annotations

import operator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blotter_records.errors import Invalid

#: Pixels of an image: two dimensions (rows, columns), unsigned, 8 or 16 bits; or 32-bit floats, all finite.
Counts = NDArray[np.uint8 | np.uint16 | np.float32]

_TYPES = frozenset({np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32)})


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Half-open pixel bounds: rows ``row0 <= r < row1``, columns ``column0 <= c < column1``.

    A pixel belongs to the rectangle when its centre does; with whole-number bounds that is the slice
    ``counts[row0:row1, column0:column1]``.

    Parameters
    ----------
    row0, column0, row1, column1 : int
        Bounds in px. They may lie outside any image; :func:`check_on_image` refuses that.

    Raises
    ------
    Invalid
        ``shape.bounds`` if a bound is not a whole number, ``shape.empty`` if there is no pixel inside.

    Examples
    --------
    >>> Rectangle(2, 10, 5, 14).area
    12
    """

    row0: int
    column0: int
    row1: int
    column1: int

    def __post_init__(self) -> None:
        for name in ("row0", "column0", "row1", "column1"):
            bound = getattr(self, name)
            if type(bound) is int:
                continue
            try:
                # numpy's integers become Python's, so that no later sum can wrap around
                object.__setattr__(self, name, operator.index(bound))
            except TypeError:
                raise Invalid("shape.bounds", f"The bound {name} of a rectangle is not a whole number.") from None
        if self.row1 <= self.row0 or self.column1 <= self.column0:
            raise Invalid(
                "shape.empty",
                f"A rectangle of rows {self.row0} to {self.row1} and columns {self.column0} to {self.column1} "
                "holds no pixel.",
                "Bounds are half-open: the second row and column must be larger than the first.",
            )

    @property
    def height(self) -> int:
        """Rows, px."""
        return self.row1 - self.row0

    @property
    def width(self) -> int:
        """Columns, px."""
        return self.column1 - self.column0

    @property
    def area(self) -> int:
        """Area A: how many pixels are inside, px (formula B1)."""
        return self.height * self.width

    def overlaps(self, other: Rectangle) -> bool:
        """Tell whether at least one pixel is in both."""
        return (
            self.row0 < other.row1
            and other.row0 < self.row1
            and self.column0 < other.column1
            and other.column0 < self.column1
        )


def check_counts(counts: Counts) -> None:
    """Refuse arrays that are not the pixels of an image.

    Raises
    ------
    Invalid
        ``image.counts`` unless the array has two dimensions, at least one pixel, and dtype uint8, uint16 or float32;
        ``image.not_finite``.
    """
    if counts.ndim != 2 or counts.size == 0 or counts.dtype not in _TYPES:
        raise Invalid(
            "image.counts",
            f"Numbers are made from rows and columns of 8- or 16-bit counts or 32-bit floats, not from "
            f"{counts.dtype} of shape {counts.shape}.",
        )
    if counts.dtype.kind == "f" and not np.isfinite(counts).all():
        raise Invalid("image.not_finite", "A pixel of the image is not a number, or is infinite.")


def check_on_image(rectangle: Rectangle, shape: tuple[int, ...], name: str = "The rectangle") -> None:
    """Refuse a rectangle that does not lie on the image as a whole; nothing is ever clipped silently.

    Parameters
    ----------
    rectangle : Rectangle
    shape : tuple of int
        Rows and columns of the image.
    name : str
        How the message calls the shape.

    Raises
    ------
    Invalid
        ``shape.outside``.
    """
    rows, columns = shape[:2]
    if rectangle.row0 < 0 or rectangle.column0 < 0 or rectangle.row1 > rows or rectangle.column1 > columns:
        raise Invalid(
            "shape.outside",
            f"{name} (rows {rectangle.row0} to {rectangle.row1}, columns {rectangle.column0} to "
            f"{rectangle.column1}) reaches outside the image of {rows} rows and {columns} columns.",
            "Move or shrink the shape until all of it lies on the image.",
        )


def pixels(counts: Counts, rectangle: Rectangle) -> Counts:
    """Return the pixels of a rectangle that lies on the image: a view, shape (height, width), not a copy."""
    return counts[rectangle.row0 : rectangle.row1, rectangle.column0 : rectangle.column1]


def mask(rectangle: Rectangle, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which pixels of an image are inside a rectangle.

    Parameters
    ----------
    rectangle : Rectangle
        May reach outside the image; only the part on it is True.
    shape : tuple of int
        Rows and columns of the image.

    Returns
    -------
    ndarray of bool, shape ``shape``
    """
    inside = np.zeros(shape, dtype=np.bool_)
    inside[max(0, rectangle.row0) : max(0, rectangle.row1), max(0, rectangle.column0) : max(0, rectangle.column1)] = (
        True
    )
    return inside
