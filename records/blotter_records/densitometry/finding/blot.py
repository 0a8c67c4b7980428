"""A whole gel or blot without a person: lanes, bands, background, signals, flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from blotter_records.densitometry.finding.bands import TOO_WIDE, Extent, find_bands
from blotter_records.densitometry.finding.edges import with_edges
from blotter_records.densitometry.finding.flags import RELIABLE_SNR, SURE_LANE
from blotter_records.densitometry.finding.lanes import Lane, find_lanes
from blotter_records.densitometry.finding.parameters import FindingParameters
from blotter_records.densitometry.finding.profile import lane_profile
from blotter_records.densitometry.finding.rise import with_rise
from blotter_records.densitometry.finding.signals import BandSignal, band_signal
from blotter_records.densitometry.finding.straight import StraightLane, narrowed, straightened
from blotter_records.densitometry.shapes import Counts
from blotter_records.vocabulary import QualityFlag

#: A band reaches over its lane's edge by so many standard deviations of the edge's blur.
_BLURS = 3.0

#: How often at most a lane is looked at again after its bands have moved it.
_PASSES = 3

#: A blur of this part of the half width, until the bands have shown their own.
_USUAL_BLUR = 0.05


@dataclass(frozen=True, slots=True)
class FoundBand:
    """A band found on an image.

    ``lane``: which lane, from 0; ``row``, ``column``: its centre on the image, px; ``extent``: its rows in the straight
    lane; ``half``: columns on each side of the centre line; ``measured``: its numbers; ``flags``.
    """

    lane: int
    row: float
    column: float
    extent: Extent
    half: int
    measured: BandSignal
    flags: tuple[QualityFlag, ...]


@dataclass(frozen=True, slots=True)
class FoundBlot:
    """Everything found on an image, with the parameters it was found by."""

    parameters: FindingParameters
    lanes: tuple[Lane, ...]
    bands: tuple[FoundBand, ...]


@dataclass(frozen=True, slots=True)
class _WorkedLane:
    lane: Lane
    straight: StraightLane
    half: int
    extents: list[Extent]


def find_blot(counts: Counts, parameters: FindingParameters | None = None) -> FoundBlot:
    """Find lanes and bands and measure them, without a person.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
        More signal is a larger count; samples run down the image.
    parameters : FindingParameters, optional

    Returns
    -------
    FoundBlot
        Lanes from left to right, bands lane by lane from top to bottom.

    Raises
    ------
    Invalid
        ``image.counts``.
    """
    parameters = parameters or FindingParameters()
    lanes = with_rise(counts, find_lanes(counts, parameters), parameters)
    worked = [_work(counts, lane, _room(lanes, number), parameters) for number, lane in enumerate(lanes)]
    widths = [extent.half_width for one in worked for extent in one.extents if not extent.is_overlapping]
    usual = float(np.median(widths)) if widths else 0.0
    bands = [
        _measure(one, number, at, usual, parameters)
        for number, one in enumerate(worked)
        for at in range(len(one.extents))
    ]
    return FoundBlot(parameters, tuple(one.lane for one in worked), tuple(bands))


def _room(lanes: Sequence[Lane], number: int) -> float:
    """Return half the distance to the nearer neighbour, px: no pixel may belong to two lanes."""
    here = lanes[number].column
    return min((abs(other.column - here) / 2 for at, other in enumerate(lanes) if at != number), default=float("inf"))


def _work(counts: Counts, lane: Lane, room: float, parameters: FindingParameters) -> _WorkedLane:
    """Find the bands of one lane, make its edges better by them, and find them again."""
    wide = max(1, int(min(1.5 * lane.half_width, room)))
    for _ in range(_PASSES):  # a lane found beside its place sees only a part of its bands at first
        straight = straightened(counts, lane, wide)
        extents = find_bands(lane_profile(straight), parameters)
        edges = with_edges(straight, extents)
        moved = abs(edges.lane.column - lane.column)
        if moved < 1:
            break
        lane = edges.lane
    blur = edges.blur or _USUAL_BLUR * lane.half_width
    half = max(1, int(min(edges.lane.half_width + _BLURS * blur + 1, room)))
    if moved < 1 and half <= wide:
        return _WorkedLane(edges.lane, narrowed(straight, edges.lane, half), half, extents)
    straight = straightened(counts, edges.lane, half)
    return _WorkedLane(edges.lane, straight, half, find_bands(lane_profile(straight), parameters))


def _measure(worked: _WorkedLane, number: int, at: int, usual: float, parameters: FindingParameters) -> FoundBand:
    extent = worked.extents[at]
    if usual and extent.half_width > TOO_WIDE * usual:
        extent = replace(extent, is_overlapping=True)
    measured = band_signal(worked.straight, worked.half, worked.extents, at, parameters)
    return FoundBand(
        lane=number,
        row=extent.row,
        column=worked.lane.centre(extent.row, worked.straight.values.shape[0]),
        extent=extent,
        half=worked.half,
        measured=measured,
        flags=tuple(_flags(worked.lane, extent, measured)),
    )


def _flags(lane: Lane, extent: Extent, measured: BandSignal) -> list[QualityFlag]:
    said = {
        QualityFlag.SATURATED: measured.saturated > 0,
        QualityFlag.OVERLAPPING: extent.is_overlapping,
        QualityFlag.LOW_SNR: measured.snr is None or measured.snr < RELIABLE_SNR,
        QualityFlag.EDGE: extent.is_cut,
        QualityFlag.DEBRIS: measured.specks > 0,
        QualityFlag.LANE_UNSURE: lane.confidence < SURE_LANE,
        QualityFlag.NO_BACKGROUND: measured.signal is None,
    }
    return [flag for flag, is_so in said.items() if is_so]
