"""What a template may say: commands of the grammar, widgets that there are, roles that there are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.grammar import parse
from blotter_records.contract.notebook_text import check_text
from blotter_records.contract.notebooks import Cell
from blotter_records.domain.templates import TemplateText
from blotter_records.errors import Invalid, Refused
from blotter_records.vocabulary import RecordKind

#: As in the names of the notebooks that are made from it, and the marks of a title.
_NAME = re.compile(r"[\w() ,+'/:-]{3,80}")


def checked_name(given: str, kind: RecordKind = RecordKind.TEMPLATE) -> str:
    """Return the name of a template, or a protocol, as it is stored. Raises ``Invalid``: its kind's ``*.name``."""
    name = " ".join(unicodedata.normalize("NFC", given).split())
    if not _NAME.fullmatch(name):
        raise Invalid(f"{kind.value}.name", f"A {kind.value}'s name has 3 to 80 letters, digits and blanks.")
    return name


def checked_text(
    purpose: str,
    cells: Sequence[Cell],
    widgets: Collection[str],
    roles: Collection[str],
    known_roles: Collection[str],
    locked: Collection[str] = (),
) -> TemplateText:
    """Return what a version says, as it is stored.

    Raises
    ------
    Invalid
        ``template.purpose``; ``template.widgets``: unknown ones; ``template.roles``: unknown ones;
        ``template.cell``: not a command of the grammar, no Markdown, a widget that is not on the version's own list,
        or an id that stands twice; ``template.locked``: there is no such cell, or no browser sends it back as it is.
    """
    said = " ".join(unicodedata.normalize("NFC", purpose).split())
    if not said or any(unicodedata.category(one)[0] == "C" for one in said):
        raise Invalid("template.purpose", "Say in a line what the template is for.")
    for code, what, given in (("template.widgets", "widget", widgets), ("template.roles", "role", roles)):
        if not given:
            raise Invalid(code, f"A template names at least one {what}.")
    _check_known("template.widgets", "widget", widgets, SPECIFICATIONS)
    _check_known("template.roles", "role", roles, known_roles)
    for number, cell in enumerate(cells, start=1):
        _check_cell(number, cell, widgets)
    if len({cell.id for cell in cells}) != len(cells):
        raise Invalid("template.cell", "Two cells have the same id.")
    _check_known("template.locked", "cell", locked, [cell.id for cell in cells])
    kept = [cell for cell in cells if cell.id in locked]
    if any("\r" in cell.source for cell in kept):
        raise Invalid("template.locked", "A locked cell has plain line ends: a browser sends no others back.")
    return TemplateText(
        said,
        [cell.model_dump(mode="json") for cell in cells],
        sorted(set(widgets)),
        sorted(set(roles)),
        [cell.id for cell in kept],
    )


def _check_known(code: str, what: str, given: Collection[str], known: Collection[str]) -> None:
    unknown = sorted({*given} - {*known})
    if unknown:
        raise Invalid(code, f"There is no {what} {', '.join(unknown)}.")


def _check_cell(number: int, cell: Cell, widgets: Collection[str]) -> None:
    try:
        if cell.cell_type == "markdown":
            check_text(cell.source)
            return
        command = parse(cell.source)
    except Refused as error:
        raise Invalid("template.cell", f"Cell {number}: {error}", error.diagnostics()) from error
    if command is None:
        raise Invalid("template.cell", f"Cell {number} is empty: a template's commands are there to be run.")
    if command.name not in widgets:
        raise Invalid("template.cell", f"Cell {number}: {command.name} is not among the template's widgets.")
