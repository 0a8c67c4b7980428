"""Which found band is taken for what: the rules of a protocol on the lanes that were found and what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blotter_records.contract.protocols import BandRule, ProtocolLadder, ProtocolMethod
from blotter_records.contract.quantities import (
    LadderChoice,
    LaneFacts,
    NormalisationChoice,
    QuantitiesChoice,
    UsedBand,
)
from blotter_records.densitometry.quantities.molecular_weight import LADDERS
from blotter_records.errors import Invalid
from blotter_records.vocabulary import BandUse, LoadKind


@dataclass(frozen=True, slots=True)
class LaneBand:
    """A found band: its shape, its lane, its number from the top of the lane, its Signal (counts·px)."""

    shape: str
    lane: int
    band: int
    signal: float | None


def check_lanes(found: int, facts: Sequence[LaneFacts]) -> None:
    """Check that the lanes found are those of the membrane. Raises ``Invalid('protocol.lanes')``."""
    if facts and found != len(facts):
        raise Invalid(
            "protocol.lanes",
            f"{found} lanes were found, but the membrane has {len(facts)}: nobody can say which is which.",
            "Analyse this image by hand.",
        )


def ladder_bands(ladder: ProtocolLadder, bands: Sequence[LaneBand], facts: Sequence[LaneFacts]) -> list[UsedBand]:
    """Return the bands of the first ladder lane with their weights, from the top.

    Raises
    ------
    Invalid
        ``protocol.ladder``: nothing says which lane holds the ladder, or the lane has more or fewer bands.
    """
    lane = _ladder_lane(ladder, facts)
    weights = ladder.weights or list(LADDERS.get(ladder.name, ()))
    there = [one for one in bands if one.lane == lane]
    if len(there) != len(weights):
        raise Invalid(
            "protocol.ladder",
            f"Lane {lane} should show {len(weights)} bands of {ladder.name}; {len(there)} were found.",
            "Analyse this image by hand, or correct the protocol's weights or sensitivity.",
        )
    return [
        UsedBand(shape=one.shape, lane=lane, use=BandUse.LADDER, kda=kda)
        for one, kda in zip(there, weights, strict=True)
    ]


def _ladder_lane(ladder: ProtocolLadder, facts: Sequence[LaneFacts]) -> int:
    held = [one for one in facts if one.load == LoadKind.LADDER]
    for one in held:
        if not one.ladder or one.ladder == ladder.name:
            return one.lane
    if held:
        raise Invalid("protocol.ladder", f"The membrane's ladder is {held[0].ladder}, the protocol's {ladder.name}.")
    if facts or ladder.lane is None:
        raise Invalid(
            "protocol.ladder",
            f"Nothing says which lane holds {ladder.name}.",
            "Say it in the membrane's record, or, for images without one, in the protocol.",
        )
    return ladder.lane


def used_bands(
    rules: Sequence[BandRule],
    bands: Sequence[LaneBand],
    facts: Sequence[LaneFacts],
    marks: Sequence[UsedBand],
    weights: Mapping[str, float],
) -> list[UsedBand]:
    """Return what each band that is not of the ladder is taken for; bands that no rule takes are only looked at.

    Parameters
    ----------
    rules, bands, facts
        Of the protocol, the search, the membrane.
    marks : sequence of UsedBand
        The ladder's bands: no rule takes one of their lane.
    weights : mapping of str to float
        Molecular weight of each shape, kDa; empty without a ladder.

    Raises
    ------
    Invalid
        ``protocol.bands``: a rule takes no band in any lane.
    """
    left = {one.lane for one in facts if one.load != LoadKind.SAMPLE} | {one.lane for one in marks if one.lane}
    taken: dict[str, UsedBand] = {}
    for rule in rules:
        before = len(taken)
        for lane in sorted({one.lane for one in bands} - left):
            there = [one for one in bands if one.lane == lane and one.shape not in taken]
            band = _fitting(rule, there, weights)
            if band is not None:
                use = BandUse(rule.use)
                taken[band.shape] = UsedBand(shape=band.shape, lane=lane, use=use, target=rule.target)
        if len(taken) == before:
            raise Invalid("protocol.bands", f"No lane has a band that is taken for {_words(rule)}.")
    of_ladder = {one.shape for one in marks}
    return [
        taken.get(one.shape) or UsedBand(shape=one.shape, lane=one.lane) for one in bands if one.shape not in of_ladder
    ]


def _fitting(rule: BandRule, bands: Sequence[LaneBand], weights: Mapping[str, float]) -> LaneBand | None:
    if rule.band is not None:
        return next((one for one in bands if one.band == rule.band), None)
    low, high = rule.low or 0.0, rule.high or 0.0
    within = [one for one in bands if one.shape in weights and low <= weights[one.shape] <= high]
    return max(within, key=lambda one: one.signal if one.signal is not None else 0.0, default=None)


def _words(rule: BandRule) -> str:
    what = f"the {rule.use} {rule.target}".rstrip()
    return f"{what} (band {rule.band})" if rule.band is not None else f"{what} ({rule.low:g} to {rule.high:g} kDa)"


def choice_of(method: ProtocolMethod, bands: Sequence[UsedBand]) -> QuantitiesChoice:
    """Return the quantities that a protocol asks for, of these bands."""
    ladder = method.ladder
    return QuantitiesChoice(
        bands=list(bands),
        ladder=LadderChoice(name=ladder.name, fit=ladder.fit) if ladder else None,
        normalisation=NormalisationChoice(method=method.normalisation) if method.normalisation else None,
        control_group=method.control_group,
    )
