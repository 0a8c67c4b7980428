"""How well automatic finding does on a blot whose lanes and bands are known.

A lane is found when a found centre lies within a quarter of the lanes' distance of it, at the image's middle row. A
band is found when a found one lies within a half lane width across and within 1.5 of its standard deviations (at least
4 px) along; pairs are made from the nearest on, each band once. A saturated or overlapping band is flagged when the
found band paired with it, or without one the found band that covers its centre, has the flag. A found band that is near
none of the true ones, of whatever kind, is a false one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from blotter_records.densitometry.finding.blot import FoundBand, FoundBlot
from blotter_records.vocabulary import QualityFlag

#: Peak height from which a band counts as strong, counts.
STRONG = 3000.0


@dataclass(frozen=True, slots=True)
class TrueBand:
    """A band as it was made: centre and standard deviation px, peak counts, signal counts·px."""

    row: float
    column: float
    sigma: float
    peak: float
    signal: float
    kind: str


@dataclass(frozen=True, slots=True)
class TrueBlot:
    """A blot as it was made. Lane centres at the middle row, px; ``kind`` of a plain band is "plain"."""

    rows: int
    columns: int
    lane_centres: tuple[float, ...]
    lane_half_width: float
    bands: tuple[TrueBand, ...]


@dataclass(slots=True)
class Scores:
    """What one or more blots add up to."""

    lane_errors: list[float] = field(default_factory=list)
    lanes: int = 0
    plain: int = 0
    plain_found: int = 0
    found: int = 0
    false: int = 0
    strong: list[float] = field(default_factory=list)
    weak: list[float] = field(default_factory=list)
    saturated: list[bool] = field(default_factory=list)
    overlap: list[bool] = field(default_factory=list)

    def summary(self) -> dict[str, float | None]:
        """Return the fractions and medians; None where there was nothing to judge."""
        return {
            "lane_recall": _share(len(self.lane_errors), self.lanes),
            "lane_centre_error_px": max(self.lane_errors, default=None),
            "band_recall": _share(self.plain_found, self.plain),
            "band_precision": _share(self.found - self.false, self.found),
            "volume_error_strong": _median(self.strong),
            "volume_error_weak": _median(self.weak),
            "flagged_saturated": _share(sum(self.saturated), len(self.saturated)),
            "flagged_overlap": _share(sum(self.overlap), len(self.overlap)),
        }

    def add(self, truth: TrueBlot, found: FoundBlot) -> None:
        """Judge one blot."""
        self._add_lanes(truth, found)
        true = [band for band in truth.bands if 0 <= band.row < truth.rows and 0 <= band.column < truth.columns]
        pairs = _pairs(true, found.bands, truth.lane_half_width)
        near = _near(true, found.bands, truth.lane_half_width)
        self.found += len(found.bands)
        self.false += sum(not near[:, at].any() for at in range(len(found.bands)))
        for number, band in enumerate(true):
            paired = found.bands[pairs[number]] if number in pairs else None
            if band.kind == "plain":
                self._add_plain(band, paired)
            elif band.kind in ("saturated", "overlap"):
                flag = QualityFlag.SATURATED if band.kind == "saturated" else QualityFlag.OVERLAPPING
                beside = [paired] if paired else _covering(band, found.bands, truth.lane_half_width)
                (self.saturated if band.kind == "saturated" else self.overlap).append(
                    any(flag in one.flags for one in beside)
                )

    def _add_lanes(self, truth: TrueBlot, found: FoundBlot) -> None:
        self.lanes += len(truth.lane_centres)
        centres = np.array([lane.column for lane in found.lanes])
        if not centres.size:
            return
        distances = np.diff(truth.lane_centres)
        reach = float(np.median(distances)) / 4 if distances.size else truth.lane_half_width
        for centre in truth.lane_centres:
            error = float(np.abs(centres - centre).min())
            if error <= reach:
                self.lane_errors.append(error)

    def _add_plain(self, band: TrueBand, paired: FoundBand | None) -> None:
        self.plain += 1
        if paired is None:
            return
        self.plain_found += 1
        signal = paired.measured.signal
        error = abs(signal / band.signal - 1) if signal is not None else 1.0
        (self.strong if band.peak > STRONG else self.weak).append(error)


def _covering(band: TrueBand, found: Sequence[FoundBand], half_width: float) -> list[FoundBand]:
    """Return the found bands whose rows hold the centre of one that was not found by itself."""
    return [
        one
        for one in found
        if one.extent.start <= band.row < one.extent.stop and abs(one.column - band.column) <= half_width
    ]


def _near(true: Sequence[TrueBand], found: Sequence[FoundBand], half_width: float) -> np.ndarray:
    """Return which found band (columns) is near which true one (rows)."""
    along, across = _distances(true, found)
    reach = np.array([max(4.0, 1.5 * band.sigma) for band in true]).reshape(-1, 1)
    near: np.ndarray = (along <= reach) & (across <= half_width)
    return near


def _distances(true: Sequence[TrueBand], found: Sequence[FoundBand]) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.array([(band.row, band.column) for band in true]).reshape(-1, 2).T
    found_rows, found_columns = np.array([(band.row, band.column) for band in found]).reshape(-1, 2).T
    return np.abs(rows[:, np.newaxis] - found_rows), np.abs(columns[:, np.newaxis] - found_columns)


def _pairs(true: Sequence[TrueBand], found: Sequence[FoundBand], half_width: float) -> dict[int, int]:
    """Pair true with found bands, the nearest first; position of each found band by that of its true one."""
    near = _near(true, found, half_width)
    along, _ = _distances(true, found)
    pairs = dict[int, int]()
    for number, at in sorted(zip(*np.nonzero(near), strict=True), key=lambda pair: float(along[pair])):
        if int(number) not in pairs and int(at) not in pairs.values():
            pairs[int(number)] = int(at)
    return pairs


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None
