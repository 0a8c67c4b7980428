"""The blot maker: the truth it states is recovered by measuring what it draws."""

from __future__ import annotations

import time

import numpy as np
import pytest
from blotter_records.densitometry import Background, Rectangle, measure_shapes
from blotter_records.densitometry.synthetic import WHITE, Recipe, make_blot
from blotter_records.errors import Invalid
from blotter_records.vocabulary import BackgroundSides

#: A membrane of one count everywhere, no noise, no dust, nothing saturated.
CLEAN = Recipe(tilt=0, glow=0, smear=0, gain=0, read_noise=0, specks=0, saturated=0, skew=0)


def _signals(recipe: Recipe, sides: BackgroundSides) -> np.ndarray:
    """Return (measured signal - true volume) / true volume of every band, from its own rectangle."""
    counts, truth = make_blot(recipe)
    shapes = [(f"S{at}", band.rectangle) for at, band in enumerate(truth.bands)]
    measured = measure_shapes(counts, shapes, Background(sides=sides), WHITE)
    return np.array([one.signal / band.volume - 1 for one, band in zip(measured, truth.bands, strict=True)])


def test_without_noise_every_volume_is_recovered_within_three_tenths_of_a_percent() -> None:
    """Left: the tails outside the rectangle (0.01 %), rounding to counts, and tails of neighbours in the border."""
    assert np.abs(_signals(CLEAN, BackgroundSides.ALL)).max() < 0.003


def test_with_noise_and_an_uneven_membrane_strong_bands_are_recovered_within_five_percent() -> None:
    recipe = Recipe(seed=3, weakest=3000, saturated=0, specks=0)
    errors = np.abs(_signals(recipe, BackgroundSides.TOP_BOTTOM))
    assert np.median(errors) < 0.01
    assert errors.max() < 0.05


def test_a_band_adds_up_to_its_volume() -> None:
    counts, truth = make_blot(CLEAN)
    added = counts.astype(np.int64).sum() - CLEAN.offset * counts.size
    volumes = sum(band.volume for band in truth.bands)
    assert added == pytest.approx(volumes, rel=1e-4)
    for band in truth.bands:
        assert band.volume_in_rectangle == pytest.approx(band.volume, rel=5e-4)
        assert band.background_in_rectangle == pytest.approx(CLEAN.offset * band.rectangle.area)


def test_saturation_is_made_and_known() -> None:
    counts, truth = make_blot(Recipe(seed=1, saturated=3))
    clipped = [band for band in truth.bands if band.peak > WHITE]
    assert len(clipped) == 3
    for band in clipped:
        r = band.rectangle
        assert band.saturated == np.count_nonzero(counts[r.row0 : r.row1, r.column0 : r.column1] == WHITE) > 20


def test_same_seed_same_blot_and_other_seed_another() -> None:
    first, truth = make_blot(Recipe(seed=5, rows=400, columns=500, bands=3))
    again, same = make_blot(Recipe(seed=5, rows=400, columns=500, bands=3))
    other, _ = make_blot(Recipe(seed=6, rows=400, columns=500, bands=3))
    assert np.array_equal(first, again)
    assert truth == same
    assert not np.array_equal(first, other)


def test_smile_and_skew_move_bands() -> None:
    _, straight = make_blot(Recipe(seed=2, smile=0, skew=0))
    _, bent = make_blot(Recipe(seed=2, smile=25, skew=0.03))
    outer, inner = straight.bands[0], straight.bands[5 * 5]
    moved = {(band.lane, band.level): band for band in bent.bands}
    assert moved[outer.lane, outer.level].row - outer.row > 15
    assert moved[inner.lane, inner.level].row - inner.row < 2
    assert moved[outer.lane, 4].column - straight.bands[4].column > 5


def test_rectangles_lie_on_the_image_whatever_is_asked() -> None:
    recipe = Recipe(rows=200, columns=160, lanes=12, bands=4, smile=60, skew=0.3, sigma=4)
    counts, truth = make_blot(recipe)
    assert counts.shape == (200, 160)
    assert counts.dtype == np.uint16
    whole = Rectangle(0, 0, 200, 160)
    assert len(truth.bands) == 48
    for band in truth.bands:
        r = band.rectangle
        assert r.overlaps(whole)
        assert min(r.row0, r.column0) >= 0
        assert r.row1 <= 200
        assert r.column1 <= 160


@pytest.mark.parametrize("wrong", [{"lanes": 0}, {"bands": 100}, {"gain": -1.0}, {"weakest": 0.0}, {"lanes": 200}])
def test_what_cannot_be_made_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(Invalid) as refused:
        Recipe(**wrong)  # type: ignore[arg-type]
    assert refused.value.code == "blot.recipe"


def test_a_blot_takes_less_than_a_second_of_processor_time() -> None:
    before = time.process_time()
    make_blot()
    assert time.process_time() - before < 1.0
