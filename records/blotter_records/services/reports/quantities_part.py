"""Quantities of an analysis on paper: what was chosen, the numbers, and the charts as the service draws them."""

from __future__ import annotations

from blotter_records.contract.quantities import Quantities, QuantityNumbers
from blotter_records.densitometry.shapes import Counts
from blotter_records.domain.records import Analysis
from blotter_records.ports.entries import Revision
from blotter_records.ports.rendering import ChartPart, Column, Fact, Table
from blotter_records.services.charts.charts import available, chart
from blotter_records.services.charts.profiles import lane_lines, profiles
from blotter_records.services.reports.plate_part import plate_tables
from blotter_records.services.reports.wording import NONE, six, words
from blotter_records.vocabulary import ChartKind

_TITLES = {
    ChartKind.GROUPS: "Groups",
    ChartKind.LADDER: "Ladder",
    ChartKind.STANDARDS: "Standards",
    ChartKind.PLATE: "Plate",
    ChartKind.PROFILE: "Lane profiles",
}


def chart_file(revision: Revision, kind: ChartKind) -> str:
    """Return the name of a chart of a pinned analysis among the pictures."""
    return f"{revision.record_id}-{revision.rev}-{kind}.svg"


def chart_parts(revision: Revision, content: Analysis) -> tuple[ChartPart, ...]:
    """Return the charts of an analysis, in the order in which they are printed."""
    name = f"{content.analysis}.{revision.version}"
    return tuple(
        ChartPart(
            _TITLES[kind], chart_file(revision, kind), f"{_TITLES[kind]} of {name}; its numbers are in the tables"
        )
        for kind in available(content)
    )


def chart_pictures(revision: Revision, content: Analysis, counts: Counts) -> dict[str, bytes]:
    """Return the same charts drawn, by the names of their files; profiles are drawn from the sealed pixels."""
    return {
        chart_file(revision, kind): profiles(lane_lines(content, counts))
        if kind is ChartKind.PROFILE
        else chart(content, kind)
        for kind in available(content)
    }


def quantity_facts(content: Analysis) -> list[Fact]:
    """Return what was chosen, in words."""
    if content.quantities is None:
        return []
    quantities = Quantities.model_validate(content.quantities)
    chosen, inputs, numbers = quantities.chosen, quantities.inputs, quantities.numbers
    facts = []
    if chosen.ladder is not None:
        facts.append(Fact("Molecular weights", f"by {chosen.ladder.name}, {chosen.ladder.fit.value} in log10 MW"))
    if chosen.normalisation is not None:
        sources = [
            f"{what} of {one.analysis}.{one.version} (digest {one.digest[:12]}…)"
            for what, one in (("controls", inputs.controls), ("totals", inputs.totals))
            if one is not None
        ]
        facts.append(Fact("Normalisation", ", ".join([words(chosen.normalisation.method.value), *sources])))
    if chosen.standards is not None:
        facts.append(Fact("Amounts", f"{chosen.standards.fit.value}, weight {chosen.standards.weight.value}"))
    if inputs.normaliser is not None:
        one = inputs.normaliser
        facts.append(Fact("Wells normalised", f"by {one.analysis}.{one.version} (digest {one.digest[:12]}…)"))
    if inputs.membrane is not None:
        facts.append(Fact("Lanes and groups", f"of {inputs.membrane.record}, revision {inputs.membrane.rev}"))
    return [*facts, *(Fact("Note", one) for one in (numbers.notes if numbers else [quantities.problem]))]


def quantity_tables(content: Analysis) -> list[Table]:
    """Return the numbers, six significant digits; stored values are in the attached data."""
    if content.quantities is None:
        return []
    quantities = Quantities.model_validate(content.quantities)
    numbers = quantities.numbers
    if numbers is None:
        return []
    tables = [_weights(numbers), _normalised(numbers), _groups(numbers)]
    unit = quantities.chosen.standards.unit if quantities.chosen.standards else ""
    made = [one for one in (*tables, _amounts(numbers, unit)) if one is not None]
    return [*made, *plate_tables(numbers.plate)]


def _weights(numbers: QuantityNumbers) -> Table | None:
    weights = numbers.weights
    if weights is None:
        return None
    columns = (
        Column("Shape", is_number=False, share=10),
        Column("Place", "px, or Rf", share=14),
        Column("Weight", "kDa", share=16),
        Column("Fitted", "kDa", share=16),
        Column("Residual", "%", share=14),
        Column("Note", is_number=False, share=30),
    )
    rows = [
        (one.shape, six(one.place), six(one.kda), six(one.fitted_kda), six(one.residual), "ladder")
        for one in weights.ladder
    ]
    rows += [
        (one.shape, six(one.place), six(one.kda), NONE, NONE, "extrapolated" if one.is_extrapolated else "")
        for one in weights.bands
    ]
    return Table("Molecular weight", columns, tuple(rows), (f"R² of log10 MW: {six(weights.r_squared)}.",))


def _normalised(numbers: QuantityNumbers) -> Table | None:
    if not numbers.normalised:
        return None
    columns = (
        Column("Shape", is_number=False, share=8),
        Column("Lane", share=7),
        Column("Target", is_number=False, share=14),
        Column("Signal", "counts·px", share=14),
        Column("Control", "counts·px", share=14),
        Column("Factor", share=11),
        Column("Normalised", share=13),
        Column("Relative", share=11),
        Column("Left out", is_number=False, share=12),
    )
    factors = {one.lane: one for one in numbers.factors}
    rows = []
    for one in numbers.normalised:
        factor = factors.get(one.lane)
        control = (six(factor.control), six(factor.factor)) if factor else (NONE, NONE)
        values = (six(one.signal), *control, six(one.normalised), six(one.relative))
        rows.append((one.shape, str(one.lane), one.target, *values, one.left_out))
    note = "Factor = control of the lane / largest control of the lanes that count. Normalised = Signal / Factor."
    return Table("Normalised signal", columns, tuple(rows), (note,))


def _groups(numbers: QuantityNumbers) -> Table | None:
    if not numbers.groups:
        return None
    columns = (
        Column("Target", is_number=False, share=13),
        Column("Group", is_number=False, share=15),
        Column("n", share=6),
        Column("Left out", share=8),
        Column("Mean", share=12),
        Column("SD", share=12),
        Column("SEM", share=11),
        Column("CV", "%", share=10),
        Column("Fold change", "95 % limits", share=20),
    )
    rows = []
    for one in numbers.groups:
        limits = f" ({six(one.low)} to {six(one.high)})" if one.low is not None else ""
        values = (six(one.mean), six(one.standard_deviation), six(one.standard_error), six(one.cv))
        change = f"{six(one.fold_change)}{limits}"
        rows.append((one.target, one.group, str(one.n), str(one.excluded), *values, change))
    note = "n counts samples; lanes of one sample are averaged first. SD with n − 1; SEM = SD / √n."
    return Table("Groups", columns, tuple(rows), (note,))


def _amounts(numbers: QuantityNumbers, unit: str) -> Table | None:
    made = numbers.amounts
    if made is None:
        return None
    columns = (
        Column("Shape", is_number=False, share=12),
        Column("Signal", "counts·px", share=20),
        Column("Amount", unit, share=18),
        Column("Recovery", "%", share=14),
        Column("Note", is_number=False, share=36),
    )
    rows = [(one.shape, six(one.signal), six(one.amount), six(one.recovery), "standard") for one in made.standards]
    rows += [(one.shape, six(one.signal), six(one.amount), NONE, ", ".join(one.flags)) for one in made.bands]
    linear = made.linear_range
    span = f"{six(linear.lowest)} to {six(linear.highest)} {unit}" if linear else "none by the rule of the formulas"
    notes = (
        f"Coefficients: {', '.join(map(six, made.coefficients))}; R² = {six(made.r_squared)}. Linear range: {span}.",
        f"LOD {six(made.lod)}, LOQ {six(made.loq)} counts·px (mean + 3 and + 10 SD of the blanks).",
    )
    return Table("Amounts", columns, tuple(rows), notes)
