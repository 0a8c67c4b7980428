"""Lane background (formula B10): the lowest points of the lane profile between the bands, joined by straight lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

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
    corners = []
    for low, high in zip(ends[::2], ends[1::2], strict=True):
        if low < high:
            corners.append(low + int(np.argmin(values[low:high])))
        elif 0 < low < values.size:
            corners.append(low - 1 if values[low - 1] <= values[low] else low)
    if not corners:
        return np.full(values.size, values.min())
    at = np.array(sorted(set(corners)))
    background: _Line = np.interp(np.arange(values.size), at, values[at])
    return background


def lane_signal(profile: Sequence[float], background: Sequence[float], band: tuple[int, int], width: int) -> float:
    """Return Signal = Σ (I(p) − L(row of p)) of a band across a lane ``width`` columns wide (B10), counts·px."""
    start, stop = band
    above = np.asarray(profile, dtype=np.float64)[start:stop] - np.asarray(background, dtype=np.float64)[start:stop]
    return float(above.sum()) * width
