"""Quantities of analyses: every number again with numpy from the formulas, and what is refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from blotter_records.contract.quantities import (
    LadderChoice,
    LeftOut,
    NormalisationChoice,
    StandardsChoice,
    UsedBand,
    VersionPlace,
)
from blotter_records.contract.studies import MembraneRequest
from blotter_records.domain.records import Analysis, Image
from blotter_records.errors import Conflict, Invalid, NotFound, Refused
from blotter_records.services.analyses.recomputing import Recomputed, compared
from blotter_records.vocabulary import Gesture, Role
from scipy.stats import t as student
from service_over_http import STUDY
from western import HOUSEKEEPING, LADDER, PRECISION, STANDARDS, WHY, Western


@pytest.fixture(scope="module")
def western(service):
    return Western(service)


def signals(analysis, used, use):
    """Return the stored Signal of each lane's band of a use."""
    numbers = {one.shape: one.signal for one in analysis.measurements}
    return {one.lane: numbers[one.shape] for one in used if one.use == use}


def refused(western, analysis, used, error=Invalid, **chosen):
    """Ask for quantities that must be refused; return the error, after a look that nothing was written."""
    with pytest.raises(error) as no:
        western.set(analysis, used, **chosen)
    assert western.anna.analysis(analysis.analysis).rev == analysis.rev
    return no.value


def test_weights_follow_from_the_ladder(western):
    analysis, used = western.analysis()
    numbers = western.set(analysis, used, ladder=PRECISION).quantities.numbers
    rows = np.array([*LADDER]) + 3.5
    slope, offset = np.polyfit(rows, np.log10([*LADDER.values()]), 1)
    fitted = 10 ** (offset + slope * rows)
    assert [one.place for one in numbers.weights.ladder] == rows.tolist()
    np.testing.assert_allclose([one.fitted_kda for one in numbers.weights.ladder], fitted, rtol=1e-10)
    np.testing.assert_allclose(
        [one.residual for one in numbers.weights.ladder], 100 * (fitted / [*LADDER.values()] - 1), rtol=1e-7
    )
    logs = np.log10([*LADDER.values()])
    left = np.sum((logs - np.log10(fitted)) ** 2) / np.sum((logs - logs.mean()) ** 2)
    assert numbers.weights.r_squared == pytest.approx(1 - left, rel=1e-12)
    first = numbers.weights.bands[0]
    assert first.kda == pytest.approx(10 ** (offset + slope * 103.5), rel=1e-10)
    assert not first.is_extrapolated
    # Relative fronts give the same weights; a band below the ladder is told.
    below = [*western.bands, (3, 240, 700, {})]
    analysis, used = western.analysis(western.drawn(below, membrane=western.membrane), below)
    with_front = LadderChoice(name=PRECISION.name, origin=10, front=250)
    numbers = western.set(analysis, used, ladder=with_front).quantities.numbers
    assert numbers.weights.bands[0].place == pytest.approx((103.5 - 10) / 240, rel=1e-12)
    assert numbers.weights.bands[0].kda == pytest.approx(first.kda, rel=1e-9)
    assert numbers.weights.bands[-1].is_extrapolated
    assert numbers.notes == [f"Molecular weight extrapolated beyond the ladder: {used[-1].shape}."]


def test_targets_are_normalised_to_housekeeping_and_told_by_group(western):
    analysis, used = western.analysis()
    out = [LeftOut(lane=7, reason="Bubble over the band")]
    after = western.set(analysis, used, normalisation=HOUSEKEEPING, control_group="vehicle", left_out=out)
    numbers, target, control = after.quantities.numbers, signals(after, used, "target"), signals(after, used, "control")
    largest = max(value for lane, value in control.items() if lane != 7)
    expected = {lane: target[lane] / (control[lane] / largest) for lane in target}
    assert {one.lane: one.factor for one in numbers.factors} == {lane: control[lane] / largest for lane in target}
    assert {one.lane: one.normalised for one in numbers.normalised} == pytest.approx(expected, rel=1e-14)
    assert [one.lane for one in numbers.normalised if one.left_out] == [7]
    assert numbers.notes == ["Lane 7 left out: Bubble over the band"]
    # One value for each sample: lanes 4 and 5 are of one.
    vehicle = np.array([expected[2], expected[3], (expected[4] + expected[5]) / 2])
    of_vehicle, drug = numbers.groups  # the control group comes first
    assert (drug.group, drug.n, drug.excluded) == ("drug", 1, 1)
    assert (of_vehicle.group, of_vehicle.n, of_vehicle.excluded) == ("vehicle", 3, 0)
    assert of_vehicle.mean == pytest.approx(vehicle.mean(), rel=1e-14)
    assert of_vehicle.standard_deviation == pytest.approx(vehicle.std(ddof=1), rel=1e-12)
    assert of_vehicle.standard_error == pytest.approx(vehicle.std(ddof=1) / math.sqrt(3), rel=1e-12)
    assert of_vehicle.cv == pytest.approx(100 * vehicle.std(ddof=1) / vehicle.mean(), rel=1e-12)
    snr = {one.shape: one.snr for one in after.measurements}
    of_lanes = [snr[one.shape] for one in used if one.use == "target" and one.lane in {2, 3, 4, 5}]
    assert of_vehicle.mean_snr == pytest.approx(np.mean(of_lanes), rel=1e-12)
    assert (of_vehicle.fold_change, of_vehicle.low) == (1.0, None)
    assert drug.fold_change == pytest.approx(expected[6] / vehicle.mean(), rel=1e-12)
    assert drug.log2 == pytest.approx(math.log2(expected[6] / vehicle.mean()), rel=1e-12)
    assert (drug.low, drug.high) == (None, None)
    assert numbers.normalised[0].relative == pytest.approx(expected[2] / vehicle.mean(), rel=1e-12)
    # With both samples of the group its limits are told.
    numbers = western.set(after, used, normalisation=HOUSEKEEPING, control_group="vehicle").quantities.numbers
    values = {one.lane: one.normalised for one in numbers.normalised}
    a = np.array([values[6], values[7]])
    b = np.array([values[2], values[3], (values[4] + values[5]) / 2])
    parts = [(one.std(ddof=1) / math.sqrt(len(one)) / one.mean()) ** 2 for one in (a, b)]
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 1 + parts[1] ** 2 / 2)
    reach = math.exp(student.ppf(0.975, freedom) * math.sqrt(sum(parts)))
    assert numbers.groups[1].low == pytest.approx(a.mean() / b.mean() / reach, rel=1e-9)
    assert numbers.groups[1].high == pytest.approx(a.mean() / b.mean() * reach, rel=1e-9)


def test_controls_and_totals_come_from_other_versions_or_from_here(western):
    analysis, used = western.analysis()
    two_step = NormalisationChoice(method="two_step")
    here = western.set(analysis, used, normalisation=two_step)
    target, control, total = (signals(here, used, use) for use in ("target", "control", "total"))
    ratios = {one.lane: one.normalised for one in here.quantities.numbers.normalised}
    assert ratios == pytest.approx({lane: target[lane] / total[lane] for lane in target}, rel=1e-12)
    saved = western.saved(here)
    # A second analysis, as of another channel: its targets over the controls and totals of the first.
    other, bands = western.analysis(bands=[one for one in western.bands if one[3]["use"] == "target"])
    place = VersionPlace(analysis=saved.analysis, version=1)
    numbers = western.set(
        other, bands, normalisation=NormalisationChoice(method="total_protein", controls_from=place)
    ).quantities.numbers
    largest = max(control.values())
    expected = {lane: target[lane] / (control[lane] / largest) for lane in target}
    assert {one.lane: one.normalised for one in numbers.normalised} == pytest.approx(expected, rel=1e-12)
    other = western.anna.analysis(other.analysis)
    both = NormalisationChoice(method="two_step", controls_from=place, totals_from=place)
    made = western.set(other, bands, normalisation=both).quantities
    assert {one.lane: one.normalised for one in made.numbers.normalised} == pytest.approx(
        {lane: target[lane] / total[lane] for lane in target}, rel=1e-12
    )
    assert (made.inputs.controls.analysis, made.inputs.controls.digest) == (saved.analysis, saved.versions[0].digest)
    assert western.anna.recompute(other.analysis).is_reproduced
    nowhere = VersionPlace(analysis="ANL-999999", version=1)
    other = western.anna.analysis(other.analysis)
    choice = NormalisationChoice(method="housekeeping", controls_from=nowhere)
    assert refused(western, other, bands, NotFound, normalisation=choice).code == "not_found.analysis"
    itself = NormalisationChoice(method="housekeeping", controls_from=VersionPlace(analysis=other.analysis, version=1))
    assert refused(western, other, bands, normalisation=itself).code == "quantities.source"


def test_amounts_follow_from_standards(western):
    bands = [
        (at, 40 + 40 * (at % 2) + 60 * second, pair[second], {"use": "standard", "amount": amount})
        for at, (amount, pair) in enumerate(STANDARDS.items(), start=1)
        for second in (0, 1)
    ]
    bands += [(6, row, 0, {"use": "blank"}) for row in (40, 80, 120)]
    bands += [(7, 40, 1000, {"use": "target"}), (7, 80, 5000, {"use": "target", "target": "other"})]
    analysis, used = western.analysis(western.drawn(bands), bands)
    after = western.set(analysis, used, standards=StandardsChoice(unit="ng"))
    made, numbers = after.quantities.numbers.amounts, {one.shape: one.signal for one in after.measurements}
    x = np.array([one.amount for one in used if one.use == "standard"])
    y = np.array([numbers[one.shape] for one in used if one.use == "standard"])
    slope, offset = np.polyfit(x, y, 1)
    assert made.coefficients == pytest.approx([offset, slope], rel=1e-8)
    assert made.r_squared == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, rel=1e-10)
    assert [one.recovery for one in made.standards] == pytest.approx(100 * (y - offset) / slope / x, rel=1e-7)
    assert made.bands[0].amount == pytest.approx((numbers[used[-2].shape] - offset) / slope, rel=1e-8)
    assert made.bands[0].flags == []
    assert made.bands[1].flags == ["extrapolated", "outside linear range"]
    blanks = [numbers[one.shape] for one in used if one.use == "blank"]
    assert made.lod == pytest.approx(np.mean(blanks) + 3 * np.std(blanks, ddof=1), rel=1e-9)
    assert made.loq == pytest.approx(np.mean(blanks) + 10 * np.std(blanks, ddof=1), rel=1e-9)
    assert (made.linear_range.lowest, made.linear_range.highest, made.linear_range.levels) == (1.0, 16.0, 5)
    levels = y.reshape(5, 2).mean(axis=1)
    assert made.linear_range.slope == pytest.approx(np.polyfit([*STANDARDS], levels, 1)[0], rel=1e-9)
    logistic = StandardsChoice(unit="ng", fit="four-parameter logistic")
    after = western.set(after, used, standards=logistic)
    a, d, c, g = after.quantities.numbers.amounts.coefficients
    told = after.quantities.numbers.amounts.bands[0].amount
    assert d + (a - d) / (1 + (told / c) ** g) == pytest.approx(numbers[used[-2].shape], rel=1e-9)
    assert western.anna.recompute(after.analysis).is_reproduced


def test_a_version_keeps_them_and_a_change_computes_them_again(western, service):
    analysis, used = western.analysis()
    request = western.asked(analysis, used, ladder=PRECISION, normalisation=HOUSEKEEPING)
    after = western.anna.set_quantities(analysis.analysis, request)
    assert western.anna.set_quantities(analysis.analysis, request) == after
    entry = service.entries(action="analysis.edit", record_id=analysis.analysis)[-1]
    assert entry["summary"] == (
        "Set quantities: molecular weights by Bio-Rad Precision Plus Protein (linear, 4 bands); "
        "6 targets normalised (housekeeping), 2 groups"
    )
    saved = western.saved(after)
    version = western.anna.analysis_version(analysis.analysis, 1)
    assert version.quantities == after.quantities
    again = western.anna.recompute(analysis.analysis, 1)
    assert again.is_reproduced
    assert again.numbers > 150
    # A band that is moved has other numbers, and so has what is made of them.
    shapes = list(saved.shapes)
    at = next(place for place, one in enumerate(used) if one.use == "target")
    grown = shapes[at].rectangle.model_copy(update={"row1": shapes[at].rectangle.row1 + 2})
    shapes[at] = shapes[at].model_copy(update={"rectangle": grown})
    moved = western.anna.gesture(analysis.analysis, service.gesture(saved, shapes, Gesture.SHAPE_RESIZE))
    before, now = (one.quantities.numbers.weights.bands[0].kda for one in (saved, moved))
    assert now < before
    # Without the band there is nothing to compute them from: said, and not saved so.
    gone = western.anna.gesture(
        analysis.analysis, service.gesture(moved, [*shapes[:at], *shapes[at + 1 :]], Gesture.SHAPE_DELETE)
    )
    assert gone.quantities.numbers is None
    assert gone.quantities.problem == f"There is no shape {used[at].shape} in this analysis."
    assert western.anna.recompute(analysis.analysis).is_reproduced
    with pytest.raises(Conflict) as no:
        western.saved(gone, reason=WHY)
    assert no.value.code == "conflict.quantities"
    away = western.set(gone, None)
    assert away.quantities is None
    assert western.saved(away, reason=WHY).versions[-1].quantities is None
    assert western.anna.analysis_version(analysis.analysis, 1).digest == version.digest


def test_a_number_that_is_not_what_the_formulas_give_is_found(western, service):
    analysis, used = western.analysis()
    western.set(analysis, used, normalisation=HOUSEKEEPING)
    with service.services.ports.ledger.begin() as work:
        content = json.loads(json.dumps(work.latest(f"analysis:{analysis.analysis}").content))
        image = Image.from_json(work.latest(f"image:{western.image}").content)
    pixels, report = service.services.pixels, Recomputed()
    assert list(compared(Analysis.from_json(content), image, pixels, report)) == []
    drug = content["quantities"]["numbers"]["groups"][0]
    true = drug["mean"]
    drug["mean"] = true * (1 + 1e-8)
    [said] = compared(Analysis.from_json(content), image, pixels, report)
    assert said.startswith(f"quantities, numbers.groups[0].mean: {drug['mean']!r} is stored, the numbers give {true!r}")
    drug["mean"] = true * (1 + 1e-10)
    assert list(compared(Analysis.from_json(content), image, pixels, report)) == []


def test_what_cannot_be_computed_is_refused_and_nothing_is_written(western):
    analysis, used = western.analysis()

    def changed(**by_use):
        return [
            one.model_copy(update=by_use[one.use]) if one.use in by_use and one.lane in {1, 3} else one for one in used
        ]

    def code(bands, **chosen):
        return refused(western, analysis, bands, **chosen).code

    assert code(used) == "quantities.nothing"
    assert code([*used, used[0]], ladder=PRECISION) == "quantities.shape"
    assert code([*used, UsedBand(shape="S99", lane=2)], ladder=PRECISION) == "quantities.shape"
    assert code(changed(target={"lane": 9}), ladder=PRECISION) == "quantities.lane"
    assert code(changed(target={"lane": 1}), ladder=PRECISION) == "quantities.lane"
    assert code(changed(target={"lane": None}), normalisation=HOUSEKEEPING) == "quantities.lane"
    assert code([one for one in used if one.use != "ladder"], ladder=PRECISION) == "ladder.bands"
    assert code(changed(ladder={"kda": 99.0}), ladder=PRECISION) == "ladder.weight"
    assert code(changed(ladder={"kda": None}), ladder=PRECISION) == "ladder.weight"
    assert code(changed(ladder={"kda": 50.0}), ladder=PRECISION) == "ladder.bands"
    assert code(used, ladder=LadderChoice(name="Mine", origin=10)) == "ladder.front"
    assert code(used, ladder=LadderChoice(name="Mine", origin=10, front=10)) == "ladder.front"
    assert code([one for one in used if one.use != "target"], normalisation=HOUSEKEEPING) == "normalisation.target"
    assert code([*changed(control={"use": None})], normalisation=HOUSEKEEPING) == "normalisation.control"
    assert code(used, normalisation=HOUSEKEEPING, control_group="placebo") == "quantities.group"
    assert code(used, standards=StandardsChoice(unit="ng")) == "standards.points"
    out = [LeftOut(lane=8, reason="Not there")]
    assert code(used, normalisation=HOUSEKEEPING, left_out=out) == "quantities.left_out"
    said = refused(western, analysis, changed(control={"use": None}), normalisation=HOUSEKEEPING)
    assert str(said) == "Lane 3 has a target and no control."


@pytest.mark.parametrize(("value", "why"), [(70_000, "is saturated"), (-60, "not above 0")])
def test_a_saturated_or_empty_control_divides_nothing(western, value, why):
    bands = [
        (lane, row, value if (more["use"], lane) == ("control", 4) else counts, more)
        for lane, row, counts, more in western.bands
        if more["use"] in {"target", "control"}
    ]
    analysis, used = western.analysis(western.drawn(bands, membrane=western.membrane), bands)
    no = refused(western, analysis, used, normalisation=HOUSEKEEPING)
    assert no.code == "normalisation.control"
    assert "lane 4" in str(no)
    assert why in str(no)
    out = [LeftOut(lane=4, reason="Nothing to divide by")]
    numbers = western.set(analysis, used, normalisation=HOUSEKEEPING, left_out=out).quantities.numbers
    assert [one.lane for one in numbers.normalised if one.left_out] == [4]


def test_who_may_not_edit_sets_nothing_and_no_gesture_claims_it(western, service):
    analysis, used = western.analysis()
    with pytest.raises(Refused) as no:
        service.signed_in(Role.REVIEWER).set_quantities(
            analysis.analysis, western.asked(analysis, used, ladder=PRECISION)
        )
    assert no.value.code == "refused.role"
    with pytest.raises(Invalid) as claimed:
        western.anna.gesture(analysis.analysis, service.gesture(analysis, [], Gesture.QUANTITIES_SET))
    assert claimed.value.code == "gesture.other"
    help_ = western.anna.quantities_help(analysis.analysis)
    assert help_.membrane == western.membrane
    assert [(one.lane, one.group) for one in help_.lanes][:3] == [(1, ""), (2, "vehicle"), (3, "vehicle")]
    assert [one.shape for one in help_.bands] == [one.shape for one in used]
    assert 250.0 in next(one.weights for one in help_.ladders if one.name == PRECISION.name)


def test_another_lane_map_is_not_saved_under_old_quantities(western, service):
    request = MembraneRequest(
        study=STUDY, name="Blot 8", kind="membrane", lanes=western.lanes, idempotency_key=service.key()
    )
    membrane = western.anna.save_membrane(request)
    analysis, used = western.analysis(western.drawn(western.bands, membrane=membrane.membrane))
    after = western.set(analysis, used, normalisation=HOUSEKEEPING)
    changed = MembraneRequest(
        study=STUDY,
        name="Blot 8",
        kind="membrane",
        lanes=western.lanes[:-1],
        expected_version=1,
        reason=WHY,
        idempotency_key=service.key(),
    )
    western.anna.save_membrane(changed, membrane.membrane)
    with pytest.raises(Conflict) as no:
        western.saved(after)
    assert no.value.code == "conflict.quantities"
