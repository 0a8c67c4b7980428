"""Amounts of bands by standards of known amount (formulas B22-B24)."""

from __future__ import annotations

from dataclasses import asdict

from blotter_records.contract.quantities import AmountNumber, Amounts, LinearRangeView, Standard, StandardsChoice
from blotter_records.densitometry.quantities.linear_range import (
    DilutionPoint,
    LinearRange,
    detection_limits,
    linear_range,
)
from blotter_records.densitometry.quantities.standards import StandardCurve, fitted_standards
from blotter_records.errors import Invalid
from blotter_records.services.quantities.bands import Band, Bands
from blotter_records.vocabulary import BandUse

#: Uses of a band whose amount is told.
_TOLD = (BandUse.TARGET, None)


def amounts_of(bands: Bands, choice: StandardsChoice) -> Amounts:
    """Return the curve of the standards, its limits, and the amounts of targets and of bands without a use.

    Raises
    ------
    Invalid
        ``standards.points``: a standard without an amount, a saturated one, or too few; ``standards.fit``.
    """
    standards = [one for one in bands.of(BandUse.STANDARD) if one.chosen.lane not in bands.left_out]
    amounts = [_amount(one) for one in standards]
    signals = [one.known_signal() for one in standards]
    curve = fitted_standards(amounts, signals, choice.fit, choice.weight) if standards else None
    if curve is None:
        raise Invalid("standards.points", "No band is a standard.", "Say which bands are, and their amounts.")
    blanks = [one.known_signal() for one in bands.of(BandUse.BLANK) if one.chosen.lane not in bands.left_out]
    lod, loq = detection_limits(blanks) if len(blanks) > 1 else (None, None)
    points = [
        DilutionPoint(amount, signal, one.is_saturated, one.snr)
        for one, amount, signal in zip(standards, amounts, signals, strict=True)
        if amount > 0
    ]
    linear = linear_range(points) if points else None
    return Amounts(
        coefficients=list(curve.coefficients),
        r_squared=curve.r_squared,
        lowest=curve.lowest,
        highest=curve.highest,
        linear_range=None if linear is None else LinearRangeView(**asdict(linear)),
        lod=lod,
        loq=loq,
        standards=[
            Standard(shape=one.shape, amount=amount, signal=signal, recovery=recovery)
            for one, amount, signal, recovery in zip(standards, amounts, signals, curve.recoveries, strict=True)
        ],
        bands=[_told(one, curve, linear, lod, loq) for one in bands.every if one.chosen.use in _TOLD],
    )


def _amount(band: Band) -> float:
    if band.chosen.amount is None:
        raise Invalid("standards.points", f"{band.shape} is a standard, but its amount is not said.")
    if band.is_saturated:
        raise Invalid("standards.points", f"The standard {band.shape} is saturated.", "Leave its lane out.")
    return band.chosen.amount


def _told(
    band: Band, curve: StandardCurve, linear: LinearRange | None, lod: float | None, loq: float | None
) -> AmountNumber:
    signal = band.known_signal()
    amount = curve.amount(signal)
    said = {
        "extrapolated": amount.is_extrapolated,
        "saturated": band.is_saturated,
        "outside linear range": linear is not None and not linear.holds(signal),
        "below LOD": lod is not None and signal < lod,
        "below LOQ": loq is not None and signal < loq and not (lod is not None and signal < lod),
    }
    return AmountNumber(
        shape=band.shape,
        signal=signal,
        amount=amount.value,
        is_extrapolated=amount.is_extrapolated,
        flags=[name for name, holds in said.items() if holds],
    )
