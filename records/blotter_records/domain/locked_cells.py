"""Cells that a template locks: a notebook made from it keeps them as they are, and in their order."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.domain.records import Json, Notebook
from blotter_records.errors import Refused

_HELP = "Undo it, or open the notebook again; what you want to say differently goes into a cell of your own."


def locked_in(notebook: Notebook) -> list[str]:
    """Return the ids of the cells that the version of the template locks from which a notebook was made."""
    return list(notebook.template.get("locked", [])) if notebook.template is not None else []


def check_locked(notebook: Notebook, cells: Sequence[Json]) -> None:
    """Check that a notebook's next version has each locked cell as the version before has it.

    The first version has them as the template says, so every later one does. Other cells may stand between them.

    Parameters
    ----------
    notebook : Notebook
        As it was saved last.
    cells : sequence of dict
        Of the next version.

    Raises
    ------
    Refused
        ``refused.locked``: one was changed, removed, doubled, or moved past another one.
    """
    locked = locked_in(notebook)
    before = [cell for cell in notebook.cells if cell["id"] in locked]
    after = [cell for cell in cells if cell["id"] in locked]
    if before == after:
        return
    for cell in before:
        found = [one for one in after if one["id"] == cell["id"]]
        if len(found) != 1 or found[0] != cell:
            done = "removed" if not found else "doubled" if len(found) > 1 else "changed"
            raise _refusal(notebook, cell, f"it cannot be {done}")
    moved = next(now for was, now in zip(before, after, strict=True) if was != now)
    raise _refusal(notebook, moved, "it keeps its place among the locked cells")


def _refusal(notebook: Notebook, cell: Json, why: str) -> Refused:
    number = notebook.cells.index(cell) + 1
    told = f"Cell {number} ({cell['id']}) of {notebook.notebook} is locked by {notebook.source}: {why}."
    return Refused("refused.locked", told, _HELP)
