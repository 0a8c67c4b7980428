"""Replicates and fold change (formulas B29, B30)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from blotter_records.errors import Invalid


@dataclass(frozen=True, slots=True)
class Replicates:
    """``n`` used and ``excluded`` values; mean, SD (n - 1), SEM as the values; ``cv`` %.

    SD, SEM and CV are None for one value; CV also where the mean is 0.
    """

    n: int
    excluded: int
    mean: float
    standard_deviation: float | None
    standard_error: float | None
    cv: float | None


@dataclass(frozen=True, slots=True)
class FoldChange:
    """``value`` = mean treated / mean control; ``log2`` None unless above 0; ``low``, ``high``: 95 % confidence limits.

    Limits are those of the ratio by first-order error propagation on its logarithm; None with one replicate or a mean
    that is not above 0.
    """

    value: float
    log2: float | None
    low: float | None
    high: float | None


def replicates(values: Sequence[float], excluded: Sequence[bool] | None = None) -> Replicates:
    """Return mean, SD, SEM and %CV of replicates (B30); excluded ones stay counted.

    Parameters
    ----------
    values : sequence of float
    excluded : sequence of bool, optional
        True for a value that is left out. Its reason is the record's business.

    Raises
    ------
    Invalid
        ``replicates.values``: none is left, lengths differ, or one that is used is not finite.

    Examples
    --------
    >>> replicates([2, 4, 4, 6, 99], [False] * 4 + [True])  # doctest: +ELLIPSIS
    Replicates(n=4, excluded=1, mean=4.0, standard_deviation=1.632..., standard_error=0.816..., cv=40.82...)
    """
    out = [False] * len(values) if excluded is None else list(excluded)
    used = [value for value, is_out in zip(values, out, strict=False) if not is_out]
    if len(out) != len(values) or not used or not all(map(math.isfinite, used)):
        raise Invalid("replicates.values", "No finite replicate is left, or exclusions do not match the values.")
    mean = math.fsum(used) / len(used)
    if len(used) < 2:
        return Replicates(1, len(values) - 1, mean, None, None, None)
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in used) / (len(used) - 1))
    cv = 100 * spread / mean if mean else None
    return Replicates(len(used), len(values) - len(used), mean, spread, spread / math.sqrt(len(used)), cv)


def fold_change(treated: Sequence[float], control: Sequence[float]) -> FoldChange:
    """Return mean(treated) / mean(control), its log2 and 95 % limits (B29).

    ``ln r ± t · sqrt((SEM₁/x̄₁)² + (SEM₂/x̄₂)²)``: error propagation of the first order on the logarithm, t of
    Student's distribution with Welch-Satterthwaite degrees of freedom.

    Raises
    ------
    Invalid
        ``replicates.values``; ``replicates.control``: the control's mean is 0.

    Examples
    --------
    >>> fold_change([4, 6], [2, 3]).value
    2.0
    """
    above, below = replicates(treated), replicates(control)
    if not below.mean:
        raise Invalid("replicates.control", "The mean of the control is 0: there is no fold change.")
    value = above.mean / below.mean
    positive = above.mean > 0 and below.mean > 0
    log2 = math.log2(value) if positive else None
    if not positive or above.standard_error is None or below.standard_error is None:
        return FoldChange(value, log2, None, None)
    parts = ((above.standard_error / above.mean) ** 2, (below.standard_error / below.mean) ** 2)
    if not sum(parts):
        return FoldChange(value, log2, value, value)
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (above.n - 1) + parts[1] ** 2 / (below.n - 1))
    reach = float(stdtrit(freedom, 0.975)) * math.sqrt(sum(parts))
    return FoldChange(value, log2, value * math.exp(-reach), value * math.exp(reach))
