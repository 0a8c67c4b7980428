"""The four-parameter logistic ``S = d + (a - d) / (1 + (C / c)^g)``, fitted to the last digits (formula B22).

A library's damped least squares finds the place; Gauss-Newton steps with the curve's own derivatives and exactly
rounded sums go on from there until a step changes nothing. Without them the end of the iteration hung on the
library's release (2 parts in 10^7 between two of them, ``tests/benchmarks/bench_second_numpy.py``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import least_squares

from blotter_records.densitometry.quantities.polynomials import combined
from blotter_records.errors import Invalid

#: A step that changes no parameter by more than this part of it is the last.
_STILL = 1e-14
#: A step that no longer gets smaller is rounding, if it is smaller than this.
_ROUNDING = 1e-11
_MOST_STEPS = 200


def fitted_logistic(amounts: Sequence[float], signals: Sequence[float], weights: Sequence[float]) -> tuple[float, ...]:
    """Return (a, d, c, g) that make ``Σ w (S - curve)²`` least, from the ends and the middle of the standards.

    Raises
    ------
    Invalid
        ``standards.fit``: the iteration does not settle.
    """
    scale = max(abs(one) for one in signals) or 1.0
    scaled = [one / scale for one in signals]
    a, d, log_c, log_g = _settled(_near(amounts, scaled, weights), amounts, scaled, weights)
    return a * scale, d * scale, math.exp(log_c), math.exp(log_g)


def _near(amounts: Sequence[float], signals: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return a, d, log c, log g about where the sum is least."""
    x, y, w = (np.asarray(one, dtype=np.float64) for one in (amounts, signals, np.sqrt(weights)))
    low, high = float(y[x == x.min()].mean()), float(y[x == x.max()].mean())
    span = (high - low) or 1.0

    def left(parameters: np.ndarray) -> np.ndarray:
        a, d, log_c, log_g = parameters
        with np.errstate(over="ignore"):
            part = 1 / (1 + (x / np.exp(log_c)) ** np.exp(log_g))
        result: np.ndarray = w * (d + (a - d) * part - y)
        return result

    start = [low - 0.05 * span, high + 0.2 * span, float(np.log(np.median(x[x > 0]))), 0.0]
    found = least_squares(left, start, method="lm", xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=5000)
    if not found.success or not np.isfinite(found.x).all():
        raise _unsettled()
    return [float(one) for one in found.x]


def _settled(
    parameters: list[float], amounts: Sequence[float], signals: Sequence[float], weights: Sequence[float]
) -> list[float]:
    """Go on until a step changes nothing."""
    before = math.inf
    try:
        for _ in range(_MOST_STEPS):
            curve, slopes = _curve(parameters, amounts)
            step = combined(slopes, [one - at for one, at in zip(signals, curve, strict=True)], weights)
            size = max(abs(one) / max(abs(at), 1.0) for one, at in zip(step, parameters, strict=True))
            if size >= before and before <= _ROUNDING:
                return parameters
            parameters = [at + one for at, one in zip(parameters, step, strict=True)]
            if size <= _STILL:
                return parameters
            before = size
    except (OverflowError, ZeroDivisionError, Invalid) as error:
        raise _unsettled() from error
    raise _unsettled()


def _curve(parameters: Sequence[float], amounts: Sequence[float]) -> tuple[list[float], list[list[float]]]:
    """Return the curve at each amount, and its derivative by each parameter there."""
    a, d, log_c, log_g = parameters
    g = math.exp(log_g)
    curve, slopes = [], []
    for amount in amounts:
        from_middle = math.log(amount) - log_c if amount > 0 else -math.inf
        part = 1 / (1 + math.exp(g * from_middle))
        rise = (a - d) * g * part * (1 - part)
        curve.append(d + (a - d) * part)
        slopes.append([part, 1 - part, rise, -rise * from_middle if amount > 0 else 0.0])
    return curve, [list(column) for column in zip(*slopes, strict=True)]


def _unsettled() -> Invalid:
    return Invalid(
        "standards.fit",
        "The four-parameter logistic does not settle on these standards.",
        "They say too little of its foot or its plateau: add standards there, or choose another curve.",
    )
