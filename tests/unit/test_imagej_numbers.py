"""Numbers of rectangles on 5 real images against ImageJ 1.53t's.

38 with an even number of pixels (data/imagej_measurements.json), 30 with an odd one (imagej_odd_measurements.json).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blotter_records.densitometry import Background, Rectangle, ShapeMeasurement, measure_shapes
from blotter_records.densitometry.background import border_pixels
from blotter_records.densitometry.intensity import describe
from blotter_records.densitometry.shapes import Counts, pixels
from blotter_records.vocabulary import BackgroundMethod, BackgroundSides
from skimage.io import imread

DATA = Path(__file__).parent / "data"
REFERENCE = json.loads((DATA / "imagej_measurements.json").read_text())["images"]
ODD = json.loads((DATA / "imagej_odd_measurements.json").read_text())["images"]

#: ImageJ prints and sums in doubles; ours are rounded once. Some units in the last place may lie between.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Case:
    """One rectangle with ImageJ's numbers, and ours under both kinds of background."""

    image: str
    expected: dict[str, Any]
    rectangle: Rectangle
    counts: Counts
    median: ShapeMeasurement
    average: ShapeMeasurement


def _counts(path: Path, saved: dict[str, Any]) -> Counts:
    """Decode independently of the product's reader; colour becomes grey by ImageJ's rule floor((R+G+B)/3 + 0.5)."""
    stored = imread(path)
    if stored.ndim == 3:
        stored = ((stored[..., :3].astype(np.uint32).sum(axis=2) * 2 + 3) // 6).astype(np.uint8)
    assert list(stored.shape) == saved["shape"][:2]
    return stored


@pytest.fixture(scope="module")
def cases(sample_images: Path) -> list[Case]:
    """Return every rectangle of the reference, measured alone (ImageJ knows of no other shapes)."""
    return list(_cases(sample_images))


def _cases(folder: Path) -> Iterator[Case]:
    for image, saved in REFERENCE.items():
        counts = _counts(folder / image, saved)
        for expected in saved["rects"]:
            x, y, w, h = (expected[name] for name in "xywh")
            rectangle = Rectangle(y, x, y + h, x + w)
            median, average = (
                measure_shapes(counts, [("S1", rectangle)], Background(method), 65535)[0]
                for method in (BackgroundMethod.MEDIAN, BackgroundMethod.AVERAGE)
            )
            yield Case(image, expected, rectangle, counts, median, average)


def test_all_rectangles_are_here(cases: list[Case]) -> None:
    assert len(cases) == 38
    assert len({case.image for case in cases}) == 5


def test_whole_numbers_equal_imagej(cases: list[Case]) -> None:
    for case in cases:
        ours, theirs = case.median, case.expected
        assert (ours.area, ours.minimum, ours.maximum) == (theirs["area"], theirs["min"], theirs["max"])
        # ImageJ's sum is its mean times the area, so it can end in .99999999999
        assert theirs["raw_int_den"] == pytest.approx(ours.total, rel=ROUNDING, abs=0)
        assert ours.total == round(theirs["raw_int_den"]) == theirs["numpy"]["sum"]


def test_means_and_standard_deviations_equal_imagej_to_rounding(cases: list[Case]) -> None:
    for case in cases:
        assert case.median.mean == pytest.approx(case.expected["mean"], rel=ROUNDING, abs=0)
        assert case.median.standard_deviation == pytest.approx(case.expected["std"], rel=ROUNDING, abs=0)


def test_medians_of_an_even_number_equal_numpys_and_imagejs_is_the_upper_middle_count(cases: list[Case]) -> None:
    for case in cases:
        ordered = np.sort(pixels(case.counts, case.rectangle), axis=None)
        assert ordered.size % 2 == 0
        assert case.median.median == case.expected["numpy"]["median"]
        assert case.expected["median"] == ordered[ordered.size // 2]


def test_rectangles_of_an_odd_number_of_pixels_equal_imagej_in_everything(sample_images: Path) -> None:
    measured = 0
    for image, rectangles in ODD.items():
        counts = imread(sample_images / image)
        for theirs in rectangles:
            x, y, w, h = (theirs[name] for name in "xywh")
            ours = describe(pixels(counts, Rectangle(y, x, y + h, x + w)))
            assert ours.area % 2 == 1
            assert (ours.area, ours.minimum, ours.maximum) == (theirs["area"], theirs["min"], theirs["max"])
            assert ours.median == theirs["median"]
            assert ours.mean == pytest.approx(theirs["mean"], rel=ROUNDING, abs=0)
            assert ours.standard_deviation == pytest.approx(theirs["std"], rel=ROUNDING, abs=0)
            measured += 1
    assert measured == 30


def test_border_of_three_pixels_equals_imagejs_ring(cases: list[Case]) -> None:
    for case in cases:
        ring = border_pixels(case.counts, case.rectangle, 3, BackgroundSides.ALL)
        of = describe(ring.values)
        assert of.area == case.expected["ring3_area"]
        assert ring.excluded == 0
        assert of.total == round(case.expected["ring3_raw_int_den"])
        assert case.expected["ring3_raw_int_den"] == pytest.approx(of.total, rel=ROUNDING, abs=0)
        assert case.average.background == pytest.approx(case.expected["ring3_mean"], rel=ROUNDING, abs=0)
        assert case.median.background == case.expected["numpy"]["ring3_median"]
        ordered = np.sort(ring.values)
        assert case.expected["ring3_median"] == ordered[ordered.size // 2]


def test_signal_is_the_net_sum(cases: list[Case]) -> None:
    for case in cases:
        assert case.median.signal == case.expected["numpy"]["net_sum_ring3_median_numpy"]
        average = case.expected["raw_int_den"] - case.expected["ring3_mean"] * case.expected["area"]
        scale = case.expected["raw_int_den"]
        assert case.average.signal == pytest.approx(average, rel=0, abs=scale * ROUNDING)
