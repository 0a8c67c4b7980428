"""Formulas B17-B31 against values computed by hand, published ones, and properties."""

from __future__ import annotations

import doctest
import math
import pkgutil
import statistics
import sys

import numpy as np
import pytest
from blotter_records import densitometry
from blotter_records.densitometry.quantities.linear_range import DilutionPoint, detection_limits, linear_range
from blotter_records.densitometry.quantities.molecular_weight import LADDERS, fitted_ladder, relative_front
from blotter_records.densitometry.quantities.normalisation import (
    lane_factors,
    normalised,
    percent_of_lane,
    relative_quantity,
    two_step,
)
from blotter_records.densitometry.quantities.plates import (
    PLATES,
    in_cell_ratios,
    percent_of_control,
    well_centres,
    z_prime,
)
from blotter_records.densitometry.quantities.polynomials import fitted_polynomial
from blotter_records.densitometry.quantities.replicates import fold_change, replicates
from blotter_records.densitometry.quantities.standards import fitted_standards
from blotter_records.errors import Invalid
from blotter_records.vocabulary import LadderFit, StandardFit, StandardWeight
from hypothesis import given, settings
from hypothesis import strategies as st

#: NIST Statistical Reference Datasets, Norris (linear least squares): y over x, certified to 15 digits.
NORRIS_Y = [
    0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8, 339.3, 448.9, 10.8,
    557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2, 117.6, 228.9, 668.4, 449.2,
    0.2,
]  # fmt: skip
NORRIS_X = [
    0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5, 666.9, 338.0, 447.5,
    11.6, 556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1, 118.3, 229.2, 669.1,
    448.9, 0.5,
]  # fmt: skip


def test_examples_of_all_modules_are_true() -> None:
    names = [one.name for one in pkgutil.walk_packages(densitometry.__path__, "blotter_records.densitometry.")]
    for name in names:
        __import__(name)
    results = [doctest.testmod(sys.modules[name]) for name in names]
    assert sum(one.attempted for one in results) > 40
    assert sum(one.failed for one in results) == 0


def test_line_equals_nists_certified_one() -> None:
    offset, slope = fitted_polynomial(NORRIS_X, NORRIS_Y, 1)
    assert offset == pytest.approx(-0.262323073774029, rel=1e-12)
    assert slope == pytest.approx(1.00211681802045, rel=1e-13)


@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(
        st.tuples(st.integers(0, 400), st.floats(-1e6, 1e6), st.floats(0.1, 10)),
        min_size=4,
        max_size=12,
        unique_by=lambda point: point[0],
    ),
    degree=st.integers(0, 2),
)
def test_polynomials_equal_numpys(points: list[tuple[int, float, float]], degree: int) -> None:
    x, y, w = (list(column) for column in zip(*points, strict=True))
    ours = fitted_polynomial(x, y, degree, w)
    theirs = np.polynomial.Polynomial.fit(x, y, degree, w=np.sqrt(w))
    at = np.linspace(min(x), max(x), 7)
    scale = max(1.0, *map(abs, y))
    assert np.allclose(np.polynomial.Polynomial(ours)(at), theirs(at), rtol=0, atol=1e-8 * scale)


def test_ladder_that_is_straight_is_recovered_by_every_fit() -> None:
    weights = LADDERS["Bio-Rad Precision Plus Protein"]
    fronts = [(2.5 - math.log10(weight)) / 1.8 for weight in weights]
    for fit in LadderFit:
        curve = fitted_ladder(fronts, weights, fit)
        assert curve.at((2.5 - math.log10(42.0)) / 1.8).kda == pytest.approx(42.0, rel=1e-9)
        assert max(map(abs, curve.residuals)) < 1e-9
        assert curve.r_squared == pytest.approx(1.0)
        assert not curve.at(fronts[3]).is_extrapolated
        assert curve.at(fronts[0] - 0.01).is_extrapolated


def test_bent_ladder_is_followed_by_the_quadratic_and_not_by_the_line() -> None:
    fronts = [0.1, 0.25, 0.4, 0.6, 0.8, 0.95]
    weights = [10 ** (2.4 - 1.9 * front + 0.5 * front**2) for front in fronts]
    quadratic, line = (fitted_ladder(fronts, weights, fit) for fit in (LadderFit.QUADRATIC, LadderFit.LINEAR))
    assert quadratic.at(0.5).kda == pytest.approx(10 ** (2.4 - 0.95 + 0.125), rel=1e-9)
    assert max(map(abs, line.residuals)) > 2
    assert line.r_squared < 1


@pytest.mark.parametrize(
    ("fronts", "weights", "fit"),
    [
        ([0.1], [100], LadderFit.LINEAR),
        ([0.1, 0.2], [100, 150], LadderFit.LINEAR),
        ([0.1, 0.2, 0.3], [100, 50, 20], LadderFit.SPLINE),
        ([0.1, 0.1], [100, 50], LadderFit.LINEAR),
        ([0.1, 0.2], [100, 0], LadderFit.LINEAR),
    ],
)
def test_ladders_without_meaning_are_refused(fronts: list[float], weights: list[float], fit: LadderFit) -> None:
    with pytest.raises(Invalid) as refused:
        fitted_ladder(fronts, weights, fit)
    assert refused.value.code == "ladder.bands"


def test_relative_front_needs_a_front_below_the_origin() -> None:
    assert relative_front(510, 10, 1010) == 0.5
    with pytest.raises(Invalid):
        relative_front(5, 10, 10)


@settings(max_examples=40, deadline=None)
@given(
    low=st.floats(0, 1000),
    span=st.floats(5e3, 1e6),
    middle=st.floats(2, 40),
    steep=st.floats(0.7, 2.5),
)
def test_logistic_recovers_its_parameters(low: float, span: float, middle: float, steep: float) -> None:
    amounts = [0.0, 0.5, 1, 2, 4, 8, 16, 32, 64, 128]
    top = low + span
    signals = [top + (low - top) / (1 + (one / middle) ** steep) for one in amounts]
    curve = fitted_standards(amounts, signals, StandardFit.LOGISTIC)
    asked = 0.7 * middle
    expected = top + (low - top) / (1 + (asked / middle) ** steep)
    assert curve.amount(expected).value == pytest.approx(asked, rel=1e-5)
    assert curve.r_squared > 1 - 1e-9
    assert curve.amount(top + 1).value is None
    assert curve.recoveries[0] is None


@pytest.mark.parametrize("weight", list(StandardWeight))
@pytest.mark.parametrize("fit", [StandardFit.LINEAR, StandardFit.QUADRATIC, StandardFit.LOG_LOG])
def test_standards_that_lie_on_the_curve_are_recovered(fit: StandardFit, weight: StandardWeight) -> None:
    amounts = [1.0, 2.0, 5.0, 10.0, 20.0]
    made = {
        StandardFit.LINEAR: lambda c: 300 + 40 * c,
        StandardFit.QUADRATIC: lambda c: 300 + 40 * c - 0.5 * c * c,
        StandardFit.LOG_LOG: lambda c: 50 * c**0.8,
    }[fit]
    signals = [made(one) for one in amounts]
    if fit is StandardFit.LOG_LOG and weight is not StandardWeight.ONE:
        with pytest.raises(Invalid):
            fitted_standards(amounts, signals, fit, weight)
        return
    curve = fitted_standards(amounts, signals, fit, weight)
    assert curve.amount(made(7.0)).value == pytest.approx(7.0, rel=1e-9)
    assert not curve.amount(made(7.0)).is_extrapolated
    assert curve.amount(made(25.0)).is_extrapolated
    assert curve.recoveries == pytest.approx([100.0] * 5)


def test_weights_count_as_they_should() -> None:
    # By hand: S = b + mC over (1, 10), (2, 30), (4, 40) with weights 1/C²: 1, 1/4, 1/16.
    w, x, y = [1, 1 / 4, 1 / 16], [1, 2, 4], [10, 30, 40]
    mx = sum(a * b for a, b in zip(w, x, strict=True)) / sum(w)
    my = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    slope = sum(a * (b - mx) * (c - my) for a, b, c in zip(w, x, y, strict=True)) / sum(
        a * (b - mx) ** 2 for a, b in zip(w, x, strict=True)
    )
    curve = fitted_standards(x, y, StandardFit.LINEAR, StandardWeight.PER_SQUARE)
    assert curve.coefficients == pytest.approx((my - slope * mx, slope), rel=1e-12)


def series(signals: dict[float, float], **kw: object) -> list[DilutionPoint]:
    """Return two replicates, 1 % apart, of each level."""
    return [DilutionPoint(c, s * part, **kw) for c, s in signals.items() for part in (0.99, 1.01)]  # type: ignore[arg-type]


def test_linear_range_ends_where_the_signal_bends_or_saturates() -> None:
    straight = {float(c): 100.0 * c + 20 for c in (1, 2, 4, 8, 16, 32)}
    bent = series({**straight, 64.0: 4000.0})
    found = linear_range(bent)
    assert found is not None
    assert (found.lowest, found.highest, found.levels) == (1, 32, 6)
    assert found.slope == pytest.approx(100)
    assert found.holds(1000)
    assert not found.holds(5000)
    clipped = [DilutionPoint(one.amount, one.signal, is_saturated=one.amount == 32) for one in series(straight)]
    less = linear_range(clipped)
    assert less is not None
    assert (less.highest, less.levels) == (16, 5)
    assert linear_range(series({float(c): 100.0 * c for c in (1, 2, 4, 8)})) is None  # four levels
    assert linear_range(series(straight, snr=2.9)) is None
    assert linear_range(series({float(c): 7.0 for c in (1, 2, 4, 8, 16)})) is None


def test_limits_are_three_and_ten_standard_deviations_above_the_blanks() -> None:
    blanks = [4.0, 6.0, 5.0, 9.0]
    lod, loq = detection_limits(blanks)
    assert lod == pytest.approx(statistics.mean(blanks) + 3 * statistics.stdev(blanks))
    assert loq == pytest.approx(statistics.mean(blanks) + 10 * statistics.stdev(blanks))
    with pytest.raises(Invalid):
        detection_limits([1.0])


@settings(max_examples=50, deadline=None)
@given(
    lanes=st.lists(st.tuples(st.floats(0.01, 1e6), st.floats(0.01, 1e6)), min_size=1, max_size=12),
    loaded=st.floats(0.1, 10),
)
def test_loading_cancels(lanes: list[tuple[float, float]], loaded: float) -> None:
    signals, controls = [one for one, _ in lanes], [other for _, other in lanes]
    factors = lane_factors(controls)
    assert max(factors) == 1.0
    once = normalised(signals, controls)
    twice = normalised([one * loaded for one in signals], [one * loaded for one in controls])
    assert twice == pytest.approx([one * loaded for one in once], rel=1e-12)
    assert two_step(signals, signals, controls) == pytest.approx([1.0] * len(lanes))


def test_normalisation_by_hand_and_refusals() -> None:
    assert two_step([10, 20], [100, 50], [1, 2], [4, 2]) == pytest.approx([20 / 100, 20 / 100])
    assert two_step([10], [0], [1]) == [None]
    assert relative_quantity(5, 0) is None
    assert percent_of_lane([1, 2], lane=12) == pytest.approx([100 / 12, 200 / 12])
    assert percent_of_lane([1, -1]) == [None, None]
    for controls in ([1.0, 0.0], [], [1.0, math.nan], [-1.0]):
        with pytest.raises(Invalid) as refused:
            lane_factors(controls)
        assert refused.value.code == "normalisation.control"
    with pytest.raises(Invalid) as refused:
        normalised([1.0], [1.0, 2.0])
    assert refused.value.code == "normalisation.lanes"


@settings(max_examples=50, deadline=None)
@given(values=st.lists(st.floats(0.5, 1e6), min_size=2, max_size=10))
def test_replicates_equal_the_standard_librarys(values: list[float]) -> None:
    got = replicates(values)
    spread = statistics.stdev(values)
    assert got.mean == pytest.approx(statistics.fmean(values), rel=1e-12)
    assert got.standard_deviation == pytest.approx(spread, rel=1e-9, abs=1e-9)
    assert got.standard_error == pytest.approx(spread / math.sqrt(len(values)), rel=1e-9, abs=1e-9)
    kept = replicates([*values, 1e9], [False] * len(values) + [True])
    assert (kept.n, kept.excluded, kept.mean) == (len(values), 1, got.mean)


def test_one_replicate_has_no_spread_and_none_is_refused() -> None:
    assert replicates([3.0]).standard_deviation is None
    assert replicates([1.0, -1.0]).cv is None
    for values, out in (([], None), ([1.0], [True]), ([math.nan], None), ([1.0], [False, True])):
        with pytest.raises(Invalid):
            replicates(values, out)


def test_fold_change_and_its_limits_by_hand() -> None:
    got = fold_change([8, 10, 12], [4, 5, 6])
    assert (got.value, got.log2) == (2.0, 1.0)
    # SEM / mean is 2/√3/10 and 1/√3/5: equal parts, so four degrees of freedom; t = 2.776445 (tables).
    part = math.sqrt(2) * 2 / math.sqrt(3) / 10
    assert got.high == pytest.approx(2 * math.exp(2.7764451 * part), rel=1e-7)
    assert got.low == pytest.approx(2 / math.exp(2.7764451 * part), rel=1e-7)
    assert fold_change([-1, -3], [1, 2]).log2 is None
    with pytest.raises(Invalid):
        fold_change([1, 2], [-1, 1])


def test_plates_have_their_wells_and_z_prime_is_the_published_one() -> None:
    for wells, (rows, columns) in PLATES.items():
        centres = well_centres(
            wells, (10, 20), (10, 20 + 9 * (columns - 1)), (10 + 9 * (rows - 1), 20 + 9 * (columns - 1))
        )
        assert len(centres) == wells
        assert centres["B2"] == pytest.approx((19, 29))
    assert z_prime([100.0, 100.0], [0.0, 0.0]) == 1.0
    assert z_prime([1.0, 3.0], [1.0, 3.0]) is None
    assert z_prime([1.0], [2.0, 3.0]) is None
    assert z_prime([12, 10, 8], [2, 1, 0]) == pytest.approx(1 - 3 * 3 / 9)
    with pytest.raises(Invalid):
        well_centres(95, (0, 0), (0, 1), (1, 1))


def test_in_cell_western_of_known_wells() -> None:
    ratios = in_cell_ratios([210.0, 110.0, 10.0], [110.0, 60.0, 9.0], [10.0, 10.0], [8.0, 12.0])
    assert ratios == [2.0, 2.0, None]
    assert percent_of_control(ratios, [4.0, 4.0]) == [50.0, 50.0, None]
    with pytest.raises(Invalid):
        in_cell_ratios([1.0], [], [0.0], [0.0])
