"""User-defined and global background: levels taken from shapes that a person (or the analysis) names (B9, B12, B13)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from blotter_records.densitometry.intensity import Ratio, Sums
from blotter_records.errors import Invalid


def user_background(shapes: Sequence[Sums]) -> Ratio:
    """Return the background of k shapes: ``B = Σ Aᵢ·X̄ᵢ / Σ Aᵢ``, the mean over all their pixels (B9), exact.

    Parameters
    ----------
    shapes : sequence of Sums
        Area, total, squares of each background shape.

    Raises
    ------
    Invalid
        ``background.shapes`` without a shape.

    Examples
    --------
    >>> user_background([Sums(10, 1000, 0), Sums(30, 6000, 0)]).value
    175.0
    """
    if not shapes:
        raise Invalid("background.shapes", "User-defined background without a background shape.")
    return Ratio(sum(one.total for one in shapes), sum(one.area for one in shapes))


def pooled_standard_deviation(shapes: Sequence[Sums]) -> float | None:
    """Return ``s = sqrt(Σ (nᵢ−1)sᵢ² / Σ (nᵢ−1))`` over background shapes (B13), or None without a degree of freedom.

    Examples
    --------
    >>> pooled_standard_deviation([Sums(2, 4, 10), Sums(2, 4, 10)])
    1.4142135623730951
    """
    freedom = sum(one.area - 1 for one in shapes)
    if freedom < 1:
        return None
    squares = sum(one.squares - Fraction(one.total) ** 2 / one.area for one in shapes)
    return math.sqrt(squares / freedom)


def global_background(levels: Sequence[float]) -> float:
    """Return the mean of the levels of all background shapes, each counting once ("global", B12), counts.

    Raises
    ------
    Invalid
        ``background.shapes`` without a level.
    """
    if not levels:
        raise Invalid("background.shapes", "Global background without a background shape.")
    return math.fsum(levels) / len(levels)
