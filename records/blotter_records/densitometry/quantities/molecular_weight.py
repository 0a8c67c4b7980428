"""Relative front and molecular weight by a ladder (formulas B20, B21).

On a gel the logarithm of the molecular weight falls nearly linearly with the distance run (Shapiro, Viñuela & Maizel,
Biochem. Biophys. Res. Commun. 28 (1967) 815; Weber & Osborn, J. Biol. Chem. 244 (1969) 4406). Gradient gels bend: a
quadratic, a cubic spline, or straight lines from point to point follow them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from scipy.interpolate import CubicSpline

from blotter_records.densitometry.quantities.polynomials import evaluated, fitted_polynomial, r_squared
from blotter_records.errors import Invalid
from blotter_records.vocabulary import LadderFit

#: Ladders as their makers print them, kDa, heaviest first; compare with the leaflet of the lot in use.
LADDERS = MappingProxyType(
    {
        "Bio-Rad Precision Plus Protein": (250.0, 150.0, 100.0, 75.0, 50.0, 37.0, 25.0, 20.0, 15.0, 10.0),
        "LI-COR Chameleon Duo": (260.0, 160.0, 125.0, 90.0, 70.0, 50.0, 38.0, 30.0, 25.0, 15.0, 8.0),
        "Thermo PageRuler Prestained": (180.0, 130.0, 100.0, 70.0, 55.0, 40.0, 35.0, 25.0, 15.0, 10.0),
        "Thermo PageRuler Plus Prestained": (250.0, 130.0, 100.0, 70.0, 55.0, 35.0, 25.0, 15.0, 10.0),
    }
)


def relative_front(row: float, origin: float, front: float) -> float:
    """Return ``Rf = (row - origin) / (front - origin)`` (B20): 0 at the wells, 1 at the dye front.

    Raises
    ------
    Invalid
        ``ladder.front``: the front is not below the origin.

    Examples
    --------
    >>> relative_front(260, 10, 1010)
    0.25
    """
    if not front > origin:
        raise Invalid("ladder.front", "The front of a gel lies below its origin, at a larger row.")
    return (row - origin) / (front - origin)


@dataclass(frozen=True, slots=True)
class WeightAt:
    """Molecular weight at a place, kDa; ``is_extrapolated``: it lies outside the ladder's bands."""

    kda: float
    is_extrapolated: bool


@dataclass(frozen=True, slots=True)
class LadderCurve:
    """A fitted ladder.

    ``residuals``: (fitted - nominal) / nominal of each ladder band, %; ``r_squared`` of log10 MW, None with equal ones.
    """

    fit: LadderFit
    fronts: tuple[float, ...]
    weights: tuple[float, ...]
    residuals: tuple[float, ...]
    r_squared: float | None
    curve: Callable[[float], float]

    def at(self, front: float) -> WeightAt:
        """Return the molecular weight at a relative front."""
        return WeightAt(10.0 ** self.curve(front), not min(self.fronts) <= front <= max(self.fronts))


def fitted_ladder(fronts: Sequence[float], weights: Sequence[float], fit: LadderFit = LadderFit.LINEAR) -> LadderCurve:
    """Fit log10 MW over relative front (B21).

    Parameters
    ----------
    fronts : sequence of float
        Relative fronts of the ladder's bands, or rows; all different.
    weights : sequence of float
        Their molecular weights, kDa, larger than 0, falling as the fronts rise.
    fit : LadderFit
        Linear needs 2 bands, quadratic 3, a spline 4 (natural ends), point to point 2.

    Returns
    -------
    LadderCurve

    Raises
    ------
    Invalid
        ``ladder.bands``: too few bands, or bands whose weights do not fall.

    Examples
    --------
    >>> round(fitted_ladder([0.2, 0.4, 0.8], [100, 50, 12.5]).at(0.6).kda, 6)
    25.0
    """
    fit = LadderFit(fit)
    least = {LadderFit.LINEAR: 2, LadderFit.QUADRATIC: 3, LadderFit.SPLINE: 4, LadderFit.POINT_TO_POINT: 2}[fit]
    pairs = sorted(zip(fronts, weights, strict=True))
    falling = all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(pairs))
    if len(pairs) < least or not falling or min(weight for _, weight in pairs) <= 0:
        raise Invalid(
            "ladder.bands",
            f"A {fit.value} fit needs {least} or more bands whose weights are above 0 and fall from top to bottom.",
        )
    x = [float(front) for front, _ in pairs]
    y = [math.log10(weight) for _, weight in pairs]
    curve = _curve(x, y, fit)
    fitted = [curve(front) for front in x]
    residuals = [100 * (10.0**got / weight - 1) for got, (_, weight) in zip(fitted, pairs, strict=True)]
    return LadderCurve(fit, tuple(x), tuple(float(w) for _, w in pairs), tuple(residuals), r_squared(y, fitted), curve)


def _curve(x: list[float], y: list[float], fit: LadderFit) -> Callable[[float], float]:
    if fit is LadderFit.SPLINE:
        spline = CubicSpline(x, y, bc_type="natural")
        return lambda front: float(spline(front))
    if fit is LadderFit.POINT_TO_POINT:
        return lambda front: _joined(x, y, front)
    coefficients = fitted_polynomial(x, y, 1 if fit is LadderFit.LINEAR else 2)
    return lambda front: evaluated(coefficients, front)


def _joined(x: list[float], y: list[float], front: float) -> float:
    """Return the height of the straight line through the two bands around; the outermost two beyond them."""
    at = next((number for number in range(1, len(x) - 1) if front <= x[number]), len(x) - 1)
    return y[at - 1] + (y[at] - y[at - 1]) * (front - x[at - 1]) / (x[at] - x[at - 1])
