"""The bands that take part: what was chosen for a shape, joined with its stored numbers and its lane's facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from blotter_records.contract.quantities import LaneFacts, QuantitiesChoice, QuantityInputs, UsedBand
from blotter_records.domain.records import Json
from blotter_records.errors import Invalid
from blotter_records.services.analyses.outlines import middle
from blotter_records.vocabulary import BandUse, LoadKind

#: What a lane has to hold for a use of its bands, where a membrane says what it holds.
_LOADS = {
    BandUse.LADDER: {LoadKind.LADDER},
    BandUse.TARGET: {LoadKind.SAMPLE},
    BandUse.BLANK: {LoadKind.BLANK, LoadKind.SAMPLE},
}


@dataclass(frozen=True, slots=True)
class Band:
    """A band: what was chosen, its middle row (px), and its numbers. ``signal`` in counts·px."""

    chosen: UsedBand
    row: float
    signal: float | None
    snr: float | None
    is_saturated: bool

    @property
    def shape(self) -> str:
        """Return the id of its shape."""
        return self.chosen.shape

    def lane(self) -> int:
        """Return its lane. Raises ``Invalid('quantities.lane')`` where none was said."""
        if self.chosen.lane is None:
            raise Invalid("quantities.lane", f"{self.shape} needs a lane.", "Say in which lane it stands.")
        return self.chosen.lane

    def known_signal(self) -> float:
        """Return its Signal. Raises ``Invalid('quantities.signal')`` where it has none."""
        if self.signal is None:
            raise Invalid(
                "quantities.signal", f"{self.shape} has no Signal.", "Choose a background: without one there is none."
            )
        return self.signal


@dataclass(frozen=True, slots=True)
class Bands:
    """All bands, with the facts of their lanes and why lanes are left out."""

    every: tuple[Band, ...]
    facts: Mapping[int, LaneFacts]
    left_out: Mapping[int, str]

    def of(self, use: BandUse) -> list[Band]:
        """Return the bands of a use, in the order of the choice."""
        return [one for one in self.every if one.chosen.use is use]


def chosen_bands(
    choice: QuantitiesChoice, inputs: QuantityInputs, shapes: Sequence[Json], measurements: Sequence[Json]
) -> Bands:
    """Join the chosen bands with their shapes and numbers.

    Raises
    ------
    Invalid
        ``quantities.shape``: a shape that is not there, or twice; ``quantities.lane``: a lane that the membrane has
        not, or that holds something else; ``quantities.left_out``: a lane twice, or without a band.
    """
    there = {one["shape"]: one for one in shapes}
    numbers = {one["shape"]: one for one in measurements}
    facts = {one.lane: one for one in inputs.lanes}
    _check_once((one.shape for one in choice.bands), "quantities.shape", "The band")
    every = []
    for one in choice.bands:
        if one.shape not in there or one.shape not in numbers:
            raise Invalid("quantities.shape", f"There is no shape {one.shape} in this analysis.")
        _check_lane(one, inputs, facts)
        number = numbers[one.shape]
        every.append(Band(one, middle(there[one.shape])[0], number["signal"], number["snr"], bool(number["saturated"])))
    _check_once((str(one.lane) for one in choice.left_out), "quantities.left_out", "Lane")
    lanes = {one.lane for one in choice.bands}
    for left in choice.left_out:
        if left.lane not in lanes:
            raise Invalid("quantities.left_out", f"Lane {left.lane} is left out, but no band stands in it.")
    return Bands(tuple(every), facts, {one.lane: " ".join(one.reason.split()) for one in choice.left_out})


def _check_once(names: Iterable[str], code: str, what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Invalid(code, f"{what} {name} is there twice.")
        seen.add(name)


def _check_lane(band: UsedBand, inputs: QuantityInputs, facts: Mapping[int, LaneFacts]) -> None:
    """Check a band's lane against the membrane, where there is one with lanes."""
    if inputs.membrane is None or band.lane is None or not facts:
        return
    if band.lane not in facts:
        raise Invalid(
            "quantities.lane",
            f"{band.shape} stands in lane {band.lane}, which {inputs.membrane.record} does not have.",
            f"Its lanes are {', '.join(map(str, facts))}.",
        )
    load = LoadKind(facts[band.lane].load)
    if band.use is not None and load not in _LOADS.get(band.use, {load}):
        raise Invalid(
            "quantities.lane",
            f"{band.shape} is taken for a {band.use.value}, but lane {band.lane} of {inputs.membrane.record} holds "
            f"a {load.value}.",
        )
