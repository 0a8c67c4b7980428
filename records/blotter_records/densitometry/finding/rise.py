"""How the bands of each lane slope: a gel that smiles, or a membrane that lies askew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from blotter_records.densitometry.finding.activity import noise, opened
from blotter_records.densitometry.finding.lanes import Lane
from blotter_records.densitometry.finding.parameters import FindingParameters
from blotter_records.densitometry.finding.straight import straightened
from blotter_records.densitometry.shapes import Counts

_Plane = NDArray[np.float64]

#: Strips across a lane whose profiles are laid over each other.
_STRIPS = 8

#: Energy that the best slope must have over the worst, in parts of it, before a lane has a say.
_TELLING = 0.02


def with_rise(counts: Counts, lanes: Sequence[Lane], parameters: FindingParameters) -> list[Lane]:
    """Return the lanes with the slope of their bands.

    Each lane's own slope is the one under which the profiles of eight strips across it fit best. A smile is a bend of
    the whole gel, so the slopes of neighbouring lanes lie on a line: each lane gets the line's slope, and keeps its own
    only where that fits its profiles better by a twentieth.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
    lanes : sequence of Lane
    parameters : FindingParameters

    Returns
    -------
    list of Lane
    """
    strips = [_strips(counts, lane) for lane in lanes]
    own = [_own_rise(profiles, across, parameters.largest_rise) for profiles, across in strips]
    line = _line([lane.column for lane in lanes], own)
    risen = []
    for lane, (profiles, across), (rise, _) in zip(lanes, strips, own, strict=True):
        common = float(np.clip(line[0] + line[1] * lane.column, -parameters.largest_rise, parameters.largest_rise))
        better = _energy(profiles, across, rise) > 1.05 * _energy(profiles, across, common)
        risen.append(replace(lane, rise=rise if better else common))
    return risen


def _strips(counts: Counts, lane: Lane) -> tuple[_Plane, NDArray[np.float64]]:
    """Return the profiles of strips across the lane, what is longer than a band taken away, and where they lie."""
    half = max(1, int(0.85 * lane.half_width))
    values = straightened(counts, lane, half).values
    edges = np.linspace(0, values.shape[1], min(_STRIPS, values.shape[1]) + 1).astype(int)
    profiles = np.stack([values[:, a:b].mean(axis=1) for a, b in pairwise(edges)])
    across = np.array([(a + b - 1) / 2 - half for a, b in pairwise(edges)])
    spread = noise(profiles.T)
    smooth = ndimage.gaussian_filter1d(profiles, 1.5, axis=1)
    above = smooth - opened(smooth, max(9, values.shape[0] // 6) | 1, axis=1)
    above -= np.median(above, axis=1, keepdims=True)
    return np.arcsinh(np.maximum(0.0, above - spread) / (3 * spread)), across


def _energy(profiles: _Plane, across: NDArray[np.float64], rise: float) -> float:
    """Return the energy in the steps of the strips' mean, each strip moved up or down by its slope."""
    rows = np.arange(profiles.shape[1], dtype=np.float64)
    total = np.zeros(profiles.shape[1])
    for profile, at in zip(profiles, across, strict=True):
        total += np.interp(rows + rise * at, rows, profile)
    return float(np.square(np.diff(total)).sum())


def _own_rise(profiles: _Plane, across: NDArray[np.float64], largest: float) -> tuple[float, float]:
    """Return the slope that fits a lane's strips best and how telling it is (0: any slope fits as well)."""
    best, span, telling = 0.0, largest, 0.0
    for steps in (10, 5, 5):
        asked = best + np.linspace(-span, span, 2 * steps + 1)
        energy = np.array([_energy(profiles, across, rise) for rise in asked])
        best = float(asked[int(np.argmax(energy))])
        telling = telling or float(1 - energy.min() / max(float(energy.max()), 1e-30))
        span /= steps
    return float(np.clip(best, -largest, largest)), telling


def _line(columns: Sequence[float], own: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return offset and slope of the line through the lanes' slopes that leaves the least absolute error.

    Every pair of lanes gives a line; the one with the smallest weighted sum of |errors| is taken, so that a lane with a
    wrong slope does not bend the others.
    """
    at = np.array(columns)
    rise = np.array([one for one, _ in own])
    weight = np.array([telling if telling > _TELLING else 0.0 for _, telling in own])
    told = np.flatnonzero(weight)
    if not told.size:
        return 0.0, 0.0
    flat = min(rise[told], key=lambda level: float((weight * np.abs(rise - level)).sum()))
    best = (float((weight * np.abs(rise - flat)).sum()), float(flat), 0.0)
    if told.size > 2:
        for one in range(told.size):
            for other in range(one + 1, told.size):
                first, second = told[one], told[other]
                slope = (rise[second] - rise[first]) / (at[second] - at[first])
                offset = rise[first] - slope * at[first]
                left = float((weight * np.abs(rise - offset - slope * at)).sum())
                best = min(best, (left, float(offset), float(slope)))
    return best[1], best[2]
