"""100 rectangles on a 4000 x 3000 image: ours against numpy's and scikit-image's, equal before timed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from blotter_records.densitometry import Background, Rectangle, measure_shapes
from blotter_records.densitometry.shapes import Counts
from run import Benchmark, compare
from skimage.measure import regionprops_table


def benchmarks() -> Iterator[Benchmark]:
    """Compare."""
    counts = np.random.default_rng(0).integers(0, 60_000, (3000, 4000), dtype=np.uint16)
    shapes = [
        (f"S{10 * row + column}", Rectangle(200 + 260 * row, 150 + 370 * column, 240 + 260 * row, 250 + 370 * column))
        for row in range(10)
        for column in range(10)
    ]
    labels = np.zeros(counts.shape, dtype=np.int32)
    for at, (_, r) in enumerate(shapes):
        labels[r.row0 : r.row1, r.column0 : r.column1] = at + 1
    ours = measure_shapes(counts, shapes, Background(), 65535)
    plain = [_numpy(counts, r) for _, r in shapes]
    assert [(one.total, one.median, one.background) for one in ours] == [(p[0], p[5], p[6]) for p in plain]
    assert np.allclose([one.mean for one in ours], _skimage(counts, labels)["intensity_mean"], rtol=1e-12)
    few, one_large = shapes[:10], [("S1", Rectangle(5, 5, 2995, 3995))]

    def measured() -> object:
        return measure_shapes(counts, shapes, Background(), 65535)

    yield compare(
        "measure_100: 100 rectangles, all 15 numbers",
        "numpy: sum, mean, min, max, SD, two medians",
        measured,
        lambda: [_numpy(counts, r) for _, r in shapes],
        runs=25,
    )
    yield compare(
        "100 rectangles, all 15 numbers (labels given)",
        "skimage.measure.regionprops_table, 6 numbers",
        measured,
        lambda: _skimage(counts, labels),
    )
    yield compare(
        "10 rectangles, all 15 numbers",
        "numpy: sum, mean, min, max, SD, two medians",
        lambda: measure_shapes(counts, few, Background(), 65535),
        lambda: [_numpy(counts, r) for _, r in few],
        runs=25,
    )
    yield compare(
        "one rectangle of 12 Mpx, all 15 numbers",
        "numpy: sum, mean, min, max, SD, two medians",
        lambda: measure_shapes(counts, one_large, Background(), 65535),
        lambda: _numpy(counts, one_large[0][1]),
    )


def _numpy(counts: Counts, r: Rectangle) -> tuple[float, ...]:
    """Measure one rectangle as one would type it in a notebook."""
    values = counts[r.row0 : r.row1, r.column0 : r.column1]
    outer = counts[r.row0 - 3 : r.row1 + 3, r.column0 - 3 : r.column1 + 3]
    ring = np.concatenate([outer[:3].ravel(), outer[-3:].ravel(), outer[3:-3, :3].ravel(), outer[3:-3, -3:].ravel()])
    return (
        int(values.sum(dtype=np.uint64)),
        float(values.mean()),
        int(values.min()),
        int(values.max()),
        float(values.std(ddof=1)),
        float(np.median(values)),
        float(np.median(ring)),
    )


def _skimage(counts: Counts, labels: np.ndarray) -> dict[str, np.ndarray]:
    names = ("area", "intensity_mean", "intensity_min", "intensity_max", "intensity_std", "intensity_median")
    return regionprops_table(labels, counts, properties=names)  # type: ignore[no-any-return]
