"""Dot blots and plates: the grid of round spots, found without a person."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from blotter_records.densitometry.finding.activity import Plane
from blotter_records.densitometry.shapes import Counts, check_counts
from blotter_records.errors import Invalid

#: Longest side of the image on which the grid is looked for, px.
_LONGEST = 260

#: Leans of the grid that are tried, degrees.
_LEANS = np.arange(-6.0, 6.5, 1.5)

#: The distance of the spots, as a part of the largest that lets the grid lie on the image.
_PITCHES = np.linspace(0.45, 1.0, 40)

#: How much longer, shorter or more askew one step of the grid may be than a square one's, in turn, as a part of it.
_ASKEW = (0.06, 0.03, 0.015)

#: A grid askew is taken only if it holds so much more.
_BETTER = 1.02

#: A spot is seen if it stands out of what surrounds it by so many standard deviations of the noise of one pixel.
_SEEN = 2.0

#: How often the spots' own centres are looked for, each time around the grid that the last ones gave.
_PASSES = 2

#: A spot's own centre is believed if it lies this near to its place in the grid, in distances of the spots.
_NEAR = 0.15


#: How much a grid holds, the place of its first spot, and its steps down and across, (rows, columns) px.
_Placed = tuple[float, float, float, tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of the grid, counted from 0 at top left; centre and radius px.

    ``is_on_grid``: its own centre could not be told, the grid's is given.
    """

    grid_row: int
    grid_column: int
    row: float
    column: float
    radius: float
    is_on_grid: bool


def find_spots(counts: Counts, rows: int, columns: int) -> list[Spot]:
    """Find a regular grid of round spots: it may lean, be somewhat longer than wide, or askew; spots may be missing.

    1. Every distance, lean and place of a square grid of ``rows`` x ``columns`` is tried on a reduced image, in which
       a spot is what is brighter than the ring around it; the grid that holds most of that is taken.
    2. Its two steps are lengthened, shortened and turned by themselves while the grid then holds more.
    3. Each spot's centre is the centre of mass of what lies above half of its height.
    4. Distances and offset of the grid are medians over the spots that are seen, then least squares over those near
       their places; a spot that is not seen, or lies far from its place, takes the grid's.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
        More signal is a larger count.
    rows, columns : int
        Spots down and across, 2 or more each.

    Returns
    -------
    list of Spot
        Row by row, all with the same radius: the median of theirs.

    Raises
    ------
    Invalid
        ``image.counts``; ``spots.grid``: fewer than two rows or columns, or too many for the image.
    """
    check_counts(counts)
    if min(rows, columns) < 2 or min(counts.shape[0] / rows, counts.shape[1] / columns) < 6:
        raise Invalid("spots.grid", f"A grid of {rows} x {columns} spots is not looked for on {counts.shape} pixels.")
    row, column, down, across = _grid(counts, rows, columns)
    at_row, at_column = np.mgrid[:rows, :columns]
    expected = np.stack(
        [row + at_row * down[0] + at_column * across[0], column + at_row * down[1] + at_column * across[1]]
    )
    pitch = math.hypot(*across)
    placed = expected
    for _ in range(_PASSES):  # a spot beside its first place is seen only in part
        own, radii = _own_centres(counts, placed, pitch)
        seen = radii > 0
        placed = _regular(own, seen, placed)
        near = seen & (np.hypot(*(own - placed)) <= _NEAR * pitch)
        placed = _through(own, near, placed)
    centres = np.where(near, own, placed)
    radius = float(np.median(radii[near])) if near.any() else pitch / 3
    return [
        Spot(i, j, float(centres[0, i, j]), float(centres[1, i, j]), radius, not near[i, j])
        for i in range(rows)
        for j in range(columns)
    ]


def _grid(counts: Counts, rows: int, columns: int) -> tuple[float, float, tuple[float, float], tuple[float, float]]:
    """Return the first spot's place and the steps down and across (rows, columns) of the best grid, px."""
    side = max(1, -(-max(counts.shape) // _LONGEST))
    used = (counts.shape[0] // side * side, counts.shape[1] // side * side)
    plane = counts[: used[0], : used[1]].reshape(used[0] // side, side, used[1] // side, side).mean(axis=(1, 3))
    spread = max(float(np.percentile(plane, 90) - np.percentile(plane, 10)), 1e-6)
    shown = np.arcsinh(3 * (plane - np.median(plane)) / spread)
    largest = min(plane.shape[0] / (rows - 0.5), plane.shape[1] / (columns - 0.5))
    best: _Placed = (-math.inf, 0.0, 0.0, (0.0, 0.0), (0.0, 0.0))
    for pitch in largest * _PITCHES:
        spots = _standing_out(shown, pitch)
        for degrees in _LEANS:
            lean = math.radians(degrees)
            down = (pitch * math.cos(lean), -pitch * math.sin(lean))
            across = (pitch * math.sin(lean), pitch * math.cos(lean))
            score, top, left = _best_place(spots, rows, columns, down, across)
            best = max(best, (score, top, left, down, across))
    _, top, left, down, across = _askew(_standing_out(shown, math.hypot(*best[4])), rows, columns, best)
    middle = (side - 1) / 2
    return (
        top * side + middle,
        left * side + middle,
        (down[0] * side, down[1] * side),
        (across[0] * side, across[1] * side),
    )


def _standing_out(shown: Plane, pitch: float) -> Plane:
    """Return by how much each place is brighter than the ring around it, within limits: no spot counts for many."""
    spots = ndimage.gaussian_filter(shown, 0.22 * pitch) - ndimage.gaussian_filter(shown, 0.45 * pitch)
    limit = 3 * float(np.median(np.abs(spots))) + 1e-9
    within: Plane = np.clip(spots, -limit, limit)
    return within


def _askew(spots: Plane, rows: int, columns: int, best: _Placed) -> _Placed:
    """Return the grid with its two steps changed by themselves, as long as it then holds more."""
    pitch = math.hypot(*best[4])
    for part in _ASKEW:
        is_better = True
        while is_better:
            is_better = False
            for at in range(4):
                for change in (-part * pitch, part * pitch):
                    steps = [*best[3], *best[4]]
                    steps[at] += change
                    down, across = (steps[0], steps[1]), (steps[2], steps[3])
                    score, top, left = _best_place(spots, rows, columns, down, across)
                    if score > _BETTER * best[0]:
                        best, is_better = (score, top, left, down, across), True
    return best


def _best_place(
    spots: Plane, rows: int, columns: int, down: tuple[float, float], across: tuple[float, float]
) -> tuple[float, float, float]:
    """Return the mean over the grid at its best place, and that place; minus infinity where it does not fit."""
    i, j = np.mgrid[:rows, :columns]
    at_row = np.rint(i * down[0] + j * across[0]).astype(int)
    at_column = np.rint(i * down[1] + j * across[1]).astype(int)
    low = (-int(at_row.min()), -int(at_column.min()))
    free = (spots.shape[0] - int(np.ptp(at_row)), spots.shape[1] - int(np.ptp(at_column)))
    if min(free) < 1:
        return -math.inf, 0.0, 0.0
    total = np.zeros(free)
    for r, c in zip((at_row + low[0]).ravel(), (at_column + low[1]).ravel(), strict=True):
        total += spots[r : r + free[0], c : c + free[1]]
    place = np.unravel_index(int(np.argmax(total)), free)
    return float(total[place]) / (rows * columns), float(place[0]) + low[0], float(place[1]) + low[1]


def _own_centres(
    counts: Counts, expected: NDArray[np.float64], pitch: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each spot's centre of mass above half height, and the radius of a disc of that area; 0: it is not seen."""
    own, radii = expected.copy(), np.zeros(expected.shape[1:])
    reach = max(2, int(0.48 * pitch))
    for place in np.ndindex(radii.shape):
        row, column = (round(float(expected[(axis, *place)])) for axis in range(2))
        top, left = max(0, row - reach), max(0, column - reach)
        cut = counts[top : max(0, row + reach + 1), left : max(0, column + reach + 1)].astype(np.float64)
        if min(cut.shape) < 3:
            continue
        window = ndimage.median_filter(cut, 3, mode="nearest")
        low, high = np.percentile(window, [10, 85])
        if high - low <= _SEEN * _noise(cut):
            continue
        inside = ndimage.binary_fill_holes(window > (low + high) / 2)
        parts, number = ndimage.label(inside)
        if not number:
            continue
        sizes = np.bincount(parts.ravel())[1:]
        largest = parts == 1 + int(np.argmax(sizes))
        centre = ndimage.center_of_mass(largest)
        own[(0, *place)], own[(1, *place)] = top + centre[0], left + centre[1]
        radii[place] = math.sqrt(int(sizes.max()) / math.pi)
    return own, radii


def _noise(cut: NDArray[np.float64]) -> float:
    """Return the standard deviation of a pixel's noise, from the differences of neighbours."""
    return float(np.median(np.abs(np.diff(cut, axis=1)))) / 0.6745 / math.sqrt(2)


def _regular(own: NDArray[np.float64], seen: NDArray[np.bool_], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the places of the regular grid that lies through most of the spots that are seen.

    Steps and offset are medians; where no two spots are seen that far apart, the step is the expected one.
    """
    rows, columns = own.shape[1:]
    own = np.where(seen, own, np.nan)
    far_down, far_across = max(1, rows // 2), max(1, columns // 2)
    down = _median(own[:, far_down:, :] - own[:, :-far_down, :], expected[:, far_down, 0] - expected[:, 0, 0])
    across = _median(own[:, :, far_across:] - own[:, :, :-far_across], expected[:, 0, far_across] - expected[:, 0, 0])
    i, j = np.mgrid[:rows, :columns]
    steps = down[:, np.newaxis, np.newaxis] * i / far_down + across[:, np.newaxis, np.newaxis] * j / far_across
    offset = _median(own - steps, expected[:, 0, 0])
    placed: NDArray[np.float64] = offset[:, np.newaxis, np.newaxis] + steps
    return placed


def _through(own: NDArray[np.float64], near: NDArray[np.bool_], placed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the places of the regular grid that lies nearest (least squares) to the spots near their places.

    `placed` comes back where they stand in one row or column. Sums only: no linear-algebra library takes part.
    """
    at = np.mgrid[: near.shape[0], : near.shape[1]].astype(np.float64)
    if not near.any():
        return placed
    middle, mean = at[:, near].mean(axis=1), own[:, near].mean(axis=1)
    i, j = at[:, near] - middle[:, np.newaxis]
    ii, ij, jj = float((i * i).sum()), float((i * j).sum()), float((j * j).sum())
    spread = ii * jj - ij * ij
    if spread < 1e-9:
        return placed
    off = own[:, near] - mean[:, np.newaxis]
    by_i, by_j = (off * i).sum(axis=1), (off * j).sum(axis=1)
    down, across = (by_i * jj - by_j * ij) / spread, (by_j * ii - by_i * ij) / spread
    rows, columns = at - middle[:, np.newaxis, np.newaxis]
    through: NDArray[np.float64] = (
        mean[:, np.newaxis, np.newaxis]
        + down[:, np.newaxis, np.newaxis] * rows
        + across[:, np.newaxis, np.newaxis] * columns
    )
    return through


def _median(places: NDArray[np.float64], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median (row, column) of what is known of places, shape (2, rows, columns)."""
    known = places[:, ~np.isnan(places[0])]
    middle: NDArray[np.float64] = np.median(known, axis=1) if known.size else otherwise
    return middle
