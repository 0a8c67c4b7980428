"""Charts of an analysis: groups with points and error bars, the ladder's fit, the standards' curve, the plate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blotter_records.contract.quantities import Group, NormalisedBand, Quantities, QuantityNumbers
from blotter_records.densitometry.quantities.molecular_weight import fitted_ladder
from blotter_records.densitometry.quantities.standards import StandardCurve
from blotter_records.domain.records import Analysis
from blotter_records.services.charts.drawing import (
    BLUE,
    BOTTOM,
    GREEN,
    INK,
    LEFT,
    ORANGE,
    RED,
    RIGHT,
    TOP,
    Axis,
    Panel,
    linear_axis,
    log_axis,
    picture,
)
from blotter_records.services.charts.plate import placed, plate
from blotter_records.vocabulary import ChartKind, NormalisationMethod, StandardFit

#: Size of a plot, px.
WIDTH, HEIGHT = 300.0, 210.0
#: Points of a drawn curve.
_STEPS = 120
#: Width of a bar and of the caps of its error bar, in distances between bars.
_BAR, _CAP, _SPREAD = 0.62, 0.12, 0.3


def available(content: Analysis) -> list[ChartKind]:
    """Return the charts that can be drawn of an analysis: those whose numbers it has."""
    numbers = _numbers(content)
    has = {
        ChartKind.GROUPS: numbers is not None and bool(numbers.groups),
        ChartKind.LADDER: numbers is not None and numbers.weights is not None,
        ChartKind.STANDARDS: numbers is not None and numbers.amounts is not None,
        ChartKind.PLATE: numbers is not None and numbers.plate is not None and bool(placed(numbers.plate.wells)),
        ChartKind.PROFILE: bool(content.finding and content.finding["lanes"]),
    }
    return [kind for kind, is_there in has.items() if is_there]


def chart(content: Analysis, kind: ChartKind) -> bytes:
    """Return a chart of :func:`available` that needs no pixels, as SVG."""
    assert content.quantities is not None
    quantities = Quantities.model_validate(content.quantities)
    match kind:
        case ChartKind.GROUPS:
            return _groups(quantities)
        case ChartKind.LADDER:
            return _ladder(quantities)
        case ChartKind.STANDARDS:
            return _standards(quantities)
        case ChartKind.PLATE:
            assert quantities.numbers is not None
            assert quantities.numbers.plate is not None
            return plate(quantities.numbers.plate)
        case ChartKind.PROFILE:
            raise ValueError("a profile is drawn from pixels")


def _numbers(content: Analysis) -> QuantityNumbers | None:
    return None if content.quantities is None else Quantities.model_validate(content.quantities).numbers


def _groups(quantities: Quantities) -> bytes:
    """Draw bars of the means with the samples as rings, lanes left out as crosses, and the SD."""
    numbers, chosen = quantities.numbers, quantities.chosen
    assert numbers is not None
    control = chosen.control_group
    targets = list(dict.fromkeys(one.target for one in numbers.groups))
    method = chosen.normalisation.method if chosen.normalisation else NormalisationMethod.HOUSEKEEPING
    unit = "ratio to total" if method is NormalisationMethod.TWO_STEP else "Normalised, counts·px"
    name = f"Relative to {control}" if control else unit
    lanes = {one.lane: one.group for one in quantities.inputs.lanes}
    panels = []
    for at, target in enumerate(targets):
        groups = [one for one in numbers.groups if one.target == target]
        mean = next((one.mean for one in groups if one.group == control), None) or 1.0
        out = [one for one in numbers.normalised if one.target == target and one.left_out]
        left = at * (LEFT + WIDTH + RIGHT) + LEFT
        panels.append(_group_panel(groups, out, lanes, 1 / mean, (left, TOP), name, target))
    left_out = any(one.left_out for one in numbers.normalised)
    notes = [
        "Bars: mean; whiskers: ± SD (n − 1); rings: samples (lanes of one sample are averaged).",
        f"n = {', '.join(f'{one.n} {one.group}' for one in numbers.groups)}.",
        *(["Crosses: lanes left out."] if left_out else []),
    ]
    size = len(targets) * (LEFT + WIDTH + RIGHT)
    return picture(panels, width=size, height=TOP + HEIGHT + BOTTOM, title=f"Groups: {name}", notes=notes)


def _group_panel(
    groups: Sequence[Group],
    left_out: Sequence[NormalisedBand],
    lanes: dict[int, str],
    scale: float,
    place: tuple[float, float],
    name: str,
    title: str,
) -> str:
    points = [
        (at, one.value * scale) for at, group in enumerate(groups) for one in group.values if one.value is not None
    ]
    places = {group.group: at for at, group in enumerate(groups)}
    out = [
        (places[lanes[one.lane]], one.normalised * scale)
        for one in left_out
        if one.normalised is not None and lanes.get(one.lane) in places
    ]
    ends = [
        ((group.mean or 0) + sign * (group.standard_deviation or 0)) * scale for group in groups for sign in (-1, 1)
    ]
    y = linear_axis(name, [*(value for _, value in [*points, *out]), *ends], from_zero=True)
    panel = Panel(Axis("", -0.5, len(groups) - 0.5, ()), y, *place, WIDTH, HEIGHT, title)
    for at, group in enumerate(groups):
        if group.mean is None:
            continue
        panel.box(at - _BAR / 2, at + _BAR / 2, 0, group.mean * scale, (BLUE, ORANGE, GREEN, RED)[at % 4], 0.55)
        if group.standard_deviation is not None:
            low, high = ((group.mean + sign * group.standard_deviation) * scale for sign in (-1, 1))
            panel.line([(at, low), (at, high)], INK, width=1.1)
            for end in (low, high):
                panel.line([(at - _CAP, end), (at + _CAP, end)], INK, width=1.1)
    for marks, kind in ((points, "ring"), (out, "cross")):
        for number, (at, value) in enumerate(marks):
            same = [place for place, (other, _) in enumerate(marks) if other == at]
            share = (same.index(number) + 0.5) / len(same) - 0.5
            panel.mark(at + _SPREAD * share, value, kind, INK if kind == "ring" else RED)
    return panel.drawn(x_texts=[(at, group.group) for at, group in enumerate(groups)])


def _ladder(quantities: Quantities) -> bytes:
    """Draw the weights of the ladder and its fit, and where the other bands lie on it."""
    assert quantities.numbers is not None
    weights, chosen = quantities.numbers.weights, quantities.chosen.ladder
    assert weights is not None
    assert chosen is not None
    curve = fitted_ladder([one.place for one in weights.ladder], [one.kda for one in weights.ladder], chosen.fit)
    is_front = chosen.front is not None
    places = [*(one.place for one in weights.ladder), *(one.place for one in weights.bands)]
    heights = [*(one.kda for one in weights.ladder), *(one.kda for one in weights.bands)]
    x = linear_axis("Relative front" if is_front else "Row, px", places)
    y = log_axis("Molecular weight, kDa", [*heights, *(one.fitted_kda for one in weights.ladder)])
    panel = Panel(x, y, LEFT, TOP, WIDTH, HEIGHT, f"{chosen.name}, {chosen.fit.value}")
    first, last = min(curve.fronts), max(curve.fronts)
    panel.line([(place, curve.at(place).kda) for place in _between(first, last)], BLUE)
    for one in weights.ladder:
        panel.mark(one.place, one.kda, "dot", INK)
    for band in weights.bands:
        panel.mark(band.place, band.kda, "cross" if band.is_extrapolated else "diamond", RED)
    fit = "" if weights.r_squared is None else f" R² = {weights.r_squared:.6g}."
    notes = [f"Dots: ladder; line: fit.{fit} Diamonds: bands; crosses: extrapolated."]
    return picture(
        [panel.drawn()], width=LEFT + WIDTH + RIGHT, height=TOP + HEIGHT + BOTTOM, title="Ladder", notes=notes
    )


def _standards(quantities: Quantities) -> bytes:
    """Draw standards, their curve, the linear range and the bands that are told by it."""
    assert quantities.numbers is not None
    amounts, chosen = quantities.numbers.amounts, quantities.chosen.standards
    assert amounts is not None
    assert chosen is not None
    curve = StandardCurve(
        chosen.fit, chosen.weight, tuple(amounts.coefficients), amounts.lowest, amounts.highest, (), amounts.r_squared
    )
    is_log = chosen.fit in {StandardFit.LOG_LOG, StandardFit.LOGISTIC} and amounts.lowest > 0
    told = [one for one in amounts.bands if one.amount is not None and (one.amount > 0 or not is_log)]
    xs = [*(one.amount for one in amounts.standards), *(one.amount for one in told if one.amount is not None)]
    line = [(at, curve.signal(at)) for at in _between(amounts.lowest, amounts.highest, is_log=is_log)]
    ys = [*(one.signal for one in amounts.standards), *(one.signal for one in told), *(value for _, value in line)]
    name = f"Amount, {chosen.unit}"
    is_log_y = chosen.fit is StandardFit.LOG_LOG and min(ys) > 0
    panel = Panel(
        log_axis(name, xs) if is_log else linear_axis(name, xs),
        log_axis("Signal, counts·px", ys) if is_log_y else linear_axis("Signal, counts·px", ys),
        LEFT,
        TOP,
        WIDTH,
        HEIGHT,
        chosen.fit.value.capitalize(),
    )
    linear = amounts.linear_range
    if linear is not None:
        panel.box(linear.lowest, linear.highest, panel.y.low, panel.y.high, GREEN, 0.12)
    panel.line(line, BLUE)
    for one in amounts.standards:
        panel.mark(one.amount, one.signal, "dot", INK)
    for band in told:
        assert band.amount is not None
        panel.mark(band.amount, band.signal, "cross" if band.flags else "diamond", RED)
    fit = "" if amounts.r_squared is None else f" R² = {amounts.r_squared:.6g}."
    shaded = " Shaded: linear range." if linear else " No linear range."
    notes = [f"Dots: standards; line: fit.{fit}{shaded}", "Diamonds: bands; crosses: bands with a flag."]
    return picture(
        [panel.drawn()], width=LEFT + WIDTH + RIGHT, height=TOP + HEIGHT + BOTTOM, title="Standards", notes=notes
    )


def _between(first: float, last: float, *, is_log: bool = False) -> Iterator[float]:
    for at in range(_STEPS + 1):
        part = at / _STEPS
        yield first * (last / first) ** part if is_log else first + (last - first) * part
