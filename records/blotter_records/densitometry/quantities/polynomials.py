"""Weighted least-squares polynomials of degree 1 or 2, and how well a fit does.

Made by orthogonal polynomials with exactly rounded sums (``math.fsum``): no linear-algebra library, the same bits
whatever the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from blotter_records.errors import Invalid


def fitted_polynomial(
    x: Sequence[float], y: Sequence[float], degree: int, weights: Sequence[float] | None = None
) -> tuple[float, ...]:
    """Return coefficients, lowest power first, of the polynomial that makes ``Σ w (y - p(x))²`` least.

    Parameters
    ----------
    x, y : sequence of float
    degree : int
        0, 1 or 2.
    weights : sequence of float, optional
        Positive; all 1 if left out.

    Raises
    ------
    Invalid
        ``fit.points``: fewer different x than coefficients, lengths that differ, or numbers that are not finite.

    Examples
    --------
    >>> fitted_polynomial([0, 1, 2], [1, 3, 5], 1)
    (1.0, 2.0)
    """
    w = [1.0] * len(x) if weights is None else list(weights)
    numbers = [*x, *y, *w]
    if len(x) != len(y) or len(w) != len(x) or not all(map(math.isfinite, numbers)) or min(w, default=1) <= 0:
        raise Invalid("fit.points", "The points of a fit are not pairs of finite numbers with positive weights.")
    if len(set(x)) <= degree:
        raise Invalid("fit.points", f"{len(set(x))} different points do not make a curve of {degree + 1} coefficients.")
    return combined([[value**power for value in x] for power in range(degree + 1)], y, w)


def combined(columns: Sequence[Sequence[float]], y: Sequence[float], w: Sequence[float]) -> tuple[float, ...]:
    """Return the coefficients of columns of which the sum, so weighted, is nearest to y: ``Σ w (y - Σ b c)²`` least.

    Raises
    ------
    ZeroDivisionError
        Columns that say the same.
    """
    # Each column is made orthogonal to those before; kept as coefficients and values.
    basis: list[tuple[list[float], list[float]]] = []
    result = [0.0] * len(columns)
    left = list(y)
    for number, column in enumerate(columns):
        coefficients = [0.0] * number + [1.0]
        values = list(column)
        for _ in range(2):  # twice is enough for orthogonality to the last bits
            for other, other_values in basis:
                part = _dot(w, values, other_values) / _dot(w, other_values, other_values)
                values = [a - part * b for a, b in zip(values, other_values, strict=True)]
                for at, b in enumerate(other):
                    coefficients[at] -= part * b
        share = _dot(w, left, values) / _dot(w, values, values)
        left = [a - share * b for a, b in zip(left, values, strict=True)]
        for at, b in enumerate(coefficients):
            result[at] += share * b
        basis.append((coefficients, values))
    return tuple(result)


def _dot(w: Sequence[float], a: Sequence[float], b: Sequence[float]) -> float:
    return math.fsum(one * p * q for one, p, q in zip(w, a, b, strict=True))


def evaluated(coefficients: Sequence[float], x: float) -> float:
    """Return the polynomial's value at x (Horner)."""
    value = 0.0
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value


def r_squared(y: Sequence[float], fitted: Sequence[float], weights: Sequence[float] | None = None) -> float | None:
    """Return ``1 - Σ w (y - f)² / Σ w (y - ȳ_w)²``; None where all y are equal."""
    w = [1.0] * len(y) if weights is None else list(weights)
    mean = math.fsum(a * b for a, b in zip(w, y, strict=True)) / math.fsum(w)
    about = math.fsum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    left = math.fsum(a * (b - c) ** 2 for a, b, c in zip(w, y, fitted, strict=True))
    return 1 - left / about if about > 0 else None
