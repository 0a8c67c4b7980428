"""Rolling ball of radius 50 against scikit-image's; ours has ImageJ's steps, so the backgrounds differ by design."""

from __future__ import annotations

from collections.abc import Iterator

from blotter_records.densitometry.backgrounds.rolling_ball import rolling_ball
from blotter_records.densitometry.synthetic import Recipe, make_blot
from run import Benchmark, compare
from skimage.restoration import rolling_ball as skimage_rolling_ball


def benchmarks() -> Iterator[Benchmark]:
    """Compare."""
    counts, _ = make_blot(Recipe(rows=1200, columns=1600))
    yield compare(
        "rolling_ball, 1600 x 1200, radius 50",
        "skimage.restoration.rolling_ball",
        lambda: rolling_ball(counts, 50.0),
        lambda: skimage_rolling_ball(counts, radius=50, workers=1),
        runs=2,
    )
