"""Setting the quantities of an analysis: one gesture, one entry, with old and new (11.10(e))."""

from __future__ import annotations

from typing import Any

from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.quantities import (
    LadderView,
    LaneFacts,
    QuantitiesChoice,
    QuantitiesHelp,
    QuantitiesRequest,
    UsedBand,
)
from blotter_records.densitometry.finding.lanes import Lane
from blotter_records.densitometry.quantities.molecular_weight import LADDERS
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.errors import Invalid
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.analyses.changing import opened, write_change
from blotter_records.services.analyses.outlines import middle
from blotter_records.services.analyses.showing import found
from blotter_records.services.images import images
from blotter_records.services.quantities.computing import computed, kept
from blotter_records.services.quantities.inputs import inputs_of, lanes_of, membrane_of
from blotter_records.vocabulary import Action, BandUse, Gesture, LoadKind


class QuantitiesOfAnalyses:
    """Sets quantities, and says what can be chosen."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def help(self, actor: Actor, analysis: str) -> QuantitiesHelp:
        """Return ladders, lanes of the membrane, and the shapes with the lanes in which they were found."""
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_VIEW, stream) as acting, self._ledger.begin() as work:
            content = Analysis.from_json(found(work, analysis).content)
            acting.on(work, content.study)
            image = Image.from_json(images.found(work, content.image).content)
            membrane = membrane_of(work, image)
            lanes = lanes_of(work, membrane)
        return QuantitiesHelp(
            ladders=[LadderView(name=name, weights=list(weights)) for name, weights in LADDERS.items()],
            membrane=membrane.record_id if membrane else None,
            lanes=lanes,
            bands=_proposed(content, image, {one.lane: one for one in lanes}),
        )

    def set(self, actor: Actor, analysis: str, request: QuantitiesRequest) -> AnalysisView:
        """Set the quantities, or take them away; they are computed at once, from the stored numbers.

        Raises
        ------
        NotFound, Conflict
            As a gesture on the analysis; another version that is not in the study.
        Invalid
            ``gesture.nothing``, and whatever cannot be computed: nothing is written then.
        """
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_EDIT, stream) as acting, self._ledger.begin() as work:
            draft = opened(work, acting, analysis, request)
            if isinstance(draft, AnalysisView):
                return draft
            quantities = made(work, draft.content, draft.image, request.quantities)
            if quantities == draft.content.quantities:
                raise Invalid("gesture.nothing", "This gesture changes nothing.")
            after = draft.changed(acting, quantities=quantities)
            return write_change(
                work,
                acting,
                draft,
                after,
                request,
                old=shown(draft.content),
                new=shown(after),
                summary=summary(after),
            )


def made(work: UnitOfWork, content: Analysis, image: Image, choice: QuantitiesChoice | None) -> Json | None:
    """Return quantities as a record keeps them. Raises ``Invalid`` where they cannot be computed."""
    if choice is None:
        return None
    inputs = inputs_of(work, content, image, choice)
    return kept(choice, inputs, computed(choice, inputs, content.shapes, content.measurements))


def _proposed(content: Analysis, image: Image, facts: dict[int, LaneFacts]) -> list[UsedBand]:
    """Return each shape with its lane: the one in which it was found, or on whose centre line it stands."""
    found_in = {one["shape"]: one["lane"] for one in (content.finding or {}).get("bands", [])}
    proposed = []
    for shape in content.shapes:
        lane = found_in.get(shape["shape"]) or _lane_under(content, image, shape)
        holds = facts.get(lane or 0)
        use = BandUse.LADDER if holds is not None and holds.load == LoadKind.LADDER else None
        proposed.append(UsedBand(shape=shape["shape"], lane=lane, use=use))
    return proposed


def _lane_under(content: Analysis, image: Image, shape: Json) -> int | None:
    row, column = middle(shape)
    for one in (content.finding or {}).get("lanes", []):
        lane = Lane(one["column"], one["half_width"], one["lean"], one["rise"], one["confidence"])
        if abs(column - lane.centre(row, image.rows)) <= lane.half_width:
            return int(one["lane"])
    return None


def shown(content: Analysis) -> dict[str, Any]:
    """Return what an entry tells of one side."""
    return {"gesture": Gesture.QUANTITIES_SET.value, "quantities": content.quantities}


def summary(content: Analysis) -> str:
    """Return the readable line of a setting."""
    if content.quantities is None:
        return "Took the quantities away"
    chosen, numbers = content.quantities["chosen"], content.quantities["numbers"]
    parts = []
    if chosen["ladder"]:
        ladder = f"molecular weights by {chosen['ladder']['name']} ({chosen['ladder']['fit']}"
        parts.append(f"{ladder}, {len(numbers['weights']['ladder'])} bands)")
    if chosen["normalisation"]:
        method = chosen["normalisation"]["method"].replace("_", " ")
        parts.append(f"{len(numbers['normalised'])} targets normalised ({method}), {len(numbers['groups'])} groups")
    if chosen["standards"]:
        made = numbers["amounts"]
        parts.append(f"amounts by {len(made['standards'])} standards ({chosen['standards']['fit']})")
    if plate := chosen.get("plate"):
        groups = len(numbers["plate"]["groups"])
        out = sum(bool(one["left_out"]) for one in plate["wells"])
        parts.append(f"{len(plate['wells'])} wells in {groups} groups, {out} left out")
    left = f"; left out: lane {', '.join(str(one['lane']) for one in chosen['left_out'])}" if chosen["left_out"] else ""
    return f"Set quantities: {'; '.join(parts)}{left}"
