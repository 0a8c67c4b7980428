"""Backgrounds other than a border's, by hand: planes, minima, weights, and side by side."""

from __future__ import annotations

import math

import numpy as np
import pytest
from blotter_records.densitometry import Rectangle
from blotter_records.densitometry.backgrounds.columns import column_background
from blotter_records.densitometry.backgrounds.lane import lane_background, lane_signal
from blotter_records.densitometry.backgrounds.sensitivity import sensitivity
from blotter_records.densitometry.backgrounds.shapes import (
    global_background,
    pooled_standard_deviation,
    user_background,
)
from blotter_records.densitometry.intensity import sums
from blotter_records.errors import Invalid
from hypothesis import given, settings
from hypothesis import strategies as st


@settings(max_examples=40, deadline=None)
@given(
    offset=st.integers(0, 1000),
    down=st.integers(0, 40),
    across=st.integers(0, 40),
    box=st.tuples(st.integers(8, 20), st.integers(0, 20), st.integers(1, 10), st.integers(7, 19)),
    width=st.integers(2, 8),
)
def test_column_wise_background_of_a_plane_is_the_plane(
    offset: int, down: int, across: int, box: tuple[int, int, int, int], width: int
) -> None:
    y, x = np.mgrid[:40, :40]
    counts = (offset + down * y + across * x).astype(np.uint16)
    rectangle = Rectangle(box[0], box[1], box[0] + box[2], box[1] + box[3])
    got = column_background(counts, rectangle, width)
    inside = counts[rectangle.row0 : rectangle.row1, rectangle.column0 : rectangle.column1]
    assert got.total == pytest.approx(float(inside.sum()), rel=1e-12)
    assert got.used + got.excluded == 2 * width * rectangle.width


def test_a_band_in_a_smear_is_measured_exactly_where_a_frame_is_wrong() -> None:
    counts = np.full((60, 60), 100, dtype=np.uint16)
    counts[:, 20:40] += 50  # the lane's smear
    counts[25:35, 20:40] += 300
    rectangle = Rectangle(25, 20, 35, 40)
    (row,) = sensitivity(counts, [("B1", rectangle)], radius=None)
    assert row.signals["column-wise linear"] == 300 * 200
    assert row.signals["median, top_bottom"] == 300 * 200
    assert row.signals["median, left_right"] == 350 * 200
    assert row.spread == pytest.approx(50 * 200 / np.median(list(row.signals.values())))


def test_pixels_of_other_shapes_and_outside_are_left_out_and_counted() -> None:
    counts = np.full((30, 40), 7, dtype=np.uint16)
    counts[14:18, 10:20] = 999
    got = column_background(counts, Rectangle(8, 5, 14, 25), 4, [Rectangle(14, 10, 18, 20)])
    assert got.total == 7 * 120
    assert got.excluded == 40
    edge = column_background(counts, Rectangle(0, 0, 5, 30), 3)
    assert (edge.total, edge.used, edge.excluded) == (7 * 150, 90, 90)
    assert column_background(counts, Rectangle(0, 0, 30, 30), 3).total is None


def test_rolling_ball_has_its_column_and_a_constant_image_no_signal() -> None:
    counts = np.full((80, 80), 500, dtype=np.uint16)
    (row,) = sensitivity(counts, [("B1", Rectangle(30, 30, 40, 50))])
    assert len(row.signals) == 9
    assert all(signal == pytest.approx(0, abs=0.1) for signal in row.signals.values())


def test_lane_background_joins_the_minima() -> None:
    profile = [10, 8, 20, 40, 20, 6, 7, 30, 30, 4, 5]
    got = lane_background(profile, [(2, 5), (7, 9)])
    assert got.tolist() == pytest.approx([8, 8, 7.5, 7, 6.5, 6, 5.5, 5, 4.5, 4, 4])
    assert lane_signal(profile, got.tolist(), (2, 5), 10) == pytest.approx(10 * (20 + 40 + 20 - 7.5 - 7 - 6.5))
    touching = lane_background([3, 9, 5, 4, 9, 2], [(1, 3), (3, 5)])
    assert touching[3] == 4
    with pytest.raises(Invalid) as refused:
        lane_background(profile, [(2, 5), (4, 9)])
    assert refused.value.code == "lane.bands"


def test_user_defined_background_weighs_by_area_and_pools_spreads() -> None:
    small, large = np.array([1, 3], dtype=np.uint16), np.array([10, 10, 10, 14], dtype=np.uint16)
    shapes = [sums(small), sums(large)]
    assert user_background(shapes).value == (4 + 44) / 6
    expected = math.sqrt((1 * small.var(ddof=1) + 3 * large.var(ddof=1)) / 4)
    assert pooled_standard_deviation(shapes) == pytest.approx(expected, rel=1e-14)
    assert pooled_standard_deviation([sums(small[:1])]) is None
    assert global_background([1.0, 2.0, 6.0]) == 3.0
    for function in (user_background, global_background):
        with pytest.raises(Invalid) as refused:
            function([])
        assert refused.value.code == "background.shapes"
