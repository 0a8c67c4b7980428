"""An analysis on paper: its picture, how it was made, its numbers, and how much they hang on the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blotter_records.contract.wells import WellGrid
from blotter_records.densitometry.backgrounds.choosing import LARGEST_UNDER_A_BALL
from blotter_records.densitometry.backgrounds.sensitivity import REACH, Sensitivity
from blotter_records.densitometry.regions import drawn
from blotter_records.domain.enumerating import first_few
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.ports.entries import Revision
from blotter_records.ports.rendering import AnalysisPart, Column, Fact, Outline, Picture, Table
from blotter_records.services.analyses.edits import finding_view
from blotter_records.services.analyses.outlines import stored_outline, where
from blotter_records.services.reports.display_part import Shown
from blotter_records.services.reports.flags_part import flag_fact, flag_tables
from blotter_records.services.reports.protocol_part import chosen_columns, protocol_facts
from blotter_records.services.reports.quantities_part import chart_parts, quantity_facts, quantity_tables
from blotter_records.services.reports.well_facts import well_facts
from blotter_records.services.reports.wording import NONE, percent, six, utc_zone, words

#: Signals of each analysis under every background method, by the name of its picture.
Sensitivities = Mapping[str, Sequence[Sensitivity]]

#: Of the rolling ball, px, where the analysis has chosen none.
BALL_RADIUS = 50.0

_NO_BALL = "The image is too large for a rolling ball here."

#: Bands and edits that are named in the facts; all are in the attached data.json.
_NAMED = 30

_INTENSITY = (
    Column("Shape", is_number=False, share=8),
    Column("Label", is_number=False, share=19),
    Column("Area", "px", share=9),
    Column("Total", "counts·px", share=14),
    Column("Mean", "counts", share=11),
    Column("Min", "counts", share=9),
    Column("Max", "counts", share=9),
    Column("SD", "counts", share=11),
    Column("Median", "counts", share=11),
    Column("Saturated", "px (%)", share=13),
)
_SIGNAL = (
    Column("Shape", is_number=False, share=8),
    Column("Where", "px; rectangles half-open", is_number=False, share=25),
    Column("Signal", "counts·px", share=14),
    Column("SNR", share=10),
    Column("Background", "counts", share=12),
    Column("Background SD", "counts", share=13),
    Column("Taken from", "px", share=9),
    Column("Left out", "px", share=9),
)


def picture_file(analysis: Revision) -> str:
    """Return the name of the picture of a pinned analysis."""
    return f"{analysis.record_id}-{analysis.rev}.png"


def analysis_part(
    revision: Revision,
    content: Analysis,
    image: Image,
    sensitivities: Sequence[Sensitivity],
    display: Shown,
    reasons: Sequence[Json] = (),
) -> AnalysisPart:
    """Return a pinned analysis as it is printed: picture, facts, numbers, and what they would be otherwise.

    ``display`` is how its picture shows the image, ``reasons`` are those that the result has for quality flags.
    """
    labels = {shape["shape"]: shape for shape in content.shapes}
    background = content.background
    name = f"{content.analysis}.{revision.version}"
    return AnalysisPart(
        title=f"Analysis {name}",
        picture=Picture(
            file=picture_file(revision),
            rows=image.rows,
            columns=image.columns,
            alternative_text=f"{image.image} in {display.colour} with the shapes {', '.join(labels)} of {name}",
            caption=f"{image.image} with the shapes of {name}: {display.told()}.",
            outlines=tuple(Outline(shape["shape"], tuple(drawn(stored_outline(shape)))) for shape in content.shapes),
        ),
        facts=(
            Fact("Saved by", f"{revision.subject.printed_name}, {utc_zone(revision.entry.at)}"),
            *([Fact("Reason for this version", content.reason)] if content.reason else []),
            *protocol_facts(content),
            Fact("Background", _method(background)),
            *_finding_facts(content),
            *quantity_facts(content),
            flag_fact(content, image),
            Fact("Formula set", content.formula_set),
            Fact("Digest", content.digest, is_code=True),
        ),
        tables=(
            *chosen_columns(
                Table("Intensity", _INTENSITY, tuple(_intensity(row, labels) for row in content.measurements)), content
            ),
            *chosen_columns(
                Table(
                    "Signal",
                    _SIGNAL,
                    tuple(_signal(row, labels) for row in content.measurements),
                    notes=(
                        "Signal = Total − Background × Area. SNR = Signal / (Area × Background SD).",
                        "Border pixels in another shape or outside the image are left out.",
                        "A pixel is in a shape when its centre is; ellipses and polygons are given by rows of centres.",
                        "Six significant digits, exact integers in full; stored values are in the attached data.json.",
                        *(f"{row['shape']}: {note}" for row in content.measurements for note in row["notes"]),
                    ),
                ),
                content,
            ),
            *flag_tables(name, content, image, reasons),
            *quantity_tables(content),
            *sensitivity_tables(sensitivities, content),
        ),
        charts=chart_parts(revision, content),
    )


def _method(background: Json) -> str:
    """Return how background was taken."""
    sides = words(background["sides"]).replace("top bottom", "top and bottom").replace("left right", "left and right")
    border = f"a border of {background['width']} px, sides: {sides}"
    match background["method"]:
        case "none":
            return "none taken"
        case "average":
            return f"mean of {border}"
        case "median":
            return f"median of {border}"
        case "lane":
            return (
                "lane: the lowest rows between the shapes of the same columns, joined by straight lines; looked for up "
                f"to {background['reach']} px beyond the first and last shape"
            )
        case "user_defined":
            return f"user-defined: mean of all pixels of {', '.join(background['shapes'])}"
        case "column_wise":
            width = background["width"]
            return f"column-wise linear: in each column the line between the means of {width} px above and below"
        case _:
            return f"rolling ball of radius {six(background['radius'])} px; Background SD from {border}"


def _intensity(row: Json, shapes: dict[str, Json]) -> tuple[str, ...]:
    return (
        row["shape"],
        shapes[row["shape"]]["label"],
        six(row["area"]),
        six(row["total"]),
        six(row["mean"]),
        six(row["minimum"]),
        six(row["maximum"]),
        six(row["standard_deviation"]),
        six(row["median"]),
        f"{row['saturated']} ({percent(row['saturated_fraction'])})" if row["saturated"] else "0",
    )


def _signal(row: Json, shapes: dict[str, Json]) -> tuple[str, ...]:
    return (
        row["shape"],
        where(shapes[row["shape"]]),
        six(row["signal"]),
        six(row["snr"]),
        six(row["background"]),
        six(row["background_standard_deviation"]),
        six(row["background_pixels"]),
        six(row["background_excluded"]),
    )


def _finding_facts(content: Analysis) -> list[Fact]:
    """Return what was found without a person, and what people made of it."""
    finding = finding_view(content)
    if finding is None:
        return [Fact("Shapes", "drawn by people")]
    told = finding.parameters
    edits = [f"{one.shape} {one.label} {one.what}".replace("  ", " ") for one in finding.edits]
    if isinstance(told, WellGrid):
        return well_facts(finding, told, first_few(edits, _NAMED))
    asked = f"{told.lanes} lanes asked for" if told.lanes else "lanes counted"
    flagged = [f"{one.label}: {', '.join(one.flags)}" for one in finding.bands if one.flags]
    return [
        Fact(
            "Found without a person",
            f"{len(finding.bands)} bands in {len(finding.lanes)} lanes "
            f"({asked}; least height {six(told.sensitivity)} × the noise)",
        ),
        Fact("Changed by people since", first_few(edits, _NAMED) or "nothing"),
        *([Fact("Flagged when found", first_few(flagged, _NAMED))] if flagged else []),
    ]


def compared_with(content: Analysis, pixels: int) -> dict[str, Any]:
    """Return what each background is told where it is printed beside the others: what the analysis chose, if it did."""
    background = content.background
    return {
        "width": background["width"],
        "radius": background.get("radius", BALL_RADIUS) if pixels <= LARGEST_UNDER_A_BALL else None,
        "reach": background.get("reach", REACH),
        "background_shapes": tuple(background.get("shapes", ())),
    }


def sensitivity_tables(sensitivities: Sequence[Sensitivity], content: Analysis) -> tuple[Table, Table]:
    """Return the signals of each shape under every background method: borders, and the others with the spread."""
    methods = list(sensitivities[0].signals) if sensitivities else []
    borders = [method for method in methods if ", " in method]
    others = [method for method in methods if ", " not in method]
    told = compared_with(content, 0)
    how = (
        "Computed from the sealed pixels when this was printed, beside the numbers of the record: same shapes, a "
        f"border of {told['width']} px. Spread = (largest − smallest) / |median| of a row of both tables."
    )
    ball = f"The rolling ball has a radius of {six(told['radius'])} px." if "rolling ball" in methods else _NO_BALL
    lane = f"Lanes are searched up to {told['reach']} px beyond their first and last shape."
    return (
        Table(
            "Signal under each border",
            _by_method(borders),
            tuple((one.shape, *(six(one.signals[method]) for method in borders)) for one in sensitivities),
        ),
        Table(
            "Signal under each other background",
            (*_by_method(others), Column("Spread", "%", share=8)),
            tuple(
                (one.shape, *(six(one.signals[method]) for method in others), _spread(one.spread))
                for one in sensitivities
            ),
            notes=(how, f"{lane} {ball}"),
        ),
    )


def _by_method(methods: Sequence[str]) -> tuple[Column, ...]:
    named = (Column(method.capitalize().replace("_", " and "), "counts·px", share=10) for method in methods)
    return (Column("Shape", is_number=False, share=7), *named)


def _spread(spread: float | None) -> str:
    return NONE if spread is None else percent(spread)
