"""Intensity of a set of pixels: area, total, mean, extremes, standard deviation, median (formulas B1-B6).

Every function takes an array of counts (uint8 or uint16, any shape, at least one pixel) and treats it as a set: the
order of the pixels never changes a number, since sums are made in integers. Rounding to an IEEE double happens once,
at the end, to the nearest double (``int / int`` in Python is correctly rounded).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from blotter_records.densitometry.shapes import Counts

#: Pixels summed at a time. 2**22 squares of 16-bit counts stay below 2**54, far inside uint64, and the widened copy
#: of one piece stays at 32 MB however large the shape is.
_PIECE = 1 << 22


class Ratio(NamedTuple):
    """An exact fraction of two whole numbers; ``value`` rounds it once."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float:
        """The nearest double."""
        return self.numerator / self.denominator


class Sums(NamedTuple):
    """Exact sums over a set of pixels."""

    area: int
    total: int
    squares: int


@dataclass(frozen=True, slots=True)
class Intensity:
    """What formulas B1-B6 say about a set of pixels. Counts, except ``area`` (px) and ``total`` (counts·px)."""

    area: int
    total: int
    mean: float
    minimum: int
    maximum: int
    standard_deviation: float | None
    median: float


def sums(values: Counts) -> Sums:
    """Return number, sum and sum of squares of the pixels, exactly (B1, B2).

    Parameters
    ----------
    values : ndarray of uint8 or uint16
        Counts.

    Returns
    -------
    Sums
        Python integers: px, counts·px, counts²·px.
    """
    flat = values.ravel()
    total = squares = 0
    for start in range(0, flat.size, _PIECE):
        piece = flat[start : start + _PIECE].astype(np.uint64)
        total += int(piece.sum())
        squares += int(np.dot(piece, piece))
    return Sums(flat.size, total, squares)


def standard_deviation(of: Sums) -> float | None:
    """Return the standard deviation with n - 1 (B5, B13), or None for fewer than two pixels.

    ``sqrt((n Σx² − (Σx)²) / (n (n − 1)))`` with the fraction made of whole numbers: no cancellation, whatever the
    offset of the counts. One rounding for the fraction, one for the root (IEEE 754 wants roots correctly rounded).

    Examples
    --------
    >>> standard_deviation(sums(np.array([1, 2, 3, 4], dtype=np.uint16)))
    1.2909944487358056
    """
    if of.area < 2:
        return None
    return math.sqrt((of.area * of.squares - of.total**2) / (of.area * (of.area - 1)))


def median(values: Counts) -> Ratio:
    """Return the median (B6): the middle count; of an even number of pixels, the mean of the two middle ones.

    numpy and R take the same rule. ImageJ takes the upper of the two (it reads the median off a histogram), so the two
    agree wherever the number of pixels is odd, and may differ by half the gap between the middle counts where it is
    even.

    Examples
    --------
    >>> median(np.array([1, 2, 3, 10], dtype=np.uint16)).value
    2.5
    """
    flat = values.ravel()
    middle = flat.size // 2
    if flat.size % 2:
        return Ratio(int(np.partition(flat, middle)[middle]), 1)
    around = np.partition(flat, (middle - 1, middle))
    return Ratio(int(around[middle - 1]) + int(around[middle]), 2)


def describe(values: Counts) -> Intensity:
    """Return all of B1-B6 for a set of pixels.

    Parameters
    ----------
    values : ndarray of uint8 or uint16
        At least one pixel.

    Returns
    -------
    Intensity

    Examples
    --------
    >>> describe(np.array([[1, 2], [3, 6]], dtype=np.uint8)).mean
    3.0
    """
    of = sums(values)
    return Intensity(
        area=of.area,
        total=of.total,
        mean=of.total / of.area,
        minimum=int(values.min()),
        maximum=int(values.max()),
        standard_deviation=standard_deviation(of),
        median=median(values).value,
    )
