"""Wells of a plate, or dots of a blot, found without a person: equal ellipses, labelled A1 to H12 and the like."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.finding import Finding
from blotter_records.contract.shapes import Ellipse
from blotter_records.contract.wells import FindWellsRequest, FoundWell, WellGrid
from blotter_records.densitometry.finding.spots import Spot, find_spots
from blotter_records.densitometry.quantities.plates import well_name
from blotter_records.domain.records import Analysis
from blotter_records.errors import Invalid
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.analyses.allowed import usable
from blotter_records.services.analyses.changing import opened, write_change
from blotter_records.services.analyses.searching import ids_and_replaced, shown, with_shapes
from blotter_records.services.analyses.showing import found
from blotter_records.services.images.pixels import Pixels
from blotter_records.vocabulary import Action, Gesture

#: So many wells have to be seen, or there is no grid to tell the others' places by.
_FEWEST_SEEN = 4
#: Decimal places of what is kept of an ellipse: a ten thousandth of a pixel.
_PLACES = 4


class FindingWells:
    """Finds the wells on an image for an analysis."""

    def __init__(self, ledger: Ledger, *, gate: Gate, pixels: Pixels) -> None:
        self._ledger = ledger
        self._gate = gate
        self._pixels = pixels

    def find(self, actor: Actor, analysis: str, request: FindWellsRequest) -> AnalysisView:
        """Find a grid of wells on the sealed pixels; shapes that people drew or changed stay.

        Raises
        ------
        NotFound, Conflict
            As a gesture on the analysis.
        Invalid
            ``finding.nothing``: fewer than four wells are seen; ``spots.grid``: too many for the image;
            ``finding.many``: more than an analysis can have; ``finding.off_image``.
        """
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_EDIT, stream) as acting:
            with self._ledger.begin() as work:  # not held while the search goes on
                of = usable(work, acting, Analysis.from_json(found(work, analysis).content).image)
            counts = self._pixels.counts(of, actor)
            spots = find_spots(counts, request.rows, request.columns)
            with self._ledger.begin() as work:
                draft = opened(work, acting, analysis, request)
                if isinstance(draft, AnalysisView):
                    return draft
                wells = _wells(spots, counts.shape, request.radius, draft.content.next_shape)
                made = [{"shape": one.shape, "label": one.label, "ellipse": one.ellipse.model_dump()} for one in wells]
                grid = WellGrid(rows=request.rows, columns=request.columns, radius=request.radius)
                finding = Finding(parameters=grid, lanes=[], bands=[], wells=wells)
                after = with_shapes(draft, acting, counts, made, finding, "wells")
                inferred = [one.label for one in wells if one.is_on_grid]
                unseen = f"; not seen, placed by the grid: {', '.join(inferred)}" if inferred else ""
                return write_change(
                    work,
                    acting,
                    draft,
                    after,
                    request,
                    old=shown(draft.content, after, Gesture.WELLS_FIND),
                    new=shown(after, draft.content, Gesture.WELLS_FIND),
                    summary=f"Found {len(wells)} wells in {request.rows} rows of {request.columns} without a person: "
                    f"{ids_and_replaced(draft.content, after, made)}{unseen}",
                )


def _wells(spots: Sequence[Spot], image: Sequence[int], radius: float | None, first: int) -> list[FoundWell]:
    """Return the wells with the id of the shape that is made of each, row by row. Raises ``Invalid``."""
    if sum(not one.is_on_grid for one in spots) < _FEWEST_SEEN:
        raise Invalid("finding.nothing", "No grid of wells was found.", "Say how many rows and columns there are.")
    wells = []
    for at, one in enumerate(spots):
        label = well_name(one.grid_row, one.grid_column)
        if not (0 <= one.row <= image[0] - 1 and 0 <= one.column <= image[1] - 1):
            raise Invalid(
                "finding.off_image",
                f"{label} would lie outside the image.",
                "Say how many rows and columns are on the image.",
            )
        half = round(radius or one.radius, _PLACES)
        wells.append(
            FoundWell(
                shape=f"S{first + at}",
                label=label,
                row=one.grid_row + 1,
                column=one.grid_column + 1,
                ellipse=Ellipse(
                    row=round(one.row, _PLACES),
                    column=round(one.column, _PLACES),
                    half_height=half,
                    half_width=half,
                    turned=0.0,
                ),
                is_on_grid=bool(one.is_on_grid),
            )
        )
    return wells
