"""Intensity of a set of pixels: area, total, mean, extremes, standard deviation, median (formulas B1-B6).

Every function takes an array of counts (uint8, uint16 or float32, any shape, at least one pixel) and treats it as a
set: the order of the pixels never changes a number, since sums are made in integers. Rounding to an IEEE double happens
once, at the end, to the nearest double (``int / int`` in Python is correctly rounded). A 32-bit float is a whole number
of 24 bits times a power of two, so that sums of floats are exact, too: as fractions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from blotter_records.densitometry.float_sums import float_sums
from blotter_records.densitometry.shapes import Counts

#: Pixels summed at a time. 2**22 squares of 16-bit counts stay below 2**54, far inside uint64, and the widened copy
#: of one piece stays at 32 MB however large the shape is.
_PIECE = 1 << 22


#: A whole number, or of floats an exact fraction.
Exact = int | Fraction


class Ratio(NamedTuple):
    """An exact fraction; its numerator is whole unless it is of floats. ``value`` rounds it once."""

    numerator: Exact
    denominator: int

    @property
    def value(self) -> float:
        """The nearest double."""
        return float(self.numerator / self.denominator)


class Sums(NamedTuple):
    """Exact sums over a set of pixels."""

    area: int
    total: Exact
    squares: Exact


@dataclass(frozen=True, slots=True)
class Intensity:
    """What formulas B1-B6 say about a set of pixels. Counts, except ``area`` (px) and ``total`` (counts·px, exact)."""

    area: int
    total: Exact
    mean: float
    minimum: int | float
    maximum: int | float
    standard_deviation: float | None
    median: float


def sums(values: Counts) -> Sums:
    """Return number, sum and sum of squares of the pixels, exactly (B1, B2).

    Parameters
    ----------
    values : ndarray of uint8, uint16 or float32
        Counts.

    Returns
    -------
    Sums
        Python integers, of floats fractions: px, counts·px, counts²·px.
    """
    flat = values.ravel()
    if flat.dtype.kind == "f":
        return Sums(flat.size, *float_sums(flat))
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
        return Ratio(_exact(np.partition(flat, middle)[middle]), 1)
    around = np.partition(flat, (middle - 1, middle))
    return Ratio(_exact(around[middle - 1]) + _exact(around[middle]), 2)


def percentiles(values: Counts, shares: tuple[float, ...]) -> tuple[float, ...]:
    """Return counts below which so many per cent of the pixels lie, interpolated between neighbours in order.

    They are numpy's (method "linear", Hyndman and Fan's type 7), of whole counts read off a histogram: sorting, or
    copying, a large image is not needed.

    Examples
    --------
    >>> percentiles(np.array([1, 2, 3, 10], dtype=np.uint16), (0.0, 50.0, 75.0))
    (1.0, 2.5, 4.75)
    """
    flat = values.ravel()
    if flat.dtype.kind == "f":
        return tuple(np.percentile(flat, shares).tolist())
    up_to = np.cumsum(sum(np.bincount(flat[at : at + _PIECE], minlength=1 << 16) for at in range(0, flat.size, _PIECE)))
    found = []
    for share in shares:
        place = (flat.size - 1) * (share / 100)
        low, high = np.searchsorted(up_to, (math.floor(place), math.ceil(place)), side="right").tolist()
        part = place - math.floor(place)
        # from the nearer neighbour, as numpy does, so that both round alike
        found.append(low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part))
    return tuple(found)


def _exact(count: np.uint8 | np.uint16 | np.float32) -> Exact:
    """Return one count as it is."""
    return Fraction(float(count)) if isinstance(count, np.floating) else int(count)


def describe(values: Counts) -> Intensity:
    """Return all of B1-B6 for a set of pixels.

    Parameters
    ----------
    values : ndarray of uint8, uint16 or float32
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
        mean=float(of.total / of.area),
        minimum=values.min().item(),
        maximum=values.max().item(),
        standard_deviation=standard_deviation(of),
        median=median(values).value,
    )
