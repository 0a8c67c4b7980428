"""The quality flags of an analysis: the one place that lists them all, from what its record and its image say.

Nothing is stored: a version gives the same flags years later, and no digest hangs on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from blotter_records.contract.flags import Flag
from blotter_records.densitometry.finding.flags import RELIABLE_SNR, SURE_LANE
from blotter_records.densitometry.regions import drawn
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.services.analyses.edits import finding_view
from blotter_records.services.analyses.outlines import stored_outline
from blotter_records.vocabulary import BackgroundMethod, BandUse, QualityFlag

#: What is told of a band only as it was found, by looking at the counts around it.
_AS_FOUND = {
    QualityFlag.OVERLAPPING: "a neighbour's signal reaches into the band, or two bands have run together",
    QualityFlag.DEBRIS: "bright specks lie in the band or its background",
}

_F = QualityFlag


@dataclass(frozen=True, slots=True)
class _Box:
    """Bounds of a shape, in edges of pixels: row 0 begins at 0 and ends at 1."""

    top: float
    left: float
    bottom: float
    right: float

    @classmethod
    def of(cls, shape: Json) -> _Box:
        corners = drawn(stored_outline(shape))
        rows, columns = [row for row, _ in corners], [column for _, column in corners]
        return cls(min(rows), min(columns), max(rows), max(columns))

    def room(self, image: Image) -> float:
        """Return how far the nearest edge of the image is, px; 0 where it is reached."""
        return max(0.0, min(self.top, self.left, image.rows - self.bottom, image.columns - self.right))

    def is_near(self, other: _Box, width: float) -> bool:
        return (
            self.top - width < other.bottom
            and other.top < self.bottom + width
            and self.left - width < other.right
            and other.left < self.right + width
        )


def flags_of(content: Analysis, image: Image) -> list[Flag]:
    """Return every flag of an analysis: shape by shape, then lane by lane.

    A shape that is background carries none; a blank is not asked for a signal.
    """
    measured = {one["shape"]: one for one in content.measurements}
    uses = _uses(content)
    boxes = {one["shape"]: _Box.of(one) for one in content.shapes}
    background = set(content.background.get("shapes") or ())
    found = _as_found(content)
    numbers = (content.quantities or {}).get("numbers") or {}
    flags: list[Flag] = []
    for shape in content.shapes:
        name = shape["shape"]
        if name in background or name not in measured:
            continue
        lane, use = uses.get(name, (None, None))
        told = [
            *_of_numbers(measured[name], content.background, use, image),
            *_of_place(name, boxes, measured[name], content.background["width"], image, found.get(name, [])),
            *_of_quantities(name, numbers, content),
        ]
        flags += [one.model_copy(update={"shape": name, "lane": lane, "use": use}) for one in told]
    return flags + _of_lanes(content)


def _uses(content: Analysis) -> dict[str, tuple[int | None, BandUse | None]]:
    """Return lane and use of each shape: as quantities say, else the lane in which it was found."""
    bands = (content.finding or {}).get("bands", [])
    uses: dict[str, tuple[int | None, BandUse | None]] = {one["shape"]: (one["lane"], None) for one in bands}
    for one in ((content.quantities or {}).get("chosen") or {}).get("bands", []):
        uses[one["shape"]] = (one["lane"], BandUse(one["use"]) if one["use"] else None)
    return uses


def _as_found(content: Analysis) -> dict[str, list[str]]:
    """Return what finding flagged, of the bands that are still as it found them."""
    view = finding_view(content)
    if view is None:
        return {}
    other = {one.shape for one in view.edits if one.what == "changed"}
    return {one.shape: one.flags for one in view.bands if one.shape not in other}


def _of_numbers(number: Json, background: Json, use: BandUse | None, image: Image) -> Iterator[Flag]:
    if number["saturated"]:
        share = number["saturated_fraction"]
        yield Flag(
            flag=_F.SATURATED,
            value=number["saturated"],
            limit=0,
            unit="px",
            share=share,
            text=f"{number['saturated']} of {number['area']} px ({100 * share:.3g} %) are at or above "
            f"{image.saturation_level:g} counts",
        )
    if number["signal"] is None:
        is_chosen = background["method"] == BackgroundMethod.NONE
        text = "no background was taken, so there is no Signal" if is_chosen else "no background could be taken"
        yield Flag(flag=_F.NO_BACKGROUND, text=text)
    if number["snr"] is not None and number["snr"] < RELIABLE_SNR and use is not BandUse.BLANK:
        yield Flag(
            flag=_F.LOW_SNR,
            value=number["snr"],
            limit=RELIABLE_SNR,
            text=f"the signal-to-noise ratio is {number['snr']:.3g}, below {RELIABLE_SNR:g}",
        )


def _of_place(
    name: str, boxes: Mapping[str, _Box], number: Json, width: int, image: Image, found: list[str]
) -> Iterator[Flag]:
    box = boxes[name]
    room = box.room(image)
    if room == 0 or _F.EDGE in found:
        yield Flag(
            flag=_F.EDGE,
            value=room,
            unit="px",
            text="the shape reaches the edge of the image" if room == 0 else "the band goes on beyond the image's edge",
        )
    left_out = number["background_excluded"]
    if left_out and any(other != name and box.is_near(there, width) for other, there in boxes.items()):
        yield Flag(
            flag=_F.BORDER_OVERLAP,
            value=left_out,
            limit=0,
            unit="px",
            text=f"{left_out} px of its border are left out; another shape lies there",
        )
    yield from (Flag(flag=flag, text=text) for flag, text in _AS_FOUND.items() if flag in found)


def _of_quantities(name: str, numbers: Json, content: Analysis) -> Iterator[Flag]:
    for one in (numbers.get("weights") or {}).get("bands", []):
        if one["shape"] == name and one["is_extrapolated"]:
            text = f"its molecular weight, {one['kda']:.6g} kDa, lies outside the ladder"
            yield Flag(flag=_F.WEIGHT_EXTRAPOLATED, value=one["kda"], unit="kDa", text=text)
    amounts = numbers.get("amounts") or {}
    for one in amounts.get("bands", []):
        if one["shape"] != name:
            continue
        if one["is_extrapolated"]:
            assert content.quantities is not None
            unit = content.quantities["chosen"]["standards"]["unit"]
            said = "" if one["amount"] is None else f", {one['amount']:.6g} {unit},"
            text = f"its amount{said} lies outside the standards"
            yield Flag(flag=_F.AMOUNT_EXTRAPOLATED, value=one["amount"], unit=unit, text=text)
        linear = amounts.get("linear_range")
        if linear and not linear["lowest_signal"] <= one["signal"] <= linear["highest_signal"]:
            is_low = one["signal"] < linear["lowest_signal"]
            limit = linear["lowest_signal"] if is_low else linear["highest_signal"]
            text = f"its Signal is {'below' if is_low else 'above'} {limit:.6g} counts·px, where the linear range ends"
            yield Flag(flag=_F.OUTSIDE_LINEAR_RANGE, value=one["signal"], limit=limit, unit="counts·px", text=text)


def _of_lanes(content: Analysis) -> list[Flag]:
    """Return the lanes that finding was not sure of, where something found in them is still there."""
    there = {one["shape"] for one in content.shapes}
    finding = content.finding or {"lanes": [], "bands": []}
    used = {one["lane"] for one in finding["bands"] if one["shape"] in there}
    return [
        Flag(
            flag=_F.LANE_UNSURE,
            lane=one["lane"],
            value=one["confidence"],
            limit=SURE_LANE,
            text=f"lane {one['lane']} was found with a confidence of {one['confidence']:.3g}, below {SURE_LANE:g}",
        )
        for one in finding["lanes"]
        if one["lane"] in used and one["confidence"] < SURE_LANE
    ]
