"""What is left above the background: signal, signal-to-noise ratio, saturated pixels (formulas B14-B16)."""

from __future__ import annotations

import numpy as np

from blotter_records.densitometry.intensity import Exact, Ratio
from blotter_records.densitometry.shapes import Counts


def signal(total: Exact, area: int, background: Ratio) -> float:
    """Return Signal = Total - Background x Area (B14), counts·px; may be negative, never clipped.

    Parameters
    ----------
    total : int or Fraction
        Total of the shape, counts·px.
    area : int
        Area of the shape, px.
    background : Ratio
        Background per pixel, counts, exact.

    Returns
    -------
    float
        The exact value rounded once. (Total - float(Background) x Area may differ from it in the last digit where the
        background is an average; where it is a median, never.)

    Examples
    --------
    >>> signal(1000, 10, Ratio(201, 2))
    -5.0
    """
    return float((total * background.denominator - background.numerator * area) / background.denominator)


def signal_to_noise(total: Exact, area: int, background: Ratio, spread: float | None) -> float | None:
    """Return SNR = (Mean - Background) / s (B15), where s is the standard deviation of the background's pixels.

    None where the spread is zero or unknown: that is "not defined", not infinity. A band is read as reliable from an
    SNR of 3 on.
    """
    if not spread:
        return None
    above = total * background.denominator - background.numerator * area
    return float(above / (area * background.denominator)) / spread


def saturated(values: Counts, saturation_level: float) -> int:
    """Return how many pixels are at or above the saturation level (B16), px."""
    return int(np.count_nonzero(values >= saturation_level))
