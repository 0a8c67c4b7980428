"""Targets normalised to the controls of their lanes (formulas B25-B27)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from blotter_records.contract.quantities import LaneFactor, NormalisationChoice, NormalisedBand, QuantityInputs, Source
from blotter_records.densitometry.quantities.normalisation import lane_factors, relative_quantity
from blotter_records.errors import Invalid
from blotter_records.services.quantities.bands import Bands
from blotter_records.vocabulary import BandUse, NormalisationMethod

_CODE = "normalisation.control"


@dataclass(frozen=True, slots=True)
class _Part:
    """A band of this analysis or of another version, as far as it matters here."""

    shape: str
    lane: int
    signal: float
    is_saturated: bool


def normalised_bands(
    bands: Bands, choice: NormalisationChoice, inputs: QuantityInputs
) -> tuple[list[LaneFactor], list[NormalisedBand]]:
    """Return the factor of each lane and the normalised signal of each target; ``relative`` is not yet known.

    The largest control is taken among the lanes that count; a lane that is left out is shown with the factor that it
    would have had.

    Raises
    ------
    Invalid
        ``normalisation.target``: no target, or two of one protein in a lane; ``normalisation.control``: a lane that
        counts has no control, one not above 0, or a saturated one; ``normalisation.total``: the same of the second
        step.
    """
    targets = bands.of(BandUse.TARGET)
    if not targets:
        raise Invalid("normalisation.target", "No band is a target.", "Say which bands are to be normalised.")
    seen = [(one.lane(), one.chosen.target) for one in targets]
    for lane, target in seen:
        if seen.count((lane, target)) > 1:
            raise Invalid("normalisation.target", f"Lane {lane} has two bands of the target “{target}”.")
    lanes = sorted({lane for lane, _ in seen})
    counting = [lane for lane in lanes if lane not in bands.left_out]
    if not counting:
        raise Invalid("normalisation.target", "Every lane with a target is left out.")
    controls = _sums(_controls(bands, choice, inputs), counting, "control")
    is_two_step = choice.method is NormalisationMethod.TWO_STEP
    totals, others = _totals(bands, choice, inputs, counting) if is_two_step else ({}, None)
    factors = [
        LaneFactor(
            lane=lane,
            control=controls[lane],
            factor=_factor(controls, lane, counting),
            total=totals.get(lane),
            total_factor=None if others is None else _factor(others, lane, counting),
            left_out=bands.left_out.get(lane, ""),
        )
        for lane in lanes
        if lane in controls and (others is None or lane in others)
    ]
    by_lane = {one.lane: one for one in factors}
    values = [
        NormalisedBand(
            shape=one.shape,
            lane=one.lane(),
            target=one.chosen.target,
            signal=one.known_signal(),
            normalised=_value(one.known_signal(), one.lane(), by_lane, is_two_step=is_two_step),
            relative=None,
            left_out=bands.left_out.get(one.lane(), ""),
        )
        for one in targets
    ]
    return factors, values


def _value(signal: float, lane: int, factors: Mapping[int, LaneFactor], *, is_two_step: bool) -> float | None:
    """Return one normalised signal; None over a total of 0, and in a lane left out that has not what it takes."""
    of = factors.get(lane)
    if of is None:
        return None
    value = signal / of.factor
    if not is_two_step:
        return value
    if of.total is None:
        return None
    below = of.total / (of.factor if of.total_factor is None else of.total_factor)
    return relative_quantity(value, below)


def _factor(controls: Mapping[int, float], lane: int, counting: list[int]) -> float:
    factors = dict(zip(counting, lane_factors([controls[one] for one in counting]), strict=True))
    return factors[lane] if lane in factors else controls[lane] / max(controls[one] for one in counting)


def _controls(bands: Bands, choice: NormalisationChoice, inputs: QuantityInputs) -> list[_Part]:
    own = [*_own(bands, BandUse.CONTROL)]
    if choice.controls_from is None:
        return own
    if own:
        raise Invalid(_CODE, "Controls are taken from another version: no band here may be one.")
    return [*_from(inputs.controls, BandUse.CONTROL)]


def _totals(
    bands: Bands, choice: NormalisationChoice, inputs: QuantityInputs, counting: list[int]
) -> tuple[dict[int, float], dict[int, float] | None]:
    """Return the total protein of each lane and, from another membrane, the controls that go with it."""
    own = [*_own(bands, BandUse.TOTAL)]
    if choice.totals_from is None:
        return _sums(own, counting, "total"), None
    if own:
        raise Invalid("normalisation.total", "Totals are taken from another version: no band here may be one.")
    totals = [*_from(inputs.totals, BandUse.TOTAL)] or [*_from(inputs.totals, BandUse.TARGET)]
    controls = [*_from(inputs.totals, BandUse.CONTROL)]
    return _sums(totals, counting, "total"), _sums(controls, counting, "control") if controls else None


def _own(bands: Bands, use: BandUse) -> Iterable[_Part]:
    return (_Part(one.shape, one.lane(), one.known_signal(), one.is_saturated) for one in bands.of(use))


def _from(source: Source | None, use: BandUse) -> Iterable[_Part]:
    found = [] if source is None else source.bands
    return (_Part(one.shape, one.lane, one.signal, one.is_saturated) for one in found if one.use is use)


def _sums(parts: Iterable[_Part], counting: list[int], what: str) -> dict[int, float]:
    """Return the sum of the signals of each lane. Raises ``Invalid`` for a lane that counts and has no good one."""
    code = _CODE if what == "control" else "normalisation.total"
    found: dict[int, list[_Part]] = {}
    for part in parts:
        found.setdefault(part.lane, []).append(part)
    sums = {lane: math.fsum(one.signal for one in of) for lane, of in found.items()}
    for lane in counting:
        if lane not in found:
            raise Invalid(code, f"Lane {lane} has a target and no {what}.", "Give it one, or leave the lane out.")
        bad = [one.shape for one in found[lane] if one.is_saturated]
        if bad:
            raise Invalid(
                code, f"The {what} {bad[0]} of lane {lane} is saturated.", "Leave the lane out, with a reason."
            )
        if not sums[lane] > 0:
            raise Invalid(
                code,
                f"The {what} of lane {lane} is {sums[lane]:.6g} counts·px, not above 0.",
                "Leave the lane out, with a reason.",
            )
    return {lane: one for lane, one in sums.items() if lane in counting or one > 0}
