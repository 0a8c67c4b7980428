"""Cases that can be checked by hand: constant, ramp, known bands, saturation, overlap, edges, 16-bit limits."""

from __future__ import annotations

import math
from dataclasses import asdict, fields
from fractions import Fraction

import numpy as np
import pytest
from blotter_records.contract.analyses import Measurement
from blotter_records.densitometry import EXACTNESS, Background, Rectangle, ShapeMeasurement, measure_shapes
from blotter_records.densitometry.background import border, border_pixels
from blotter_records.densitometry.intensity import Ratio, describe, standard_deviation, sums
from blotter_records.densitometry.shapes import Counts
from blotter_records.densitometry.signal import signal
from blotter_records.errors import Invalid
from blotter_records.vocabulary import BackgroundMethod, BackgroundSides
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

AVERAGE = Background(BackgroundMethod.AVERAGE)


def measure(counts: Counts, rectangle: Rectangle, background: Background | None = None) -> ShapeMeasurement:
    """Measure one shape."""
    (measured,) = measure_shapes(counts, [("S1", rectangle)], background or Background(), 65535)
    return measured


def test_fields_are_those_of_the_contract() -> None:
    names = [field.name for field in fields(ShapeMeasurement)]
    assert names == list(Measurement.model_fields)
    assert set(EXACTNESS) == set(names) - {"shape", "notes"}
    measured = measure(np.full((30, 30), 7, dtype=np.uint8), Rectangle(10, 10, 20, 20))
    assert Measurement(**asdict(measured)).notes == list(measured.notes)


def test_constant_image_has_no_signal_and_no_snr() -> None:
    measured = measure(np.full((40, 40), 1000, dtype=np.uint16), Rectangle(10, 10, 20, 30))
    assert (measured.area, measured.total, measured.mean, measured.median) == (200, 200_000, 1000.0, 1000.0)
    assert (measured.minimum, measured.maximum, measured.standard_deviation) == (1000, 1000, 0.0)
    assert (measured.background, measured.background_standard_deviation, measured.signal) == (1000.0, 0.0, 0.0)
    assert measured.background_pixels == 16 * 26 - 200
    assert measured.snr is None
    assert any("SNR is not defined" in note for note in measured.notes)


def test_ramp_average_and_median_of_a_closed_frame_are_its_centre() -> None:
    counts = (np.arange(60, dtype=np.uint16)[:, np.newaxis] * 10 + np.zeros(60, dtype=np.uint16)).astype(np.uint16)
    rectangle = Rectangle(20, 20, 31, 40)
    for background in (AVERAGE, Background()):
        measured = measure(counts, rectangle, background)
        assert measured.mean == measured.median == measured.background == 250.0
        assert measured.signal == 0.0


def test_on_a_bent_ramp_average_and_median_differ_as_calculated() -> None:
    counts = (np.arange(40, dtype=np.uint16)[:, np.newaxis] ** 2 + np.zeros(40, dtype=np.uint16)).astype(np.uint16)
    strips = Background(BackgroundMethod.AVERAGE, 1, BackgroundSides.TOP_BOTTOM)
    rectangle = Rectangle(10, 5, 20, 25)  # strips: rows 9 and 20, 20 px each
    measured = measure(counts, rectangle, strips)
    assert measured.background == (81 + 400) / 2
    assert measured.background_pixels == 40
    total = 20 * sum(row**2 for row in range(10, 20))
    assert measured.total == total
    assert measured.signal == total - 200 * 240.5
    assert measured.background_standard_deviation == pytest.approx(159.5 * math.sqrt(40 / 39), rel=1e-15)


def test_a_band_of_known_volume_on_a_ramp_is_found_exactly() -> None:
    row = np.arange(50)[:, np.newaxis]
    counts = (500 + 4 * row + np.zeros((50, 50), dtype=np.int64)).astype(np.uint16)
    counts[20:31, 10:30] += 300
    measured = measure(counts, Rectangle(20, 10, 31, 30), AVERAGE)
    assert measured.signal == 300 * 11 * 20


def test_standard_deviation_has_n_minus_1_and_needs_two_pixels() -> None:
    counts = np.zeros((20, 20), dtype=np.uint16)
    counts[5, 5:9] = [2, 4, 4, 6]
    assert measure(counts, Rectangle(5, 5, 6, 9)).standard_deviation == math.sqrt(8 / 3)
    alone = measure(counts, Rectangle(5, 5, 6, 6))
    assert (alone.standard_deviation, alone.mean, alone.median, alone.area) == (None, 2.0, 2.0, 1)
    assert any("Standard deviation" in note for note in alone.notes)


@pytest.mark.parametrize(("values", "expected"), [([3, 1, 2], 2.0), ([4, 1, 2, 3], 2.5), ([9], 9.0), ([5, 6], 5.5)])
def test_median_of_an_even_number_is_the_mean_of_the_two_middle_counts(values: list[int], expected: float) -> None:
    assert describe(np.array(values, dtype=np.uint16)).median == expected == np.median(values)


def test_saturated_pixels_are_counted_from_the_level_on_and_noted() -> None:
    counts = np.full((30, 30), 100, dtype=np.uint16)
    counts[10, 10:14] = [4094, 4095, 4096, 65535]
    (measured,) = measure_shapes(counts, [("S1", Rectangle(10, 10, 12, 14))], Background(), 4095)
    assert (measured.saturated, measured.saturated_fraction) == (3, 3 / 8)
    assert "3 of 8 pixels are saturated: total and signal are too small." in measured.notes


def test_signal_may_be_negative() -> None:
    counts = np.full((30, 30), 100, dtype=np.uint16)
    counts[10:15, 10:15] = 60
    measured = measure(counts, Rectangle(10, 10, 15, 15))
    assert measured.signal == -40 * 25
    assert any("negative" in note for note in measured.notes)


def test_sixteen_bit_limits_do_not_wrap() -> None:
    counts = np.full((3000, 2000), 65535, dtype=np.uint16)
    of = sums(counts)
    assert of == (6_000_000, 65535 * 6_000_000, 65535**2 * 6_000_000)
    assert standard_deviation(of) == 0.0
    measured = measure(counts, Rectangle(0, 0, 3000, 2000))
    assert (measured.total, measured.mean, measured.saturated_fraction) == (65535 * 6_000_000, 65535.0, 1.0)


def test_standard_deviation_of_a_small_spread_on_a_large_offset_is_not_lost() -> None:
    counts = np.full(4_000_001, 65000, dtype=np.uint16)
    counts[0] = 65001
    assert standard_deviation(sums(counts)) == pytest.approx(math.sqrt(1 / 4_000_001), rel=1e-15)


def test_a_frame_has_square_corners_and_strips_do_not() -> None:
    rectangle = Rectangle(10, 10, 24, 50)
    area = {sides: sum(part.area for part in border(rectangle, 3, sides)) for sides in BackgroundSides}
    assert area == {
        BackgroundSides.ALL: 20 * 46 - 14 * 40,
        BackgroundSides.TOP_BOTTOM: 2 * 3 * 40,
        BackgroundSides.LEFT_RIGHT: 2 * 3 * 14,
    }


def test_sides_are_where_they_say() -> None:
    counts = np.zeros((30, 30), dtype=np.uint16)
    counts[:10] = counts[20:] = 100
    counts[10:20, :10] = counts[10:20, 20:] = 10
    rectangle = Rectangle(10, 10, 20, 20)
    above = measure(counts, rectangle, Background(BackgroundMethod.AVERAGE, 3, BackgroundSides.TOP_BOTTOM))
    beside = measure(counts, rectangle, Background(BackgroundMethod.AVERAGE, 3, BackgroundSides.LEFT_RIGHT))
    assert (above.background, beside.background) == (100.0, 10.0)


def test_border_outside_the_image_is_left_out_and_counted() -> None:
    counts = np.full((30, 30), 5, dtype=np.uint8)
    measured = measure(counts, Rectangle(0, 0, 10, 10))
    assert measured.background_pixels == 13 * 13 - 100
    assert measured.background_pixels + measured.background_excluded == 16 * 16 - 100
    assert measured.background == 5.0


def test_pixels_of_other_shapes_are_no_background() -> None:
    counts = np.full((40, 40), 50, dtype=np.uint16)
    counts[10:20, 22:30] = 9999
    shapes = [("S1", Rectangle(10, 10, 20, 20)), ("S2", Rectangle(10, 22, 20, 30))]
    first, second = measure_shapes(counts, shapes, AVERAGE, 65535)
    assert first.background == 50.0
    assert first.background_excluded == 10  # one column of the frame, rows 10 to 20
    assert second.background_excluded == 10
    assert first.notes == ("SNR is not defined: all background pixels have the same count.",)


def test_overlapping_shapes_are_flagged() -> None:
    counts = np.full((40, 40), 50, dtype=np.uint16)
    shapes = [("S1", Rectangle(10, 10, 20, 20)), ("S2", Rectangle(15, 15, 25, 25)), ("S3", Rectangle(30, 30, 35, 35))]
    first, second, third = measure_shapes(counts, shapes, Background(), 65535)
    assert "Overlaps S2: the shared pixels count in each." in first.notes
    assert "Overlaps S1: the shared pixels count in each." in second.notes
    assert not any("Overlaps" in note for note in third.notes)


def test_fewer_than_twenty_border_pixels_are_no_background() -> None:
    counts = np.full((10, 30), 50, dtype=np.uint16)
    strips = Background(width=1, sides=BackgroundSides.TOP_BOTTOM)
    nineteen = measure(counts, Rectangle(0, 0, 5, 19), strips)
    assert (nineteen.background, nineteen.signal, nineteen.snr) == (None, None, None)
    assert (nineteen.background_pixels, nineteen.background_excluded) == (19, 19)
    assert any("19 of 38 border pixels are usable, 20 are needed" in note for note in nineteen.notes)
    assert measure(counts, Rectangle(0, 0, 5, 20), strips).background == 50.0


def test_without_background_there_is_no_signal() -> None:
    measured = measure(
        np.full((30, 30), 5, dtype=np.uint8), Rectangle(10, 10, 20, 20), Background(BackgroundMethod.NONE)
    )
    assert (measured.background, measured.signal, measured.snr, measured.background_pixels) == (None, None, None, 0)
    assert any("No background was chosen" in note for note in measured.notes)


def test_snr_is_signal_over_area_and_spread() -> None:
    counts = np.full((30, 30), 100, dtype=np.uint16)
    counts[::2] = 104
    counts[10:20, 10:20] = 200
    measured = measure(counts, Rectangle(10, 10, 20, 20), AVERAGE)
    assert measured.signal is not None
    assert measured.background_standard_deviation is not None
    expected = measured.signal / (100 * measured.background_standard_deviation)
    assert measured.snr == pytest.approx(expected, rel=1e-15)


def test_signal_is_rounded_once() -> None:
    third = Ratio(1, 3)
    assert signal(10**15, 3, third) == float(10**15 - 1)
    assert signal(7, 1, third) == float(Fraction(20, 3))


@pytest.mark.parametrize(
    ("shapes", "level", "code"),
    [
        ([("S1", Rectangle(0, 0, 5, 5)), ("S1", Rectangle(5, 5, 6, 6))], 65535, "shape.duplicate"),
        ([("S1", Rectangle(0, 0, 5, 11))], 65535, "shape.outside"),
        ([], 0, "image.saturation_level"),
    ],
)
def test_wrong_input_is_refused(shapes: list[tuple[str, Rectangle]], level: int, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        measure_shapes(np.zeros((10, 10), dtype=np.uint8), shapes, Background(), level)
    assert refused.value.code == code


@pytest.mark.parametrize("width", [0, 6, -1])
def test_border_is_one_to_five_pixels_wide(width: int) -> None:
    with pytest.raises(Invalid) as refused:
        Background(width=width)
    assert refused.value.code == "background.width"


def test_no_shapes_no_numbers() -> None:
    assert measure_shapes(np.zeros((10, 10), dtype=np.uint8), [], Background(), 255) == []


@settings(max_examples=60, deadline=None)
@given(
    counts=arrays(np.uint16, (24, 30), elements=st.integers(0, 65535)),
    corner=st.tuples(st.integers(0, 20), st.integers(0, 25)),
    size=st.tuples(st.integers(1, 10), st.integers(1, 10)),
    other=st.tuples(st.integers(0, 20), st.integers(0, 25)),
    width=st.integers(1, 5),
    sides=st.sampled_from(BackgroundSides),
)
def test_numbers_equal_their_definitions(
    *,
    counts: Counts,
    corner: tuple[int, int],
    size: tuple[int, int],
    other: tuple[int, int],
    width: int,
    sides: BackgroundSides,
) -> None:
    """Every pixel is visited by plain Python, with fractions; ours must be equal, not close."""
    r = Rectangle(*corner, min(24, corner[0] + size[0]), min(30, corner[1] + size[1]))
    o = Rectangle(*other, other[0] + 4, other[1] + 5)
    shapes = [("S1", r), ("S2", o)]
    measured = measure_shapes(counts, shapes, Background(BackgroundMethod.AVERAGE, width, sides), 60000)[0]

    inside = [int(counts[y, x]) for y in range(24) for x in range(30) if _in(r, y, x)]
    assert (measured.area, measured.total) == (len(inside), sum(inside))
    assert (measured.minimum, measured.maximum) == (min(inside), max(inside))
    assert measured.mean == float(Fraction(sum(inside), len(inside)))
    assert measured.saturated == sum(value >= 60000 for value in inside)
    assert measured.median == float(np.median(inside))

    wide = {
        BackgroundSides.ALL: Rectangle(r.row0 - width, r.column0 - width, r.row1 + width, r.column1 + width),
        BackgroundSides.TOP_BOTTOM: Rectangle(r.row0 - width, r.column0, r.row1 + width, r.column1),
        BackgroundSides.LEFT_RIGHT: Rectangle(r.row0, r.column0 - width, r.row1, r.column1 + width),
    }[sides]
    around = [
        int(counts[y, x])
        for y in range(24)
        for x in range(30)
        if _in(wide, y, x) and not _in(r, y, x) and not _in(o, y, x)
    ]
    assert measured.background_pixels == len(around)
    assert measured.background_excluded == wide.area - r.area - len(around)
    assert sorted(border_pixels(counts, r, width, sides, [o]).values.tolist()) == sorted(around)
    if len(around) < 20:
        assert measured.background is None
    else:
        level = Fraction(sum(around), len(around))
        assert measured.background == float(level)
        assert measured.signal == float(sum(inside) - level * len(inside))
        variance = sum((value - level) ** 2 for value in around) / (len(around) - 1)
        assert measured.background_standard_deviation == math.sqrt(float(variance))


def _in(rectangle: Rectangle, y: int, x: int) -> bool:
    return rectangle.row0 <= y < rectangle.row1 and rectangle.column0 <= x < rectangle.column1
