"""Shapes of an analysis as rows: stored values under the columns of one list, nothing computed and nothing rounded."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.contract.tables import Cell, TableColumn
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.services.analyses.flags import flags_of

#: Key, name, unit. The order is that of every table, on the screen and in files.
_COLUMNS = (
    ("shape", "Shape", ""),
    ("label", "Label", ""),
    ("lane", "Lane", ""),
    ("use", "Taken for", ""),
    ("target", "Target", ""),
    ("sample", "Sample", ""),
    ("sample_name", "Sample name", ""),
    ("group", "Group", ""),
    ("technical_replicate", "Technical replicate", ""),
    ("micrograms", "Load", "µg"),
    ("area", "Area", "px"),
    ("total", "Total", "counts·px"),
    ("mean", "Mean", "counts"),
    ("minimum", "Min", "counts"),
    ("maximum", "Max", "counts"),
    ("standard_deviation", "SD", "counts"),
    ("median", "Median", "counts"),
    ("background", "Background", "counts"),
    ("background_standard_deviation", "Background SD", "counts"),
    ("background_pixels", "Border", "px"),
    ("background_excluded", "Border left out", "px"),
    ("signal", "Signal", "counts·px"),
    ("snr", "SNR", ""),
    ("saturated", "Saturated", "px"),
    ("kda", "Molecular weight", "kDa"),
    ("is_extrapolated", "Weight extrapolated", ""),
    ("residual", "Ladder residual", "%"),
    ("factor", "Lane factor", ""),
    ("normalised", "Normalised", "counts·px"),
    ("relative", "Relative to control group", ""),
    ("left_out", "Left out because", ""),
    ("corrected", "Less background wells", "counts·px"),
    ("normaliser", "Normaliser", "counts·px"),
    ("value", "Value of the well", ""),
    ("percent", "Of control", "%"),
    ("amount", "Amount", ""),
    ("recovery", "Recovery", "%"),
    ("flags", "Amount flags", ""),
    ("quality_flags", "Quality flags", ""),
    ("notes", "Notes", ""),
)
KEYS = tuple(key for key, _, _ in _COLUMNS)


def columns_of(content: Analysis) -> list[TableColumn]:
    """Return the columns with their units; amounts have that of the standards, two-step ratios have none."""
    chosen = (content.quantities or {}).get("chosen") or {}
    standards, normalisation = chosen.get("standards"), chosen.get("normalisation")
    own = {"amount": standards["unit"]} if standards else {}
    if normalisation and normalisation["method"] == "two_step":
        own["normalised"] = ""
    return [TableColumn(key=key, name=name, unit=own.get(key, unit)) for key, name, unit in _COLUMNS]


def rows_of(content: Analysis, image: Image) -> list[list[Cell]]:
    """Return a row for each shape, in the order of the analysis; None where something is not defined or not asked."""
    flags = flags_of(content, image)
    measured = {one["shape"]: one for one in content.measurements}
    made = _quantities(content)
    rows = []
    for shape in content.shapes:
        name = shape["shape"]
        notes = list(measured.get(name, {}).get("notes", []))
        values: Json = {**measured.get(name, {}), **made.get(name, {})}
        values.update(shape=name, label=shape["label"], notes="; ".join(notes))
        found_in = _found_lane(content, name)
        values.setdefault("lane", found_in)
        carried = [one.flag for one in flags if one.shape == name or (one.shape is None and one.lane == found_in)]
        values["quality_flags"] = "; ".join(carried)
        rows.append([values.get(key) for key in KEYS])
    return rows


def _found_lane(content: Analysis, shape: str) -> int | None:
    bands = (content.finding or {}).get("bands", [])
    return next((int(one["lane"]) for one in bands if one["shape"] == shape), None)


def _quantities(content: Analysis) -> dict[str, Json]:
    """Return what quantities say of each shape."""
    stored = content.quantities or {}
    if not stored:
        return {}
    numbers = stored["numbers"] or {}
    lanes = {one["lane"]: one for one in stored["inputs"]["lanes"]}
    factors = {one["lane"]: one["factor"] for one in numbers.get("factors", [])}
    found: dict[str, Json] = {}
    for one in stored["chosen"]["bands"]:
        facts = lanes.get(one["lane"], {})
        named = {key: facts.get(key) for key in ("sample", "sample_name", "group", "technical_replicate", "micrograms")}
        said = {"lane": one["lane"], "use": one["use"], "target": one["target"], "amount": one["amount"]}
        found[one["shape"]] = {**named, **said, "factor": factors.get(one["lane"])}
    for one in (stored["chosen"].get("plate") or {}).get("wells", []):
        found.setdefault(one["shape"], {}).update({key: one[key] for key in ("use", "group", "left_out")})
    wells = (numbers.get("plate") or {}).get("wells", [])
    weights, amounts = numbers.get("weights") or {}, numbers.get("amounts") or {}
    # In a ladder's row stands the weight that its band has, in the others' the one that the fit gives.
    for part, keys in (
        (weights.get("ladder", []), ("kda", "residual")),
        (weights.get("bands", []), ("kda", "is_extrapolated")),
        (numbers.get("normalised", []), ("normalised", "relative", "left_out")),
        (wells, ("corrected", "normaliser", "value", "percent")),
        (amounts.get("standards", []), ("recovery",)),
        (amounts.get("bands", []), ("amount", "flags")),
    ):
        _join(found, part, keys)
    return found


def _join(found: dict[str, Json], part: Sequence[Json], keys: Sequence[str]) -> None:
    for one in part:
        values = {key: "; ".join(one[key]) if isinstance(one[key], list) else one[key] for key in keys}
        found[one["shape"]].update(values)
