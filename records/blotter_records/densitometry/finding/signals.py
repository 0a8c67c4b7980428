"""Signal of a band on a line of background through its flanks (formulas B2, B10, B13-B16), on a lane laid straight.

``Signal = Σ (I(p) − L(row of p))`` over the band's pixels, where ``L`` is the straight line through the mean counts of
the lane's rows above and below the band: the same columns, so that the lane's smear and the detector's stripes are in
both. Rows of other bands and specks of dust are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.background import FEWEST_PIXELS
from blotter_records.densitometry.finding.bands import Extent
from blotter_records.densitometry.finding.parameters import FindingParameters
from blotter_records.densitometry.finding.straight import StraightLane
from blotter_records.densitometry.shapes import Counts

_Plane = NDArray[np.float64]

#: A pixel of a flank this many standard deviations above the median of the flank is dust.
_DUST = 8.0

#: A line this many standard deviations above the rows where the band ends is laid on them.
_ABOVE = 0.25

#: Fewest rows on each side from which the line may slope; with fewer it is level.
_FEWEST_ROWS = 3


@dataclass(frozen=True, slots=True)
class BandSignal:
    """Numbers of one band. ``background`` is the mean of the line over the band's pixels, counts.

    ``excluded``: pixels of the flanks left out as dust; ``specks``: pixels of the band that look like dust.
    """

    area: int
    total: int
    background: float | None
    background_standard_deviation: float | None
    background_pixels: int
    excluded: int
    signal: float | None
    snr: float | None
    saturated: int
    specks: int


@dataclass(frozen=True, slots=True)
class _Flanks:
    """Offset at the band's middle row and slope per row of the background line; pixels used and left out."""

    level: float
    slope: float
    spread: float
    used: int
    excluded: int


def band_signal(
    straight: StraightLane, half: int, extents: Sequence[Extent], number: int, parameters: FindingParameters
) -> BandSignal:
    """Measure one band of a lane.

    Parameters
    ----------
    straight : StraightLane
    half : int
        Columns on each side of the centre line that belong to the band; at most ``straight.half``.
    extents : sequence of Extent
        All bands of the lane.
    number : int
        Which of them.
    parameters : FindingParameters

    Returns
    -------
    BandSignal
    """
    extent = extents[number]
    columns = slice(straight.half - half, straight.half + half + 1)
    values, usable = straight.values[:, columns], straight.on_image[:, columns]
    inside, here = values[extent.start : extent.stop].astype(np.float64), usable[extent.start : extent.stop]
    area, total = int(here.sum()), int(inside[here].sum())
    clipped = int(np.count_nonzero(inside[here] >= parameters.saturation_level))
    flanks = _flanks(values, usable, _beside(extents, number, values.shape[0], parameters.flank), extent)
    if flanks is None:
        return BandSignal(area, total, None, None, 0, 0, None, None, clipped, 0)
    rows = np.arange(extent.start, extent.stop) - (extent.start + extent.stop - 1) / 2
    line = _under(values, usable, extent, flanks.level + flanks.slope * rows, flanks.spread)
    below = float((line * here.sum(axis=1)).sum())
    signal = total - below
    return BandSignal(
        area=area,
        total=total,
        background=below / area if area else None,
        background_standard_deviation=flanks.spread,
        background_pixels=flanks.used,
        excluded=flanks.excluded,
        signal=signal,
        snr=signal / (area * flanks.spread) if area and flanks.spread else None,
        saturated=clipped,
        specks=_specks(inside, line, flanks.spread),
    )


def _beside(extents: Sequence[Extent], number: int, rows: int, flank: int) -> list[NDArray[np.intp]]:
    """Return the rows above and below a band that are in no band, at most ``flank`` on each side."""
    taken = np.zeros(rows, dtype=np.bool_)
    for extent in extents:
        taken[extent.start : extent.stop] = True
    start, stop = extents[number].start, extents[number].stop
    farthest = 4 * flank
    above = np.flatnonzero(~taken[max(0, start - farthest) : start])[-flank:] + max(0, start - farthest)
    below = np.flatnonzero(~taken[stop : stop + farthest])[:flank] + stop
    return [above, below]


def _flanks(
    values: Counts, usable: NDArray[np.bool_], beside: Sequence[NDArray[np.intp]], extent: Extent
) -> _Flanks | None:
    """Fit the background's line to the flanks, or None where they have too few pixels."""
    rows = np.concatenate(beside)
    flank, kept = values[rows].astype(np.float64), usable[rows]
    if not kept.any():
        return None
    middle = float(np.median(flank[kept]))
    spread = 1.4826 * float(np.median(np.abs(flank[kept] - middle)))
    clean = kept & (flank <= middle + _DUST * max(spread, 1.0))
    weight = clean.sum(axis=1).astype(np.float64)
    used = int(weight.sum())
    if used < FEWEST_PIXELS:
        return None
    mean = np.divide((flank * clean).sum(axis=1), weight, out=np.zeros(rows.size), where=weight > 0)
    from_middle = rows - (extent.start + extent.stop - 1) / 2
    centre = float((weight * from_middle).sum() / used)
    level = float((weight * mean).sum() / used)
    slope = 0.0
    if min(int(np.count_nonzero(weight[: beside[0].size])), int(np.count_nonzero(weight[beside[0].size :]))) >= (
        _FEWEST_ROWS
    ):
        across = from_middle - centre
        slope = float((weight * across * (mean - level)).sum() / (weight * across**2).sum())
    line = level + slope * (from_middle - centre)
    left = float((np.square(flank - line[:, np.newaxis]) * clean).sum())
    deviation = math.sqrt(left / (used - 2)) if used > 2 else 0.0
    return _Flanks(level - slope * centre, slope, deviation, used, int(kept.sum()) - used)


def _under(
    values: Counts, usable: NDArray[np.bool_], extent: Extent, line: NDArray[np.floating], spread: float
) -> NDArray[np.floating]:
    """Return the background's line, nowhere above the rows where the band itself ends.

    Between bands that lie close there may be no free row, and the next free ones may glow: a line through these would
    take more from a band than is there where it ends.
    """
    ends = []
    for limit, told in ((extent.start, line[0]), (extent.stop - 1, line[-1])):
        rows = slice(max(0, limit - 1), limit + 2)
        there = values[rows][usable[rows]]
        seen = float(np.median(there)) if there.size else told
        ends.append(seen if told - seen > _ABOVE * spread else told)
    return line if ends == [line[0], line[-1]] else np.linspace(ends[0], ends[1], line.size)


def _specks(inside: _Plane, line: NDArray[np.floating], spread: float) -> int:
    """Count pixels far above what their row and their column of the band lead one to expect."""
    above = inside - line[:, np.newaxis]
    rows = np.median(above, axis=1)
    height = float(rows.max()) if rows.size else 0.0
    strong = rows > 0.3 * height
    if height <= 0 or not strong.any():
        return 0
    across = np.median(above[strong] / rows[strong, np.newaxis], axis=0)
    expected = np.maximum(0.0, rows)[:, np.newaxis] * np.clip(across, 0.0, 2.0)
    return int(np.count_nonzero(above - expected > _DUST * spread + 0.25 * expected + 0.05 * height))
