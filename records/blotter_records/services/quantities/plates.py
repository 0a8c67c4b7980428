"""In-Cell Western and other plates: wells normalised, as a part of the control, and by group (B28, B30, B31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blotter_records.contract.base import VersionPlace
from blotter_records.contract.plates import (
    NormaliserSource,
    NormaliserWell,
    PlateChoice,
    PlateNumbers,
    UsedWell,
    WellGroup,
    WellNumber,
)
from blotter_records.densitometry.quantities.plates import in_cell_ratios, percent_of_control, z_prime
from blotter_records.densitometry.quantities.replicates import replicates
from blotter_records.domain.records import Analysis, Json
from blotter_records.errors import Invalid, NotFound
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.analyses.showing import version_revision
from blotter_records.vocabulary import WellUse

#: A well that is used for every other one may not be saturated.
_REFERENCES = (WellUse.CONTROL, WellUse.BACKGROUND)


@dataclass(frozen=True, slots=True)
class _Well:
    chosen: UsedWell
    name: str
    signal: float
    is_saturated: bool
    normaliser: float | None = None

    @property
    def counts(self) -> bool:
        return not self.chosen.left_out


def normaliser_source(work: UnitOfWork, content: Analysis, place: VersionPlace | None) -> NormaliserSource | None:
    """Read the wells of the version that holds the normaliser.

    Raises
    ------
    NotFound
        A version that is not there, or not in this study.
    Invalid
        ``plate.normaliser``: it is of this analysis, has one label twice, or has no Signal.
    """
    if place is None:
        return None
    other = Analysis.from_json(version_revision(work, place.analysis, place.version).content)
    if other.study != content.study:
        raise NotFound("not_found.analysis", f"There is no analysis {place.analysis}.")
    if place.analysis == content.analysis:
        raise Invalid("plate.normaliser", "The normaliser is another channel: take a version of its analysis.")
    labels = {one["shape"]: one["label"] for one in other.shapes if one["label"]}
    wells = [
        NormaliserWell(well=labels[one["shape"]], signal=one["signal"], is_saturated=bool(one["saturated"]))
        for one in other.measurements
        if one["shape"] in labels and one["signal"] is not None
    ]
    if not wells or len({one.well for one in wells}) != len(wells):
        raise Invalid(
            "plate.normaliser",
            f"{place.analysis}.{place.version} has no wells with a Signal, or two with one label.",
            "Find the wells there, and save a version.",
        )
    return NormaliserSource(analysis=place.analysis, version=place.version, digest=other.digest, wells=wells)


def plate_numbers(
    choice: PlateChoice, source: NormaliserSource | None, shapes: Sequence[Json], measurements: Sequence[Json]
) -> tuple[PlateNumbers, list[str]]:
    """Return the numbers of the wells, and notes.

    Raises
    ------
    Invalid
        ``plate.wells``: a shape that is not there, twice, without a label of its own or without a Signal;
        ``plate.normaliser``: a well that counts has none; ``plate.saturated``: a control or background well that
        counts is; ``plate.left_out``: a reason shorter than three letters, or no background or control well counts.
    """
    wells = _joined(choice, source, shapes, measurements)
    backgrounds = _that_count(wells, WellUse.BACKGROUND)
    is_normalised = source is not None
    blanks = [one.signal for one in backgrounds] or [0.0]
    stains = [one.normaliser for one in backgrounds if one.normaliser is not None] or [0.0]
    corrected = [one.signal - replicates(blanks).mean for one in wells]
    stained = [None if one.normaliser is None else one.normaliser - replicates(stains).mean for one in wells]
    values: list[float | None] = list(corrected)
    if is_normalised:
        given = [0.0 if one.normaliser is None else one.normaliser for one in wells]
        made = in_cell_ratios([one.signal for one in wells], given, blanks, stains)
        values = [None if of is None else one for one, of in zip(made, stained, strict=True)]
    by_shape = {one.chosen.shape: value for one, value in zip(wells, values, strict=True)}
    controls = _values(_that_count(wells, WellUse.CONTROL), by_shape)
    percents = percent_of_control(values, controls) if controls else [None] * len(values)
    numbers = [
        WellNumber(
            shape=one.chosen.shape,
            well=one.name,
            use=one.chosen.use,
            group=one.chosen.group,
            signal=one.signal,
            corrected=less,
            normaliser=stain,
            value=value,
            percent=percent,
            is_saturated=one.is_saturated,
            left_out=one.chosen.left_out,
        )
        for one, less, stain, value, percent in zip(wells, corrected, stained, values, percents, strict=True)
    ]
    positive, negative = (_values(_that_count(wells, use), by_shape) for use in (WellUse.POSITIVE, WellUse.NEGATIVE))
    z = z_prime(positive, negative) if positive and negative else None
    return PlateNumbers(wells=numbers, groups=_groups(numbers), z_prime=z), list(_notes(wells, numbers))


def _joined(
    choice: PlateChoice, source: NormaliserSource | None, shapes: Sequence[Json], measurements: Sequence[Json]
) -> list[_Well]:
    """Join each chosen well with its label, its numbers and its normaliser. Raises ``Invalid``."""
    labels = {one["shape"]: one["label"] for one in shapes}
    numbers = {one["shape"]: one for one in measurements}
    stains = {one.well: one for one in source.wells} if source else {}
    seen: set[str] = set()
    wells = []
    for one in choice.wells:
        name, number = labels.get(one.shape, ""), numbers.get(one.shape)
        if not name or name in seen or number is None or number["signal"] is None:
            raise Invalid(
                "plate.wells", f"{one.shape} is no shape with a Signal and a label of its own here.", "Find the wells."
            )
        seen.add(name)
        if one.left_out and len(one.left_out.strip()) < 3:
            raise Invalid("plate.left_out", f"{name} is left out; the reason is too short.")
        stain = stains.get(name)
        if source is not None and stain is None and not one.left_out:
            raise Invalid(
                "plate.normaliser",
                f"{source.analysis}.{source.version} has no well {name}.",
                "Leave the well out, with a reason.",
            )
        saturated = bool(number["saturated"]) or (stain is not None and stain.is_saturated)
        if saturated and one.use in _REFERENCES and not one.left_out:
            raise Invalid(
                "plate.saturated",
                f"{name} is taken for {one.use.value}, and saturated.",
                "Leave the well out, with a reason.",
            )
        wells.append(_Well(one, name, number["signal"], saturated, stain.signal if stain else None))
    for use in _REFERENCES:
        if any(one.chosen.use is use for one in wells) and not _that_count(wells, use):
            raise Invalid("plate.left_out", f"Every {use.value} well is left out.")
    return wells


def _that_count(wells: Sequence[_Well], use: WellUse) -> list[_Well]:
    return [one for one in wells if one.chosen.use is use and one.counts]


def _values(wells: Sequence[_Well], values: dict[str, float | None]) -> list[float]:
    return [value for one in wells if (value := values[one.chosen.shape]) is not None]


def _groups(wells: Sequence[WellNumber]) -> list[WellGroup]:
    """Return the groups in the order in which they are first named; wells without a value count as left out."""
    named: dict[str, list[WellNumber]] = {}
    for one in wells:
        if one.group:
            named.setdefault(one.group, []).append(one)
    return [_group(name, of) for name, of in named.items()]


def _group(name: str, wells: Sequence[WellNumber]) -> WellGroup:
    used = [one for one in wells if not one.left_out and one.value is not None]
    values = [one.value for one in used if one.value is not None]
    percents = [one.percent for one in used if one.percent is not None]
    made = replicates(values) if values else None
    return WellGroup(
        group=name,
        n=len(values),
        excluded=len(wells) - len(values),
        mean=made.mean if made else None,
        standard_deviation=made.standard_deviation if made else None,
        standard_error=made.standard_error if made else None,
        cv=made.cv if made else None,
        percent=replicates(percents).mean if percents else None,
    )


def _notes(wells: Sequence[_Well], numbers: Sequence[WellNumber]) -> list[str]:
    """Return what has to be minded."""
    notes = [f"Well {one.name} left out: {one.chosen.left_out}" for one in wells if not one.counts]
    if not _that_count(wells, WellUse.BACKGROUND):
        notes.append("No background wells: signals are taken as they are.")
    saturated = [one.name for one in wells if one.is_saturated]
    if saturated:
        notes.append(f"Saturated, in one channel at least: {', '.join(saturated)}.")
    undefined = [one.well for one in numbers if one.value is None and not one.left_out]
    if undefined:
        notes.append(f"No ratio, the normaliser is not above its background: {', '.join(undefined)}.")
    return notes
