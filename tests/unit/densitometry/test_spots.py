"""Dot blots: the grid of spots found without a person, on drawn ones and on a real 96-well blot."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from blotter_records.densitometry.finding.spots import find_spots
from blotter_records.densitometry.intensity import describe
from blotter_records.densitometry.masks import Ellipse, ellipse_mask
from blotter_records.errors import Invalid
from skimage.io import imread


def drawn(lean: float, missing: set[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Draw 8 x 12 discs of radius 9, 30 px apart, on a noisy membrane; return counts and the centres."""
    y, x = np.mgrid[:330, :460].astype(np.float64)
    random = np.random.default_rng(5)
    counts = 400 + 0.5 * x + random.normal(0, 20, y.shape)
    angle = math.radians(lean)
    centres = np.zeros((8, 12, 2))
    for i in range(8):
        for j in range(12):
            row = 60 + 30 * (i * math.cos(angle) + j * math.sin(angle))
            column = 55 + 30 * (j * math.cos(angle) - i * math.sin(angle))
            centres[i, j] = row, column
            if (i, j) not in missing:
                counts += random.uniform(800, 5000) * (np.hypot(y - row, x - column) < 9)
    return np.clip(np.rint(counts), 0, 65535).astype(np.uint16), centres


@pytest.mark.parametrize(("lean", "missing"), [(0.0, set()), (-3.0, set()), (2.0, {(0, 0), (3, 4), (7, 11)})])
def test_drawn_spots_are_found(lean: float, missing: set[tuple[int, int]]) -> None:
    counts, centres = drawn(lean, missing)
    spots = find_spots(counts, 8, 12)
    assert [(one.grid_row, one.grid_column) for one in spots] == [(i, j) for i in range(8) for j in range(12)]
    away = [math.dist((one.row, one.column), centres[one.grid_row, one.grid_column]) for one in spots]
    assert max(away) < (3 if missing else 1)
    assert spots[0].radius == pytest.approx(9, abs=0.7)


def test_all_wells_of_a_real_blot_are_found_with_the_published_values(sample_images: Path) -> None:
    counts = imread(sample_images / "htqdotblot_example_700.tif")
    with (sample_images / "htqdotblot_example_700_measurements.csv").open() as file:
        published = list(csv.DictReader(file))
    spots = find_spots(counts, 8, 12)
    assert len(spots) == len(published) == 96
    away = [
        math.dist((one.row, one.column), (float(well["y_center"]), float(well["x_center"])))
        for one, well in zip(spots, published, strict=True)
    ]
    assert max(away) < 7  # a spot's radius is 16 px; the farthest is G09, with a stain around it
    assert np.median(away) < 2.5
    # The table's disc is not published; one of 17.5 px fits it best.
    discs = [describe(counts[ellipse_mask(Ellipse(one.row, one.column, 17.5, 17.5), counts.shape)]) for one in spots]
    means = [abs(one.mean / float(well["mean"]) - 1) for one, well in zip(discs, published, strict=True)]
    medians = [abs(one.median / float(well["median"]) - 1) for one, well in zip(discs, published, strict=True)]
    assert np.median(means) < 0.03
    assert np.median(medians) < 0.01


def test_a_grid_that_cannot_be_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        find_spots(np.zeros((20, 20), dtype=np.uint8), 8, 12)
    assert refused.value.code == "spots.grid"
