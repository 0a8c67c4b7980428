"""Analyses as tables, files and charts: equal to what is stored, kept and recorded."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import zipfile
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.analyses import GestureRequest
from blotter_records.contract.finding import FindRequest
from blotter_records.contract.images import AnnotationRequest
from blotter_records.contract.quantities import LeftOut
from blotter_records.contract.results import ResultRequest
from blotter_records.contract.tables import AnalysisFileRequest
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.domain.records import Analysis
from blotter_records.errors import Invalid, NotFound
from blotter_records.services.charts.profiles import lane_lines
from blotter_records.services.reports.wording import six
from blotter_records.verifier.main import verify_bundle
from blotter_records.vocabulary import Action, ChartKind
from service_over_http import STUDY
from western import HOUSEKEEPING, LADDER, PRECISION, WHY, Western


@pytest.fixture(scope="module")
def western(service):
    return Western(service)


def sheets(data):
    """Return the cells of a workbook's first sheet, read by their places; numbers as floats, truths as bools."""
    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        root = ET.fromstring(package.read("xl/worksheets/sheet1.xml"))
    kinds = {None: float, "b": lambda text: text == "1", "inlineStr": str}
    return [
        {re.sub(r"\d", "", one.get("r")): kinds[one.get("t")]("".join(one.itertext())) for one in row}
        for row in root.iter(f"{name}row")
    ]


def letters(at):
    return chr(ord("A") + at) if at < 26 else f"A{chr(ord('A') + at - 26)}"


def test_table_and_files_hold_what_is_stored(western, service):
    analysis, used = western.analysis()
    out = [LeftOut(lane=7, reason="=Bubble, over the band")]
    after = western.set(analysis, used, ladder=PRECISION, normalisation=HOUSEKEEPING, left_out=out)
    western.saved(after)
    table = western.anna.analysis_table(after.analysis, 1)
    keys = [one.key for one in table.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in table.rows]
    for row, one in zip(rows, after.measurements, strict=True):
        assert (row["shape"], row["total"], row["signal"], row["snr"]) == (one.shape, one.total, one.signal, one.snr)
    numbers = after.quantities.numbers
    stored = {one.shape: one.normalised for one in numbers.normalised}
    assert {row["shape"]: row["normalised"] for row in rows if row["normalised"] is not None} == stored
    assert {row["shape"]: row["kda"] for row in rows} == {
        one.shape: one.kda for one in [*numbers.weights.ladder, *numbers.weights.bands]
    }
    assert [row["group"] for row in rows if row["use"] == "target"] == ["vehicle"] * 4 + ["drug"] * 2
    assert [row["sample_name"] for row in rows if row["use"] == "control"][3:] == ["vehicle 2", "drug 3", "drug 4"]

    def made(form, **more):
        export = western.anna.make_analysis_file(after.analysis, 1, AnalysisFileRequest(form=form, **more))
        return export, b"".join(western.anna.export_file(export.export))

    export, data = made("csv")
    assert export.file_name == f"{after.analysis}.1.csv"
    read = list(csv.DictReader(io.StringIO(data.decode())))
    assert [float(one["signal"]) for one in read] == [one.signal for one in after.measurements]
    assert {one["shape"]: float(one["normalised"]) for one in read if one["normalised"]} == stored
    assert {one["left_out"] for one in read if one["lane"] == "7" and one["use"] == "target"} == {
        "'=Bubble, over the band"
    }
    export, data = made("xlsx")
    head, *cells = sheets(data)
    assert head[letters(keys.index("signal"))] == "Signal (counts·px)"
    for row, cell in zip(rows, cells, strict=True):
        said = {keys[at]: cell[letters(at)] for at in range(len(keys)) if letters(at) in cell}
        assert said == {key: value for key, value in row.items() if value is not None}
    entry = service.entries(action="analysis.export", record_id=export.export)[-1]
    assert entry["summary"].startswith(f"Made {export.export} {after.analysis}.1.xlsx")
    with pytest.raises(Invalid) as no:
        made("svg")
    assert no.value.code == "table.form"


def test_charts_show_the_stored_numbers_and_nothing_that_runs(western, service):
    analysis, used = western.analysis()
    out = [LeftOut(lane=7, reason="Bubble <over> the band")]
    after = western.set(
        analysis, used, ladder=PRECISION, normalisation=HOUSEKEEPING, control_group="vehicle", left_out=out
    )
    table = western.anna.analysis_table(after.analysis)
    assert table.charts == [ChartKind.GROUPS, ChartKind.LADDER]
    name = "{http://www.w3.org/2000/svg}"
    svg = western.anna.analysis_chart(after.analysis, ChartKind.GROUPS)
    root = ET.fromstring(svg)
    assert {one.tag.removeprefix(name) for one in root.iter()} <= {"svg", "rect", "path", "text", "polyline", "circle"}
    assert "Relative to vehicle" in svg.decode()
    vehicle, drug = after.quantities.numbers.groups
    bars = [one for one in root.iter(f"{name}rect") if one.get("fill-opacity")]
    ratio = float(bars[1].get("height")) / float(bars[0].get("height"))
    assert ratio == pytest.approx(drug.mean / vehicle.mean, rel=1e-3)
    assert len([*root.iter(f"{name}circle")]) == vehicle.n + drug.n
    ladder = ET.fromstring(western.anna.analysis_chart(after.analysis, ChartKind.LADDER))
    assert len([*ladder.iter(f"{name}circle")]) == len(LADDER)
    with pytest.raises(NotFound) as no:
        western.anna.analysis_chart(after.analysis, ChartKind.STANDARDS)
    assert no.value.code == "not_found.chart"
    with pytest.raises(NotFound) as no:
        western.anna.analysis_chart(after.analysis, ChartKind.PROFILE)
    assert no.value.code == "not_found.lane"


def test_a_profile_is_that_of_the_sealed_pixels(western, service):
    counts, _ = make_blot(Recipe(seed=3))
    image = western.anna.import_image("blot.tif", WHY, to_tiff(counts), study=STUDY).image
    analysis = western.anna.start_analysis(image)
    found = western.anna.find_bands(
        analysis.analysis, FindRequest(expected_rev=analysis.rev, idempotency_key=service.key())
    )
    lanes = western.anna.analysis_table(found.analysis).lanes
    assert lanes == [one.lane for one in found.finding.lanes]
    svg = western.anna.analysis_chart(found.analysis, ChartKind.PROFILE, lane=2)
    root = ET.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    bands = [one for one in found.finding.bands if one.lane == 2]
    shaded = [one for one in root.iter(f"{name}rect") if one.get("fill-opacity")]
    assert len(shaded) == len(bands)
    first = lane_lines(Analysis.from_json(_content(service, found.analysis)), counts, 2)[0]
    at = found.finding.lanes[1]
    row = first.bands[0].peak
    column = round(at.column + at.lean * (row - (counts.shape[0] - 1) / 2))
    beside = counts[row - 1 : row + 2, column - 3 : column + 4]
    assert first.values[row] == pytest.approx(np.median(beside), rel=0.1)
    told = western.anna.lane_profile(found.analysis, 2)
    assert [(one.shape, one.start, one.stop, one.peak) for one in told.bands] == [
        (one.shape["shape"], one.start, one.stop, one.peak) for one in first.bands
    ]
    assert max(value for _, value in told.values) == first.values.max()
    _limit_moved(western, service, found, told)
    every = ET.fromstring(western.anna.analysis_chart(found.analysis, ChartKind.PROFILE))
    assert sum((one.text or "").startswith("Lane ") for one in every.iter(f"{name}text")) == len(lanes)


def _limit_moved(western, service, found, told):
    """A limit that is moved on the profile is a gesture: Signal changes, the trail and the finding tell it."""
    band = told.bands[0]
    shapes = [one.model_copy(deep=True) for one in found.shapes]
    at = next(at for at, one in enumerate(shapes) if one.shape == band.shape)
    moved = shapes[at].rectangle.model_copy(update={"row0": band.start + 2})
    shapes[at] = shapes[at].model_copy(update={"rectangle": moved})
    request = GestureRequest(
        gesture="shape.resize", shapes=shapes, background=found.background, expected_rev=found.rev,
        idempotency_key=service.key(),
    )  # fmt: skip
    after = western.anna.gesture(found.analysis, request)
    assert western.anna.lane_profile(found.analysis, 2).bands[0].start == band.start + 2
    assert after.measurements[at].signal != found.measurements[at].signal
    assert [(one.shape, one.what) for one in after.finding.edits] == [(band.shape, "changed")]
    summary = service.entries(action="analysis.edit", record_id=found.analysis)[-1]["summary"]
    assert summary.startswith(f"Resized {band.shape}")
    assert f"rows {band.start}–{band.stop}" in summary
    assert f"rows {band.start + 2}–{band.stop}" in summary
    with pytest.raises(NotFound) as no:
        western.anna.lane_profile(found.analysis, 1999)
    assert no.value.code == "not_found.lane"


def _content(service, analysis):
    with service.services.ports.ledger.begin() as work:
        return work.latest(f"analysis:{analysis}").content


def test_report_and_bundle_of_a_signed_result_hold_numbers_and_charts(western, service, tmp_path):
    analysis, used = western.analysis()
    after = western.set(analysis, used, ladder=PRECISION, normalisation=HOUSEKEEPING, control_group="vehicle")
    western.saved(after)
    marks = [
        {"mark": "M1", "kind": "text", "row": 30, "column": 20, "text": "α-tubulin, exposure 2"},
        {"mark": "M2", "kind": "arrow", "row": 60, "column": 20, "row1": 80, "column1": 90},
        {"mark": "M3", "kind": "bracket", "row": 20, "column": 60, "row1": 20, "column1": 160, "text": "drug"},
    ]
    pixels = western.anna.image(after.image).pixels_sha256
    digest = western.anna.analysis_version(after.analysis, 1).digest
    layer = western.anna.annotate(after.image, AnnotationRequest(marks=marks, idempotency_key=service.key()))
    assert western.anna.analysis_version(after.analysis, 1).digest == digest
    assert (western.anna.image(after.image).pixels_sha256, layer.saved_by) == (pixels, "Anna Lindqvist")
    request = ResultRequest(title="Kinase on blot 7", analyses=[f"{after.analysis}.1"], idempotency_key=service.key())
    result = western.anna.create_result(request).result
    service.sign(western.anna, result, Action.RESULT_SUBMIT)
    made = western.anna.make_report(result)
    path = tmp_path / "report.pdf"
    path.write_bytes(b"".join(western.anna.export_file(made.export)))
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    numbers = after.quantities.numbers
    assert six(numbers.groups[1].fold_change) in text
    assert six(numbers.weights.bands[0].kda) in text
    assert six(numbers.normalised[0].normalised) in text
    assert "Relative to vehicle" in text  # the axis of the chart
    assert f"of {western.membrane}, revision 1" in text
    assert "α-tubulin, exposure 2" in text
    assert f"Over it the annotations {layer.annotation}.1." in text
    with service.sequencing():
        bundle = western.anna.make_bundle(result)
    path = tmp_path / bundle.file_name
    path.write_bytes(b"".join(western.anna.export_file(bundle.export)))
    assert verify_bundle(path, str(service.checkpoint_key.verifier())) == []
    with zipfile.ZipFile(path) as package:
        [name] = [one for one in package.namelist() if one.endswith(f"results/{result}.json")]
        [held] = json.loads(package.read(name))["analyses"]
    assert held["quantities"] == after.quantities.model_dump(mode="json")
    assert western.anna.result(result).signatures[0].state == "valid"
