"""Lane profiles (formula B19) from the sealed pixels: intensity, background, and limits of the bands in the lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from blotter_records.contract.tables import LaneProfile, ProfileBand
from blotter_records.densitometry.finding.lanes import Lane
from blotter_records.densitometry.finding.profile import lane_profile
from blotter_records.densitometry.finding.straight import straightened
from blotter_records.densitometry.shapes import Counts
from blotter_records.domain.records import Analysis, Json
from blotter_records.errors import NotFound
from blotter_records.services.analyses.outlines import rows_of, stored_kind
from blotter_records.services.charts.drawing import (
    BLUE,
    BOTTOM,
    GREEN,
    LEFT,
    ORANGE,
    RED,
    RIGHT,
    TOP,
    Panel,
    linear_axis,
    picture,
)
from blotter_records.vocabulary import OutlineKind

#: Longest line that is drawn, points; a longer profile is drawn by the least and the largest of each piece.
_POINTS = 600
#: The same, of a profile that a person zooms into.
_POINTS_TO_ZOOM = 4000
#: Plots beside each other where several lanes are drawn, and the size of each, px.
_ACROSS, _WIDTH, _HEIGHT = 2, 250.0, 120.0
#: Of the plot of one lane.
_ONE_WIDTH, _ONE_HEIGHT = 560.0, 230.0


@dataclass(frozen=True, slots=True)
class BandLimits:
    """A band on a profile: its shape, first row, row behind its last one, and the row of its peak."""

    shape: Json
    start: int
    stop: int
    peak: int

    @property
    def name(self) -> str:
        """Return what it is called."""
        return str(self.shape["label"] or self.shape["shape"])


@dataclass(frozen=True, slots=True)
class LaneLine:
    """A lane's profile: counts by row (``values``), the ``background`` below it, and its bands."""

    lane: int
    values: np.ndarray
    background: np.ndarray
    bands: tuple[BandLimits, ...]


def lane_lines(content: Analysis, counts: Counts, lane: int | None = None) -> list[LaneLine]:
    """Return the profiles of the lanes that were found, or of one of them.

    Raises
    ------
    NotFound
        ``not_found.lane``: no such lane was found.
    """
    found = (content.finding or {}).get("lanes", [])
    wanted = [one for one in found if lane is None or one["lane"] == lane]
    if not wanted:
        which = "No lane was" if lane is None else f"No lane {lane} was"
        raise NotFound("not_found.lane", f"{which} found in {content.analysis}.", "Find lanes and bands first.")
    of = {one["shape"]: one["lane"] for one in content.finding["bands"]} if content.finding else {}
    for one in (content.quantities or {}).get("chosen", {}).get("bands", []):
        of[one["shape"]] = one["lane"]
    return [
        _line(one, [shape for shape in content.shapes if of.get(shape["shape"]) == one["lane"]], counts)
        for one in wanted
    ]


def _line(found: dict[str, float], shapes: Sequence[Json], counts: Counts) -> LaneLine:
    lane = Lane(found["column"], found["half_width"], found["lean"], found["rise"], found["confidence"])
    straight = straightened(counts, lane, max(1, round(1.5 * lane.half_width)))
    profile = lane_profile(straight)
    bands = []
    for shape in shapes:
        start, stop = rows_of(shape)
        peak = start + int(np.argmax(profile.values[start:stop]))
        bands.append(BandLimits(shape, start, stop, peak))
    return LaneLine(int(found["lane"]), profile.values, profile.background, tuple(bands))


def profile_view(line: LaneLine, content: Analysis, version: int | None) -> LaneProfile:
    """Return a profile as the contract shows it."""
    return LaneProfile(
        analysis=content.analysis,
        version=version,
        lane=line.lane,
        rows=line.values.size,
        values=_thinned(line.values, _POINTS_TO_ZOOM),
        background=_thinned(line.background, _POINTS_TO_ZOOM),
        bands=[
            ProfileBand(
                shape=one.shape["shape"],
                label=one.name,
                start=one.start,
                stop=one.stop,
                peak=one.peak,
                is_movable=stored_kind(one.shape) is OutlineKind.RECTANGLE,
            )
            for one in line.bands
        ],
    )


def profiles(lines: Sequence[LaneLine]) -> bytes:
    """Draw profiles as SVG: one large, several side by side."""
    across = 1 if len(lines) == 1 else _ACROSS
    width, height = (_ONE_WIDTH, _ONE_HEIGHT) if across == 1 else (_WIDTH, _HEIGHT)
    cell_width, cell_height = LEFT + width + RIGHT, TOP + height + BOTTOM
    panels = []
    for at, line in enumerate(lines):
        row, column = divmod(at, across)
        panels.append(_panel(line, column * cell_width + LEFT, row * cell_height + TOP, width, height))
    rows = -(-len(lines) // across)
    notes = [
        "Solid: median across the lane's inner three quarters, smoothed. Dashed: the line that bands are found over.",
        "Shaded: limits of bands; diamonds: their largest value. Signals are of the shapes, not of these lines.",
    ]
    title = f"Lane profile: lane {', '.join(str(one.lane) for one in lines)}"
    return picture(panels, width=across * cell_width, height=rows * cell_height, title=title, notes=notes)


def _panel(line: LaneLine, left: float, top: float, width: float, height: float) -> str:
    x = linear_axis("Row, px", [0, line.values.size - 1])
    y = linear_axis("Counts", [*map(float, (line.values.min(), line.values.max(), line.background.min()))])
    panel = Panel(x, y, left, top, width, height, f"Lane {line.lane}")
    for band in line.bands:
        panel.box(band.start - 0.5, band.stop - 0.5, y.low, y.high, GREEN, 0.16)
    panel.line(_thinned(line.values), BLUE, width=1.1)
    panel.line(_thinned(line.background), ORANGE, dash="4 2", width=1.1)
    for band in line.bands:
        value = float(line.values[band.peak])
        panel.mark(band.peak, value, "diamond", RED, 2.4)
        panel.label(band.peak, value, band.name, size=7)
    return panel.drawn()


def _thinned(values: np.ndarray, most: int = _POINTS) -> list[tuple[float, float]]:
    """Return a line's points; of a long line the least and the largest of each piece, in their order."""
    if values.size <= most:
        return [(float(at), float(value)) for at, value in enumerate(values)]
    points = []
    for piece in np.array_split(np.arange(values.size), most // 2):
        ends = {int(piece[np.argmin(values[piece])]), int(piece[np.argmax(values[piece])])}
        points += [(float(at), float(values[at])) for at in sorted(ends)]
    return points
