"""Ellipses and polygons against plain definitions, in exact fractions, and against scikit-image."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from blotter_records.densitometry.masks import Ellipse, Polygon, ellipse_mask, polygon_mask
from blotter_records.errors import Invalid
from hypothesis import example, given, settings
from hypothesis import strategies as st
from skimage.draw import ellipse as skimage_ellipse
from skimage.measure import grid_points_in_poly

SHAPE = (24, 31)
WHOLE = st.integers(-40, 120).map(lambda quarter: quarter / 4)
CORNERS = st.lists(st.tuples(WHOLE, WHOLE), min_size=3, max_size=8)


def crossings(corners: list[tuple[float, float]], row: int, column: int) -> bool:
    """Tell whether a ray to the left meets an odd number of edges; nothing is rounded."""
    inside = False
    for (r0, c0), (r1, c1) in zip(corners, corners[1:] + corners[:1], strict=True):
        a, b = sorted([(Fraction(r0), Fraction(c0)), (Fraction(r1), Fraction(c1))])
        if a[0] <= row < b[0]:
            at = a[1] + (row - a[0]) * (b[1] - a[1]) / (b[0] - a[0])
            inside ^= at <= column
    return inside


def near_a_line(corners: list[tuple[float, float]]) -> np.ndarray:
    """Tell which centres lie on a line through two corners, or so near that rounding decides."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    near = np.zeros(SHAPE, dtype=bool)
    for (r0, c0), (r1, c1) in zip(corners, corners[1:] + corners[:1], strict=True):
        length = math.hypot(r1 - r0, c1 - c0)
        near |= np.abs((r1 - r0) * (x - c0) - (c1 - c0) * (y - r0)) / max(length, 1e-12) < 1e-6
    return near


@settings(max_examples=60, deadline=None)
@given(corners=st.lists(st.tuples(st.integers(-5, 28), st.integers(-5, 35)), min_size=3, max_size=7))
@example(corners=[(0, 0), (0, 25), (22, -5)])  # a line through the centre of a pixel
def test_polygons_equal_their_definition_in_fractions(corners: list[tuple[int, int]]) -> None:
    mask = polygon_mask(Polygon(tuple(corners)), SHAPE)
    # A crossing that is a third of a column from every centre cannot be rounded over one; whole ones are exact.
    for row in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            assert mask[row, column] == crossings(corners, row, column)


@settings(max_examples=60, deadline=None)
@given(corners=st.lists(st.tuples(st.floats(-3, 26), st.floats(-3, 33)), min_size=3, max_size=3))
def test_triangles_equal_scikit_image_where_no_centre_lies_on_a_line(corners: list[tuple[float, float]]) -> None:
    mask = polygon_mask(Polygon(tuple(corners)), SHAPE)
    theirs = grid_points_in_poly(SHAPE, np.array(corners), binarize=False)
    clear = theirs < 2  # 2: on a vertex, 3: on an edge
    compared = clear & ~near_a_line(corners)
    assert np.array_equal(mask[compared], theirs[compared] == 1)


@settings(max_examples=60, deadline=None)
@given(row=st.floats(-3, 26), column=st.floats(-3, 33), half_height=st.floats(0.6, 12), half_width=st.floats(0.6, 12))
def test_ellipses_equal_scikit_image(row: float, column: float, half_height: float, half_width: float) -> None:
    mask = ellipse_mask(Ellipse(row, column, half_height, half_width), SHAPE)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    away = ((y - row) / half_height) ** 2 + ((x - column) / half_width) ** 2
    theirs = np.zeros(SHAPE, dtype=bool)
    theirs[skimage_ellipse(row, column, half_height, half_width, shape=SHAPE)] = True
    clear = np.abs(away - 1) > 1e-9
    assert np.array_equal(mask[clear], theirs[clear])


def test_a_turned_ellipse_has_its_long_axis_where_it_was_turned() -> None:
    mask = ellipse_mask(Ellipse(15, 15, 10, 2, turned=45.0), (31, 31))
    assert mask[20, 20]
    assert mask[10, 10]
    assert not mask[10, 20]
    quarter = ellipse_mask(Ellipse(15, 15, 10, 2, turned=90.0), (31, 31))
    assert np.array_equal(quarter, ellipse_mask(Ellipse(15, 15, 2, 10), (31, 31)))


@settings(max_examples=60, deadline=None)
@given(cut=st.tuples(st.integers(1, 22), st.integers(1, 22)), seed=st.integers(0, 99))
def test_sums_over_two_parts_add_up_to_the_whole(cut: tuple[int, int], seed: int) -> None:
    left, right = cut
    counts = np.random.default_rng(seed).integers(0, 65536, (24, 24), dtype=np.uint16)
    whole = Polygon(((1, 1), (1, 20), (22, 20), (22, 1)))
    upper = Polygon(((1, 1), (1, 20), (right, 20), (left, 1)))
    lower = Polygon(((left, 1), (right, 20), (22, 20), (22, 1)))
    masks = [polygon_mask(one, (24, 24)) for one in (whole, upper, lower)]
    assert not (masks[1] & masks[2]).any()
    sums = [int(counts[mask].sum(dtype=np.uint64)) for mask in masks]
    assert sums[0] == sums[1] + sums[2]


@settings(max_examples=30, deadline=None)
@given(corners=CORNERS, seed=st.integers(0, 99), turns=st.integers(1, 3))
def test_sums_stay_when_image_and_shape_are_turned(corners: list[tuple[float, float]], seed: int, turns: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 65536, SHAPE, dtype=np.uint16)
    moved = [(row + 0.11, column + 0.07) for row, column in corners]
    mask = polygon_mask(Polygon(tuple(moved)), SHAPE)
    assert counts[mask].sum(dtype=np.uint64) == np.rot90(counts, turns)[np.rot90(mask, turns)].sum(dtype=np.uint64)
    flipped = polygon_mask(Polygon(tuple((row, SHAPE[1] - 1 - column) for row, column in moved)), SHAPE)
    clear = ~near_a_line(moved)
    assert np.array_equal(flipped[:, ::-1][clear], mask[clear])


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Ellipse(1, 1, 0, 2), "shape.empty"),
        (lambda: Ellipse(1, math.nan, 1, 2), "shape.bounds"),
        (lambda: Polygon(((0, 0), (1, 1))), "shape.empty"),
        (lambda: Polygon(((0, 0), (1, 1), (math.inf, 2))), "shape.bounds"),
    ],
)
def test_what_is_no_shape_is_refused(make: object, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        make()  # type: ignore[operator]
    assert refused.value.code == code
