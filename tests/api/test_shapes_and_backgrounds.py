"""Every kind of shape and every background as a person chooses them: measured, stored, saved, recomputed, printed."""

from __future__ import annotations

import json
import re
import subprocess

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.analyses import Background, SaveRequest
from blotter_records.contract.results import ResultRequest
from blotter_records.contract.shapes import Shape
from blotter_records.densitometry.masks import Ellipse, Polygon, ellipse_mask, polygon_mask
from blotter_records.domain.canonical import digest
from blotter_records.domain.records import Analysis
from blotter_records.errors import Invalid
from blotter_records.services.analyses.outlines import stored_outline
from blotter_records.vocabulary import BackgroundMethod, Gesture, OutlineKind, Role
from pydantic import ValidationError
from service_over_http import STUDY, shape

REASON = "Dot blot of the first replicate"
COUNTS = np.random.default_rng(11).integers(0, 60_000, (200, 260), dtype=np.uint16)
DISC = {"row": 60.0, "column": 50.5, "half_height": 20.0, "half_width": 25.25, "turned": 0.0}
CORNERS = [[100.0, 40.0], [150.5, 60.0], [120.0, 110.125]]
LOOP = [[20.0, 150.0], [20.0, 220.0], [70.0, 150.0], [70.0, 220.0]]


def ellipse(name: str = "S1", label: str = "Dot", **changed: float) -> Shape:
    return Shape.model_validate({"shape": name, "label": label, "ellipse": {**DISC, **changed}})


def polygon(name: str = "S2", corners: list[list[float]] = CORNERS, kind: str = "polygon") -> Shape:
    return Shape.model_validate({"shape": name, "label": "", kind: {"corners": corners}})


ALL = [ellipse(), polygon(), polygon("S3", LOOP, "freehand"), shape("S4", 160, 20, 190, 60)]
OF_S4 = Background(method=BackgroundMethod.USER_DEFINED, shapes=["S4"])


@pytest.fixture(scope="module")
def anna(service):
    return service.signed_in(Role.ANALYST)


@pytest.fixture(scope="module")
def image(anna):
    return anna.import_image("dots.tif", REASON, to_tiff(COUNTS), study=STUDY).image


@pytest.fixture
def analysis(anna, image):
    return anna.start_analysis(image)


@pytest.fixture
def drawn(service, anna, analysis):
    return anna.gesture(analysis.analysis, service.gesture(analysis, ALL))


def changed(service, anna, before, shapes, gesture=Gesture.SHAPE_ADD, background=None):
    """Record a gesture; the background stays as it is where none is given."""
    told = service.gesture(before, shapes, gesture).model_copy(update={"background": background or before.background})
    return anna.gesture(before.analysis, told)


def test_every_kind_of_shape_is_measured_by_its_pixels_and_stored_as_it_was_drawn(service, anna, drawn):
    assert drawn.shapes == ALL
    assert [one.kind for one in drawn.shapes] == [
        OutlineKind(name) for name in ("ellipse", "polygon", "freehand", "rectangle")
    ]
    masks = [
        ellipse_mask(Ellipse(**DISC), COUNTS.shape),
        *(polygon_mask(Polygon(tuple(map(tuple, one))), COUNTS.shape) for one in (CORNERS, LOOP)),
    ]
    for mask, numbers in zip(masks, drawn.measurements, strict=False):
        assert (numbers.area, numbers.total) == (int(mask.sum()), int(COUNTS[mask].sum(dtype=np.int64)))
    [entry] = service.entries(record_id=drawn.analysis, action="analysis.edit")
    assert entry["new"]["shapes"][0] == {"shape": "S1", "label": "Dot", "ellipse": DISC}
    assert "S1 “Dot” ellipse over rows 40–80, columns 25.25–75.75; Signal" in entry["summary"]
    assert "S2 polygon over rows 100–150.5, columns 40–110.125, 3 corners; Signal" in entry["summary"]
    assert "S3 freehand over" in entry["summary"]


def test_moved_is_not_resized_and_no_shape_becomes_one_of_another_kind(service, anna, drawn):
    def after(one: Shape, gesture: Gesture, before=drawn):
        return changed(service, anna, before, [one if one.shape == old.shape else old for old in ALL], gesture)

    shifted = [[row + 3.1, column - 2.7] for row, column in CORNERS]
    other = [*CORNERS[:2], [121.0, 110.125]]
    for one, gesture in (
        (ellipse(row=61.5), Gesture.SHAPE_RESIZE),
        (ellipse(half_width=20.0), Gesture.SHAPE_MOVE),
        (ellipse(turned=10.0), Gesture.SHAPE_MOVE),
        (polygon(corners=shifted), Gesture.SHAPE_RESIZE),
        (polygon(corners=other), Gesture.SHAPE_MOVE),
        (polygon(kind="freehand", corners=CORNERS), Gesture.SHAPE_RESIZE),
        (shape("S1", 40, 30, 60, 60, "Dot"), Gesture.SHAPE_RESIZE),
    ):
        with pytest.raises(Invalid) as refused:
            after(one, gesture)
        assert refused.value.code == "gesture.other"
    moved = after(polygon(corners=shifted), Gesture.SHAPE_MOVE)
    assert moved.rev == drawn.rev + 1
    back = changed(service, anna, moved, ALL, Gesture.UNDO)
    assert back.measurements == drawn.measurements


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (ellipse("S5", half_height=61.0), "shape.outside"),
        (polygon("S5", [[0.0, 0.0], [199.0, 0.0], [100.0, 259.75]]), "shape.outside"),
        (polygon("S5", [[3.1, 3.1], [3.1, 3.9], [3.9, 3.9]]), "shape.empty"),
    ],
)
def test_a_shape_that_is_not_on_the_image_is_refused(service, anna, drawn, given, code):
    with pytest.raises(Invalid) as refused:
        changed(service, anna, drawn, [*ALL, given])
    assert refused.value.code == code
    assert anna.analysis(drawn.analysis).rev == drawn.rev


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"ellipse": DISC, "polygon": {"corners": CORNERS}},
        {"ellipse": {**DISC, "half_width": 0}},
        {"ellipse": {**DISC, "row": float("nan")}},
        {"ellipse": {**DISC, "turned": 181}},
        {"polygon": {"corners": CORNERS[:2]}},
        {"polygon": {"corners": [[0, -0.75], *CORNERS]}},
        {"polygon": {"corners": [[0, 1, 2], *CORNERS]}},
        {"freehand": {"corners": [[1.0, float(at)] for at in range(1001)]}},
        {"rectangle": None},
    ],
)
def test_what_is_no_shape_is_no_request(given):
    with pytest.raises(ValidationError):
        Shape.model_validate({"shape": "S1", "label": "", **given})


@pytest.mark.parametrize(
    "given",
    [
        {"method": "rolling_ball"},
        {"method": "rolling_ball", "radius": 0.5},
        {"method": "median", "radius": 50},
        {"method": "lane"},
        {"method": "lane", "reach": 0},
        {"method": "user_defined"},
        {"method": "user_defined", "shapes": []},
        {"method": "user_defined", "shapes": ["S1", "S1"]},
        {"method": "average", "shapes": ["S1"]},
        {"method": "column_wise", "width": 6},
        {"method": "global"},
    ],
)
def test_a_parameter_comes_with_its_background_and_no_other(given):
    with pytest.raises(ValidationError):
        Background.model_validate(given)


def test_every_background_is_chosen_in_words_measured_saved_and_recomputed(service, anna, drawn):
    told = {
        BackgroundMethod.NONE: ({}, "none"),
        BackgroundMethod.AVERAGE: ({}, "average, 3 px, all"),
        BackgroundMethod.COLUMN_WISE: ({}, "column-wise linear, 3 px above and below"),
        BackgroundMethod.LANE: ({"reach": 30}, "lane, 30 px beyond its bands"),
        BackgroundMethod.USER_DEFINED: ({"shapes": ["S3", "S4"]}, "user-defined, S3, S4"),
        BackgroundMethod.ROLLING_BALL: (
            {"radius": 25.5},
            "rolling ball, radius 25.5 px (noise of a border of 3 px, all)",
        ),
        BackgroundMethod.MEDIAN: ({}, "median, 3 px, all"),
    }
    assert told.keys() == set(BackgroundMethod)
    signals = []
    for method, (parameters, words) in told.items():
        background = Background(method=method, **parameters)
        drawn = changed(service, anna, drawn, ALL, Gesture.BACKGROUND_SET, background)
        assert drawn.background == background
        [entry] = service.entries(record_id=drawn.analysis, rev=drawn.rev)
        assert entry["summary"].endswith(f"→ {words}")
        assert entry["new"]["background"] == {"method": method.value, "width": 3, "sides": "all", **parameters}
        signals.append(drawn.measurements[0].signal)
        saved = anna.save_analysis(
            drawn.analysis,
            SaveRequest(expected_rev=drawn.rev, reason="another background", idempotency_key=service.key()),
        )
        assert anna.recompute(drawn.analysis, len(saved.versions)).is_reproduced
        drawn = saved
    assert signals[0] is None
    assert len(set(signals)) == len(signals)


def test_a_background_shape_cannot_go_while_it_is_one(service, anna, drawn):
    chosen = changed(service, anna, drawn, ALL, Gesture.BACKGROUND_SET, OF_S4)
    assert chosen.measurements[3].notes[-1] == "Its pixels are the background of the others."
    with pytest.raises(Invalid, match="S4 is background, but there is no such shape") as refused:
        changed(service, anna, chosen, ALL[:3], Gesture.SHAPE_DELETE)
    assert refused.value.code == "background.shapes"


def test_border_pixels_of_other_shapes_are_left_out_and_counted(service, anna, drawn):
    near = Shape.model_validate({"shape": "S5", "label": "", "ellipse": {**DISC, "column": 102.0}})
    after = changed(service, anna, drawn, [*ALL, near])
    assert drawn.measurements[0].background_excluded == 0
    assert after.measurements[0].background_excluded > 0
    lost = drawn.measurements[0].background_pixels - after.measurements[0].background_pixels
    assert after.measurements[0].background_excluded == lost


def test_versions_of_before_are_read_and_keep_their_digest(service, anna, image):
    """What is stored of rectangles and borders is what was stored before there was anything else."""
    before = anna.start_analysis(image)
    drawn = changed(service, anna, before, [shape("S1", 10, 10, 30, 40, "Band 1")])
    saved = anna.save_analysis(
        drawn.analysis, SaveRequest(expected_rev=drawn.rev, idempotency_key=service.key())
    ).versions[-1]
    view = anna.image(image)
    content = {
        "image": image,
        "file_sha256": view.file_sha256,
        "pixels_sha256": view.pixels_sha256,
        "shapes": [
            {"shape": "S1", "label": "Band 1", "rectangle": {"row0": 10, "column0": 10, "row1": 30, "column1": 40}}
        ],
        "background": {"method": "median", "width": 3, "sides": "all"},
        "measurements": [one.model_dump(mode="json") for one in saved.measurements],
        "formula_set": "2026.1",
    }
    assert saved.digest == digest(content)
    assert json.loads(saved.model_dump_json())["shapes"] == content["shapes"]
    old = Analysis("ANL-1", image, "", "", content["shapes"], content["background"], [], "2026.1", 2, [], [])
    assert stored_outline(old.shapes[0]).area == 600


def test_the_report_names_shapes_and_background_and_compares_all_of_them(service, anna, drawn, tmp_path):
    chosen = changed(service, anna, drawn, ALL, Gesture.BACKGROUND_SET, OF_S4)
    saved = anna.save_analysis(chosen.analysis, SaveRequest(expected_rev=chosen.rev, idempotency_key=service.key()))
    result = anna.create_result(
        ResultRequest(title="Dots", analyses=[saved.versions[-1].id], idempotency_key=service.key())
    )
    (tmp_path / "report.pdf").write_bytes(b"".join(anna.export_file(anna.make_report(result.result).export)))
    command = ["pdftotext", tmp_path / "report.pdf", "-"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text = re.sub(r"[\s\u200b]+", " ", printed)
    for words in (
        "ellipse over rows 40–80, columns 25.25–75.75",
        "user-defined: mean of all pixels of S4",
        "Signal under each border",
        "Column-wise linear",
        "Lane",
        "User-defined",
        "Rolling ball",
    ):
        assert words in text
