"""Molecular weights of bands by a ladder (formulas B20, B21)."""

from __future__ import annotations

from blotter_records.contract.quantities import LadderBand, LadderChoice, Weight, Weights
from blotter_records.densitometry.quantities.molecular_weight import LADDERS, fitted_ladder, relative_front
from blotter_records.errors import Invalid
from blotter_records.services.quantities.bands import Band, Bands
from blotter_records.vocabulary import BandUse


def weights_of(bands: Bands, ladder: LadderChoice) -> Weights:
    """Return the fit of the ladder and the weight of every other band.

    Raises
    ------
    Invalid
        ``ladder.lane``: the ladder's bands stand in several lanes; ``ladder.weight``: one has no weight, or none that
        the ladder of that name has; ``ladder.front``, ``ladder.bands``: see the formulas.
    """
    marks = bands.of(BandUse.LADDER)
    if not marks:
        raise Invalid("ladder.bands", f"No band is of the ladder {ladder.name}.", "Say which bands are, and their kDa.")
    lanes = sorted({one.lane() for one in marks})
    if len(lanes) > 1:
        raise Invalid("ladder.lane", f"Bands of the ladder stand in lanes {', '.join(map(str, lanes))}: one is enough.")
    if lanes[0] in bands.left_out:
        raise Invalid("ladder.lane", f"Lane {lanes[0]} holds the ladder; it cannot be left out.")
    nominal = [_weight(one, ladder) for one in marks]
    places = [_place(one, ladder) for one in marks]
    curve = fitted_ladder(places, nominal, ladder.fit)
    fitted = [curve.at(place).kda for place in places]
    others = [one for one in bands.every if one.chosen.use is not BandUse.LADDER]
    weights = []
    for one in others:
        place = _place(one, ladder)
        at = curve.at(place)
        weights.append(Weight(shape=one.shape, place=place, kda=at.kda, is_extrapolated=at.is_extrapolated))
    return Weights(
        r_squared=curve.r_squared,
        ladder=[
            LadderBand(shape=one.shape, place=place, kda=kda, fitted_kda=got, residual=100 * (got / kda - 1))
            for one, place, kda, got in zip(marks, places, nominal, fitted, strict=True)
        ],
        bands=weights,
    )


def _weight(band: Band, ladder: LadderChoice) -> float:
    kda = band.chosen.kda
    if kda is None:
        raise Invalid("ladder.weight", f"{band.shape} is of the ladder, but its weight is not said.")
    known = LADDERS.get(ladder.name)
    if known is not None and kda not in known:
        raise Invalid(
            "ladder.weight",
            f"{ladder.name} has no band of {kda:g} kDa.",
            f"It has {', '.join(f'{one:g}' for one in known)} kDa. Name a ladder of your own otherwise.",
        )
    return kda


def _place(band: Band, ladder: LadderChoice) -> float:
    if ladder.origin is None and ladder.front is None:
        return band.row
    if ladder.origin is None or ladder.front is None:
        raise Invalid("ladder.front", "A relative front needs both rows, of the wells and of the dye front.")
    return relative_front(band.row, ladder.origin, ladder.front)
