"""A lane's edges, once its bands are known: where their signal falls to one half, and how far it is blurred."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.finding.bands import Extent
from blotter_records.densitometry.finding.lanes import Lane
from blotter_records.densitometry.finding.straight import StraightLane

_Line = NDArray[np.float64]

#: A Gaussian blur of standard deviation s lies between 1/2 and 1/20 of its height for 1.645 s.
_HALF_TO_TWENTIETH = 1.645

#: The bands may move a lane's centre by this part of its half width; what lies farther is dust or a neighbour.
_FARTHEST = 0.35


@dataclass(frozen=True, slots=True)
class Edges:
    """``lane`` with its centre and half width made better; ``blur``: standard deviation of its edges, px."""

    lane: Lane
    blur: float


def with_edges(straight: StraightLane, extents: Sequence[Extent]) -> Edges:
    """Return the lane with the edges that its bands have.

    Each band's rows are averaged, the rows beside it taken away, and divided by its height; the median of the bands is
    the lane's shape, so that neither one strong band nor dust beside one decides. The edges are where it falls to half.

    Parameters
    ----------
    straight : StraightLane
        At least as wide as the lane's bands.
    extents : sequence of Extent
        The lane's bands.

    Returns
    -------
    Edges
        The lane as it was, blur 0, where there are no bands to see it by.
    """
    shape = _across(straight, extents)
    if shape is None:
        return Edges(straight.lane, 0.0)
    at = np.arange(-straight.half, straight.half + 1)
    inside = np.abs(at) <= max(1.0, 0.6 * straight.lane.half_width)
    height = float(np.median(shape[inside]))
    if height <= 0:
        return Edges(straight.lane, 0.0)
    left, left_tail = _falls(shape[::-1], height, straight.half)
    right, right_tail = _falls(shape, height, straight.half)
    half = (left + right) / 2
    if not 0.6 < half / straight.lane.half_width < 1.4 or abs(right - left) / 2 > _FARTHEST * half:
        return Edges(straight.lane, 0.0)
    lane = replace(straight.lane, column=straight.lane.column + (right - left) / 2, half_width=half)
    return Edges(lane, max(0.0, (left_tail + right_tail) / 2 - half) / _HALF_TO_TWENTIETH)


def _across(straight: StraightLane, extents: Sequence[Extent]) -> _Line | None:
    """Return the median shape of the bands across the lane, or None without bands that stand alone."""
    shapes = []
    rows = straight.values.shape[0]
    for extent in extents:
        width = max(1, round(extent.half_width))
        middle = round(extent.row)
        core = straight.values[max(0, middle - width) : middle + width + 1].mean(axis=0)
        beside = [
            straight.values[a:b].mean(axis=0)
            for a, b in ((extent.start - 2 * width, extent.start), (extent.stop, extent.stop + 2 * width))
            if a >= 0 and b <= rows
        ]
        if beside and not extent.is_overlapping:
            shapes.append((extent.height, (core - np.mean(beside, axis=0)) / extent.height))
    strongest = max((height for height, _ in shapes), default=0.0)
    clear = [shape for height, shape in shapes if height > strongest / 30]
    return np.median(clear, axis=0) if clear else None


def _falls(shape: _Line, height: float, middle: int) -> tuple[float, float]:
    """Return how far from the middle the shape falls to 1/2 and to 1/20 of its height for good, going right."""
    found = []
    for level in (height / 2, height / 20):
        at = middle
        while at + 1 < shape.size and shape[at + 1 : at + 4].max() > level:
            at += 1
        if at + 1 >= shape.size:
            found.append(float(at - middle))
            continue
        drop = shape[at] - shape[at + 1]
        found.append(at - middle + (float(np.clip((shape[at] - level) / drop, 0, 1)) if drop > 0 else 0.0))
    return found[0], max(found[1], found[0])
