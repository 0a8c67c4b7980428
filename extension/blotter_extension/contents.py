"""Notebooks as records: kept by the records service in versions, never as files; outputs are never kept at all.

JupyterLab's "delete" and "rename" are refused: a notebook is a record under its name. "Save" makes the next version,
and is refused when somebody (another tab) saved in between.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

from blotter_records.contract.grammar import parse
from blotter_records.contract.notebook_text import check_text
from blotter_records.contract.notebooks import Cell, NotebookSave, NotebookSummary, NotebookView
from blotter_records.contract.templates import TemplateView
from blotter_records.errors import BlotterError, Conflict, NotFound, Refused
from jupyter_server.services.contents.checkpoints import AsyncCheckpoints
from jupyter_server.services.contents.manager import AsyncContentsManager
from tornado.web import HTTPError
from traitlets import Type

from blotter_extension.person import person
from blotter_extension.templates import first_template, is_template, notebook_name

_NAME = re.compile(r"[\w() ,+-][\w() .,+-]{0,99}\.ipynb\Z")
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_EPOCH = "1970-01-01T00:00:00Z"

Model = dict[str, Any]
P = ParamSpec("P")
T = TypeVar("T")


def is_notebook_name(path: str) -> bool:
    """Return whether a path is the name of a notebook: letters, digits, blanks, no folders, no leading dot."""
    return _NAME.match(path) is not None


class NoCheckpoints(AsyncCheckpoints):
    """Checkpoints of JupyterLab; every save is a version already, so there is nothing to do."""

    async def create_checkpoint(self, contents_mgr: Any, path: str) -> Model:
        """Say that there is one."""
        return {"id": "version", "last_modified": _EPOCH}

    async def list_checkpoints(self, path: str) -> list[Model]:
        """Return none."""
        return []

    async def restore_checkpoint(self, contents_mgr: Any, checkpoint_id: str, path: str) -> NoReturn:
        """Refuse."""
        raise HTTPError(403, "Versions of a notebook are kept by the records service.")

    async def rename_checkpoint(self, checkpoint_id: str, old_path: str, new_path: str) -> None:
        """Do nothing."""

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Do nothing."""


class RecordedNotebooks(AsyncContentsManager):
    """JupyterLab's contents, backed by the person's notebook records."""

    checkpoints_class = Type(NoCheckpoints)
    _first_template: TemplateView | None = None

    async def dir_exists(self, path: str) -> bool:
        """Return whether it is the root; there are no folders."""
        return not path.strip("/")

    async def is_hidden(self, path: str) -> bool:
        """Return False; nothing is hidden, names with a leading dot do not exist."""
        return False

    async def file_exists(self, path: str = "") -> bool:
        """Return whether the person has a notebook of this name."""
        name = path.strip("/")
        return is_notebook_name(name) and any(found.name == name for found in await self._summaries())

    async def get(
        self,
        path: str,
        content: bool = True,
        type: str | None = None,
        format: str | None = None,
        require_hash: bool = False,
    ) -> Model:
        """Return the list of notebooks, or one of them without outputs."""
        name = path.strip("/")
        if not name:
            summaries = await self._summaries()
            return _directory([_model(summary) for summary in summaries] if content else None)
        if not is_notebook_name(name) or type not in (None, "notebook"):
            raise HTTPError(404, f"There is no {name!r}.")
        view = await self._notebook(name)
        model = _model(view)
        if content:
            person().remember(view)
            model.update(content=_document(view), format="json", mimetype=None)
        return model

    async def save(self, model: Model, path: str = "") -> Model:
        """Save a notebook as its next version; every code cell has to be a command.

        Raises
        ------
        HTTPError
            400: not a notebook, or a cell that is not a command. 403: a locked cell is not as the template says.
            409: saved elsewhere in between.
        """
        name = path.strip("/")
        if model.get("type") != "notebook" or "chunk" in model or not is_notebook_name(name):
            raise _refusal("Only notebooks can be saved; a name has letters, digits, blanks and ends in .ipynb.")
        cells = _cells(model.get("content"))
        known = person().notebooks.get(name)
        request = NotebookSave(expected_version=known.version if known else 0, cells=cells)
        view = await _answer(person().client.save_notebook, name, request)
        person().remember(view)
        return _model(view)

    async def delete_file(self, path: str) -> NoReturn:
        """Refuse: a record is not deleted."""
        raise HTTPError(403, "A notebook is a record; it cannot be deleted.")

    async def rename_file(self, old_path: str, new_path: str) -> NoReturn:
        """Refuse: entries of the trail name it."""
        raise HTTPError(403, "A notebook keeps its name: the audit trail refers to it. Duplicate it instead.")

    async def trust_notebook(self, path: str) -> NoReturn:
        """Refuse: nothing in a notebook is trusted, so nothing runs by being opened."""
        raise HTTPError(403, "Notebooks are not trusted here.")

    async def copy(self, from_path: str, to_path: str | None = None) -> Model:
        """Make a notebook from a template, or duplicate one (which is ad hoc then, as it says).

        Raises
        ------
        HTTPError
            403: the template is for other roles, or policy allows no ad hoc notebook. 409: it is not effective.
        """
        template = from_path.strip("/")
        if not is_template(template):
            duplicate: Model = await super().copy(from_path, to_path)
            return duplicate
        title = (await _answer(person().client.template, template)).name
        taken = [one.name for one in await _answer(person().client.notebooks)]
        made = await _answer(person().client.make_notebook, notebook_name(title, taken), template)
        person().remember(made)
        return _model(made)

    async def _summaries(self) -> list[NotebookSummary]:
        summaries = await _answer(person().client.notebooks)
        first = await self._first()
        if first is not None and all(found.name != notebook_name(first.name) for found in summaries):
            await _make(first)
            summaries = await _answer(person().client.notebooks)
        return summaries

    async def _notebook(self, name: str) -> NotebookView:
        try:
            return await person().call(person().client.notebook, name)
        except NotFound as error:
            first = await self._first()
            if first is None or name != notebook_name(first.name):
                raise HTTPError(404, f"There is no notebook {name!r}.") from error
        except BlotterError as error:
            raise _http(error) from error
        await _make(first)
        return await _answer(person().client.notebook, name)

    async def _first(self) -> TemplateView | None:
        """Return from which template the first notebook is made, asked until there is an answer."""
        if self._first_template is None:
            self._first_template = await person().call(first_template, person())
        return self._first_template


async def _make(first: TemplateView) -> None:
    try:
        await person().call(person().client.make_notebook, notebook_name(first.name), first.template)
    except Conflict:
        return  # another request of JupyterLab made it, or the template was retired meanwhile
    except BlotterError as error:
        raise _http(error) from error


async def _answer(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await person().call(function, *args, **kwargs)
    except BlotterError as error:
        raise _http(error) from error


def _http(error: BlotterError) -> HTTPError:
    text = " ".join(filter(None, (str(error), error.diagnostics(), error.written())))
    made = HTTPError(error.status, text)
    made.reason = text.replace("\n", " ")[:300].encode("ascii", "replace").decode()
    return made


def _refusal(text: str, source: object = None, status: int = 400) -> HTTPError:
    person().refusals.report("notebook", text, source)
    return HTTPError(status, text)


def _cells(document: object) -> list[Cell]:
    """Return the cells that are kept: commands and text, without outputs and metadata."""
    if not isinstance(document, dict) or document.get("nbformat") != 4 or not isinstance(document.get("cells"), list):
        raise _refusal("This is not a notebook of version 4.")
    if len(document["cells"]) > 500:
        raise _refusal("A notebook has at most 500 cells.")
    return [_cell(number, given) for number, given in enumerate(document["cells"], start=1)]


def _cell(number: int, given: object) -> Cell:
    kind = given.get("cell_type") if isinstance(given, dict) else None
    if not isinstance(given, dict) or kind not in ("code", "markdown"):
        raise _refusal(f"Cell {number} is neither a command nor text.")
    source, identifier = given.get("source"), given.get("id")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or len(source) > 100_000:
        raise _refusal(f"Cell {number} is not text, or too long.")
    if not isinstance(identifier, str) or not _CELL_ID.match(identifier):
        raise _refusal(f"Cell {number} has no proper id.")
    try:
        parse(source) if kind == "code" else check_text(source)
    except Refused as error:
        raise _refusal(f"Cell {number} cannot be saved. {error} {error.diagnostics()}".strip(), source) from error
    return Cell(cell_type=kind, id=identifier, source=source)


def _document(view: NotebookView) -> Model:
    made: list[Model] = []
    for cell in view.cells:
        # For JupyterLab; that the cell stays is decided where it is saved, whatever a browser makes of this.
        metadata = {"editable": False, "deletable": False} if cell.id in view.locked else {}
        one: Model = {"cell_type": cell.cell_type, "id": cell.id, "metadata": metadata, "source": cell.source}
        if cell.cell_type == "code":
            one.update(execution_count=None, outputs=[])
        made.append(one)
    spec = {"name": "blotter", "display_name": "Blotter", "language": "blotter"}
    made_from = view.template.model_dump(mode="json") if view.template is not None else None
    # Told to the page, and taken from nobody: what a browser sends back beside the cells is not kept.
    told = {"template": made_from, "widgets": view.limit.widgets, "why_not": view.limit.why_not, "locked": view.locked}
    of_notebook = {"kernelspec": spec, "blotter": told}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": of_notebook, "cells": made}


def _model(notebook: NotebookSummary | NotebookView) -> Model:
    return {
        "name": notebook.name,
        "path": notebook.name,
        "type": "notebook",
        "created": notebook.created_at,
        "last_modified": notebook.saved_at,
        "writable": True,
        "content": None,
        "format": None,
        "mimetype": None,
        "size": None,
        "hash": notebook.sha256,
        "hash_algorithm": "sha256",
    }


def _directory(content: list[Model] | None) -> Model:
    return {
        "name": "",
        "path": "",
        "type": "directory",
        "created": _EPOCH,
        "last_modified": _EPOCH,
        "writable": True,
        "content": content,
        "format": None if content is None else "json",
        "mimetype": None,
        "size": None,
        "hash": None,
        "hash_algorithm": None,
    }
