"""The lane profile (formula B19): intensity along a lane, its noise, and the background it stands on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from blotter_records.densitometry.finding.activity import opened
from blotter_records.densitometry.finding.straight import StraightLane
from blotter_records.densitometry.shapes import Counts

_Line = NDArray[np.float64]

#: Standard deviation of the smoothing before bands are looked for, rows.
SMOOTH = 1.5

#: The smoothing makes the noise of one row less by this factor.
LESS = math.sqrt(2 * math.sqrt(math.pi) * SMOOTH)

#: Dust: a pixel this many standard deviations, and half of the row's height, above its row; and pixels this near to it.
_DUST = 6.0
_DUST_REACH = 4

#: From this part of the half width on, a column is beside the lane.
_OUTER = 1.15

#: Part of the lane's width from which the profile is taken: its edges lean and blur.
_INNER = 0.75


@dataclass(frozen=True, slots=True)
class Profile:
    """Along a lane, one number per row, counts.

    ``values``: median across the lane's inner three quarters, smoothed; dust narrower than that cannot make a band of
    it. ``strips``: means across five strips side by side, shape (5, rows), to tell what crosses the lane from what does
    not. ``gaps``: means of the columns left and right of the lane, shape (2, rows), or (0, rows) where lanes touch.
    ``noise``: standard deviation of ``values`` by the pixels' noise in that row. ``background``: a smooth line
    below the bands, good enough to find them by; what is subtracted from a band is made anew from its flanks.
    """

    values: _Line
    strips: NDArray[np.float64]
    gaps: NDArray[np.float64]
    noise: _Line
    background: _Line

    def around(self, row: float, reach: float) -> NDArray[np.intp]:
        """Return the rows within reach of a row that the profile has."""
        return np.arange(max(0, round(row - reach)), min(self.values.size, round(row + reach) + 1))


def lane_profile(straight: StraightLane) -> Profile:
    """Return the profile of a lane laid straight.

    Noise is taken from differences between neighbours across the lane (1.4826 times the median of |difference| over
    sqrt 2), row by row, since light is noisier where there is more of it; and is at least what the profile itself
    shows between neighbouring rows, for images whose neighbouring pixels are not independent (JPEG, enlarged ones).

    Parameters
    ----------
    straight : StraightLane

    Returns
    -------
    Profile
    """
    inner = max(1, round(_INNER * min(straight.lane.half_width, straight.half)))
    values = straight.values[:, straight.half - inner : straight.half + inner + 1]
    size = values.shape[1]
    pixel = _pixel_noise(values)
    raw = _without_dust(values, np.median(values, axis=1), pixel)
    seen = 1.4826 * float(np.median(np.abs(np.diff(raw, 2)))) / math.sqrt(6) if raw.size > 2 else 0.0
    spread = np.maximum(1.2533 * pixel / math.sqrt(size), seen) / LESS
    smooth = ndimage.gaussian_filter1d(raw, SMOOTH, mode="nearest")
    floor = max(1e-5 * float(raw.max()), 1e-6)
    edges = np.linspace(0, size, min(5, size) + 1).astype(int)
    strips = np.stack([values[:, a:b].mean(axis=1) for a, b in pairwise(edges)])
    return Profile(smooth, strips, _gaps(straight), np.maximum(spread, floor), _background(smooth))


def _gaps(straight: StraightLane) -> NDArray[np.float64]:
    """Return the means of the columns outside the lane, left and right, if there are a few."""
    first = math.ceil(_OUTER * straight.lane.half_width) + 1
    values, middle = straight.values, straight.half
    if straight.half - first < 2:
        return np.zeros((0, values.shape[0]))
    return np.stack([values[:, : middle - first].mean(axis=1), values[:, middle + first + 1 :].mean(axis=1)])


def _pixel_noise(values: Counts) -> _Line:
    """Return the standard deviation of one pixel's noise in each row."""
    if values.shape[1] < 3:
        return np.zeros(values.shape[0])
    wide = values.astype(np.float64 if values.dtype.kind == "f" else np.int32)
    pixel = 1.4826 * np.median(np.abs(np.diff(wide, axis=1)), axis=1) / math.sqrt(2)
    smooth: _Line = ndimage.uniform_filter1d(pixel, 5, mode="nearest")
    return smooth


def _without_dust(values: Counts, raw: _Line, pixel: _Line) -> _Line:
    """Return the rows' medians without dust, which would lift them a little: enough to look like a weak band."""
    above = np.maximum(0.0, raw - _background(ndimage.gaussian_filter1d(raw, SMOOTH, mode="nearest")))
    limit = raw + _DUST * np.maximum(pixel, 1e-6) + 0.5 * above
    dust = values > limit[:, np.newaxis]
    rows = np.flatnonzero(ndimage.maximum_filter1d(dust.any(axis=1), 2 * _DUST_REACH + 1))
    if not rows.size:
        return raw
    clean = ~ndimage.maximum_filter(dust, 2 * _DUST_REACH + 1)
    better = raw.copy()
    for row in rows:
        if np.count_nonzero(clean[row]) >= values.shape[1] / 2:
            better[row] = np.median(values[row, clean[row]])
    return better


def _background(smooth: _Line) -> _Line:
    """Return a line below the bands: the opening by a sixth of the rows, smoothed by a quarter of that."""
    window = max(9, smooth.size // 6) | 1
    low = opened(ndimage.gaussian_filter1d(smooth, 2.0, mode="nearest"), window, axis=0)
    under: _Line = np.minimum(ndimage.gaussian_filter1d(low, window / 4, mode="nearest"), smooth)
    return under
