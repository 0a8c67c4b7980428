"""Cells of a notebook template as a person types them into a form: each begins with a line that says what it is.

::

    %% text title
    # Quantify a gel

    %% locked widget browse
    ImageBrowser()
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from blotter_records.contract.notebooks import Cell
from blotter_records.errors import Invalid

_BEGINS = re.compile(r"%%[ \t]+(locked[ \t]+)?(text|widget)(?:[ \t]+([A-Za-z0-9_-]{1,64}))?[ \t]*\Z")
_KINDS = {"text": "markdown", "widget": "code"}
_WORDS = {kind: word for word, kind in _KINDS.items()}


def cells_of(text: str) -> tuple[list[Cell], list[str]]:
    """Return the cells that a form holds, and the ids of the locked ones; a cell without a name is numbered.

    Raises
    ------
    Invalid
        ``template.form``: something stands before the first cell.
    """
    found: list[tuple[str, str, list[str]]] = []
    locked = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        begins = _BEGINS.match(line)
        if begins is not None:
            found.append((_KINDS[begins[2]], begins[3] or f"cell-{len(found) + 1}", []))
            if begins[1]:
                locked.append(found[-1][1])
        elif found:
            found[-1][2].append(line)
        elif line.strip():
            raise Invalid("template.form", f"Line {number}: a cell begins with a line %% text, or %% widget.")
    cells = [
        Cell.model_validate({"cell_type": kind, "id": identifier, "source": "\n".join(lines).strip("\n")})
        for kind, identifier, lines in found
    ]
    return cells, locked


def text_of(cells: Iterable[Cell], locked: Collection[str]) -> str:
    """Return cells as a form shows them."""
    return "\n\n".join(
        f"%% {'locked ' if cell.id in locked else ''}{_WORDS[cell.cell_type]} {cell.id}\n{cell.source}"
        for cell in cells
    )
