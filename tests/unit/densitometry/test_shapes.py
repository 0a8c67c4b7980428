"""Rectangles: half-open, checked against the image, never clipped silently."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.densitometry.shapes import Rectangle, check_counts, check_on_image, mask, pixels
from blotter_records.errors import Invalid


def test_bounds_are_half_open() -> None:
    counts = np.arange(20, dtype=np.uint8).reshape(4, 5)
    rectangle = Rectangle(1, 2, 3, 5)
    assert rectangle.area == 6
    assert pixels(counts, rectangle).tolist() == [[7, 8, 9], [12, 13, 14]]
    assert mask(rectangle, (4, 5)).sum() == 6
    assert counts[mask(rectangle, (4, 5))].tolist() == [7, 8, 9, 12, 13, 14]


@pytest.mark.parametrize("bounds", [(3, 0, 3, 5), (0, 4, 5, 4), (5, 0, 4, 5), (0, 5, 4, 2)])
def test_an_empty_rectangle_is_refused(bounds: tuple[int, int, int, int]) -> None:
    with pytest.raises(Invalid, match="holds no pixel") as refused:
        Rectangle(*bounds)
    assert refused.value.code == "shape.empty"


def test_bounds_are_whole_numbers() -> None:
    with pytest.raises(Invalid) as refused:
        Rectangle(0, 0, 2.5, 3)  # type: ignore[arg-type]
    assert refused.value.code == "shape.bounds"
    assert type(Rectangle(np.uint8(250), 0, np.int64(251), 1).row0) is int  # type: ignore[arg-type]


@pytest.mark.parametrize("bounds", [(-1, 0, 2, 2), (0, -1, 2, 2), (0, 0, 5, 2), (0, 0, 2, 6), (9, 9, 10, 10)])
def test_over_the_edge_is_refused_with_where_and_why(bounds: tuple[int, int, int, int]) -> None:
    with pytest.raises(Invalid, match=r"Shape S4 .* outside the image of 4 rows and 5 columns") as refused:
        check_on_image(Rectangle(*bounds), (4, 5), "Shape S4")
    assert refused.value.code == "shape.outside"
    assert refused.value.diagnostics()


def test_the_whole_image_is_a_shape() -> None:
    check_on_image(Rectangle(0, 0, 4, 5), (4, 5))


@pytest.mark.parametrize(
    "counts",
    [
        np.zeros((3, 3, 3), dtype=np.uint8),
        np.zeros((0, 3), dtype=np.uint16),
        np.zeros((3, 3), dtype=np.int16),
        np.zeros((3, 3), dtype=np.float64),
    ],
)
def test_what_is_not_an_image_is_refused(counts: np.ndarray) -> None:
    with pytest.raises(Invalid) as refused:
        check_counts(counts)
    assert refused.value.code == "image.counts"


def test_touching_is_not_overlapping() -> None:
    assert not Rectangle(0, 0, 2, 2).overlaps(Rectangle(0, 2, 2, 4))
    assert Rectangle(0, 0, 2, 3).overlaps(Rectangle(1, 2, 2, 4))
