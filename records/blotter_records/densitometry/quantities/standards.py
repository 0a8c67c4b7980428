"""Amounts by standards of known amount (formula B22): linear, quadratic, log-log, four-parameter logistic.

The logistic is ``S = d + (a - d) / (1 + (C / c)^g)`` (Rodbard & Frazier, Methods Enzymol. 37 (1975) 3): a is the signal
at no amount, d at endless amount, c the amount in the middle, g the steepness. Weights 1, 1/C and 1/C² as in
bioanalysis (ICH M10): the second where the error grows as the root of the amount, the third where it grows with the
amount.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from blotter_records.densitometry.quantities.logistic import fitted_logistic
from blotter_records.densitometry.quantities.polynomials import evaluated, fitted_polynomial, r_squared
from blotter_records.errors import Invalid
from blotter_records.vocabulary import StandardFit, StandardWeight

_FEWEST = {StandardFit.LINEAR: 2, StandardFit.QUADRATIC: 3, StandardFit.LOG_LOG: 2, StandardFit.LOGISTIC: 5}


@dataclass(frozen=True, slots=True)
class Amount:
    """``value``: amount in the standards' unit, None where the curve does not reach the signal.

    ``is_extrapolated``: it lies outside the standards' amounts (or is not defined).
    """

    value: float | None
    is_extrapolated: bool


@dataclass(frozen=True, slots=True)
class StandardCurve:
    """A fitted curve.

    ``coefficients``: (offset, slope[, bend]), of log10 for log-log, or (a, d, c, g); ``recoveries``: back-calculated /
    nominal of each standard, %, None where not defined; ``r_squared``: weighted, of the signals (of log10 for log-log).
    """

    fit: StandardFit
    weight: StandardWeight
    coefficients: tuple[float, ...]
    lowest: float
    highest: float
    recoveries: tuple[float | None, ...]
    r_squared: float | None

    def signal(self, amount: float) -> float:
        """Return the curve's signal at an amount."""
        return _signal(self.fit, self.coefficients, amount)

    def amount(self, signal: float) -> Amount:
        """Return the amount that gives a signal."""
        value = _amount(self.fit, self.coefficients, signal, self.highest)
        return Amount(value, value is None or not self.lowest <= value <= self.highest)


def fitted_standards(
    amounts: Sequence[float],
    signals: Sequence[float],
    fit: StandardFit = StandardFit.LINEAR,
    weight: StandardWeight = StandardWeight.ONE,
) -> StandardCurve:
    """Fit signals of standards over their amounts (B22).

    Parameters
    ----------
    amounts : sequence of float
        Nominal amounts, any unit, 0 or more; above 0 for log-log and with weights.
    signals : sequence of float
        Counts·px; above 0 for log-log.
    fit : StandardFit
        Linear and log-log need 2 different amounts, quadratic 3, logistic 5.
    weight : StandardWeight
        Log-log takes no weights but 1: logarithms weigh by themselves.

    Returns
    -------
    StandardCurve

    Raises
    ------
    Invalid
        ``standards.points``; ``standards.fit`` where the iteration of a logistic does not settle.

    Examples
    --------
    >>> curve = fitted_standards([1, 2, 4], [30, 50, 90])
    >>> round(curve.amount(70).value, 9), curve.amount(70).is_extrapolated
    (3.0, False)
    """
    fit, weight = StandardFit(fit), StandardWeight(weight)
    _check(amounts, signals, fit, weight)
    power = {StandardWeight.ONE: 0, StandardWeight.PER_AMOUNT: 1, StandardWeight.PER_SQUARE: 2}[weight]
    weights = [1.0 if not power else amount**-power for amount in amounts]
    if fit is StandardFit.LOGISTIC:
        coefficients = fitted_logistic(amounts, signals, weights)
    elif fit is StandardFit.LOG_LOG:
        coefficients = fitted_polynomial([math.log10(one) for one in amounts], [math.log10(one) for one in signals], 1)
    else:
        coefficients = fitted_polynomial(amounts, signals, 1 if fit is StandardFit.LINEAR else 2, weights)
    seen: Callable[[float], float] = math.log10 if fit is StandardFit.LOG_LOG else float
    curve = [seen(_signal(fit, coefficients, one)) for one in amounts]
    back = [_amount(fit, coefficients, one, max(amounts)) for one in signals]
    return StandardCurve(
        fit=fit,
        weight=weight,
        coefficients=coefficients,
        lowest=min(amounts),
        highest=max(amounts),
        recoveries=tuple(
            100 * got / nominal if got is not None and nominal else None
            for got, nominal in zip(back, amounts, strict=True)
        ),
        r_squared=r_squared([seen(one) for one in signals], curve, weights),
    )


def _check(amounts: Sequence[float], signals: Sequence[float], fit: StandardFit, weight: StandardWeight) -> None:
    least = _FEWEST[fit]
    is_log = fit is StandardFit.LOG_LOG
    wrong = (
        len(amounts) != len(signals)
        or not all(map(math.isfinite, [*amounts, *signals]))
        or len(set(amounts)) < least
        or min(amounts) < 0
        or (min(amounts) == 0 and (is_log or weight is not StandardWeight.ONE))
        or (is_log and (min(signals) <= 0 or weight is not StandardWeight.ONE))
    )
    if wrong:
        raise Invalid(
            "standards.points",
            f"A {fit.value} curve needs {least} or more different amounts that are not negative, each with a signal.",
            "Logarithms and weights need amounts above 0, a log-log curve signals above 0 and weight 1.",
        )


def _signal(fit: StandardFit, coefficients: Sequence[float], amount: float) -> float:
    if fit is StandardFit.LOGISTIC:
        a, d, c, g = coefficients
        return float(d + (a - d) / (1 + (amount / c) ** g))
    if fit is StandardFit.LOG_LOG:
        return float(10.0 ** evaluated(coefficients, math.log10(amount)))
    return evaluated(coefficients, amount)


def _amount(fit: StandardFit, coefficients: Sequence[float], signal: float, highest: float) -> float | None:
    """Solve the curve for the amount; None where it has no solution that is not negative (linear: any sign)."""
    if fit is StandardFit.LOGISTIC:
        a, d, c, g = coefficients
        ratio = (a - signal) / (signal - d) if signal != d else math.inf
        return float(c * ratio ** (1 / g)) if 0 <= ratio < math.inf else None
    if fit is StandardFit.LOG_LOG:
        offset, slope = coefficients
        return float(10.0 ** ((math.log10(signal) - offset) / slope)) if signal > 0 and slope else None
    if fit is StandardFit.LINEAR or not coefficients[2]:
        return (signal - coefficients[0]) / coefficients[1] if coefficients[1] else None
    offset, slope, bend = coefficients
    under = slope**2 - 4 * bend * (offset - signal)
    if under < 0:
        return None
    # The root on the branch that rises with the amount, as standards do; a falling curve takes the other.
    sign = 1.0 if slope + bend * highest >= 0 else -1.0
    root = (-slope + sign * math.sqrt(under)) / (2 * bend)
    return root if root >= 0 else None
