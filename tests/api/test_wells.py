"""Wells found without a person: ellipses of the service's own, kept beside what people make of them."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.finding import FindRequest
from blotter_records.contract.wells import FindWellsRequest
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.services.reports.well_facts import well_facts
from blotter_records.vocabulary import Gesture, Role
from plates import drawn_plate
from service_over_http import STUDY

WHY = "Dot blot of the first replicate"
#: Row and column of the wells without a spot.
MISSING = {(0, 0), (2, 3)}


@pytest.fixture(scope="module")
def anna(service):
    return service.signed_in(Role.ANALYST)


@pytest.fixture(scope="module")
def image(service, anna):
    heights = np.full((4, 6), 3000.0)
    for place in MISSING:
        heights[place] = 0
    return anna.import_image("plate.tif", WHY, to_tiff(drawn_plate(heights)), study=STUDY).image


@pytest.fixture
def analysis(anna, image):
    return anna.start_analysis(image)


def asked(service, analysis, **more) -> FindWellsRequest:
    grid = {"rows": 4, "columns": 6, **more}
    return FindWellsRequest(expected_rev=analysis.rev, idempotency_key=service.key(), **grid)


def test_every_well_becomes_a_labelled_ellipse_with_numbers(service, anna, analysis):
    found = anna.find_wells(analysis.analysis, asked(service, analysis))
    labels = [f"{row}{column}" for row in "ABCD" for column in range(1, 7)]
    assert [one.label for one in found.shapes] == [one.label for one in found.finding.wells] == labels
    assert len({(one.ellipse.half_height, one.ellipse.half_width) for one in found.shapes}) == 1
    signals = {shape.label: one.signal for shape, one in zip(found.shapes, found.measurements, strict=True)}
    assert abs(signals.pop("A1")) < 0.01 * signals["A2"]
    assert abs(signals.pop("C4")) < 0.01 * signals["A2"]
    assert list(signals.values()) == pytest.approx([signals["A2"]] * 22, rel=0.05)
    assert {(one.row - 1, one.column - 1) for one in found.finding.wells if one.is_on_grid} == MISSING
    assert found.finding.edits == []
    [entry] = service.entries(action="analysis.edit", record_id=analysis.analysis)
    assert entry["summary"] == (
        "Found 24 wells in 4 rows of 6 without a person: S1 to S24; not seen, placed by the grid: A1, C4"
    )
    assert entry["new"]["finding"]["parameters"] == {"rows": 4, "columns": 6, "radius": None}
    assert len(entry["new"]["shapes"]) == 24
    facts = {one.name: one.value for one in well_facts(found.finding, found.finding.parameters, "")}
    assert facts["Not seen, placed by the grid"] == "A1, C4"
    # The same search, once for its key; on a stale revision never.
    with pytest.raises(Conflict) as stale:
        anna.find_wells(analysis.analysis, asked(service, analysis))
    assert stale.value.code == "conflict.stale"


def test_what_people_do_afterwards_is_told_against_what_was_found(service, anna, analysis):
    request = asked(service, analysis, radius=8)
    found = anna.find_wells(analysis.analysis, request)
    assert anna.find_wells(analysis.analysis, request) == found
    assert {one.ellipse.half_width for one in found.shapes} == {8}
    first, second, *others = found.shapes
    moved = first.model_copy(update={"ellipse": first.ellipse.model_copy(update={"row": first.ellipse.row + 1})})
    there = anna.gesture(analysis.analysis, service.gesture(found, [moved, second, *others], Gesture.SHAPE_MOVE))
    left = anna.gesture(analysis.analysis, service.gesture(there, [moved, *others], Gesture.SHAPE_DELETE))
    edits = [(one.shape, one.label, one.what) for one in left.finding.edits]
    assert edits == [("S1", "A1", "changed"), ("S2", "A2", "deleted")]
    saved = anna.save_analysis(analysis.analysis, SaveRequest(expected_rev=left.rev, idempotency_key=service.key()))
    version = anna.analysis_version(analysis.analysis, 1)
    assert [(one.shape, one.label, one.what) for one in version.finding.edits] == edits
    assert version.finding.wells == found.finding.wells
    assert anna.recompute(analysis.analysis, 1).is_reproduced
    again = anna.find_wells(analysis.analysis, asked(service, saved))
    assert [one.shape for one in again.shapes] == ["S1", *(f"S{n}" for n in range(25, 49))]
    assert [(one.shape, one.what) for one in again.finding.edits] == [("S1", "drawn")]
    # What the other kind of search finds takes the place of what this one found, but for what people changed.
    bands = anna.find_bands(
        analysis.analysis, FindRequest(expected_rev=again.rev, idempotency_key=service.key(), lanes=6)
    )
    assert bands.finding.wells == []
    assert {one.shape for one in bands.shapes if one.ellipse} == {"S1"}


def test_what_cannot_be_found_is_refused_and_nothing_is_written(service, anna, analysis):
    level = np.random.default_rng(2).normal(500, 20, (150, 200)).astype(np.uint16)
    empty = anna.start_analysis(anna.import_image("empty.tif", WHY, to_tiff(level), study=STUDY).image)
    refused = []
    for grid in ({}, {"rows": 26}):
        with pytest.raises(Invalid) as told:
            anna.find_wells(empty.analysis, asked(service, empty, **grid))
        refused.append(told.value.code)
    assert anna.analysis(empty.analysis).rev == empty.rev
    assert refused == ["finding.nothing", "spots.grid"]
    with pytest.raises(Invalid) as claimed:
        anna.gesture(
            analysis.analysis,
            service.gesture(analysis, [], Gesture.WELLS_FIND),
        )
    assert claimed.value.code in {"gesture.nothing", "gesture.other"}
    with pytest.raises(Refused) as role:
        service.signed_in(Role.REVIEWER).find_wells(analysis.analysis, asked(service, analysis))
    assert role.value.code == "refused.role"
