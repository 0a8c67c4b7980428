"""Quantities from a choice, what was read for it, and stored measurements: the one way to every number of theirs.

Nothing else goes in, so a stored version gives the same numbers years later, on any machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from blotter_records.contract.quantities import Quantities, QuantitiesChoice, QuantityInputs, QuantityNumbers
from blotter_records.domain.records import Json
from blotter_records.errors import Invalid
from blotter_records.services.quantities.amounts import amounts_of
from blotter_records.services.quantities.bands import chosen_bands
from blotter_records.services.quantities.groups import grouped
from blotter_records.services.quantities.normalising import normalised_bands
from blotter_records.services.quantities.plates import plate_numbers
from blotter_records.services.quantities.weights import weights_of

_OUT_OF_RANGE = Invalid(
    "quantities.range",
    "These bands give a number that is out of all range.",
    "Look for a mark of the ladder or a standard that is not the one it is taken for.",
)


def computed(
    choice: QuantitiesChoice, inputs: QuantityInputs, shapes: Sequence[Json], measurements: Sequence[Json]
) -> QuantityNumbers:
    """Return everything that a choice asks for. Raises ``Invalid`` where one part cannot be computed."""
    try:
        numbers = _computed(choice, inputs, shapes, measurements)
    except (ArithmeticError, ValueError) as error:
        raise _OUT_OF_RANGE from error
    if not _is_finite(numbers.model_dump()):
        raise _OUT_OF_RANGE
    return numbers


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _computed(
    choice: QuantitiesChoice, inputs: QuantityInputs, shapes: Sequence[Json], measurements: Sequence[Json]
) -> QuantityNumbers:
    bands = chosen_bands(choice, inputs, shapes, measurements)
    if not any((choice.ladder, choice.normalisation, choice.standards, choice.plate)):
        raise Invalid(
            "quantities.nothing", "Nothing is asked for.", "Choose a ladder, a normalisation, standards or a plate."
        )
    numbers: dict[str, object] = {}
    notes: list[str] = []
    if choice.ladder is not None:
        weights = weights_of(bands, choice.ladder)
        numbers["weights"] = weights
        beyond = [one.shape for one in weights.bands if one.is_extrapolated]
        if beyond:
            notes.append(f"Molecular weight extrapolated beyond the ladder: {', '.join(beyond)}.")
    if choice.normalisation is not None:
        factors, values = normalised_bands(bands, choice.normalisation, inputs)
        snr = {one.shape: one.snr for one in bands.every}
        groups, values = grouped(values, bands.facts, snr, choice.control_group)
        numbers.update(factors=factors, normalised=values, groups=groups)
        if not groups:
            notes.append("No statistics: the image's membrane says of no lane to which group it belongs.")
        notes += [f"Lane {lane} left out: {why}" for lane, why in bands.left_out.items()]
        saturated = [one.shape for one in bands.every if one.is_saturated]
        if saturated:
            notes.append(f"Saturated, its Signal is too low: {', '.join(saturated)}.")
    if choice.standards is not None:
        numbers["amounts"] = amounts_of(bands, choice.standards)
    if choice.plate is not None:
        numbers["plate"], told = plate_numbers(choice.plate, inputs.normaliser, shapes, measurements)
        notes += told
    return QuantityNumbers.model_validate({**numbers, "notes": notes})


def kept(choice: QuantitiesChoice, inputs: QuantityInputs, numbers: QuantityNumbers | None, problem: str = "") -> Json:
    """Return quantities as a record keeps them."""
    return Quantities(chosen=choice, inputs=inputs, numbers=numbers, problem=problem).model_dump(mode="json")


def again(quantities: Json, shapes: Sequence[Json], measurements: Sequence[Json]) -> Json:
    """Return quantities computed again for other shapes or numbers; a problem in words instead of a refusal.

    A change of shapes is the person's business; that it leaves quantities without a band is told, and a version is not
    saved so (:func:`blotter_records.services.quantities.keeping.check_whole`).
    """
    stored = Quantities.model_validate(quantities)
    try:
        return kept(stored.chosen, stored.inputs, computed(stored.chosen, stored.inputs, shapes, measurements))
    except Invalid as error:
        return kept(stored.chosen, stored.inputs, None, error.message)
