"""Numbers of images of 32-bit floats: exact sums as fractions, the same for any order, and as for whole counts."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from blotter_records.densitometry import Background, Rectangle, measure_shapes
from blotter_records.densitometry.backgrounds.sensitivity import sensitivity
from blotter_records.densitometry.finding.blot import find_blot
from blotter_records.densitometry.finding.parameters import FindingParameters
from blotter_records.densitometry.float_sums import float_sums
from blotter_records.densitometry.intensity import describe
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.errors import Invalid
from blotter_records.vocabulary import BackgroundMethod
from hypothesis import given
from hypothesis import strategies as st

FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=60)


@given(FLOATS)
def test_sums_are_those_of_fractions(values: list[float]) -> None:
    exact = [Fraction(one) for one in values]
    assert float_sums(np.array(values, np.float32)) == (sum(exact), sum(one * one for one in exact))


@given(FLOATS, st.randoms())
def test_the_order_of_pixels_changes_no_number(values: list[float], chance: object) -> None:
    shuffled = list(values)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert describe(np.array(values, np.float32)) == describe(np.array(shuffled, np.float32))


def test_many_pixels_are_summed_exactly() -> None:
    """More than one piece: 5 million pixels of very different size."""
    values = np.full(5_000_000, 0.1, np.float32)
    values[::2] = 3e7
    tenth = Fraction(float(np.float32(0.1)))
    half = 2_500_000
    assert float_sums(values) == (half * (tenth + 30_000_000), half * (tenth**2 + 30_000_000**2))


#: What a method needs beside its name.
PARAMETERS: dict[BackgroundMethod, dict[str, Any]] = {
    BackgroundMethod.LANE: {"reach": 20},
    BackgroundMethod.USER_DEFINED: {"shapes": ("S2",)},
    BackgroundMethod.ROLLING_BALL: {"radius": 12.0},
}


@pytest.mark.parametrize("method", list(BackgroundMethod))
def test_whole_counts_give_the_same_numbers_as_floats(method: BackgroundMethod) -> None:
    counts = np.random.default_rng(1).integers(0, 65536, (60, 80), dtype=np.uint16)
    shapes = [("S1", Rectangle(10, 10, 30, 40)), ("S2", Rectangle(28, 30, 50, 60))]
    background = Background(method, **PARAMETERS.get(method, {}))
    whole = measure_shapes(counts, shapes, background, 65_000)
    floats = measure_shapes(counts.astype(np.float32), shapes, background, 65_000)
    assert floats == whole
    assert [type(one.total) for one in floats] == [float, float]
    assert [type(one.total) for one in whole] == [int, int]


def test_scaled_floats_give_scaled_numbers() -> None:
    counts = np.random.default_rng(2).normal(0, 1, (60, 80)).astype(np.float32)
    (one,) = measure_shapes(counts, [("S1", Rectangle(10, 10, 30, 40))], Background(), 3.5)
    (half,) = measure_shapes(counts / 2, [("S1", Rectangle(10, 10, 30, 40))], Background(), 1.75)
    assert (half.total, half.signal, half.snr) == (one.total / 2, (one.signal or 0) / 2, one.snr)
    assert half.saturated == one.saturated
    assert one.total == math.fsum(float(value) for value in counts[10:30, 10:40].flat)


def test_floats_that_are_no_numbers_are_not_measured() -> None:
    counts = np.zeros((30, 30), np.float32)
    counts[3, 3] = np.nan
    with pytest.raises(Invalid) as refused:
        measure_shapes(counts, [("S1", Rectangle(10, 10, 20, 20))], Background(), 1.0)
    assert refused.value.code == "image.not_finite"


def test_lanes_bands_and_backgrounds_of_floats_are_those_of_whole_counts() -> None:
    counts, _ = make_blot(Recipe(seed=3))
    whole, floats = (find_blot(one, FindingParameters()) for one in (counts, counts.astype(np.float32)))
    assert len(whole.lanes) > 3
    # medians and means of profiles are made in the type of the counts: floats keep seven digits of them
    assert [one.column for one in floats.lanes] == pytest.approx([one.column for one in whole.lanes], abs=0.01)
    assert [(one.lane, one.flags) for one in floats.bands] == [(one.lane, one.flags) for one in whole.bands]
    assert [one.row for one in floats.bands] == pytest.approx([one.row for one in whole.bands], abs=0.01)
    found = [[one.measured.signal for one in blot.bands] for blot in (floats, whole)]
    assert found[0] == pytest.approx(found[1], rel=1e-3)
    shapes = [("S1", Rectangle(100, 100, 120, 140))]
    of_whole, of_floats = (sensitivity(one, shapes)[0].signals for one in (counts, counts.astype(np.float32)))
    assert of_floats.keys() == of_whole.keys()
    for name, signal in of_whole.items():
        assert of_floats[name] == pytest.approx(signal, rel=1e-12)
