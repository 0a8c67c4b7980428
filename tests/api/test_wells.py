"""Wells found without a person: ellipses of the service's own, kept beside what people make of them."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.base import VersionPlace
from blotter_records.contract.finding import FindRequest
from blotter_records.contract.plates import PlateChoice, UsedWell
from blotter_records.contract.quantities import QuantitiesChoice, QuantitiesRequest
from blotter_records.contract.tables import AnalysisFileRequest
from blotter_records.contract.wells import FindWellsRequest
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.services.reports.plate_part import plate_tables
from blotter_records.services.reports.well_facts import well_facts
from blotter_records.vocabulary import ChartKind, Gesture, Role
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


#: Heights of the cell stain, and of the target over it, well by well; the last row has no first antibody.
STAIN = np.array([[2000, 2500, 3000, 2000, 2500, 3000]] * 3 + [[500] * 6], dtype=float)
RATIO = np.array([[2.0] * 6, [1.0] * 6, [0.5] * 6, [0.0] * 6])
#: What the ground of a well without first antibody gives in the target's channel.
GROUND = 300.0


def channel(service, anna, name, heights):
    """Import a channel, find its wells with one radius, and save."""
    image = anna.import_image(name, WHY, to_tiff(drawn_plate(heights)), study=STUDY).image
    started = anna.start_analysis(image)
    found = anna.find_wells(started.analysis, asked(service, started, radius=11))
    return anna.save_analysis(started.analysis, SaveRequest(expected_rev=found.rev, idempotency_key=service.key()))


def chosen(shapes, normaliser, **left_out) -> QuantitiesChoice:
    """Return the wells by their rows: control, two doses, background; some left out."""
    rows = {"A": ("control", "vehicle"), "B": ("sample", "1 nM"), "C": ("sample", "10 nM"), "D": ("background", "")}
    wells = [
        UsedWell(
            shape=one.shape,
            use=rows[one.label[0]][0],
            group=rows[one.label[0]][1],
            left_out=left_out.get(one.label, ""),
        )
        for one in shapes
    ]
    place = VersionPlace(analysis=normaliser.analysis, version=1)
    return QuantitiesChoice(plate=PlateChoice(wells=wells, normaliser_from=place))


def test_a_known_plate_gives_its_known_ratios(service, anna):
    stain = channel(service, anna, "stain.tif", STAIN)
    target = channel(service, anna, "target.tif", GROUND + RATIO * (STAIN - 500))

    def set_to(analysis, choice):
        return anna.set_quantities(
            analysis.analysis,
            QuantitiesRequest(expected_rev=analysis.rev, quantities=choice, idempotency_key=service.key()),
        )

    with pytest.raises(Invalid) as unreasoned:
        set_to(target, chosen(target.shapes, stain, B2="x"))
    assert unreasoned.value.code == "plate.left_out"
    with pytest.raises(Invalid) as itself:
        set_to(target, chosen(target.shapes, target))
    assert itself.value.code == "plate.normaliser"

    after = set_to(target, chosen(target.shapes, stain, B2="Edge of the film"))
    plate = after.quantities.numbers.plate
    values = np.array([one.value for one in plate.wells[:18]]).reshape(3, 6)
    assert values == pytest.approx(RATIO[:3], rel=0.02)
    groups = {one.group: one for one in plate.groups}
    assert [(one.n, one.excluded) for one in plate.groups] == [(6, 0), (5, 1), (6, 0)]
    assert groups["vehicle"].percent == pytest.approx(100, abs=1e-9)
    assert groups["1 nM"].percent == pytest.approx(50, abs=1)
    assert groups["10 nM"].mean == pytest.approx(values[2].mean(), rel=1e-12)
    assert groups["10 nM"].standard_deviation == pytest.approx(values[2].std(ddof=1), rel=1e-9)
    assert "Well B2 left out: Edge of the film" in after.quantities.numbers.notes
    [said] = [one["summary"] for one in service.entries(action="analysis.edit", record_id=target.analysis)][-1:]
    assert said == "Set quantities: 24 wells in 3 groups, 1 left out"

    saved = anna.save_analysis(
        after.analysis,
        SaveRequest(expected_rev=after.rev, reason="Normalised to the stain", idempotency_key=service.key()),
    )
    assert anna.recompute(saved.analysis, 2).is_reproduced
    # The table, the file and the paper have the stored numbers, and the well that was left out.
    made = anna.make_analysis_file(saved.analysis, 2, AnalysisFileRequest(form="csv"))
    rows = list(csv.DictReader(io.StringIO(b"".join(anna.export_file(made.export)).decode())))
    assert [float(one["value"]) for one in rows[:18]] == [one.value for one in plate.wells[:18]]
    assert [(one["label"], one["use"], one["left_out"]) for one in rows if one["left_out"]] == [
        ("B2", "sample", "Edge of the film")
    ]
    # The picture has each well at its place, with its number; the one left out is crossed.
    assert anna.analysis_table(saved.analysis, 2).charts == [ChartKind.PLATE]
    svg = anna.analysis_chart(saved.analysis, ChartKind.PLATE, version=2).decode()
    assert svg.count("<circle") == 24
    assert svg.count('stroke="#d55e00"') == 1
    assert all(f">{one.percent:.3g}</text>" in svg for one in plate.wells[:18])
    wells, by_group = plate_tables(plate)
    assert wells.rows[7][-1] == "Edge of the film"
    assert by_group.rows[1][:3] == ("1 nM", "5", "1")

    # A change of shapes has them computed again; a well that is gone leaves nothing to compute.
    gone = anna.gesture(saved.analysis, service.gesture(saved, saved.shapes[1:], Gesture.SHAPE_DELETE))
    assert gone.quantities.numbers is None
    assert gone.quantities.problem == "S1 is no shape with a Signal and a label of its own here."
