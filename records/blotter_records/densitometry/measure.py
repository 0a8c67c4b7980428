"""All numbers of all shapes of an analysis, in one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from blotter_records.densitometry.background import Background, Estimate
from blotter_records.densitometry.backgrounds.choosing import Ball, estimator
from blotter_records.densitometry.backgrounds.rolling_ball import rolling_ball
from blotter_records.densitometry.intensity import Intensity, describe
from blotter_records.densitometry.regions import LARGEST_IN_ALL, Outline, Region, region_of, too_large
from blotter_records.densitometry.shapes import Counts, check_counts
from blotter_records.densitometry.signal import saturated, signal, signal_to_noise
from blotter_records.errors import Invalid

#: Version of the formulas. It is part of every result; it changes when any number could change.
FORMULA_SET = "2026.1"


class Exactness(StrEnum):
    """How well a number can be recomputed."""

    EXACT = "exact"
    """A whole number, without rounding."""

    ROUNDED_ONCE = "rounded once"
    """The exact fraction, rounded once to the nearest IEEE double: the same bits on every machine."""

    ROUNDED_STEPS = "rounded in fixed steps"
    """Exact sums, then a few IEEE operations in a fixed order: the same bits on every machine."""

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
    shapes: Sequence[tuple[str, Outline]],
    background: Background,
    saturation_level: float,
    *,
    ball: Ball = rolling_ball,
) -> list[ShapeMeasurement]:
    """Measure every shape of an analysis.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
        The sealed pixels; more signal is a larger count.
    shapes : sequence of (name, Rectangle, Ellipse or Polygon)
        No pixel of one shape is used as background of another, but where it is named for that.
    background : Background
    saturation_level : number
        Count from which a pixel is saturated; above 0.
    ball : callable
        Rolls a ball under the counts where that is the background; one that is kept may be given.

    Returns
    -------
    list of ShapeMeasurement
        In the order of ``shapes``.

    Raises
    ------
    Invalid
        ``image.counts``, ``image.not_finite``, ``shape.outside``, ``shape.empty``, ``shape.large``, ``shape.duplicate``
        (two shapes of one name), ``image.saturation_level``, ``background.shapes``, ``background.image``.

    Examples
    --------
    >>> import numpy as np
    >>> from blotter_records.densitometry.shapes import Rectangle
    >>> counts = np.full((30, 30), 100, dtype=np.uint16)
    >>> counts[10:14, 10:15] = 150
    >>> measured, = measure_shapes(counts, [("S1", Rectangle(10, 10, 14, 15))], Background(), 65535)
    >>> measured.total, measured.background, measured.signal
    (3000, 100.0, 1000.0)
    """
    check_counts(counts)
    if not saturation_level > 0:
        raise Invalid("image.saturation_level", f"A saturation level of {saturation_level}: it must be above 0.")
    regions: dict[str, Region] = {}
    masked = 0
    for name, outline in shapes:
        if name in regions:
            raise Invalid("shape.duplicate", f"Two shapes are called {name}.")
        regions[name] = region_of(outline, counts.shape, f"Shape {name}")
        masked += 0 if regions[name].inside is None else regions[name].bounds.area
        if masked > LARGEST_IN_ALL:
            raise too_large("The boxes around all ellipses and polygons have too many pixels", LARGEST_IN_ALL)
    estimate = estimator(counts, regions, background, ball)
    near = _neighbours(regions, background.width)
    return [
        _measure(counts, name, regions, near[name], background, estimate(name, near[name]), saturation_level)
        for name in regions
    ]


def _neighbours(regions: Mapping[str, Region], reach: int) -> dict[str, list[str]]:
    """Return for each shape the names of the others whose bounds come within ``reach`` px of its own."""
    names = list(regions)
    every = [region.bounds for region in regions.values()]
    bounds = np.array([(r.row0, r.column0, r.row1, r.column1) for r in every], dtype=np.int64).reshape(-1, 4)
    near = {}
    for at, r in enumerate(every):
        close = (
            (bounds[:, 0] < r.row1 + reach)
            & (bounds[:, 2] > r.row0 - reach)
            & (bounds[:, 1] < r.column1 + reach)
            & (bounds[:, 3] > r.column0 - reach)
        )
        close[at] = False
        near[names[at]] = [names[other] for other in np.flatnonzero(close)]
    return near


def _measure(
    counts: Counts,
    name: str,
    regions: Mapping[str, Region],
    near: Sequence[str],
    background: Background,
    around: Estimate,
    saturation_level: float,
) -> ShapeMeasurement:
    """Measure one shape; ``near`` are the other shapes that its border may touch."""
    region = regions[name]
    values = region.values(counts)
    of = describe(values)
    level = around.level
    above = None if level is None else signal(of.total, of.area, level)
    snr = None if level is None else signal_to_noise(of.total, of.area, level, around.standard_deviation)
    clipped = saturated(values, saturation_level)
    overlapping = [other for other in near if regions[other].overlaps(region)]
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
        notes=(
            *_notes(of, around, above=above, clipped=clipped, overlapping=overlapping),
            *_of_shape(name, region, background),
        ),
    )


def _of_shape(name: str, region: Region, background: Background) -> Iterator[str]:
    """Say what a reader must know of the shape itself."""
    if region.twice:
        yield f"Its line crosses itself: {region.twice} pixels enclosed twice are left out."
    if name in background.shapes:
        yield "Its pixels are the background of the others."


def _notes(of: Intensity, around: Estimate, *, above: float | None, clipped: int, overlapping: list[str]) -> list[str]:
    """Say what is not defined and why, and what a reader must be careful about."""
    notes = []
    if of.standard_deviation is None:
        notes.append("Standard deviation is not defined for one pixel.")
    if around.level is None:
        notes.append(around.why)
    elif around.standard_deviation is None:
        notes.append("SNR is not defined: there are too few background pixels for a spread.")
    elif not around.standard_deviation:
        notes.append("SNR is not defined: all background pixels have the same count.")
    if above is not None and above < 0:
        notes.append("Signal is negative: the shape is darker than its background.")
    if clipped:
        notes.append(f"{clipped} of {of.area} pixels are saturated: total and signal are too small.")
    if overlapping:
        notes.append(f"Overlaps {', '.join(overlapping)}: the shared pixels count in each.")
    return notes
