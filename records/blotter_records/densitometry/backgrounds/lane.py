"""Lane background (formula B10): the lowest points of the lane profile between the bands, joined by straight lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.backgrounds.shapes import pooled_standard_deviation
from blotter_records.densitometry.intensity import Exact, sums
from blotter_records.densitometry.regions import Placed, Region, placed
from blotter_records.densitometry.shapes import Counts, Rectangle, pixels
from blotter_records.errors import Invalid

_Line = NDArray[np.float64]


def lane_background(profile: Sequence[float], bands: Sequence[tuple[int, int]]) -> _Line:
    """Return the background of each row of a lane.

    Between two bands, above the first and below the last, the lowest row of the profile is a corner (the first of equal
    ones); where two bands touch, the lower of the two rows at the touch is. Straight lines join the corners; outside
    the outermost ones the background is level.

    Parameters
    ----------
    profile : sequence of float
        Mean count of each row across the lane.
    bands : sequence of (start, stop)
        Half-open rows of the bands, from top to bottom, not overlapping.

    Returns
    -------
    ndarray of float, one per row

    Raises
    ------
    Invalid
        ``lane.bands``: a band is empty, outside the profile, or overlaps the one above it.

    Examples
    --------
    >>> lane_background([5, 4, 9, 9, 9, 2, 3], [(2, 5)]).tolist()
    [4.0, 4.0, 3.5, 3.0, 2.5, 2.0, 2.0]
    """
    values = np.asarray(profile, dtype=np.float64)
    ends = [0, *(row for band in bands for row in band), values.size]
    if any(after < before for before, after in pairwise(ends)) or any(a >= b for a, b in bands):
        raise Invalid("lane.bands", "The bands of a lane overlap, hold no row, or reach outside its profile.")
    if not values.size:
        return values
    at = np.array(_corners(values, ends))
    if not at.size:
        return np.full(values.size, values.min())
    background: _Line = np.interp(np.arange(values.size), at, values[at])
    return background


def _corners(values: _Line, ends: Sequence[int]) -> list[int]:
    """Return the lowest row of each gap, from the top; ``ends``: where gaps begin and end in turn."""
    corners = set[int]()
    for low, high in zip(ends[::2], ends[1::2], strict=True):
        if low < high:
            corners.add(low + int(np.argmin(values[low:high])))
        elif 0 < low < values.size:
            corners.add(low - 1 if values[low - 1] <= values[low] else low)
    return sorted(corners)


def lane_signal(profile: Sequence[float], background: Sequence[float], band: tuple[int, int], width: int) -> float:
    """Return Signal = Σ (I(p) − L(row of p)) of a band across a lane ``width`` columns wide (B10), counts·px."""
    start, stop = band
    above = np.asarray(profile, dtype=np.float64)[start:stop] - np.asarray(background, dtype=np.float64)[start:stop]
    return float(above.sum()) * width


@dataclass(frozen=True, slots=True)
class LaneBackground:
    """``total``: sum of the lane's background over a shape, counts·px, exact; None where the lane has no free row.

    ``used``: pixels of the rows on which the shape's line hangs; ``standard_deviation``: theirs, pooled over the rows
    (B13), counts.
    """

    total: Exact | None
    used: int
    standard_deviation: float | None


def lane_under(counts: Counts, shape: Placed, others: Iterable[Placed], reach: int) -> LaneBackground:
    """Return the lane background of a shape: ``Σ L(row of p)`` over its pixels p.

    The lane is the columns of the shape's bounds. Every shape that has one of these columns is a band of it; bands that
    share rows count as one; where two touch, the lower of the two rows at the touch is a corner. The profile goes from
    ``reach`` rows above the first band to ``reach`` rows below the last one, as far as the image goes.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    shape : Rectangle or Region
    others : iterable of Rectangle or Region
        All other shapes of the analysis.
    reach : int
        Rows, px.

    Examples
    --------
    >>> counts = np.full((40, 12), 100, dtype=np.uint16)
    >>> counts[10:14] = 500
    >>> lane_under(counts, Rectangle(9, 0, 15, 12), [], 20).total
    Fraction(7200, 1)
    """
    region = placed(shape)
    bounds = region.bounds
    bands = _bands(region, [placed(other) for other in others])
    top, bottom = max(0, bands[0][0] - reach), min(counts.shape[0], bands[-1][1] + reach)
    lane = Rectangle(top, bounds.column0, bottom, bounds.column1)
    within = pixels(counts, lane)
    # Sums of whole counts are exact; floats are added from left to right, on every machine.
    profile = (
        np.cumsum(within, axis=1, dtype=np.float64)[:, -1]
        if within.dtype.kind == "f"
        else within.sum(axis=1, dtype=np.uint64).astype(np.float64)
    )
    ends = [0, *(row - top for band in bands for row in band), bottom - top]
    corners = [top + row for row in _corners(profile, ends)]
    # Where bands touch, a corner may be the first or last row of the shape itself.
    above = [row for row in corners if row <= bounds.row0][-1:]
    below = [row for row in corners if row >= bounds.row1 - 1 and row not in above][:1]
    rows = [sums(counts[row, bounds.column0 : bounds.column1]) for row in above + below]
    if not rows:
        return LaneBackground(None, 0, None)
    levels = [Fraction(one.total) / one.area for one in rows]
    area, at = _rows(region)
    total = area * levels[0]
    if above and below:
        total += (levels[1] - levels[0]) / (below[0] - above[0]) * (at - area * above[0])
    return LaneBackground(total, sum(one.area for one in rows), pooled_standard_deviation(rows))


def _bands(region: Region, others: Sequence[Region]) -> list[tuple[int, int]]:
    """Return the rows of the bands in the columns of a shape, from the top; those that share rows as one."""
    bounds = region.bounds
    there = [one.bounds for one in others]
    in_lane = [one for one in there if one.column0 < bounds.column1 and bounds.column0 < one.column1]
    joined: list[tuple[int, int]] = []
    for row0, row1 in sorted((one.row0, one.row1) for one in [bounds, *in_lane]):
        if joined and row0 < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(row1, joined[-1][1]))
        else:
            joined.append((row0, row1))
    return joined


def _rows(region: Region) -> tuple[int, int]:
    """Return the area of a shape, and the sum of its pixels' rows."""
    bounds = region.bounds
    across = (
        np.full(bounds.height, bounds.width, dtype=np.int64)
        if region.inside is None
        else region.inside.sum(axis=1, dtype=np.int64)
    )
    return int(across.sum()), int((across * np.arange(bounds.row0, bounds.row1, dtype=np.int64)).sum())
