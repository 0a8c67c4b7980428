"""Pictures: windowed by formula B32, shapes where they are."""

from __future__ import annotations

import io
import re
from pathlib import Path

import blotter_extension
import numpy as np
import pytest
from blotter_records.adapters.colours import POINTS, colours
from blotter_records.adapters.pictures import ShapePictures, thumbnail_png
from blotter_records.densitometry.masks import Ellipse
from blotter_records.densitometry.shapes import Rectangle
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.errors import Invalid
from PIL import Image


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_the_window_is_formula_b32() -> None:
    counts = np.array([[0, 100, 150, 200, 65535]] * 20, dtype=np.uint16)
    picture = opened(thumbnail_png(counts, 100, 200, 100, invert=False))
    assert picture.dtype == np.uint8
    assert picture[0].tolist() == [0, 0, 128, 255, 255]
    inverted = opened(thumbnail_png(counts, 100, 200, 100, invert=True))
    assert inverted[0].tolist() == [255, 255, 127, 0, 0]


def test_gamma_and_colours_are_those_of_the_viewer() -> None:
    counts = np.array([[0, 25, 50, 100]] * 16, dtype=np.uint16)
    grey = opened(thumbnail_png(counts, 0, 100, 100, invert=False, gamma=2))
    assert grey[0].tolist() == [0, 128, 180, 255]
    picture = opened(thumbnail_png(counts, 0, 100, 100, invert=True, gamma=2, colour="viridis"))
    table = colours("viridis")
    assert picture[0].tolist() == [table[255 - one].tolist() for one in (0, 128, 180, 255)]
    assert (picture[0, 0].tolist(), picture[0, -1].tolist()) == ([0xFD, 0xE7, 0x25], [0x44, 0x01, 0x54])
    widgets = Path(blotter_extension.__file__).parent / "labextension/blotter/static/widgets"
    told = re.findall(r"^  (\w+): \[(.*)\],$", (widgets / "viewer/colours.js").read_text(), re.MULTILINE)
    seen = {name: " ".join(re.findall(r"[0-9a-f]{6}", points)) for name, points in told}
    assert seen.pop("grey") == "000000 ffffff"
    assert seen == POINTS


def test_large_images_become_means_small_ones_stay() -> None:
    counts = np.zeros((40, 80), dtype=np.uint16)
    counts[:, 1::2] = 100
    assert opened(thumbnail_png(counts, 0, 100, 40, invert=False)).tolist() == [[128] * 40] * 20
    assert opened(thumbnail_png(counts, 0, 100, 500, invert=False)).shape == (40, 80)


def test_a_shape_is_drawn_around_its_pixels_and_labelled() -> None:
    counts = np.zeros((100, 200), dtype=np.uint16)
    shapes = [
        ("S1 actin", Rectangle(40, 50, 60, 90)),
        ("S2", Rectangle(0, 0, 100, 200)),
        ("S3", Rectangle(0, 150, 9, 199)),
    ]
    picture = opened(thumbnail_png(counts, 0, 100, 400, invert=False, shapes=shapes))
    assert picture.shape == (100, 200, 3)
    assert picture[39, 49:91].tolist() == [[213, 94, 0]] * 42
    assert picture[60, 60].tolist() == [213, 94, 0]
    assert not picture[40:60, 50:90].any()
    assert (picture[25:39, 40:100] == 255).all(axis=2).sum() > 100  # the label's plate, above the shape


def test_labels_of_any_script_at_any_edge_do_not_fail() -> None:
    counts = np.zeros((30, 30), dtype=np.uint8)
    corners = [Rectangle(0, 0, 1, 1), Rectangle(29, 29, 30, 30), Rectangle(0, 29, 1, 30), Rectangle(29, 0, 30, 1)]
    labels = ["βアクチン\nlane 1", "", "x" * 80, "\u202e"]
    assert thumbnail_png(counts, 0, 1, 16, invert=True, shapes=list(zip(labels, corners, strict=True)))


def test_the_same_picture_twice_is_the_same_bytes() -> None:
    counts, truth = make_blot(Recipe(rows=300, columns=400, bands=3))
    shapes = [(f"S{at}", band.rectangle) for at, band in enumerate(truth.bands)]
    first, second = (thumbnail_png(counts, 500, 20_000, 300, invert=True, shapes=shapes) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("lo", "hi", "side", "code"), [(5, 5, 100, "window"), (0, float("nan"), 100, "window"), (0, 1, 2, "size")]
)
def test_what_cannot_be_drawn_is_refused(lo: float, hi: float, side: int, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        thumbnail_png(np.zeros((30, 30), dtype=np.uint8), lo, hi, side, invert=False)
    assert refused.value.code == f"picture.{code}"


def test_the_ports_draw_more_signal_darker_and_take_an_empty_window() -> None:
    counts = np.full((60, 60), 7, dtype=np.uint8)
    counts[5, 5] = 9
    for window in ((7, 9), (7, 7)):
        grey = opened(ShapePictures().png(counts, window, longest_side=100, shapes=[]))
        assert (grey[0, 0], grey[5, 5]) == (255, 0)
        shapes = [("S1", Rectangle(30, 30, 40, 40)), ("S2", Ellipse(15.0, 45.0, 5.0, 8.0))]
        drawn = opened(ShapePictures().png(counts, window, longest_side=100, shapes=shapes))
        assert drawn[29, 30].tolist() == [213, 94, 0]
        assert drawn[5, 5].tolist() == [0, 0, 0]
        # The line of an ellipse goes through the ends of its axes and not through its corner.
        assert drawn[15, 53].tolist() == [213, 94, 0]
        assert drawn[20, 53].tolist() == [255, 255, 255]
    assert opened(ShapePictures().png(counts, (7, 9), longest_side=100, shapes=[])).ndim == 2
