"""Every kind of shape drawn, edited and copied in the viewer: with mouse, finger and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from blotter_records.vocabulary import BackgroundMethod, OutlineKind
from playwright.sync_api import Browser, expect
from viewer_page import Viewer, chromium_with_webgl, opened


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with chromium_with_webgl() as browser:
        yield browser


@pytest.fixture
def viewer(chromium: Browser) -> Iterator[Viewer]:
    with opened(chromium) as viewer:
        yield viewer.started()


def kind(viewer: Viewer, name: str) -> None:
    viewer.page.get_by_label("Kind of shape").select_option(name)


def at(viewer: Viewer, row: float, column: float) -> tuple[float, float]:
    """Return where a place of the image, in edges of pixels, is on the page."""
    x, y, scale = viewer.page.evaluate(
        """() => {
          const box = document.querySelector(".bl-stage canvas").getBoundingClientRect();
          const [x, y, wide] = document.querySelector(".bl-layer").getAttribute("viewBox").split(" ").map(Number);
          const scale = box.width / wide;
          return [box.left - x * scale, box.top - y * scale, scale];
        }"""
    )
    return x + column * scale, y + row * scale


def drag(viewer: Viewer, *places: tuple[float, float]) -> None:
    mouse = viewer.page.mouse
    mouse.move(*at(viewer, *places[0]))
    mouse.down()
    for place in places[1:]:
        mouse.move(*at(viewer, *place))
    mouse.up()


def last(viewer: Viewer) -> Any:
    return viewer.records.shapes[-1]


def test_an_ellipse_is_dragged_moved_resized_and_turned(viewer: Viewer) -> None:
    kind(viewer, "ellipse")
    drag(viewer, (100.2, 100.2), (150, 160), (179.8, 259.8))
    expect(viewer.foot).to_contain_text("Added Band 1 at ellipse at column 100, row 100, 160 by 80 pixels")
    disc = last(viewer).ellipse
    assert (disc.row, disc.column, disc.half_height, disc.half_width) == (139.5, 179.5, 40, 80)
    keyboard = viewer.page.keyboard
    for key, said, change in (
        ("Control+ArrowDown", "Moved Band 1 to ellipse at column 100, row 110,", {"row": 149.5}),
        ("Shift+ArrowRight", "161 by 80 pixels", {"half_width": 80.5, "column": 180.0}),
        ("[", "turned 1°", {"turned": 1.0}),
        ("Control+]", "turned -9°", {"turned": -9.0}),
    ):
        viewer.shape("S1").focus()
        keyboard.press(key)
        expect(viewer.foot).to_contain_text(said)
        disc = disc.model_copy(update=change)
        assert last(viewer).ellipse == disc
    expect(viewer.shape("S1")).to_have_attribute("aria-roledescription", "ellipse")
    expect(viewer.page.locator("[data-row='S1']")).to_contain_text("S1 · ellipse")
    viewer.press("Undo")
    expect(viewer.foot).to_contain_text("Undid")
    assert last(viewer).ellipse == disc.model_copy(update={"turned": 1.0})


def test_a_polygon_is_pressed_corner_by_corner_ended_or_given_up(viewer: Viewer) -> None:
    kind(viewer, "polygon")
    corners = [(100, 100), (100, 300), (250, 350), (200, 90)]
    for corner in corners:
        viewer.page.mouse.click(*at(viewer, *corner))
    viewer.page.keyboard.press("Escape")
    expect(viewer.page.locator(".bl-ghost")).to_have_attribute("visibility", "hidden")
    assert viewer.records.shapes == []
    for corner in [*corners, (300, 300)]:
        viewer.page.mouse.click(*at(viewer, *corner))
    viewer.page.keyboard.press("Backspace")
    viewer.page.keyboard.press("Enter")
    expect(viewer.foot).to_contain_text("Added Band 1 at polygon of 4 corners")
    drawn = last(viewer).polygon.corners
    assert all(
        abs(row + 0.5 - corner[0]) <= 1 and abs(column + 0.5 - corner[1]) <= 1
        for (row, column), corner in zip(drawn, corners, strict=True)
    )
    # By keyboard: Tab goes on from the shape to its corners; arrows move one, Insert adds one, Delete takes one away.
    viewer.shape("S1").focus()
    viewer.page.keyboard.press("Tab")
    viewer.page.keyboard.press("Control+ArrowLeft")
    expect(viewer.foot).to_contain_text("Resized Band 1")
    assert last(viewer).polygon.corners[0] == (drawn[0][0], drawn[0][1] - 10)
    viewer.page.keyboard.press("Insert")
    expect(viewer.foot).to_contain_text("polygon of 5 corners")
    viewer.page.keyboard.press("Delete")
    expect(viewer.foot).to_contain_text("polygon of 4 corners")
    viewer.page.keyboard.press("Escape")
    expect(viewer.shape("S1")).to_be_focused()
    # Pressed at the first corner again, a polygon ends, too.
    for corner in [(400, 400), (400, 500), (500, 500), (400, 400)]:
        viewer.page.mouse.click(*at(viewer, *corner))
    expect(viewer.foot).to_contain_text("Added Band 2 at polygon of 3 corners")


def test_a_freehand_shape_has_the_corners_that_matter(viewer: Viewer) -> None:
    kind(viewer, "freehand")
    drag(viewer, (100, 100), (100, 150), (100, 200), (150, 200), (200, 200), (200, 150), (200, 100), (150, 100))
    expect(viewer.foot).to_contain_text("Added Band 1 at freehand shape of")
    shape = last(viewer)
    assert shape.kind is OutlineKind.FREEHAND
    assert 4 <= len(shape.freehand.corners) <= 8
    [numbers] = viewer.records.analysis("ANL-000001").measurements
    assert numbers.area == pytest.approx(10_000, rel=0.05)


def test_a_finger_draws_as_a_mouse_does(viewer: Viewer) -> None:
    kind(viewer, "ellipse")
    (x0, y0), (x1, y1) = at(viewer, 100, 100), at(viewer, 200, 220)
    session = viewer.page.context.new_cdp_session(viewer.page)
    for name, points in (
        ("touchStart", [(x0, y0)]),
        ("touchMove", [(x1 - 9, y1 - 9)]),
        ("touchMove", [(x1, y1)]),
        ("touchEnd", []),
    ):
        touches = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": touches})
    expect(viewer.foot).to_contain_text("Added Band 1 at ellipse")
    assert last(viewer).ellipse.half_height == pytest.approx(50, abs=1)


def test_a_grid_has_copies_of_the_same_size_and_can_be_undone(viewer: Viewer) -> None:
    kind(viewer, "ellipse")
    drag(viewer, (50, 50), (70, 70), (90, 90))
    expect(viewer.foot).to_contain_text("Added Band 1")
    viewer.press("Grid…")
    form = viewer.page.get_by_role("group", name="Grid of shapes")
    form.get_by_label("Rows").fill("3")
    form.get_by_label("Columns").fill("400")
    expect(form).to_contain_text("at most 500 shapes")
    form.get_by_label("Columns").fill("4")
    form.get_by_label("Centre to centre across, px").fill("400")
    expect(form).to_contain_text("The grid leaves the image")
    form.get_by_label("Centre to centre across, px").fill("60.5")
    expect(form).to_contain_text("11 copies of Band 1, exactly its size")
    form.get_by_role("button", name="Add grid").click()
    expect(viewer.foot).to_contain_text("Added a grid of 11 copies")
    assert [one.label for one in viewer.records.shapes] == [f"{row}{column}" for row in "ABC" for column in range(1, 5)]
    first, second = viewer.records.shapes[0].ellipse, viewer.records.shapes[1].ellipse
    assert second == first.model_copy(update={"column": first.column + 61})
    areas = {one.area for one in viewer.records.analysis("ANL-000001").measurements}
    assert len(areas) == 1
    viewer.press("Duplicate")
    expect(viewer.foot).to_contain_text("Added Band")
    assert last(viewer).ellipse.half_width == first.half_width
    for said in ("Undid “added Band", "Undid “added a grid", "Undid “renamed Band 1"):
        viewer.press("Undo")
        expect(viewer.foot).to_contain_text(said)
    assert [one.label for one in viewer.records.shapes] == ["Band 1"]


def test_every_background_is_chosen_with_what_belongs_to_it(viewer: Viewer) -> None:
    viewer.press("Add rectangle")
    expect(viewer.foot).to_contain_text("Added Band 1")
    viewer.press("Duplicate")
    expect(viewer.foot).to_contain_text("Added Band 2")
    group = viewer.page.get_by_role("group", name="Background", exact=True)
    method = group.get_by_label("Method")
    for name, said, changed in (
        ("lane", "lane, 100 px beyond its bands", {"reach": 100}),
        ("column_wise", "column-wise linear, 3 px above and below", {}),
        ("rolling_ball", "rolling ball, radius 50 px", {"radius": 50.0}),
        ("average", "average of the border, 3 px, all sides", {}),
    ):
        method.select_option(name)
        expect(viewer.foot).to_contain_text(f"Set background to {said}")
        background = viewer.records.background
        given = background.model_dump(mode="json", exclude={"method", "width", "sides"})
        assert (background.method, given) == (BackgroundMethod(name), changed)
    rev = viewer.records.rev
    method.select_option("user_defined")
    expect(group).to_contain_text("Choose at least one shape")
    assert viewer.records.rev == rev
    group.get_by_label("Band 2").check()
    expect(viewer.foot).to_contain_text("Set background to user-defined, S2")
    assert viewer.records.background.shapes == ["S2"]
    expect(viewer.page.locator("[data-row='S2']")).to_contain_text("S2 · background")
    viewer.shape("S2").focus()
    viewer.page.keyboard.press("Delete")
    expect(viewer.page.get_by_role("alertdialog")).to_contain_text("Band 2 is background of the others")
    viewer.page.keyboard.press("Enter")
    assert len(viewer.records.shapes) == 2
    method.select_option("rolling_ball")
    group.get_by_label("Radius, px").fill("12.5")
    group.get_by_label("Radius, px").press("Enter")
    expect(viewer.foot).to_contain_text("radius 12.5 px")
    assert viewer.records.background.radius == 12.5
