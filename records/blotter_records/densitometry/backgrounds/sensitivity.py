"""How much a result depends on the background: the same shapes under every method, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from blotter_records.densitometry.background import Background
from blotter_records.densitometry.backgrounds.columns import column_background
from blotter_records.densitometry.backgrounds.rolling_ball import rolling_ball
from blotter_records.densitometry.intensity import sums
from blotter_records.densitometry.measure import measure_shapes
from blotter_records.densitometry.shapes import Counts, Rectangle, pixels
from blotter_records.vocabulary import BackgroundMethod, BackgroundSides


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """``signals``: of one shape by method, counts·px, None where a method has no background there.

    ``spread``: (largest - smallest) / |median| of them, None where fewer than two are defined or the median is 0.
    """

    shape: str
    signals: Mapping[str, float | None]
    spread: float | None


def sensitivity(
    counts: Counts, shapes: Sequence[tuple[str, Rectangle]], width: int = 3, radius: float | None = 50.0
) -> list[Sensitivity]:
    """Return the signal of every shape under each method.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
    shapes : sequence of (name, Rectangle)
    width : int
        Width of borders and strips, 1 to 5 px.
    radius : float or None
        Radius of the rolling ball, px; None leaves it out.

    Returns
    -------
    list of Sensitivity
        In the order of ``shapes``.

    Raises
    ------
    Invalid
        As :func:`blotter_records.densitometry.measure_shapes`.
    """
    signals: list[dict[str, float | None]] = [{} for _ in shapes]
    for method in (BackgroundMethod.AVERAGE, BackgroundMethod.MEDIAN):
        for sides in BackgroundSides:
            background = Background(method, width, sides)
            for row, one in zip(signals, measure_shapes(counts, shapes, background, 1 << 16), strict=True):
                row[f"{method.value}, {sides.value}"] = one.signal
    ball = rolling_ball(counts, radius) if radius is not None and shapes else None
    for at, (_, rectangle) in enumerate(shapes):
        total = sums(pixels(counts, rectangle)).total
        others = [other for number, (_, other) in enumerate(shapes) if number != at]
        below = column_background(counts, rectangle, width, others).total
        signals[at]["column-wise linear"] = None if below is None else total - below
        if ball is not None:
            under = ball[rectangle.row0 : rectangle.row1, rectangle.column0 : rectangle.column1]
            signals[at]["rolling ball"] = total - float(under.sum(dtype=np.float64))
    return [Sensitivity(name, row, _spread(row)) for (name, _), row in zip(shapes, signals, strict=True)]


def _spread(signals: Mapping[str, float | None]) -> float | None:
    defined = [one for one in signals.values() if one is not None]
    middle = float(np.median(defined)) if len(defined) > 1 else 0.0
    return (max(defined) - min(defined)) / abs(middle) if middle else None
