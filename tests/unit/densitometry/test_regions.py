"""Ellipses, polygons and freehand shapes measured: their pixels, borders and backgrounds against plain definitions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from blotter_records.densitometry import Background, Rectangle, measure, measure_shapes
from blotter_records.densitometry.background import border_pixels
from blotter_records.densitometry.backgrounds.rolling_ball import rolling_ball
from blotter_records.densitometry.masks import Ellipse, Polygon, ellipse_mask, polygon_mask
from blotter_records.densitometry.regions import Outline, Region, drawn, region_of
from blotter_records.errors import Invalid
from blotter_records.vocabulary import BackgroundMethod, BackgroundSides
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.draw import ellipse as skimage_ellipse

SHAPE = (60, 70)
COUNTS = np.random.default_rng(7).integers(0, 60_000, SHAPE, dtype=np.uint16)
ELLIPSE = Ellipse(30.5, 33.0, 9.25, 14.5, turned=20.0)
POLYGON = Polygon(((12.25, 20.0), (40.0, 18.5), (47.5, 50.0), (20.0, 44.0)))
#: Crosses itself: its middle is enclosed twice.
STAR = Polygon(((5.0, 35.0), (50.0, 50.0), (20.0, 15.0), (20.0, 55.0), (50.0, 20.0)))


def mask_of(outline: Outline) -> np.ndarray:
    """Return the pixels of a shape by the rule of ``masks``, of the whole image."""
    if isinstance(outline, Rectangle):
        mask = np.zeros(SHAPE, dtype=bool)
        mask[outline.row0 : outline.row1, outline.column0 : outline.column1] = True
        return mask
    return ellipse_mask(outline, SHAPE) if isinstance(outline, Ellipse) else polygon_mask(outline, SHAPE)


def measured(outline: Outline, background: Background, *others: Outline) -> Any:
    shapes = [("S1", outline), *((f"S{at}", other) for at, other in enumerate(others, 2))]
    return measure_shapes(COUNTS, shapes, background, 65_535)[0]


@pytest.mark.parametrize("outline", [ELLIPSE, POLYGON, STAR])
def test_a_region_has_the_pixels_of_its_mask_and_bounds_without_room(outline: Outline) -> None:
    region, mask = region_of(outline, SHAPE), mask_of(outline)
    assert np.array_equal(region.within(Rectangle(0, 0, *SHAPE)), mask)
    assert sorted(region.values(COUNTS)) == sorted(COUNTS[mask])
    rows, columns = np.nonzero(mask)
    bounds = Rectangle(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)
    assert region.bounds == bounds
    assert region.area == mask.sum()


def test_an_ellipse_has_the_pixels_of_scikit_image() -> None:
    theirs = np.zeros(SHAPE, dtype=bool)
    theirs[skimage_ellipse(30, 33, 9.5, 14.5, shape=SHAPE)] = True
    assert np.array_equal(region_of(Ellipse(30, 33, 9.5, 14.5), SHAPE).within(Rectangle(0, 0, *SHAPE)), theirs)


@pytest.mark.parametrize("outline", [ELLIPSE, POLYGON, STAR])
def test_numbers_are_those_of_the_pixels_inside(outline: Outline) -> None:
    inside = COUNTS[mask_of(outline)].astype(np.int64)
    one = measured(outline, Background())
    assert (one.area, one.total) == (inside.size, inside.sum())
    assert (one.minimum, one.maximum, one.median) == (inside.min(), inside.max(), np.median(inside))
    assert one.standard_deviation == pytest.approx(inside.std(ddof=1), rel=1e-12)
    assert one.signal == pytest.approx(one.total - one.background * one.area, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    at=st.tuples(st.integers(0, 30), st.integers(0, 40)),
    size=st.tuples(st.integers(1, 12), st.integers(7, 12)),
    width=st.integers(1, 5),
    sides=st.sampled_from(BackgroundSides),
)
def test_a_rectangle_as_a_region_has_the_border_of_the_rectangle(
    at: tuple[int, int], size: tuple[int, int], width: int, sides: BackgroundSides
) -> None:
    rectangle = Rectangle(*at, at[0] + size[0], at[1] + size[1])
    other = Ellipse(at[0] + 0.5, at[1] + 14.0, 4.0, 5.5)
    others = [region_of(other, (100, 100))] if at[0] >= 4 else []
    whole = border_pixels(COUNTS, rectangle, width, sides, others)
    full = Region(rectangle, np.ones((rectangle.height, rectangle.width), dtype=bool))
    as_mask = border_pixels(COUNTS, full, width, sides, others)
    assert sorted(as_mask.values) == sorted(whole.values)
    assert as_mask.excluded == whole.excluded


@pytest.mark.parametrize("sides", list(BackgroundSides))
@pytest.mark.parametrize("outline", [ELLIPSE, POLYGON, STAR, Ellipse(3.0, 3.0, 3.5, 3.5)])
def test_the_border_is_what_is_near_the_shape_and_in_no_other(outline: Outline, sides: BackgroundSides) -> None:
    width, other = 3, Rectangle(25, 40, 60, 60)
    mask, taken = np.pad(mask_of(outline), width), np.pad(mask_of(other), width)
    around = set()
    for row, column in zip(*np.nonzero(mask), strict=True):
        down = range(-width, width + 1) if sides is not BackgroundSides.LEFT_RIGHT else [0]
        across = range(-width, width + 1) if sides is not BackgroundSides.TOP_BOTTOM else [0]
        around |= {(row + d, column + a) for d in down for a in across if not mask[row + d, column + a]}
    on = [
        (row - width, column - width)
        for row, column in around
        if not taken[row, column] and 0 <= row - width < SHAPE[0] and 0 <= column - width < SHAPE[1]
    ]
    found = border_pixels(COUNTS, region_of(outline, SHAPE), width, sides, [other])
    assert sorted(found.values) == sorted(COUNTS[row, column] for row, column in on)
    assert found.excluded == len(around) - len(on)


@pytest.mark.parametrize("outline", [ELLIPSE, POLYGON, Rectangle(20, 20, 30, 40)])
def test_column_wise_takes_a_line_from_every_pixel(outline: Outline) -> None:
    mask, bounds = mask_of(outline), region_of(outline, SHAPE).bounds
    under = 0.0
    for row, column in zip(*np.nonzero(mask), strict=True):
        above = COUNTS[bounds.row0 - 2 : bounds.row0, column].mean()
        below = COUNTS[bounds.row1 : bounds.row1 + 2, column].mean()
        top, bottom = bounds.row0 - 1.5, bounds.row1 + 0.5
        under += above + (below - above) * (row - top) / (bottom - top)
    one = measured(outline, Background(BackgroundMethod.COLUMN_WISE, 2))
    assert one.signal == pytest.approx(COUNTS[mask].sum(dtype=np.int64) - under, rel=1e-9)
    strips = np.concatenate(
        [
            COUNTS[bounds.row0 - 2 : bounds.row0, bounds.column0 : bounds.column1],
            COUNTS[bounds.row1 : bounds.row1 + 2, bounds.column0 : bounds.column1],
        ]
    )
    assert one.background_standard_deviation == pytest.approx(strips.std(ddof=1), rel=1e-12)
    assert (one.background_pixels, one.background_excluded) == (strips.size, 0)


@pytest.mark.parametrize("outline", [ELLIPSE, POLYGON, Rectangle(20, 20, 40, 41)])
def test_lane_takes_the_line_between_the_lowest_rows_from_every_pixel(outline: Outline) -> None:
    mask, bounds = mask_of(outline), region_of(outline, SHAPE).bounds
    other = Rectangle(52, bounds.column0, 56, bounds.column1)
    profile = COUNTS[:, bounds.column0 : bounds.column1].mean(axis=1)
    above = bounds.row0 - 8 + int(np.argmin(profile[bounds.row0 - 8 : bounds.row0]))
    below = bounds.row1 + int(np.argmin(profile[bounds.row1 : 52]))
    rows = np.nonzero(mask)[0]
    line = profile[above] + (profile[below] - profile[above]) * (rows - above) / (below - above)
    one = measured(outline, Background(BackgroundMethod.LANE, reach=8), other)
    assert one.signal == pytest.approx(COUNTS[mask].sum(dtype=np.int64) - line.sum(), rel=1e-9)
    assert one.background == pytest.approx(line.mean(), rel=1e-12)
    lines = COUNTS[[above, below], bounds.column0 : bounds.column1]
    assert one.background_standard_deviation == pytest.approx(math.sqrt(lines.var(axis=1, ddof=1).mean()), rel=1e-12)
    assert one.background_pixels == lines.size


def test_where_bands_of_a_lane_touch_the_lower_row_at_the_touch_is_a_corner() -> None:
    one, other, background = (
        Rectangle(20, 10, 30, 40),
        Rectangle(30, 10, 45, 40),
        Background(BackgroundMethod.LANE, reach=6),
    )
    profile = COUNTS[:, 10:40].mean(axis=1)
    corners = [
        14 + int(np.argmin(profile[14:20])),
        min(29, 30, key=lambda row: profile[row]),
        45 + int(np.argmin(profile[45:51])),
    ]
    line = np.interp(np.arange(60), corners, profile[corners])
    for shape, near in ((one, other), (other, one)):
        rows = slice(shape.row0, shape.row1)
        signal = COUNTS[rows, 10:40].sum(dtype=np.int64) - 30 * line[rows].sum()
        assert measured(shape, background, near).signal == pytest.approx(signal, rel=1e-9)
    # Bands that share rows are one: the line goes on under both.
    joined = np.interp(np.arange(60), corners[::2], profile[corners[::2]])
    signal = COUNTS[20:31, 10:40].sum(dtype=np.int64) - 30 * joined[20:31].sum()
    assert measured(Rectangle(20, 10, 31, 40), background, other).signal == pytest.approx(signal, rel=1e-9)


def test_a_lane_full_of_bands_and_a_narrow_one_have_no_background() -> None:
    whole = measured(Rectangle(0, 10, 60, 40), Background(BackgroundMethod.LANE, reach=5))
    assert whole.signal is None
    assert "no row outside its bands" in whole.notes[0]
    narrow = measured(Rectangle(20, 10, 30, 15), Background(BackgroundMethod.LANE, reach=5))
    assert narrow.signal is None
    assert "10 pixels, 20 are needed" in narrow.notes[0]


def test_rolling_ball_takes_what_lies_under_the_shape() -> None:
    mask = mask_of(ELLIPSE)
    under = math.fsum(rolling_ball(COUNTS, 12.5)[mask].astype(float))
    one = measured(ELLIPSE, Background(BackgroundMethod.ROLLING_BALL, radius=12.5))
    assert one.signal == COUNTS[mask].sum(dtype=np.int64) - under
    ring = border_pixels(COUNTS, region_of(ELLIPSE, SHAPE), 3, BackgroundSides.ALL).values
    assert one.background_standard_deviation == pytest.approx(ring.std(ddof=1), rel=1e-12)


def test_user_defined_weighs_the_named_shapes_by_area() -> None:
    disc, box = Ellipse(50.0, 60.0, 5.0, 5.0), Rectangle(0, 0, 6, 9)
    background = Background(BackgroundMethod.USER_DEFINED, shapes=("S2", "S3"))
    taken = [COUNTS[mask_of(one)].astype(np.int64) for one in (disc, box)]
    one = measured(POLYGON, background, disc, box)
    assert one.background == pytest.approx(np.concatenate(taken).mean(), rel=1e-14)
    pooled = sum(part.var(ddof=1) * (part.size - 1) for part in taken) / sum(part.size - 1 for part in taken)
    assert one.background_standard_deviation == pytest.approx(math.sqrt(pooled), rel=1e-12)
    assert one.background_pixels == sum(part.size for part in taken)
    with pytest.raises(Invalid, match="S3 is background, but there is no such shape") as refused:
        measured(POLYGON, background, disc)
    assert refused.value.code == "background.shapes"


def test_a_line_that_crosses_itself_says_what_it_leaves_out() -> None:
    one = measured(STAR, Background())
    everything = polygon_mask(Polygon(tuple(STAR.corners)), SHAPE)
    assert one.area == everything.sum()
    (note,) = one.notes
    middle = int(note.split(": ")[1].split(" ")[0])
    assert 50 < middle < 700
    assert not mask_of(STAR)[34, 35]
    assert measured(POLYGON, Background()).notes == ()


@pytest.mark.parametrize(
    ("outline", "code"),
    [
        (Ellipse(5.0, 5.0, 6.0, 3.0), "shape.outside"),
        (Ellipse(5.0, 5.0, 5.5, 5.5, turned=30.0), ""),
        (Ellipse(30.0, 65.0, 3.0, 5.0), "shape.outside"),
        (Ellipse(59.5, 10.0, 0.1, 4.0), "shape.outside"),
        (Polygon(((-0.5, -0.5), (-0.5, 69.5), (59.5, 69.5), (59.5, -0.5))), ""),
        (Polygon(((0.0, 0.0), (0.0, 69.75), (10.0, 3.0))), "shape.outside"),
        (Polygon(((3.1, 3.1), (3.1, 3.9), (3.9, 3.9))), "shape.empty"),
        (Ellipse(3.5, 3.5, 0.4, 0.4), "shape.empty"),
    ],
)
def test_all_of_a_shape_lies_on_the_image_and_holds_a_pixel(outline: Outline, code: str) -> None:
    if not code:
        assert region_of(outline, SHAPE).area > 20
        return
    with pytest.raises(Invalid, match="Shape S4") as refused:
        region_of(outline, SHAPE, "Shape S4")
    assert refused.value.code == code


def test_what_would_take_all_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="25,000,000 are the most") as refused:
        region_of(Ellipse(10_000.0, 10_000.0, 9_000.0, 9_000.0), (20_000, 20_000))
    assert refused.value.code == "shape.large"
    monkeypatch.setattr(measure, "LARGEST_IN_ALL", 1000)
    with pytest.raises(Invalid, match="all ellipses and polygons") as refused:
        measured(ELLIPSE, Background(), POLYGON)
    assert refused.value.code == "shape.large"
    assert measured(Rectangle(0, 0, 60, 70), Background(BackgroundMethod.NONE)).area == 4200


@pytest.mark.parametrize(
    ("method", "given", "code"),
    [
        ("rolling_ball", {}, "background.radius"),
        ("rolling_ball", {"radius": 0.5}, "background.radius"),
        ("rolling_ball", {"radius": math.nan}, "background.radius"),
        ("rolling_ball", {"radius": 500.5}, "background.radius"),
        ("median", {"radius": 10.0}, "background.radius"),
        ("lane", {}, "background.reach"),
        ("lane", {"reach": 0}, "background.reach"),
        ("none", {"reach": 5}, "background.reach"),
        ("user_defined", {}, "background.shapes"),
        ("lane", {"reach": 5, "shapes": ("S1",)}, "background.shapes"),
        ("column_wise", {"width": 6}, "background.width"),
    ],
)
def test_a_parameter_comes_with_its_method_and_no_other(method: str, given: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        Background(BackgroundMethod(method), **given)
    assert refused.value.code == code


@pytest.mark.parametrize("outline", [ELLIPSE, POLYGON, Rectangle(3, 4, 9, 20)])
def test_what_is_drawn_goes_around_what_is_measured(outline: Outline) -> None:
    corners = drawn(outline)
    around = polygon_mask(Polygon(tuple((row - 0.5, column - 0.5) for row, column in corners)), SHAPE)
    assert np.count_nonzero(around != mask_of(outline)) <= 0.03 * mask_of(outline).sum()
