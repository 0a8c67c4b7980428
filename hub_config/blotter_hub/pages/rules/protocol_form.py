"""The method of an analysis protocol as a person types it into a form, and back.

Rules for bands stand one a line::

    target p53: 50 to 60 kDa
    control: band 2
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from blotter_records.contract.protocols import BandRule, ProtocolMethod
from blotter_records.errors import Invalid
from blotter_records.vocabulary import BackgroundMethod
from pydantic import ValidationError

_RULE = re.compile(
    r"(target|control|total)(?:[ \t]+([^:]{1,120}))?[ \t]*:[ \t]*"
    r"(?:band[ \t]+(\d{1,3})|([\d.]{1,9})[ \t]+to[ \t]+([\d.]{1,9})[ \t]*kDa)[ \t]*\Z"
)
#: Parameters of the background that belong to one method each.
_OWN = {"radius": BackgroundMethod.ROLLING_BALL, "reach": BackgroundMethod.LANE}
#: The form's fields of one value each.
FIELDS = (
    "purpose", "channel", "lanes", "sensitivity", "background", "width", "sides", "radius", "reach", "ladder", "fit",
    "weights", "lane", "bands", "normalisation", "control_group",
)  # fmt: skip


def method_of(typed: dict[str, str], columns: list[str]) -> ProtocolMethod:
    """Return the method that a form holds.

    Raises
    ------
    Invalid
        ``protocol.form``, naming the field or the line.
    """
    given = {name: typed.get(name, "").strip() for name in FIELDS}
    background = {
        "method": given["background"],
        "width": _number("Border", given["width"] or "3", int),
        "sides": given["sides"],
        **{
            name: _number(name.capitalize(), given[name], float if name == "radius" else int)
            for name, owner in _OWN.items()
            if given["background"] == owner
        },
    }
    ladder = {
        "name": given["ladder"],
        "fit": given["fit"],
        "weights": [_number("Weights", one, float) for one in given["weights"].replace(",", " ").split()],
        "lane": _number("Ladder's lane", given["lane"], int),
    }
    method = {
        "purpose": " ".join(given["purpose"].split()),
        "channel": given["channel"],
        "lanes": _number("Lanes", given["lanes"], int),
        "sensitivity": _number("Sensitivity", given["sensitivity"] or "5", float),
        "background": background,
        "ladder": ladder if given["ladder"] else None,
        "bands": list(_rules(given["bands"])),
        "normalisation": given["normalisation"] or None,
        "control_group": given["control_group"],
        "columns": columns,
    }
    try:
        return ProtocolMethod.model_validate(method)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = " ".join(str(part) for part in first["loc"]).replace("_", " ").capitalize()
        said = first["msg"].removeprefix("Value error, ")
        raise Invalid("protocol.form", f"{where}: {said}." if where else f"{said[:1].upper()}{said[1:]}.") from error


def typed_of(method: ProtocolMethod) -> dict[str, Any]:
    """Return a method as the form shows it."""
    background, ladder = method.background, method.ladder
    typed = {
        "purpose": method.purpose,
        "channel": method.channel,
        "lanes": method.lanes,
        "sensitivity": f"{method.sensitivity:g}",
        "background": background.method.value,
        "width": background.width,
        "sides": background.sides.value,
        "radius": None if background.radius is None else f"{background.radius:g}",
        "reach": background.reach,
        "ladder": ladder.name if ladder else "",
        "fit": ladder.fit.value if ladder else "",
        "weights": " ".join(f"{one:g}" for one in ladder.weights) if ladder else "",
        "lane": ladder.lane if ladder else None,
        "bands": "\n".join(map(rule_text, method.bands)),
        "normalisation": method.normalisation.value if method.normalisation else "",
        "control_group": method.control_group,
    }
    return {**{name: "" if value is None else str(value) for name, value in typed.items()}, "columns": method.columns}


def rule_text(rule: BandRule) -> str:
    """Return a rule for a band as a line of the form."""
    where = f"band {rule.band}" if rule.band is not None else f"{rule.low:g} to {rule.high:g} kDa"
    return f"{rule.use} {rule.target}".rstrip() + f": {where}"


def _rules(text: str) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        found = _RULE.match(line.strip())
        if found is None:
            raise Invalid(
                "protocol.form",
                f"Bands, line {number}: “{line.strip()}” is no rule.",
                "Write “target p53: 50 to 60 kDa” or “control: band 2”.",
            )
        use, target, band, low, high = found.groups()
        yield {
            "use": use,
            "target": (target or "").strip(),
            "band": int(band) if band else None,
            "low": _number(f"Bands, line {number}", low or "", float),
            "high": _number(f"Bands, line {number}", high or "", float),
        }


def _number(field: str, text: str, kind: Callable[[str], float]) -> float | None:
    if not text:
        return None
    try:
        return kind(text)
    except ValueError as error:
        raise Invalid("protocol.form", f"{field}: “{text}” is no number.") from error
