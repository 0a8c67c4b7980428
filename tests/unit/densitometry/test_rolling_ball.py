"""The rolling ball equals ImageJ's, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from blotter_records.densitometry.backgrounds.rolling_ball import rolling_ball
from blotter_records.errors import Invalid
from blotter_records.services.analyses.balls import Balls
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "imagej_rolling_ball.json").read_text())["background"]


def made() -> np.ndarray:
    """Return the image that ImageJ was given: a texture, a ramp, a band."""
    y, x = np.mgrid[0:61, 0:83]
    band = 8000 * (((y - 30) // 4 == 0) & (abs(x - 40) < 15))
    return ((y * 37 + x * 91 + y * x * 13) % 211 + 400 + 5 * x + 3 * y + band + (x * x * y) % 17).astype(np.uint16)


@pytest.mark.parametrize("radius", ["3", "12.5", "50", "200"], ids="radius {}".format)
def test_background_equals_imagej(radius: str) -> None:
    ours = rolling_ball(made(), float(radius))
    rows, columns = sorted({*range(0, 61, 5), 60}), sorted({*range(0, 83, 5), 82})
    assert np.array_equal(ours[np.ix_(rows, columns)], np.array(REFERENCE[radius], dtype=np.float32))


@settings(max_examples=20, deadline=None)
@given(counts=arrays(np.uint16, (23, 31), elements=st.integers(0, 65535)), radius=st.sampled_from([2.0, 15.0, 40.0]))
def test_background_lies_under_the_smoothed_image_within_its_extremes(counts: np.ndarray, radius: float) -> None:
    background = rolling_ball(counts, radius)
    if radius <= 10:
        padded = np.pad(counts.astype(np.float64), 1, mode="edge")
        smooth = sum(padded[i : i + 23, j : j + 31] for i in range(3) for j in range(3)) / 9
        assert (background <= smooth + 0.01).all()
    assert background.max() <= counts.max() * 1.5 + 1


@pytest.mark.parametrize("radius", [1.0, 11.0, 31.0, 101.0])
def test_a_constant_image_is_its_own_background(radius: float) -> None:
    assert np.allclose(rolling_ball(np.full((50, 70), 1234, dtype=np.uint16), radius), 1234, atol=1e-3)
    assert np.allclose(rolling_ball(np.full((3, 2), 9, dtype=np.uint8), radius), 9, atol=1e-5)


def test_what_is_no_radius_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        rolling_ball(made(), 0.5)
    assert refused.value.code == "background.radius"


def test_a_kept_ball_is_the_same_and_is_kept_for_its_pixels_and_radius_alone() -> None:
    balls, counts, rolled = Balls(), made(), rolling_ball(made(), 12.0)
    first = balls.of("a" * 64)(counts, 12.0)
    assert np.array_equal(first, rolled)
    assert balls.of("a" * 64)(counts, 12.0) is first
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 0
    other = balls.of("b" * 64)(counts[::-1], 12.0)
    assert np.array_equal(other, rolling_ball(counts[::-1], 12.0))
    assert not np.array_equal(other, first)
    balls.of("a" * 64)(counts, 20.0)
    again = balls.of("a" * 64)(counts, 12.0)
    assert again is not first
    assert np.array_equal(again, first)
