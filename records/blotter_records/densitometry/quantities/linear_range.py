"""Linear range of a dilution series, and limits of detection and quantitation (formulas B23, B24)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from blotter_records.densitometry.quantities.polynomials import evaluated, fitted_polynomial, r_squared
from blotter_records.errors import Invalid

#: What a range must hold to be called linear.
FEWEST_LEVELS = 5
FEWEST_REPLICATES = 2
LEAST_R_SQUARED = 0.98
LARGEST_RESIDUAL = 0.15
LEAST_SNR = 3.0


@dataclass(frozen=True, slots=True)
class DilutionPoint:
    """One band of a dilution series: amount (any unit), signal counts·px, and what disqualifies it."""

    amount: float
    signal: float
    is_saturated: bool = False
    snr: float | None = None


@dataclass(frozen=True, slots=True)
class LinearRange:
    """Amounts and mean signals at both ends; line (offset, slope) and R² over the levels between, both included."""

    lowest: float
    highest: float
    lowest_signal: float
    highest_signal: float
    offset: float
    slope: float
    r_squared: float
    levels: int

    def holds(self, signal: float) -> bool:
        """Tell whether a signal lies inside the range."""
        return self.lowest_signal <= signal <= self.highest_signal


def linear_range(points: Sequence[DilutionPoint]) -> LinearRange | None:
    """Return the largest run of consecutive levels that is linear (B23), or None where none is.

    A run has 5 or more levels of 2 or more points each, no saturated point, every known SNR at least 3, and a rising
    line through its mean signals with R² of 0.98 or more and no level farther than 15 % of the line from it. Of runs
    with equally many levels the one with the larger R² is taken.

    Parameters
    ----------
    points : sequence of DilutionPoint

    Returns
    -------
    LinearRange or None

    Raises
    ------
    Invalid
        ``range.points``: an amount or a signal that is not finite, or an amount of 0 or less.
    """
    if any(not math.isfinite(one.signal) or not math.isfinite(one.amount) or one.amount <= 0 for one in points):
        raise Invalid("range.points", "A dilution series has amounts above 0, each with a signal.")
    levels = defaultdict[float, list[DilutionPoint]](list)
    for point in points:
        levels[point.amount].append(point)
    amounts = sorted(levels)
    means = [math.fsum(one.signal for one in levels[amount]) / len(levels[amount]) for amount in amounts]
    good = [_is_usable(levels[amount]) for amount in amounts]
    for size in range(len(amounts), FEWEST_LEVELS - 1, -1):
        runs = [
            _line(amounts[start : start + size], means[start : start + size])
            for start in range(len(amounts) - size + 1)
            if all(good[start : start + size])
        ]
        linear = [run for run in runs if run is not None]
        if linear:
            return max(linear, key=lambda run: run.r_squared)
    return None


def _is_usable(level: Sequence[DilutionPoint]) -> bool:
    clear = all(not one.is_saturated and (one.snr is None or one.snr >= LEAST_SNR) for one in level)
    return clear and len(level) >= FEWEST_REPLICATES


def _line(amounts: Sequence[float], means: Sequence[float]) -> LinearRange | None:
    offset, slope = fitted_polynomial(amounts, means, 1)
    fitted = [evaluated((offset, slope), amount) for amount in amounts]
    fit = r_squared(means, fitted)
    near = all(f > 0 and abs(mean - f) <= LARGEST_RESIDUAL * f for mean, f in zip(means, fitted, strict=True))
    if fit is None or fit < LEAST_R_SQUARED or not near or slope <= 0:
        return None
    return LinearRange(amounts[0], amounts[-1], means[0], means[-1], offset, slope, fit, len(amounts))


def detection_limits(blanks: Sequence[float]) -> tuple[float, float]:
    """Return LOD = mean + 3 SD and LOQ = mean + 10 SD of blank signals (n - 1), counts·px (B24; Currie 1968, IUPAC).

    Raises
    ------
    Invalid
        ``range.blanks``: fewer than two blanks.

    Examples
    --------
    >>> detection_limits([9, 10, 11])
    (13.0, 20.0)
    """
    if len(blanks) < 2 or not all(map(math.isfinite, blanks)):
        raise Invalid("range.blanks", "Limits of detection need two or more blanks.")
    mean = math.fsum(blanks) / len(blanks)
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in blanks) / (len(blanks) - 1))
    return mean + 3 * spread, mean + 10 * spread
