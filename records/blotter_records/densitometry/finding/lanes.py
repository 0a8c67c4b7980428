"""Automatic lanes: how far they lean, how far apart they are, where each one runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from blotter_records.densitometry.finding.activity import Plane, activity, reduced
from blotter_records.densitometry.finding.parameters import FindingParameters
from blotter_records.densitometry.shapes import Counts, check_counts

_Line = NDArray[np.float64]

#: A lane's contrast to the gaps beside it must reach this part of the usual contrast.
_FAINTEST = 0.06


#: A distance repeats when the sums agree with themselves that far on at least so well (-1 to 1).
_REPEATS = 0.2

#: How much less the energy of the steps may be in upright lanes than in those of the largest lean.
_UPRIGHT = 0.15


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane found on an image.

    ``column``: its centre at the image's middle row (px, centres of pixels are whole numbers); ``half_width`` px;
    ``lean``: columns per row; ``rise``: slope of its bands, rows per column; ``confidence``: 0 (nothing is seen there,
    the lane fills a gap in a regular row of lanes) to 1.
    """

    column: float
    half_width: float
    lean: float
    rise: float
    confidence: float

    def centre(self, row: float, rows: int) -> float:
        """Return the lane's centre column at a row of an image of so many rows."""
        return self.column + self.lean * (row - (rows - 1) / 2)


def find_lanes(counts: Counts, parameters: FindingParameters | None = None) -> list[Lane]:
    """Find the lanes of a gel or blot; more signal is a larger count, samples run down the image.

    1. Reduce the image to at most 1100 px, map where bands stand out (:func:`activity`).
    2. Lean: the shear under which the map's column sums have the sharpest edges.
    3. Pitch: the distance at which the column sums repeat.
    4. Lanes: columns above half of the local contrast; too wide ones are split, gaps in a regular row are filled.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
    parameters : FindingParameters, optional

    Returns
    -------
    list of Lane
        From left to right; ``rise`` is 0 (see :mod:`blotter_records.densitometry.finding.rise`).

    Raises
    ------
    Invalid
        ``image.counts``.
    """
    check_counts(counts)
    parameters = parameters or FindingParameters()
    plane, side = reduced(counts)
    if min(plane.shape) < 16:
        return []
    shown = activity(plane)
    lean = _lean(shown, parameters.largest_lean)
    sums = _sheared_mean(shown, lean)
    if sums.max() < 1e-3:
        return []
    runs = _runs(np.sqrt(sums), parameters.lanes)  # the root brings a lane of one weak band nearer to the others
    middle = (side - 1) / 2  # a block's centre in px of the image
    return [Lane(centre * side + middle, half * side, lean, 0.0, sure) for centre, half, sure in runs]


def _sheared_mean(shown: Plane, lean: float) -> _Line:
    """Return the mean of each column after rows were moved so that lanes of this lean stand upright."""
    rows, columns = shown.shape
    total = np.zeros(columns)
    across = np.arange(columns, dtype=np.float64)
    for row in range(rows):
        total += np.interp(across + lean * (row - (rows - 1) / 2), across, shown[row])
    mean: _Line = total / rows
    return mean


def _lean(shown: Plane, largest: float) -> float:
    """Return the lean whose column sums have the most energy in their steps; coarse on strips of rows, then finer.

    Bands in one row say nothing about the lean: a small preference for upright lanes decides there.
    """
    best = 0.0
    span = largest
    for strips, steps in ((32, 48), (96, 12), (192, 12)):
        rows = shown.shape[0]
        size = max(1, rows // strips)
        used = rows // size * size
        start = (rows - used) // 2
        strip = shown[start : start + used].reshape(-1, size, shown.shape[1]).mean(axis=1)
        asked = best + np.linspace(-span, span, 2 * steps + 1)
        sharp = [_sharpness(_sheared_mean(strip, lean * size)) for lean in asked]
        upright = 1 - _UPRIGHT * np.abs(asked) / max(largest, 1e-9)
        best = float(asked[int(np.argmax(sharp * upright))])
        span /= steps / 2
    return best


def _sharpness(sums: _Line) -> float:
    return float(np.square(np.diff(ndimage.gaussian_filter1d(sums, 1.0))).sum())


def _pitch(sums: _Line) -> float:
    """Return the distance of the lanes in columns; the number of columns where no distance repeats.

    For each distance asked, what is longer than it is taken away, the rest is brought to one height all over, and
    compared with itself that distance on. The shortest distance that fits nearly as well as the best is taken.
    """
    columns = sums.size
    asked = np.unique(np.geomspace(5, max(6, columns // 2), 240).astype(int))
    alike = np.array([_likeness(sums, int(distance)) for distance in asked])
    best = float(alike.max())
    if best < _REPEATS:
        return float(columns)
    tops = [
        at
        for at in range(asked.size)
        if alike[at] >= 0.6 * best
        and alike[at] >= alike[max(0, at - 6) : at].max(initial=-1.0)
        and alike[at] >= alike[at + 1 : at + 7].max(initial=-1.0)
    ]
    return float(asked[tops[0]])


def _likeness(sums: _Line, distance: int) -> float:
    """Return how well the sums agree with themselves ``distance`` columns on, -1 to 1."""
    fine = ndimage.gaussian_filter1d(sums, distance / 12)
    fine = fine - ndimage.uniform_filter1d(fine, distance, mode="nearest")
    around = np.sqrt(np.maximum(0.0, ndimage.uniform_filter1d(fine**2, 3 * distance, mode="nearest")))
    level = fine / np.maximum(around, 0.05 * float(around.max()) + 1e-12)
    here, there = level[:-distance], level[distance:]
    return float((here * there).sum() / math.sqrt(float((here**2).sum() * (there**2).sum()) + 1e-30))


def _runs(sums: _Line, asked: int | None) -> list[tuple[float, float, float]]:
    """Return (centre, half width, confidence) of each run of columns that stands above its neighbourhood."""
    columns = sums.size
    smooth = ndimage.gaussian_filter1d(sums, 1.0)
    pitch = columns / asked if asked else _pitch(smooth)
    window = min(columns, max(9, round(1.1 * pitch))) | 1
    low = ndimage.gaussian_filter1d(ndimage.minimum_filter1d(smooth, window, mode="nearest"), window / 4)
    high = ndimage.gaussian_filter1d(ndimage.maximum_filter1d(smooth, window, mode="nearest"), window / 4)
    contrast = high - low
    usual = float(np.percentile(contrast, 75))
    inside = (smooth > (low + high) / 2) & (contrast > _FAINTEST * usual)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(np.int8), [0]])))
    found = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        middle = (start + stop - 1) // 2
        sure = float(contrast[middle] / max(float(high[middle]), 1e-12))
        found.append(
            (_crossing(smooth, low, high, int(start), -1), _crossing(smooth, low, high, int(stop) - 1, 1), sure)
        )
    return _regular(found, pitch, columns)


def _crossing(sums: _Line, low: _Line, high: _Line, at: int, step: int) -> float:
    """Return where the sums cross half height just outside ``at``, between columns."""
    other = at + step
    if not 0 <= other < sums.size:
        return at + step / 2
    level = (low[at] + high[at]) / 2
    drop = sums[at] - sums[other]
    return at + step * (float(np.clip((sums[at] - level) / drop, 0, 1)) if drop > 0 else 0.5)


def _regular(found: list[tuple[float, float, float]], pitch: float, columns: int) -> list[tuple[float, float, float]]:
    """Drop slivers, split lanes that were taken together, fill gaps where the row of lanes is regular."""
    if not found:
        return []
    usual = float(np.median([right - left for left, right, _ in found]))
    kept = []
    for left, right, sure in found:
        width = right - left
        if width < 0.4 * usual:
            continue
        parts = max(1, round(width / pitch)) if width > 1.3 * pitch and width > 1.6 * usual else 1
        for part in range(parts):
            centre = left + width * (part + 0.5) / parts
            kept.append((centre, min(width / parts, 0.9 * pitch) / 2, sure if parts == 1 else sure / 2))
    return _filled(kept, pitch, columns)


def _filled(kept: list[tuple[float, float, float]], pitch: float, columns: int) -> list[tuple[float, float, float]]:
    """Put an empty lane into each gap of two pitches or more, if the other lanes keep their distance."""
    if len(kept) < 4 or pitch >= columns / 2:
        return kept
    centres = np.array([centre for centre, _, _ in kept])
    steps = np.rint(np.diff(centres) / pitch)
    if (steps < 1).any() or np.abs(np.diff(centres) - steps * pitch).max() > 0.2 * pitch:
        return kept
    half = float(np.median([one for _, one, _ in kept]))
    filled = [kept[0]]
    for before, after, step in zip(kept, kept[1:], steps, strict=False):
        between = int(step)
        filled += [(before[0] + (after[0] - before[0]) * part / between, half, 0.0) for part in range(1, between)]
        filled.append(after)
    return filled
