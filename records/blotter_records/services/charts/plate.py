"""A plate as a picture: each well at its place, coloured by its value; what counts in no mean is crossed out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from blotter_records.contract.plates import PlateNumbers, WellNumber
from blotter_records.services.charts.drawing import GRID, INK, QUIET, RED, Axis, linear_axis, picture, text, tick_text

#: A well's name: its row in letters, its column in digits.
_NAME = re.compile(r"([A-Z]{1,2})([1-9][0-9]?)")
#: Rows and columns of the largest plate.
_MOST = (32, 48)
#: Distance of wells, px, from few columns to many.
_WIDEST, _NARROWEST, _ACROSS = 44.0, 17.0, 520.0
_EDGE, _SCALE_WIDTH = 40.0, 78.0
#: Wells closer than this have no room for their number.
_ROOM_FOR_TEXT = 34.0
#: Light to dark blue: one hue, so that who sees fewer colours reads it, too.
_LOW, _HIGH = (0xE6, 0xF0, 0xF7), (0x00, 0x46, 0x75)
_STEPS = 64


@dataclass(frozen=True)
class _Placed:
    row: int
    column: int
    well: WellNumber


def placed(wells: Sequence[WellNumber]) -> list[_Placed]:
    """Return the wells whose labels name a place of a plate of up to 1,536 wells, A1 to AF48; others have none."""
    found = []
    for one in wells:
        name = _NAME.fullmatch(one.well)
        if name is not None:
            row = 0
            for letter in name[1]:
                row = 26 * row + ord(letter) - ord("A") + 1
            column = int(name[2])
            if row <= _MOST[0] and column <= _MOST[1]:
                found.append(_Placed(row - 1, column - 1, one))
    return found


def plate(numbers: PlateNumbers) -> bytes:
    """Return the picture of a plate, as SVG: percent of the control where there is one, else the value."""
    wells = placed(numbers.wells)
    is_percent = any(one.well.percent is not None for one in wells)
    said = "% of control" if is_percent else _value_name(numbers)
    values = [value for one in wells if (value := _value(one.well, is_percent=is_percent)) is not None]
    scale = linear_axis(said, values)
    rows, columns = 1 + max(one.row for one in wells), 1 + max(one.column for one in wells)
    step = min(_WIDEST, max(_NARROWEST, _ACROSS / columns))
    parts = _headings(rows, columns, step)
    for one in wells:
        parts += _drawn(one, scale, step, is_percent=is_percent)
    right, height = _EDGE + columns * step, _EDGE + rows * step
    parts += _key(scale, right + 18, _EDGE, max(120.0, rows * step))
    full = max(height, _EDGE + 120.0) + 16
    elsewhere = len(numbers.wells) - len(wells)
    notes = [
        "Rings: background wells; crosses: left out; dashed: no value.",
        *([f"Z′ = {numbers.z_prime:.3g}."] if numbers.z_prime is not None else []),
        *([f"{elsewhere} wells whose labels name no place are not shown."] if elsewhere else []),
    ]
    return picture(parts, width=right + 18 + _SCALE_WIDTH, height=full, title=f"Plate: {said}", notes=notes)


def _value_name(numbers: PlateNumbers) -> str:
    return "Ratio to normaliser" if any(one.normaliser is not None for one in numbers.wells) else "Signal, counts·px"


def _value(well: WellNumber, *, is_percent: bool) -> float | None:
    return well.percent if is_percent else well.value


def _headings(rows: int, columns: int, step: float) -> list[str]:
    across = [
        text(_EDGE + (at + 0.5) * step, _EDGE - 8, str(at + 1), size=8.5, anchor="middle") for at in range(columns)
    ]
    down = [text(_EDGE - 8, _EDGE + (at + 0.5) * step + 3, _row_name(at), size=8.5, anchor="end") for at in range(rows)]
    return across + down


def _row_name(at: int) -> str:
    return chr(ord("A") + at) if at < 26 else chr(ord("A") + at // 26 - 1) + chr(ord("A") + at % 26)


def _drawn(one: _Placed, scale: Axis, step: float, *, is_percent: bool) -> list[str]:
    """Return a well: its disc, its number where there is room, a cross where it is left out."""
    x, y, radius = _EDGE + (one.column + 0.5) * step, _EDGE + (one.row + 0.5) * step, 0.42 * step
    value, well = _value(one.well, is_percent=is_percent), one.well
    circle = f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}"'
    if well.use.value == "background":
        return [f'{circle} fill="#ffffff" stroke="{QUIET}" stroke-width="1.4"/>']
    if value is None:
        return [f'{circle} fill="#ffffff" stroke="{QUIET}" stroke-dasharray="2 2"/>']
    part = min(1.0, max(0.0, scale.part(value)))
    parts = [f'{circle} fill="{_colour(part)}" stroke="{GRID}" stroke-width="0.8"/>']
    if well.left_out:
        arm = radius * 0.9
        path = " ".join(f"M{x - arm:.2f} {y - end:.2f}L{x + arm:.2f} {y + end:.2f}" for end in (arm, -arm))
        parts.append(f'<path d="{path}" fill="none" stroke="{RED}" stroke-width="1.6"/>')
    if step >= _ROOM_FOR_TEXT:
        parts.append(text(x, y + 3, f"{value:.3g}", size=8, anchor="middle", colour="#ffffff" if part > 0.5 else INK))
    return parts


def _key(scale: Axis, left: float, top: float, height: float) -> list[str]:
    """Return the scale of colours with its ticks, beside the plate."""
    each = height / _STEPS
    parts = [
        f'<rect x="{left:.2f}" y="{top + height - (at + 1) * each:.2f}" width="12" height="{each + 0.3:.2f}" '
        f'fill="{_colour((at + 0.5) / _STEPS)}"/>'
        for at in range(_STEPS)
    ]
    for tick in scale.ticks:
        y = top + height - scale.part(tick) * height
        parts.append(f'<path d="M{left + 12:.2f} {y:.2f}h4" stroke="{INK}" stroke-width="0.8"/>')
        parts.append(text(left + 19, y + 3, tick_text(tick), size=8.5))
    return [*parts, text(left, top - 10, scale.name, size=9)]


def _colour(part: float) -> str:
    return "#" + "".join(f"{round(low + part * (high - low)):02x}" for low, high in zip(_LOW, _HIGH, strict=True))
