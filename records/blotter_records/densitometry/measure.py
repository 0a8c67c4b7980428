"""All numbers of all shapes of an analysis, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from blotter_records.densitometry.background import FEWEST_PIXELS, Background, Estimate, estimate
from blotter_records.densitometry.intensity import Intensity, describe
from blotter_records.densitometry.shapes import Counts, Rectangle, check_counts, check_on_image, pixels
from blotter_records.densitometry.signal import saturated, signal, signal_to_noise
from blotter_records.errors import Invalid
from blotter_records.vocabulary import BackgroundMethod

#: Version of the formulas. It is part of every result; it changes when any number could change.
FORMULA_SET = "2026.1"


class Exactness(StrEnum):
    """How well a number can be recomputed."""

    EXACT = "exact"
    """A whole number, without rounding."""

    ROUNDED_ONCE = "rounded once"
    """The exact fraction, rounded once to the nearest IEEE double: the same bits on every machine."""

    ROUNDED_STEPS = "rounded in fixed steps"
    """Exact sums, then two or three IEEE operations in a fixed order: the same bits on every machine."""

    FITTED = "fitted"
    """The end of an iteration: another machine or library may differ in the last digits. No number here is one yet."""


#: Exactness of each number of a measurement.
EXACTNESS = MappingProxyType(
    {
        "area": Exactness.EXACT,
        "total": Exactness.EXACT,
        "mean": Exactness.ROUNDED_ONCE,
        "minimum": Exactness.EXACT,
        "maximum": Exactness.EXACT,
        "standard_deviation": Exactness.ROUNDED_STEPS,
        "median": Exactness.EXACT,
        "background": Exactness.ROUNDED_ONCE,
        "background_standard_deviation": Exactness.ROUNDED_STEPS,
        "background_pixels": Exactness.EXACT,
        "background_excluded": Exactness.EXACT,
        "signal": Exactness.ROUNDED_ONCE,
        "snr": Exactness.ROUNDED_STEPS,
        "saturated": Exactness.EXACT,
        "saturated_fraction": Exactness.ROUNDED_ONCE,
    }
)


@dataclass(frozen=True, slots=True)
class ShapeMeasurement:
    """The numbers of one shape.

    ``area`` px; ``total`` and ``signal`` counts·px; ``saturated_fraction`` 0 to 1; ``snr`` without unit; the others
    counts. None = not defined here; ``notes`` says why, and what to be careful about. Of an image of floats ``total``,
    ``minimum`` and ``maximum`` are floats: the total its exact value, rounded once.
    """

    shape: str
    area: int
    total: int | float
    mean: float
    minimum: int | float
    maximum: int | float
    standard_deviation: float | None
    median: float
    background: float | None
    background_standard_deviation: float | None
    background_pixels: int
    background_excluded: int
    signal: float | None
    snr: float | None
    saturated: int
    saturated_fraction: float
    notes: tuple[str, ...]


def measure_shapes(
    counts: Counts,
    shapes: Sequence[tuple[str, Rectangle]],
    background: Background,
    saturation_level: float,
) -> list[ShapeMeasurement]:
    """Measure every shape of an analysis.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
        The sealed pixels; more signal is a larger count.
    shapes : sequence of (name, Rectangle)
        Half-open bounds in px. No pixel of one shape is used as background of another.
    background : Background
    saturation_level : number
        Count from which a pixel is saturated; above 0.

    Returns
    -------
    list of ShapeMeasurement
        In the order of ``shapes``.

    Raises
    ------
    Invalid
        ``image.counts``, ``image.not_finite``, ``shape.outside``, ``shape.duplicate`` (two shapes of one name),
        ``image.saturation_level``.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.full((30, 30), 100, dtype=np.uint16)
    >>> counts[10:14, 10:15] = 150
    >>> measured, = measure_shapes(counts, [("S1", Rectangle(10, 10, 14, 15))], Background(), 65535)
    >>> measured.total, measured.background, measured.signal
    (3000, 100.0, 1000.0)
    """
    check_counts(counts)
    if not saturation_level > 0:
        raise Invalid("image.saturation_level", f"A saturation level of {saturation_level}: it must be above 0.")
    names = set[str]()
    for name, rectangle in shapes:
        if name in names:
            raise Invalid("shape.duplicate", f"Two shapes are called {name}.")
        names.add(name)
        check_on_image(rectangle, counts.shape, f"Shape {name}")
    neighbours = _neighbours([rectangle for _, rectangle in shapes], background.width)
    return [
        _measure(counts, shape, [shapes[at] for at in near], background, saturation_level)
        for shape, near in zip(shapes, neighbours, strict=True)
    ]


def _neighbours(rectangles: Sequence[Rectangle], reach: int) -> list[list[int]]:
    """Return for each rectangle the positions of the others that come within ``reach`` px of it."""
    bounds = np.array([(r.row0, r.column0, r.row1, r.column1) for r in rectangles], dtype=np.int64).reshape(-1, 4)
    near = []
    for at, r in enumerate(rectangles):
        close = (
            (bounds[:, 0] < r.row1 + reach)
            & (bounds[:, 2] > r.row0 - reach)
            & (bounds[:, 1] < r.column1 + reach)
            & (bounds[:, 3] > r.column0 - reach)
        )
        close[at] = False
        near.append([int(other) for other in np.flatnonzero(close)])
    return near


def _measure(
    counts: Counts,
    shape: tuple[str, Rectangle],
    near: Sequence[tuple[str, Rectangle]],
    background: Background,
    saturation_level: float,
) -> ShapeMeasurement:
    """Measure one shape; ``near`` are the other shapes that its border may touch."""
    name, rectangle = shape
    values = pixels(counts, rectangle)
    of = describe(values)
    around = estimate(counts, rectangle, background, [bounds for _, bounds in near])
    level = around.level
    above = None if level is None else signal(of.total, of.area, level)
    snr = None if level is None else signal_to_noise(of.total, of.area, level, around.standard_deviation)
    clipped = saturated(values, saturation_level)
    overlapping = [other for other, bounds in near if bounds.overlaps(rectangle)]
    return ShapeMeasurement(
        shape=name,
        area=of.area,
        total=of.total if isinstance(of.total, int) else float(of.total),
        mean=of.mean,
        minimum=of.minimum,
        maximum=of.maximum,
        standard_deviation=of.standard_deviation,
        median=of.median,
        background=None if level is None else level.value,
        background_standard_deviation=around.standard_deviation,
        background_pixels=around.used,
        background_excluded=around.excluded,
        signal=above,
        snr=snr,
        saturated=clipped,
        saturated_fraction=clipped / of.area,
        notes=tuple(_notes(of, background, around, above=above, clipped=clipped, overlapping=overlapping)),
    )


def _notes(
    of: Intensity,
    background: Background,
    around: Estimate,
    *,
    above: float | None,
    clipped: int,
    overlapping: list[str],
) -> list[str]:
    """Say what is not defined and why, and what a reader must be careful about."""
    notes = []
    if of.standard_deviation is None:
        notes.append("Standard deviation is not defined for one pixel.")
    if background.method is BackgroundMethod.NONE:
        notes.append("No background was chosen: there is no signal and no SNR, use the total.")
    elif around.level is None:
        notes.append(
            f"No background: {around.used} of {around.used + around.excluded} border pixels are usable, "
            f"{FEWEST_PIXELS} are needed. There is no signal and no SNR."
        )
    elif not around.standard_deviation:
        notes.append("SNR is not defined: all background pixels have the same count.")
    if above is not None and above < 0:
        notes.append("Signal is negative: the shape is darker than its background.")
    if clipped:
        notes.append(f"{clipped} of {of.area} pixels are saturated: total and signal are too small.")
    if overlapping:
        notes.append(f"Overlaps {', '.join(overlapping)}: the shared pixels count in each.")
    return notes
