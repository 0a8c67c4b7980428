"""Exact sums of 32-bit floats, as fractions: the same for any order of the pixels, on every machine.

A float is m · 2^(e - 150), m a whole number of 24 bits and e its stored exponent (1 where 0 is stored). Sums of m are
made for each e apart, in doubles that hold them exactly; Python's integers put them together.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Pixels summed at a time: 2**22 whole numbers of 25 bits stay below 2**53, where doubles are exact.
_PIECE = 1 << 22
#: Exponent of the smallest float: 2**-149.
_SMALLEST = 149


def float_sums(values: NDArray[Any]) -> tuple[Fraction, Fraction]:
    """Return the sum and the sum of squares of finite floats, exactly.

    Parameters
    ----------
    values : ndarray of float32, one dimension

    Returns
    -------
    tuple of Fraction
        Counts·px, counts²·px.

    Examples
    --------
    >>> float_sums(np.array([0.5, -2, 0.25], dtype=np.float32))
    (Fraction(-5, 4), Fraction(69, 16))
    """
    total = squares = 0
    for start in range(0, values.size, _PIECE):
        bits = np.ascontiguousarray(values[start : start + _PIECE]).view(np.uint32)
        stored = ((bits >> 23) & 0xFF).astype(np.intp)
        whole = (bits & 0x7FFFFF) | ((stored > 0).astype(np.uint32) << 23)
        sign = np.where(bits >> 31, -1.0, 1.0)
        high, low = (whole >> 12).astype(np.float64), (whole & 0xFFF).astype(np.float64)
        for power, of in enumerate(_each(stored, whole * sign)):
            total += of << _shift(power)
        parts = zip(_each(stored, high * high), _each(stored, high * low), _each(stored, low * low), strict=True)
        for power, (of_high, of_both, of_low) in enumerate(parts):
            squares += ((of_high << 24) + (of_both << 13) + of_low) << 2 * _shift(power)
    return Fraction(total, 1 << _SMALLEST), Fraction(squares, 1 << 2 * _SMALLEST)


def _each(stored: NDArray[np.intp], weights: NDArray[Any]) -> list[int]:
    """Return the sum of weights for each stored exponent."""
    return [int(one) for one in np.bincount(stored, weights=weights)]


def _shift(power: int) -> int:
    """Return by how much a float of a stored exponent is larger than one of the smallest."""
    return max(power, 1) - 1
