"""How much a result depends on the background: the same shapes under every method, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from blotter_records.densitometry.background import Background
from blotter_records.densitometry.measure import measure_shapes
from blotter_records.densitometry.regions import Outline
from blotter_records.densitometry.shapes import Counts
from blotter_records.vocabulary import BackgroundMethod, BackgroundSides

#: Rows of the lane beyond its outermost bands, px, where nothing else is said.
REACH = 100


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """``signals``: of one shape by method, counts·px, None where a method has no background there.

    ``spread``: (largest - smallest) / |median| of them, None where fewer than two are defined or the median is 0.
    """

    shape: str
    signals: Mapping[str, float | None]
    spread: float | None


def sensitivity(
    counts: Counts,
    shapes: Sequence[tuple[str, Outline]],
    width: int = 3,
    radius: float | None = 50.0,
    *,
    reach: int = REACH,
    background_shapes: tuple[str, ...] = (),
) -> list[Sensitivity]:
    """Return the signal of every shape under each method.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    shapes : sequence of (name, Rectangle, Ellipse or Polygon)
    width : int
        Width of borders and strips, 1 to 5 px.
    radius : float or None
        Radius of the rolling ball, px; None leaves it out.
    reach : int
        Rows of a lane beyond its outermost bands, px.
    background_shapes : tuple of str
        Names of the shapes that are user-defined background; without any that method is left out.

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
    for name, background in _methods(width, radius, reach, background_shapes):
        for row, one in zip(signals, measure_shapes(counts, shapes, background, 1 << 16), strict=True):
            row[name] = one.signal
    return [Sensitivity(name, row, _spread(row)) for (name, _), row in zip(shapes, signals, strict=True)]


def _methods(
    width: int, radius: float | None, reach: int, background_shapes: tuple[str, ...]
) -> list[tuple[str, Background]]:
    borders = [
        (f"{method.value}, {sides.value}", Background(method, width, sides))
        for method in (BackgroundMethod.AVERAGE, BackgroundMethod.MEDIAN)
        for sides in BackgroundSides
    ]
    others = [
        ("column-wise linear", Background(BackgroundMethod.COLUMN_WISE, width)),
        ("lane", Background(BackgroundMethod.LANE, width, reach=reach)),
    ]
    if background_shapes:
        others.append(("user-defined", Background(BackgroundMethod.USER_DEFINED, width, shapes=background_shapes)))
    if radius is not None:
        others.append(("rolling ball", Background(BackgroundMethod.ROLLING_BALL, width, radius=radius)))
    return [*borders, *others]


def _spread(signals: Mapping[str, float | None]) -> float | None:
    defined = [one for one in signals.values() if one is not None]
    middle = float(np.median(defined)) if len(defined) > 1 else 0.0
    return (max(defined) - min(defined)) / abs(middle) if middle else None
