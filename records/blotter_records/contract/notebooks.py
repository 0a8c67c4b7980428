"""Notebooks: kept by the service as versions, never as files."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import Digest, Message, TemplateId


class Cell(Message):
    """A cell: a command or text. Outputs are never stored."""

    cell_type: Literal["code", "markdown"]
    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    source: str = Field(max_length=100_000)


class NotebookTemplate(Message):
    """The version of a template from which a notebook was made."""

    template: TemplateId
    name: str
    version: int
    sha256: Digest


class NotebookLimit(Message):
    """What may be run in a notebook, whatever the person's roles allow besides."""

    widgets: list[str]
    why_not: str = Field(description="one sentence for who runs another widget")


class NotebookView(Message):
    """A version of a person's notebook."""

    notebook: str
    name: str = Field(description="file name, ends in .ipynb")
    version: int
    sha256: Digest
    saved_at: AwareDatetime
    created_at: AwareDatetime
    cells: list[Cell]
    template: NotebookTemplate | None = Field(None, description="from which it was made")
    is_ad_hoc: bool = Field(description="it was made from no template")
    limit: NotebookLimit
    locked: list[str] = Field(description="ids of cells that its template locks: they stay as they are")


class NotebookSummary(Message):
    """A notebook in a list."""

    notebook: str
    name: str
    version: int
    sha256: Digest
    saved_at: AwareDatetime
    created_at: AwareDatetime
    template: NotebookTemplate | None = None
    is_ad_hoc: bool


class NotebookSave(Message):
    """Saves a notebook; ``expected_version`` 0 makes a new one. A stale version is refused (409)."""

    expected_version: int = Field(ge=0)
    cells: list[Cell] = Field(max_length=500)


class NotebookMake(Message):
    """Makes a notebook from the effective version of a template."""

    name: str = Field(max_length=200, description="file name, ends in .ipynb")
    template: TemplateId


class WidgetsView(Message):
    """What the notebook that asks may run; without a notebook, what one without a template may."""

    mine: list[str] = Field(description="widgets that the roles of the person may use")
    notebook: NotebookLimit


class GateRefusal(Message):
    """What the websocket gate or the guarded kernel refused, told to the trail by the person's server."""

    kind: Literal["cell", "message", "route", "notebook", "kernel"]
    summary: str = Field(max_length=500, description="what was refused and why, as the person saw it")
    source_sha256: Digest | None = None
    count: int = Field(1, ge=1, description="how many refusals of a burst this entry stands for")
    hashes: list[Digest] = Field(
        default=[], max_length=100, description="of the texts in a burst, each once, the first hundred"
    )


class CellRun(Message):
    """A cell that was sent to a kernel: what came of it, told by the gate in front of the kernel."""

    source: str = Field(max_length=4096, description="the cell's text; its beginning where it was longer")
    source_sha256: Digest
    cell: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.:-]{1,128}$")
    outcome: Literal["done", "refused", "failed", "stopped", "unanswered"]
    said: str = Field(default="", max_length=500, description="what the person was told, where it was not done")
    duration_ms: int = Field(ge=0, le=2**31 - 1)
    is_automatic: bool = Field(description="run because the notebook was opened, as the browser says")


class CellRuns(Message):
    """Cells in the order in which they ended."""

    runs: list[CellRun] = Field(min_length=1, max_length=100)


Json = dict[str, Any]
