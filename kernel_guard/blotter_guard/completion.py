"""Help while a cell is typed: names of widgets and arguments, and what a widget is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from blotter_records.contract.commands import WidgetSpecification

_WORD_END = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_CALL = re.compile(r"\s*(?:#[^\n]*\n\s*)*([A-Za-z_][A-Za-z0-9_]*)\s*(\(?)")
_NOTHING_YET = re.compile(r"\s*(?:#[^\n]*\n\s*)*\Z")
_GIVEN = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=")


def _called(code: str, specifications: Mapping[str, WidgetSpecification]) -> tuple[WidgetSpecification | None, bool]:
    """Return the widget that a cell begins with, and whether its parenthesis is open."""
    found = _CALL.match(code)
    if found is None:
        return None, False
    return specifications.get(found.group(1)), bool(found.group(2))


def complete(code: str, cursor: int, specifications: Mapping[str, WidgetSpecification]) -> dict[str, Any]:
    """Return a `complete_reply`: widget names at the beginning, argument names inside the parentheses.

    Parameters
    ----------
    code : str
        The cell as it is typed.
    cursor : int
        Position of the cursor, in characters.
    specifications : mapping of str to WidgetSpecification
        What may be called.
    """
    before = code[:cursor]
    word = _WORD_END.search(before)
    prefix = word.group() if word else ""
    specification, is_open = _called(before, specifications)
    if is_open and specification is not None:
        given = set(_GIVEN.findall(before))
        choices = [f"{name}=" for name in specification.arguments.model_fields if name not in given]
    elif _NOTHING_YET.match(before.removesuffix(prefix)):
        choices = sorted(specifications)
    else:
        choices = []
    matches = [choice for choice in choices if choice.lower().startswith(prefix.lower())]
    return {
        "status": "ok",
        "matches": matches,
        "cursor_start": cursor - len(prefix),
        "cursor_end": cursor,
        "metadata": {},
    }


def inspect(code: str, cursor: int, specifications: Mapping[str, WidgetSpecification]) -> dict[str, Any]:
    """Return an `inspect_reply` with the summary, the arguments and an example of the widget in the cell."""
    del cursor
    specification, _ = _called(code, specifications)
    if specification is None:
        return {"status": "ok", "found": False, "data": {}, "metadata": {}}
    names = ", ".join(specification.arguments.model_fields) or "none"
    text = f"{specification.name}\n\n{specification.summary}\nArguments: {names}\nExample: {specification.example}"
    return {"status": "ok", "found": True, "data": {"text/plain": text}, "metadata": {}}
