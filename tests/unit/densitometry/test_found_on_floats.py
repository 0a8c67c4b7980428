"""Counts that are fractions are searched and compared like whole ones."""

import numpy as np
import pytest
from blotter_records.densitometry import Rectangle
from blotter_records.densitometry.backgrounds.sensitivity import sensitivity
from blotter_records.densitometry.finding import find_blot
from blotter_records.densitometry.synthetic import Recipe, make_blot

#: A power of two: no count is rounded.
PART = 8


def test_the_same_bands_are_found_and_each_background_gives_its_part():
    counts, _ = make_blot(Recipe(seed=1))
    parts = (counts / PART).astype(np.float32)
    whole, fractions = find_blot(counts), find_blot(parts)
    assert [(one.lane, one.extent.start, one.extent.stop) for one in fractions.bands] == [
        (one.lane, one.extent.start, one.extent.stop) for one in whole.bands
    ]
    shapes = [("S1", Rectangle(100, 100, 130, 180))]
    [of_whole], [of_parts] = sensitivity(counts, shapes, radius=None), sensitivity(parts, shapes, radius=None)
    for method, signal in of_whole.signals.items():
        assert of_parts.signals[method] * PART == pytest.approx(signal, rel=1e-9), method
