"""Lanes and bands found without a person: shapes of the service's own, kept beside what people make of them."""

from __future__ import annotations

import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.finding import FindRequest
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.domain.records import Analysis
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.services.analyses.edits import finding_view
from blotter_records.vocabulary import Gesture, Role
from service_over_http import STUDY

REASON = "Western blot of the first replicate"


@pytest.fixture(scope="module")
def blot():
    """A blot of known lanes and bands, and what is in it."""
    return make_blot(Recipe(seed=3))


@pytest.fixture(scope="module")
def anna(service):
    return service.signed_in(Role.ANALYST)


@pytest.fixture
def analysis(service, anna, blot):
    image = anna.import_image("blot.tif", REASON, to_tiff(blot[0]), study=STUDY).image
    return anna.start_analysis(image)


def asked(service, analysis, **more) -> FindRequest:
    return FindRequest(expected_rev=analysis.rev, idempotency_key=service.key(), **more)


def test_every_band_becomes_a_shape_with_numbers(service, anna, blot, analysis):
    truth = blot[1]
    found = anna.find_bands(analysis.analysis, asked(service, analysis))
    assert len(found.finding.lanes) == len(truth.lane_columns)
    assert found.finding.parameters.sensitivity == 5.0
    assert [one.shape for one in found.shapes] == [one.shape for one in found.finding.bands]
    assert found.shapes[0].label == "L1 B1"
    assert all(one.signal is not None for one in found.measurements)
    assert found.finding.edits == []
    middles = [
        ((one.rectangle.row0 + one.rectangle.row1) / 2, (one.rectangle.column0 + one.rectangle.column1) / 2)
        for one in found.shapes
    ]
    hit = [
        any(abs(row - band.row) < 6 and abs(column - band.column) < 10 for row, column in middles)
        for band in truth.bands
    ]
    assert sum(hit) >= 0.95 * len(hit)
    [entry] = service.entries(action="analysis.edit", record_id=analysis.analysis)
    counted = f"Found {len(found.shapes)} bands in {len(truth.lane_columns)} lanes without a person: S1"
    assert entry["summary"].startswith(counted)
    assert entry["new"]["finding"]["parameters"]["sensitivity"] == 5.0
    assert len(entry["new"]["shapes"]) == len(found.shapes)
    assert entry["old"]["shapes"] == []


def test_what_people_do_afterwards_is_told_against_what_was_found(service, anna, analysis):
    found = anna.find_bands(analysis.analysis, asked(service, analysis))
    first, second, *others = found.shapes
    moved = first.model_copy(
        update={"rectangle": first.rectangle.model_copy(update={"row1": first.rectangle.row1 + 2})}
    )
    resized = anna.gesture(analysis.analysis, service.gesture(found, [moved, second, *others], Gesture.SHAPE_RESIZE))
    left = anna.gesture(analysis.analysis, service.gesture(resized, [moved, *others], Gesture.SHAPE_DELETE))
    edits = [(one.shape, one.what) for one in left.finding.edits]
    assert edits == [("S1", "changed"), ("S2", "deleted")]
    saved = anna.save_analysis(analysis.analysis, SaveRequest(expected_rev=left.rev, idempotency_key=service.key()))
    version = anna.analysis_version(analysis.analysis, 1)
    assert [(one.shape, one.what) for one in version.finding.edits] == edits
    assert saved.versions[0].digest == version.digest
    # Another search leaves what a person changed, and makes new shapes of the others.
    again = anna.find_bands(analysis.analysis, asked(service, saved, sensitivity=8))
    ids = {one.shape for one in again.shapes}
    assert "S1" in ids
    assert ids.isdisjoint({one.shape for one in others})
    assert [(one.shape, one.what) for one in again.finding.edits] == [("S1", "drawn")]
    assert anna.recompute(analysis.analysis).is_reproduced
    assert anna.recompute(analysis.analysis, 1).is_reproduced


def test_a_search_can_be_undone(service, anna, analysis):
    found = anna.find_bands(analysis.analysis, asked(service, analysis))
    undone = anna.gesture(analysis.analysis, service.gesture(found, [], Gesture.UNDO))
    assert undone.shapes == []
    assert {one.what for one in undone.finding.edits} == {"deleted"}


def test_it_is_done_once_for_a_key_and_not_on_a_stale_revision(service, anna, analysis):
    request = asked(service, analysis)
    found = anna.find_bands(analysis.analysis, request)
    assert anna.find_bands(analysis.analysis, request) == found
    with pytest.raises(Conflict) as stale:
        anna.find_bands(analysis.analysis, asked(service, analysis))
    assert stale.value.code == "conflict.stale"


def test_where_there_is_nothing_to_find_nothing_is_written(service, anna, blot):
    level = blot[0].copy()
    level[:] = 500
    image = anna.import_image("empty.tif", REASON, to_tiff(level), study=STUDY).image
    analysis = anna.start_analysis(image)
    with pytest.raises(Invalid) as nothing:
        anna.find_bands(analysis.analysis, asked(service, analysis))
    assert nothing.value.code == "finding.nothing"
    assert anna.analysis(analysis.analysis).rev == analysis.rev


def test_who_may_not_edit_may_not_search_and_nobody_claims_a_search(service, anna, analysis):
    with pytest.raises(Refused) as refused:
        service.signed_in(Role.REVIEWER).find_bands(analysis.analysis, asked(service, analysis))
    assert refused.value.code == "refused.role"
    with pytest.raises(Invalid) as claimed:
        anna.gesture(analysis.analysis, service.gesture(analysis, [], Gesture.BANDS_FIND))
    assert claimed.value.code in {"gesture.nothing", "gesture.other"}


def test_an_analysis_of_before_has_no_finding():
    content = Analysis("ANL-000001", "IMG-000001", "", "", [], {}, [], "2026.1", 1, [], [])
    assert finding_view(content) is None
