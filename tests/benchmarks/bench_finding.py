"""Automatic lanes, bands, background and signals of a 4000 x 3000 image, against reading its pixels 100 times.

gelpy (GPL, not installed here) took 26.6 s for the lanes and 13.3 s for the bands of one lane of such an image on two
processors of the same kind; the peer here is a floor that any machine can time.
"""

from __future__ import annotations

from collections.abc import Iterator

from blotter_records.densitometry.finding import find_blot
from blotter_records.densitometry.synthetic import Recipe, make_blot
from run import Benchmark, compare


def benchmarks() -> Iterator[Benchmark]:
    """Compare."""
    counts, truth = make_blot(Recipe(rows=3000, columns=4000, lanes=14, bands=8, saturated=0))
    assert len(find_blot(counts).bands) == len(truth.bands)
    yield compare(
        "find_lanes_bands, 4000 x 3000, 14 lanes",
        "numpy: 100 sums of its pixels",
        lambda: find_blot(counts),
        lambda: [counts.sum(dtype="u8") for _ in range(100)],
        runs=5,
    )
