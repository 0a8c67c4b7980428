"""Replicates and fold changes by the groups of a membrane's samples (formulas B29, B30)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from blotter_records.contract.quantities import Group, LaneFacts, NormalisedBand, SampleValue
from blotter_records.densitometry.quantities.replicates import fold_change, replicates
from blotter_records.errors import Invalid


def grouped(
    values: Sequence[NormalisedBand],
    facts: Mapping[int, LaneFacts],
    snr: Mapping[str, float | None],
    control_group: str,
) -> tuple[list[Group], list[NormalisedBand]]:
    """Return the groups of each target, and the values with how they stand to the control group's mean.

    A replicate is a sample: lanes of one sample are technical replicates, and their mean is its one value.

    Parameters
    ----------
    values : sequence of NormalisedBand
    facts : mapping of int to LaneFacts
        By lane.
    snr : mapping of str to float or None
        By shape.
    control_group : str
        Empty: no fold changes.

    Raises
    ------
    Invalid
        ``quantities.group``: the control group has no sample here; ``replicates.control``: its mean is 0.
    """
    targets = list(dict.fromkeys(one.target for one in values))
    groups: list[Group] = []
    means: dict[str, float] = {}
    for target in targets:
        of = [one for one in values if one.target == target]
        made = sorted(_groups_of(target, of, facts, snr), key=lambda one: one.group != control_group)
        if control_group:
            control = next((one for one in made if one.group == control_group), None)
            if control is None or not control.n:
                raise Invalid(
                    "quantities.group",
                    f"The control group “{control_group}” has no sample of the target “{target}” that counts.",
                    "Groups belong to samples: they are set in the study.",
                )
            made = [_with_change(one, control) for one in made]
            assert control.mean is not None
            means[target] = control.mean
        groups += made
    related = [
        one
        if one.target not in means or one.normalised is None
        else one.model_copy(update={"relative": one.normalised / means[one.target]})
        for one in values
    ]
    return groups, related


def _groups_of(
    target: str, values: Sequence[NormalisedBand], facts: Mapping[int, LaneFacts], snr: Mapping[str, float | None]
) -> list[Group]:
    names = sorted({facts[one.lane].group for one in values if one.lane in facts and facts[one.lane].group})
    return [
        _group(target, name, [one for one in values if one.lane in facts and facts[one.lane].group == name], facts, snr)
        for name in names
    ]


def _group(
    target: str,
    name: str,
    values: Sequence[NormalisedBand],
    facts: Mapping[int, LaneFacts],
    snr: Mapping[str, float | None],
) -> Group:
    samples = [
        _sample(sample, [one for one in values if facts[one.lane].sample == sample], facts)
        for sample in sorted({facts[one.lane].sample or "" for one in values})
    ]
    known = [one.value for one in samples if one.value is not None]
    ratios = [snr[one.shape] for one in values if not one.left_out]
    clear = [one for one in ratios if one is not None]
    made = replicates(known) if known else None
    return Group(
        target=target,
        group=name,
        n=len(known),
        excluded=len(samples) - len(known),
        mean=made.mean if made else None,
        standard_deviation=made.standard_deviation if made else None,
        standard_error=made.standard_error if made else None,
        cv=made.cv if made else None,
        mean_snr=math.fsum(clear) / len(clear) if clear and len(clear) == len(ratios) else None,
        fold_change=None,
        log2=None,
        low=None,
        high=None,
        values=samples,
    )


def _sample(sample: str, values: Sequence[NormalisedBand], facts: Mapping[int, LaneFacts]) -> SampleValue:
    used = [one.normalised for one in values if not one.left_out and one.normalised is not None]
    return SampleValue(
        sample=sample,
        name=facts[values[0].lane].sample_name,
        lanes=[one.lane for one in values],
        value=math.fsum(used) / len(used) if used else None,
    )


def _with_change(group: Group, control: Group) -> Group:
    if group.group == control.group:  # over itself: no limits, they would tell of a comparison that there is not
        return group.model_copy(update={"fold_change": 1.0, "log2": 0.0})
    treated = [one.value for one in group.values if one.value is not None]
    if not treated:
        return group
    change = fold_change(treated, [one.value for one in control.values if one.value is not None])
    return group.model_copy(
        update={"fold_change": change.value, "log2": change.log2, "low": change.low, "high": change.high}
    )
