"""The viewer when things go wrong: lost answers, colleagues, a lost graphics context, no WebGL."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from viewer_page import Viewer, chromium_with_webgl, opened


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with chromium_with_webgl() as browser:
        yield browser


@pytest.fixture
def viewer(chromium: Browser) -> Iterator[Viewer]:
    with opened(chromium) as viewer:
        yield viewer


def test_a_series_of_arrow_keys_is_one_gesture_with_exact_pixels(viewer: Viewer) -> None:
    viewer.with_a_shape()
    before, rev = viewer.rectangle(), viewer.records.rev
    viewer.shape("S1").focus()
    for key in ("ArrowRight", "ArrowRight", "Control+ArrowDown"):
        viewer.page.keyboard.press(key)
    expect(viewer.foot).to_contain_text("Moved Band 1")
    after = viewer.rectangle()
    assert (after["column0"] - before["column0"], after["row0"] - before["row0"]) == (2, 10)
    assert (after["column1"] - before["column1"], after["row1"] - before["row1"]) == (2, 10)
    assert viewer.records.rev == rev + 1
    viewer.page.keyboard.press("Shift+ArrowRight")
    expect(viewer.foot).to_contain_text("Resized Band 1")
    assert viewer.rectangle() == {**after, "column1": after["column1"] + 1}
    viewer.press("Undo")
    expect(viewer.foot).to_contain_text("Undid")
    assert viewer.rectangle() == after
    assert viewer.records.rev == rev + 3


def test_colours_are_kept_with_the_image_and_change_no_count(viewer: Viewer) -> None:
    viewer.open().ready()
    counts = viewer.records.counts.copy()
    viewer.page.get_by_label("Colour").select_option("viridis")
    viewer.press("Save display")
    expect(viewer.foot).to_contain_text("The display of IMG-000001 was saved as version 1")
    assert viewer.records.shown.colour == "viridis"
    assert (viewer.records.counts == counts).all()
    viewer.page.reload()
    viewer.ready()
    expect(viewer.page.get_by_label("Colour")).to_have_value("viridis")
    expect(viewer.page.get_by_role("button", name="Save display")).to_have_attribute("aria-disabled", "true")


def test_annotations_are_made_moved_and_kept_as_versions_and_change_no_count(viewer: Viewer) -> None:
    viewer.open().ready()
    counts, page = viewer.records.counts.copy(), viewer.page
    page.get_by_text("Annotations (0; none yet)").click()
    kind = page.get_by_label("Kind of annotation")
    kind.select_option("arrow")
    viewer.press("Draw annotation")
    box = viewer.stage.bounding_box()
    assert box
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 160, steps=3)
    page.mouse.up()
    kind.select_option("text")
    viewer.press("Add annotation")
    page.get_by_role("alertdialog").get_by_role("textbox").fill("α-actin")
    page.keyboard.press("Enter")
    for key in ("ArrowRight", "Control+ArrowDown"):
        page.keyboard.press(key)
    marks = page.locator("[data-mark]")
    expect(marks.nth(1)).to_have_attribute("aria-label", "Annotation text “α-actin” at column 451, row 360")
    viewer.press("Save annotations")
    expect(viewer.foot).to_contain_text("The annotations of IMG-000001 were saved as version 1")
    arrow, text = viewer.records.annotated.marks
    assert (arrow.kind, text.kind, text.text) == ("arrow", "text", "α-actin")
    assert (arrow.column1 - arrow.column) / (arrow.row1 - arrow.row) == pytest.approx(100 / 60, abs=0.01)
    marks.nth(0).focus()
    page.keyboard.press("Delete")
    page.get_by_label("Show annotations").uncheck()
    page.reload()
    viewer.ready()
    expect(marks).to_have_count(1)  # what was not saved outlives a reload, and is not shown
    expect(marks).not_to_be_visible()
    page.get_by_text("Annotations (1; changed, not saved)").click()
    expect(page.get_by_role("button", name="Save annotations")).to_have_attribute("aria-disabled", "true")
    page.locator(".bl-annotations").get_by_label("Reason", exact=True).fill("for the figure")
    viewer.press("Save annotations")
    expect(viewer.foot).to_contain_text("saved as version 2")
    kept = viewer.records.annotated
    assert ([one.text for one in kept.marks], kept.is_shown, kept.reason) == (["α-actin"], False, "for the figure")
    assert (viewer.records.counts == counts).all()


def test_delete_asks_and_keeps_when_told_so(viewer: Viewer) -> None:
    viewer.with_a_shape()
    viewer.shape("S1").focus()
    viewer.page.keyboard.press("Delete")
    expect(viewer.page.get_by_role("alertdialog")).to_contain_text("Delete Band 1?")
    viewer.page.keyboard.press("Escape")
    assert len(viewer.records.shapes) == 1
    viewer.page.keyboard.press("Delete")
    viewer.page.keyboard.press("Enter")
    expect(viewer.foot).to_contain_text("Deleted Band 1")
    assert viewer.records.shapes == []


@pytest.mark.parametrize(
    ("lose", "says", "versions"),
    [("save before", "Nothing was saved.", 1), ("save after", re.compile(r"Version 2 was saved \(entry \d+\)"), 2)],
)
def test_a_lost_save_says_which(viewer: Viewer, lose: str, says: Any, versions: int) -> None:
    viewer.with_a_shape()
    viewer.press("Save version 1")
    expect(viewer.foot).to_contain_text("Version 1 was saved")
    viewer.press("Duplicate")
    expect(viewer.foot).to_contain_text("Added Band 2")
    reason = viewer.page.get_by_role("group", name="Save").get_by_label("Reason", exact=True)
    reason.fill("second band")
    viewer.records.lose = lose
    viewer.press("Save version 2")
    expect(viewer.notice).to_contain_text(says)
    assert len(viewer.records.versions) == versions
    if versions == 1:
        expect(reason).to_have_value("second band")
        viewer.press("Save again")
        expect(viewer.foot).to_contain_text("Version 2 was saved")
    assert [version.reason for version in viewer.records.versions] == ["", "second band"]


def test_a_save_that_the_page_did_not_live_to_see_is_looked_up(viewer: Viewer) -> None:
    viewer.with_a_shape()
    key = "blotter.draft./.save.ANL-000001"
    asked = '{"version": 1, "expected_rev": 2, "reason": "", "idempotency_key": "0123456789"}'
    viewer.page.evaluate("([k, v]) => sessionStorage.setItem(k, v)", [key, asked])
    viewer.open(query="again").ready()
    expect(viewer.notice).to_contain_text("Nothing was saved.")
    assert viewer.page.evaluate("k => sessionStorage.getItem(k)", key) is None


@pytest.mark.parametrize("lose", ["gesture before", "gesture after"])
def test_a_lost_gesture_is_kept_and_happens_once(viewer: Viewer, lose: str) -> None:
    viewer.with_a_shape()
    before, rev = viewer.rectangle(), viewer.records.rev
    viewer.records.lose = lose
    viewer.shape("S1").focus()
    viewer.page.keyboard.press("ArrowLeft")
    expect(viewer.notice).to_contain_text("kept here and not recorded yet")
    expect(viewer.shape("S1")).to_have_attribute("aria-label", re.compile("not recorded yet"))
    viewer.press("Try again")
    expect(viewer.foot).to_contain_text("Moved Band 1")
    assert viewer.rectangle()["column0"] == before["column0"] - 1
    assert viewer.records.rev == rev + 1


def test_a_colleagues_change_is_shown_and_mine_done_again_on_top(viewer: Viewer) -> None:
    viewer.with_a_shape()
    viewer.press("Duplicate")
    expect(viewer.foot).to_contain_text("Added Band 2")
    mine = viewer.records.shapes[1].rectangle
    viewer.records.somebody_else_moves(7)
    theirs = viewer.rectangle()
    viewer.shape("S2").focus()
    viewer.page.keyboard.press("ArrowLeft")
    expect(viewer.notice).to_contain_text("has changed since you read it")
    viewer.press("Reload and show what changed")
    expect(viewer.notice).to_contain_text("Band 1 (S1) is now at")
    expect(viewer.notice).to_contain_text("Band 2 (S2) is now at")
    viewer.press("Do mine again")
    expect(viewer.foot).to_contain_text("Did the change again")
    assert viewer.rectangle() == theirs
    assert viewer.records.shapes[1].rectangle.column0 == mine.column0 - 1


def test_counts_under_the_pointer_are_those_of_the_file(viewer: Viewer) -> None:
    viewer.open().ready()
    box = viewer.stage.bounding_box()
    assert box
    viewer.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    expect(viewer.page.locator(".bl-readout")).to_have_text(re.compile(r"\d+ counts$"))
    text = viewer.page.locator(".bl-readout").inner_text()
    column, row, shown = map(int, re.search(r"column (\d+), row (\d+): (\d+) counts", text).groups())  # type: ignore[union-attr]
    assert viewer.records.counts[row, column] == shown


def test_limits_on_the_profile_are_moved_by_keys_and_mouse_and_each_is_one_gesture(viewer: Viewer) -> None:
    viewer.with_a_shape()
    viewer.records.somebody_finds_a_lane()
    viewer.open(query="found").ready()
    page, before, rev = viewer.page, viewer.rectangle(), viewer.records.rev
    page.get_by_text("Lane profile", exact=True).click()
    first = page.get_by_role("slider", name="First row of Band 1")
    expect(first).to_have_attribute("aria-valuenow", str(before["row0"]))
    first.focus()
    for key in ("ArrowRight", "Control+ArrowRight"):
        page.keyboard.press(key)
    expect(viewer.foot).to_contain_text(f"Moved the first row of Band 1 to {before['row0'] + 11}")
    assert (viewer.rectangle(), viewer.records.rev) == ({**before, "row0": before["row0"] + 11}, rev + 1)
    expect(page.locator("[data-row='S1'] [data-key='signal']")).to_have_attribute(
        "title", str(viewer.records.analysis("ANL-000001").measurements[0].signal).removesuffix(".0")
    )
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(first).to_have_attribute("aria-valuenow", str(before["row0"] + 11))
    last = page.get_by_role("slider", name="Last row of Band 1")
    box = page.locator(".bl-profile").bounding_box()
    assert box
    x = box["x"] + float(last.locator("line").first.get_attribute("x1"))
    page.mouse.move(x, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(x + 40, box["y"] + 100, steps=4)
    page.mouse.up()
    expect(viewer.foot).to_contain_text("Moved the last row of Band 1")
    after = viewer.rectangle()
    assert after["row1"] > before["row1"]
    assert viewer.records.rev == rev + 2
    expect(last).to_have_attribute("aria-valuenow", str(after["row1"] - 1))


def test_a_polygon_is_drawn_by_keyboard_alone(viewer: Viewer) -> None:
    viewer.started()
    viewer.page.get_by_label("Kind of shape").select_option("polygon")
    viewer.stage.focus()
    for key in (
        "Space",
        "Space",
        *["Control+ArrowRight"] * 4,
        "Space",
        *["Control+ArrowDown"] * 3,
        "ArrowLeft",
        "Space",
    ):
        viewer.page.keyboard.press(key)
    assert viewer.records.shapes == []
    viewer.page.keyboard.press("Enter")
    expect(viewer.foot).to_contain_text("Added Band 1")
    (a, b, c) = viewer.records.shapes[0].polygon.corners
    assert (a, b, c) == ((350, 450), (350, 490), (380, 489))


SCALE = """() => document.querySelector(".bl-stage").clientWidth
  / Number(document.querySelector(".bl-layer").getAttribute("viewBox").split(" ")[2])"""
LADDER = """async ([ladder, place]) => {
  const { ladderMarks, stepOf, ticks } = await import("/s/widgets/viewer/rulers.js");
  const there = { shape: "S1", place, kda: 75, fitted_kda: 74.1, residual: -1.2 };
  const numbers = { weights: { ladder: [there, { ...there, shape: "S9", kda: 10 }] } };
  const shape = { shape: "S1", label: "", rectangle: { row0: 100, row1: 111, column0: 40, column1: 60 } };
  const marks = ladderMarks({ chosen: { ladder }, numbers }, [shape]);
  return [marks, [0.01, 0.3, 1, 40].map((one) => stepOf(one)), ticks(-30, 21, 900, 10)];
}"""


def test_rulers_tell_pixels_of_the_image_at_any_zoom_and_weights_stand_at_the_fits_places(viewer: Viewer) -> None:
    viewer.open().ready()
    for zoom in (0, 3):
        for _ in range(zoom):
            viewer.press("+")
        number = viewer.page.locator(".bl-ruler").first.locator("text").nth(2)
        place = viewer.page.locator(".bl-ruler").first.locator("g:has(text) line").nth(2).get_attribute("x1")
        stage = viewer.stage.bounding_box()
        assert stage
        viewer.page.mouse.move(stage["x"] + float(place) + 0.6, stage["y"] + 200)
        expect(viewer.page.locator(".bl-readout")).to_contain_text(f"column {number.text_content()}, ")
    for ladder, place in (({"origin": None, "front": None}, 105), ({"origin": 5, "front": 205}, 0.5)):
        marks, steps, ticks = viewer.page.evaluate(LADDER, [ladder, place])
        # The middle of rows 100 to 110, in edges of pixels; a band of the ladder that was deleted has no mark.
        assert [(one["row"], one["left"], one["kda"]) for one in marks] == [(105.5, 40, 75)]
    assert steps == [10_000, 500, 100, 2]
    assert [one["at"] for one in ticks if one["isNumber"]] == [0, 10, 20]
    viewer.page.get_by_label("mm", exact=True).check()
    number = viewer.page.locator(".bl-ruler").first.locator("text").nth(2)
    place = viewer.page.locator(".bl-ruler").first.locator("g:has(text) line").nth(2).get_attribute("x1")
    viewer.page.mouse.move(stage["x"] + float(place) + 0.6, stage["y"] + 200)
    # The bench's image says that its pixels are 84 µm long.
    at = int(float(number.text_content()) * 1000 / 84 + 0.6 / viewer.page.evaluate(SCALE))
    expect(viewer.page.locator(".bl-readout")).to_contain_text(f"column {at}, ")
    viewer.page.get_by_label("Rulers").uncheck()
    expect(viewer.page.locator(".bl-ruler").first).not_to_be_visible()


def test_the_picture_without_webgl_is_the_same_and_a_lost_context_comes_back(viewer: Viewer) -> None:
    viewer.open().ready()
    expect(viewer.stage).to_have_attribute("data-painter", "webgl2")
    first = picture(viewer)
    viewer.page.evaluate(
        """async () => {
          const gl = document.querySelector("canvas.bl-canvas").getContext("webgl2").getExtension("WEBGL_lose_context");
          gl.loseContext();
          await new Promise((done) => setTimeout(done, 50));
          gl.restoreContext();
        }"""
    )
    expect(viewer.page.locator(".bl-readline")).not_to_contain_text("graphics card")
    assert np.abs(picture(viewer) - first).max() <= 1
    viewer.open(query="blotter2d").ready()
    expect(viewer.stage).to_have_attribute("data-painter", "2d")
    assert np.abs(picture(viewer) - first).mean() < 1


def picture(viewer: Viewer) -> Any:
    # Two frames: what was asked to be drawn is drawn.
    viewer.page.evaluate("() => new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))")
    return np.asarray(Image.open(io.BytesIO(viewer.stage.screenshot())).convert("L")).astype(int)


def test_text_of_a_record_is_shown_as_typed_and_refusals_are_words(viewer: Viewer) -> None:
    viewer.open().ready()
    expect(viewer.page.locator(".bl-facts")).to_contain_text("<img src=x onerror=")
    assert viewer.page.locator(".bl-facts img").count() == 0
    assert viewer.page.title() == ""
    viewer.open('ImageViewer(image="IMG-000009")', query="other")
    expect(viewer.page.get_by_role("alert")).to_contain_text("There is no image IMG-000009")
    expect(viewer.page.get_by_role("alert")).to_contain_text("ImageBrowser()")
