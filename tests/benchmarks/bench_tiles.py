"""The tile pyramid of a 4000 x 3000 image against scikit-image's means of 2 x 2, and one tile from the cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from blotter_records.adapters.tiles import TileCache, halve, levels
from run import Benchmark, compare
from skimage.transform import downscale_local_mean


def benchmarks() -> Iterator[Benchmark]:
    """Compare."""
    counts = np.random.default_rng(0).integers(0, 60_000, (3000, 4000), dtype=np.uint16)
    below = len(levels(*counts.shape)) - 1
    assert np.array_equal(halve(counts), np.floor(downscale_local_mean(counts, (2, 2)) + 0.5))

    def ours() -> None:
        level = counts
        for _ in range(below):
            level = halve(level)

    def peer() -> None:
        level = counts
        for _ in range(below):
            level = downscale_local_mean(level, (2, 2))

    yield compare("tile pyramid of 4000 x 3000", "skimage.transform.downscale_local_mean", ours, peer)

    cache = TileCache()
    cache.tile("a", lambda: counts, level=0, row=0, column=0)
    yield compare(
        "one tile from the cache",
        "numpy slice and tobytes",
        lambda: cache.tile("a", lambda: counts, level=0, row=5, column=7),
        lambda: counts[1280:1536, 1792:2048].astype("<u2").tobytes(),
        runs=200,
    )
