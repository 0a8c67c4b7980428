"""Notebooks, and what the gate refused."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.base import EntryRef
from blotter_records.contract.notebooks import (
    CellRuns,
    GateRefusal,
    NotebookMake,
    NotebookSave,
    NotebookSummary,
    NotebookView,
    WidgetsView,
)
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action, Event

router = APIRouter(tags=["notebooks"], responses=PROBLEMS, route_class=CheckedRoute)

Name = Annotated[str, Path(max_length=200)]


@router.get("/notebooks")
@declares(Action.NOTEBOOK_VIEW)
def list_notebooks(caller: Caller, services: Joined) -> list[NotebookSummary]:
    """Return the own notebooks."""
    return services.notebooks.list(caller)


@router.post("/notebooks", status_code=201)
@declares(Action.NOTEBOOK_SAVE)
def make_notebook(caller: Caller, services: Joined, request: NotebookMake) -> NotebookView:
    """Make an own notebook from the effective version of a template."""
    return services.notebooks.make(caller, request)


@router.get("/widgets")
@declares(Action.NOTEBOOK_VIEW)
def view_widgets(caller: Caller, services: Joined) -> WidgetsView:
    """Return which widgets the notebook that asks may run, and which the person's roles may use."""
    return services.notebooks.widgets(caller)


@router.get("/notebooks/{name}")
@declares(Action.NOTEBOOK_VIEW)
def view_notebook(caller: Caller, services: Joined, name: Name) -> NotebookView:
    """Return the newest version of an own notebook."""
    return services.notebooks.view(caller, name)


@router.put("/notebooks/{name}")
@declares(Action.NOTEBOOK_SAVE)
def save_notebook(caller: Caller, services: Joined, name: Name, request: NotebookSave) -> NotebookView:
    """Save an own notebook as its next version."""
    return services.notebooks.save(caller, name, request)


@router.post("/refusals", status_code=201)
@declares(Event.KERNEL_EXEC_REFUSED)
def report_refusal(caller: Caller, services: Joined, request: GateRefusal) -> EntryRef:
    """Write down what the gate or the guarded kernel refused."""
    return services.command_log.note_refusal(caller, request)


@router.post("/cells", status_code=201)
@declares(Event.CELL_RUN)
def log_cells(caller: Caller, services: Joined, request: CellRuns) -> EntryRef:
    """Write cells that were sent to a kernel into the command log; answers with the last entry."""
    return services.command_log.write(caller, request)
