"""Lanes and bands found without a person: shapes are made of them, and what was found is kept beside the shapes.

The search is a gesture like any other: one entry, with old and new. What people change afterwards is told by comparing
the shapes with what was found (requirements A3, *Western lanes and bands*).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.finding import Finding, FindRequest, FoundBand, FoundLane
from blotter_records.contract.shapes import Rectangle
from blotter_records.densitometry.finding import FindingParameters, FoundBlot, find_blot
from blotter_records.densitometry.shapes import Counts
from blotter_records.domain.records import Analysis, Image
from blotter_records.errors import Invalid
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.analyses.allowed import usable
from blotter_records.services.analyses.changing import Draft, opened, write_change
from blotter_records.services.analyses.searching import ids_and_replaced, shown, with_shapes
from blotter_records.services.analyses.showing import found
from blotter_records.services.images.pixels import Pixels
from blotter_records.vocabulary import Action, Gesture

#: Decimal places of what is kept of a lane: a thousandth of a pixel, ten thousandths of its lean.
_PLACES = 4


class FindingBands:
    """Finds the bands of an image for an analysis."""

    def __init__(self, ledger: Ledger, *, gate: Gate, pixels: Pixels) -> None:
        self._ledger = ledger
        self._gate = gate
        self._pixels = pixels

    def find(self, actor: Actor, analysis: str, request: FindRequest) -> AnalysisView:
        """Find lanes and bands on the sealed pixels; shapes that people drew or changed stay.

        Raises
        ------
        NotFound, Conflict
            As a gesture on the analysis.
        Invalid
            ``finding.nothing``: no band was found; ``finding.many``: more than an analysis can have.
        """
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_EDIT, stream) as acting:
            with self._ledger.begin() as work:  # not held while the search goes on
                of = usable(work, acting, Analysis.from_json(found(work, analysis).content).image)
            counts = self._pixels.counts(of, actor)
            blot = find_blot(counts, _parameters(request, of))
            with self._ledger.begin() as work:
                draft = opened(work, acting, analysis, request)
                if isinstance(draft, AnalysisView):
                    return draft
                after = with_found(draft, acting, blot, counts)
                return write_change(
                    work,
                    acting,
                    draft,
                    after,
                    request,
                    old=shown(draft.content, after, Gesture.BANDS_FIND),
                    new=shown(after, draft.content, Gesture.BANDS_FIND),
                    summary=summary(draft.content, after),
                )


def _parameters(request: FindRequest, image: Image) -> FindingParameters:
    return FindingParameters(
        lanes=request.lanes, sensitivity=request.sensitivity, saturation_level=image.saturation_level
    )


def with_found(draft: Draft, acting: Acting, blot: FoundBlot, counts: Counts) -> Analysis:
    """Return the analysis with a shape for each band. Raises ``Invalid``."""
    content = draft.content
    if not blot.bands:
        raise Invalid(
            "finding.nothing", "No band was found.", "Say how many lanes there are, or lower the sensitivity."
        )
    bands = list(_bands(blot, counts.shape, content.next_shape))
    made = [{"shape": one.shape, "label": one.label, "rectangle": one.rectangle.model_dump()} for one in bands]
    lanes = [
        FoundLane(
            lane=number,
            column=round(lane.column, _PLACES),
            half_width=round(lane.half_width, _PLACES),
            lean=round(lane.lean, _PLACES),
            rise=round(lane.rise, _PLACES),
            confidence=round(lane.confidence, _PLACES),
        )
        for number, lane in enumerate(blot.lanes, start=1)
    ]
    finding = Finding.model_validate({"parameters": asdict(blot.parameters), "lanes": lanes, "bands": bands})
    return with_shapes(draft, acting, counts, made, finding, "bands")


def _bands(blot: FoundBlot, image: Sequence[int], first: int) -> Iterator[FoundBand]:
    """Yield the bands with the id of the shape that is made of each, lane by lane from the top."""
    numbers = [0] * len(blot.lanes)
    for at, band in enumerate(blot.bands):
        numbers[band.lane] += 1
        yield FoundBand(
            shape=f"S{first + at}",
            lane=band.lane + 1,
            band=numbers[band.lane],
            label=f"L{band.lane + 1} B{numbers[band.lane]}",
            rectangle=_rectangle(blot, at, image),
            flags=[flag.value for flag in band.flags],
        )


def _rectangle(blot: FoundBlot, at: int, image: Sequence[int]) -> Rectangle:
    """Return the upright rectangle around a band, on the image.

    A band of a lane that leans or whose bands rise is higher and wider than its rows in the straight lane; it grows by
    that, but never into the rows of its neighbour.
    """
    band = blot.bands[at]
    lane, extent, (rows, columns) = blot.lanes[band.lane], band.extent, image[:2]
    above, below = _room(blot, at)
    climb = abs(lane.rise) * band.half
    row0 = max(0, extent.start - math.floor(min(climb, above)))
    row1 = min(rows, extent.stop + math.floor(min(climb, below)))
    centres = [lane.centre(row, rows) for row in (row0, row1 - 1)]
    column0 = max(0, round(min(centres)) - band.half)
    column1 = min(columns, round(max(centres)) + band.half + 1)
    return Rectangle(row0=row0, column0=column0, row1=max(row1, row0 + 1), column1=max(column1, column0 + 1))


def _room(blot: FoundBlot, at: int) -> tuple[float, float]:
    """Return how many rows there are for a band above and below it: half of those to its neighbours in the lane."""
    band = blot.bands[at]
    before = blot.bands[at - 1] if at > 0 and blot.bands[at - 1].lane == band.lane else None
    after = blot.bands[at + 1] if at + 1 < len(blot.bands) and blot.bands[at + 1].lane == band.lane else None
    above = (band.extent.start - before.extent.stop) / 2 if before else math.inf
    below = (after.extent.start - band.extent.stop) / 2 if after else math.inf
    return above, below


def summary(before: Analysis, after: Analysis) -> str:
    """Return the readable line of a search."""
    assert after.finding is not None
    lanes, bands = len(after.finding["lanes"]), after.finding["bands"]
    return f"Found {len(bands)} bands in {lanes} lanes without a person: {ids_and_replaced(before, after, bands)}"
