"""Notebook templates: what notebooks are made from."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import Digest, EntryRef, Message, Reason, ReasonCode, RoleName, TemplateId
from blotter_records.contract.notebooks import Cell
from blotter_records.vocabulary import TemplateStatus

#: Cells of a template, at most: all of them are read before it is signed.
MAX_CELLS = 100


class TemplateRequest(Message):
    """Writes a new template: its first draft."""

    name: str = Field(min_length=3, max_length=80, description="as people read it; a template keeps it")
    purpose: str = Field(max_length=200, description="what it is for, one line")
    cells: list[Cell] = Field(min_length=1, max_length=MAX_CELLS)
    widgets: list[str] = Field(min_length=1, max_length=100, description="what a notebook made from it may run")
    roles: list[RoleName] = Field(min_length=1, max_length=40, description="who may make a notebook from it")
    locked: list[str] = Field(
        default=[], max_length=MAX_CELLS, description="ids of cells that notebooks keep as they are"
    )


class TemplateDraftRequest(Message):
    """Changes the draft, or begins one beside the effective version. A stale revision is refused (409)."""

    purpose: str = Field(max_length=200)
    cells: list[Cell] = Field(min_length=1, max_length=MAX_CELLS)
    widgets: list[str] = Field(min_length=1, max_length=100)
    roles: list[RoleName] = Field(min_length=1, max_length=40)
    locked: list[str] = Field(default=[], max_length=MAX_CELLS)
    expected_rev: int = Field(ge=1, description="revision of the template that was read")
    reason: Reason
    reason_code: ReasonCode = ""


class TemplateVersionView(Message):
    """A version of a template."""

    version: int
    purpose: str
    cells: list[Cell]
    widgets: list[str]
    roles: list[str]
    locked: list[str]
    sha256: Digest
    authors: list[str] = Field(description="printed names of who wrote it")
    signers: list[str] = Field(description="printed names of who made it effective")
    signatures: list[str]


class TemplateView(Message):
    """A template: the version in use, and the draft that may follow it."""

    template: TemplateId
    rev: int
    name: str
    status: TemplateStatus
    is_shipped: bool
    is_mine: bool = Field(description="it is effective and for a role of the person who asks")
    effective: TemplateVersionView | None
    draft: TemplateVersionView | None
    changed_at: AwareDatetime
    changed_by: str
    entry: EntryRef
