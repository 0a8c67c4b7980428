"""Automatic bands: where the lane profile has a peak, and how far the band reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import peak_prominences

from blotter_records.densitometry.finding.parameters import FindingParameters
from blotter_records.densitometry.finding.profile import LESS, SMOOTH, Profile

_Line = NDArray[np.float64]

#: Two bands overlap when their centres are nearer than this times the sum of their half widths at half maximum. At
#: 2.2 two equal Gaussians, cut between them, lose 0.5 % of their signal to each other.
_OVERLAP = 2.2

#: A single band is not wider than this times the usual band of its gel: else two have run together.
TOO_WIDE = 1.5

#: Where one side of a band is this much wider than the other, at 30 % of the height, a second band hides in it. A
#: Gaussian with an exponential tail of 0.6 of its standard deviation stays below 1.4.
_LOPSIDED = 1.75
_SHOULDER = 0.3


@dataclass(frozen=True, slots=True)
class Extent:
    """A band along its straight lane, in rows.

    ``row``: its centre (where the profile is highest, to parts of a row); ``start``, ``stop``: half-open; ``height``:
    counts above the profile's background; ``half_width``: at half of the height; ``is_overlapping``: its neighbour's
    signal reaches into it, or a second band hides in it; ``is_cut``: it reaches over the image's edge.
    """

    row: float
    start: int
    stop: int
    height: float
    half_width: float
    is_overlapping: bool
    is_cut: bool


def find_bands(profile: Profile, parameters: FindingParameters) -> list[Extent]:
    """Find the bands of a lane.

    A band is a peak whose prominence is at least ``sensitivity`` times the noise there and ``smallest_share`` of its
    height, and that stands out of the rows beside it all across the lane. It reaches ``reach`` half widths to both
    sides, or to the lowest row between it and its neighbour.

    Parameters
    ----------
    profile : Profile
    parameters : FindingParameters

    Returns
    -------
    list of Extent
        From top to bottom; no two of them share a row.
    """
    peaks = _seen(profile, _peaks(profile, parameters), parameters.sensitivity)
    return [_extent(profile, peaks, number, parameters.reach) for number in range(len(peaks))]


@dataclass(frozen=True, slots=True)
class _Peak:
    """A peak of the profile.

    ``low``, ``high``: lowest rows between it and its neighbours; ``base``: counts it stands on; ``half``: half width at
    half maximum above the base, rows.
    """

    at: int
    low: int
    high: int
    base: float
    half: float


def _seen(profile: Profile, rows: Sequence[int], sensitivity: float) -> list[_Peak]:
    """Return the peaks that stand out of their surroundings, measured without those that do not."""
    peaks = [_peak(profile, rows, number) for number in range(len(rows))]
    kept = [peak.at for peak in peaks if _stands_out(profile, peak, sensitivity)]
    return peaks if len(kept) == len(rows) else [_peak(profile, kept, number) for number in range(len(kept))]


def _peak(profile: Profile, rows: Sequence[int], number: int) -> _Peak:
    values, at = profile.values, rows[number]
    low = 0 if number == 0 else rows[number - 1] + int(np.argmin(values[rows[number - 1] : at]))
    high = values.size if number + 1 == len(rows) else at + 1 + int(np.argmin(values[at + 1 : rows[number + 1] + 1]))
    # In a smear, or among close bands, a band stands on what is lowest beside it, not on the bottom of the lane.
    beside = min(float(values[low : at + 1].min()), float(values[at:high].min()))
    base = max(float(profile.background[at]), beside)
    return _Peak(at, low, high, base, _half_width(values - base, at, (low, high)))


def _peaks(profile: Profile, parameters: FindingParameters) -> list[int]:
    """Return the rows of the peaks; a flat top counts once, in its middle."""
    values, above = profile.values, profile.values - profile.background
    edges = np.flatnonzero(np.diff(values))
    if not edges.size:
        return []
    # Rows of one value are one plateau; it is a peak where both neighbouring plateaus are lower.
    starts = np.concatenate([[0], edges + 1])
    level = values[starts]
    higher = np.ones(level.size, dtype=np.bool_)
    higher[1:] &= level[1:] > level[:-1]
    higher[:-1] &= level[:-1] > level[1:]
    higher[[0, -1]] = False
    stops = np.concatenate([edges, [values.size - 1]])
    middle = (starts[higher] + stops[higher]) // 2
    prominence = peak_prominences(values, middle)[0] if middle.size else np.zeros(0)
    needed = np.maximum(parameters.sensitivity * profile.noise[middle], parameters.smallest_share * above[middle])
    return [int(row) for row in middle[(prominence >= needed) & (above[middle] >= needed)]]


def _stands_out(profile: Profile, peak: _Peak, sensitivity: float) -> bool:
    """Tell whether a peak is more than noise, crosses the lane, and ends beside it.

    Its rows, a half width to both sides, are compared with rows three half widths away, or with the lowest ones before
    its neighbour, on the side where they are lower. The difference must be ``sensitivity`` times its own noise; the
    median of the lane's strips must show half of it (dust lies in one strip or two); and the gaps beside the lane must
    not show half of it, too (an unevenly lit membrane does not end with the lane).
    """
    width = max(1, round(peak.half / 2))
    core = profile.around(peak.at, min(peak.half, peak.at - peak.low, peak.high - 1 - peak.at))
    above, below = max(peak.at - 3 * peak.half, peak.low), min(peak.at + 3 * peak.half, peak.high - 1)
    beside = (profile.around(above, width), profile.around(below, width))
    both = np.vstack([profile.values, profile.strips, profile.gaps])
    level = np.min([both[:, rows].mean(axis=1) for rows in beside], axis=0)
    height, *others = both[:, core].mean(axis=1) - level
    strips, gaps = others[: len(profile.strips)], others[len(profile.strips) :]
    of_one_row = float(profile.noise[peak.at]) * LESS
    spread = of_one_row * math.sqrt(1 / core.size + 1 / beside[0].size)
    return bool(
        height >= sensitivity * spread
        and np.median(strips) >= 0.5 * height
        and not (len(gaps) and min(gaps) >= 0.5 * height)
    )


def _sides(above: _Line, at: int, between: tuple[int, int], part: float) -> list[float | None]:
    """Return how far up and down the profile falls to a part of its height; None where it does not before the end."""
    level = above[at] * part
    sides: list[float | None] = []
    for step, end in ((-1, between[0]), (1, between[1] - 1)):
        row = at
        while row != end and above[row] > level:
            row += step
        drop = above[row - step] - above[row] if row != at else 0.0
        inward = float((level - above[row]) / drop) if drop > 0 else 0.0
        sides.append(abs(row - at) - inward if above[row] <= level else None)
    return sides


def _half_width(above: _Line, at: int, between: tuple[int, int]) -> float:
    """Return the half width at half maximum, the smoothing taken out; of one side where the other has no half."""
    sides = [side for side in _sides(above, at, between, 0.5) if side is not None]
    width = sum(sides) / len(sides) if sides else max(1.0, min(at - between[0], between[1] - at))
    return math.sqrt(max(width**2 - (1.1774 * SMOOTH) ** 2, 1.0))


def _is_lopsided(above: _Line, at: int, between: tuple[int, int]) -> bool:
    """Tell whether one side of a band has a shoulder."""
    up, down = _sides(above, at, between, _SHOULDER)
    return up is not None and down is not None and max(up, down) > _LOPSIDED * min(up, down) + 1


def _extent(profile: Profile, peaks: Sequence[_Peak], number: int, reach: float) -> Extent:
    peak = peaks[number]
    start, stop = round(peak.at - reach * peak.half), round(peak.at + reach * peak.half) + 1
    overlapping = _is_lopsided(profile.values - peak.base, peak.at, (peak.low, peak.high)) or any(
        0 <= other < len(peaks) and abs(peaks[other].at - peak.at) < _OVERLAP * (peak.half + peaks[other].half)
        for other in (number - 1, number + 1)
    )
    return Extent(
        row=_vertex(profile.values, peak.at),
        start=max(start, peak.low, 0),
        stop=min(stop, peak.high, profile.values.size),
        height=float(profile.values[peak.at]) - peak.base,
        half_width=peak.half,
        is_overlapping=overlapping,
        is_cut=start < 0 or stop > profile.values.size,
    )


def _vertex(values: _Line, at: int) -> float:
    """Return the peak's row by the parabola through three rows."""
    left, top, right = (float(values[row]) for row in (at - 1, at, at + 1))
    bend = left - 2 * top + right
    return at + (0.5 * (left - right) / bend if bend < 0 else 0.0)
