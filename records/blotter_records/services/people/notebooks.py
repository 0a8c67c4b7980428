"""Notebooks: each person's own, kept as versions, without outputs."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from blotter_records.contract.grammar import parse
from blotter_records.contract.notebook_text import check_text
from blotter_records.contract.notebooks import Cell, NotebookSave, NotebookSummary, NotebookView
from blotter_records.domain import names
from blotter_records.domain.canonical import digest
from blotter_records.domain.records import Notebook
from blotter_records.errors import Conflict, Invalid, NotFound, Refused
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.writing import write
from blotter_records.vocabulary import Action, RecordKind

_SUFFIX = ".ipynb"
#: Notebooks of one person that a list shows.
_MOST = 10_000


class Notebooks:
    """Lists, reads and saves the notebooks of a person."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def list(self, actor: Actor) -> list[NotebookSummary]:
        """Return the own notebooks, oldest first."""
        with self._gate.acting(actor, Action.NOTEBOOK_VIEW, "notebook"), self._ledger.begin() as work:
            wanted = RecordFilter(RecordKind.NOTEBOOK, keys=((f"person:{actor.person()}",),), limit=_MOST)
            views = [_view(work, one.revision) for one in work.search(wanted)]
        return [NotebookSummary(**view.model_dump(exclude={"cells"})) for view in views]

    def view(self, actor: Actor, name: str) -> NotebookView:
        """Return the newest version of an own notebook. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.NOTEBOOK_VIEW, "notebook"), self._ledger.begin() as work:
            revision = _own(work, actor, name)
            if revision is None:
                raise NotFound("not_found.notebook", f"You have no notebook {name}.")
            return _view(work, revision)

    def save(self, actor: Actor, name: str, request: NotebookSave) -> NotebookView:
        """Save an own notebook as its next version; saving what is there already writes nothing.

        Raises
        ------
        Conflict
            ``conflict.stale`` if a newer version is there.
        Invalid
            ``notebook.name``, ``notebook.cell``.
        """
        name = _checked_name(name)
        _check_cells(request.cells)
        with self._gate.acting(actor, Action.NOTEBOOK_SAVE, "notebook") as acting, self._ledger.begin() as work:
            work.lock(f"notebooks:{actor.person()}")
            before = _own(work, actor, name)
            rev = before.rev if before else 0
            cells = [cell.model_dump(mode="json") for cell in request.cells]
            cells_sha256 = digest(cells)
            if before is not None and before.content["cells_sha256"] == cells_sha256:
                return _view(work, before)
            if request.expected_version != rev:
                raise Conflict(
                    "conflict.stale", f"{name} was saved as version {rev} meanwhile.", "Open it again before saving."
                )
            notebook = before.record_id if before else work.next_id(RecordKind.NOTEBOOK)
            content = Notebook(notebook, name, actor.person(), cells, cells_sha256)
            revision = write(
                work,
                actor,
                acting.role,
                Action.NOTEBOOK_SAVE,
                content,
                record_id=notebook,
                expected_rev=rev,
                version=rev + 1,
                old={"version": rev, "sha256": before.content["cells_sha256"]} if before else None,
                new={"version": rev + 1, "sha256": cells_sha256, "cells": len(cells)},
                summary=f"Saved {notebook}.{rev + 1} “{name}”: {len(cells)} cells",
            )
            if before is None:
                work.claim_name(_space(actor), names.folded(name), notebook)
                work.derive(f"account:{actor.person()}", revision.stream)
            view = _view(work, revision)
            work.commit()
        return view

    def digest_of(self, notebook: str, version: int) -> str | None:
        """Return the digest of a version's cells, for the entries of what was done from it; None if there is none."""
        with self._ledger.begin() as work:
            revision = work.revision(f"notebook:{notebook}", version)
        return None if revision is None else str(revision.content["cells_sha256"])


def _space(actor: Actor) -> str:
    return f"notebook of {actor.person()}"


def _own(work: UnitOfWork, actor: Actor, name: str) -> Revision | None:
    notebook = work.record_of_name(_space(actor), names.folded(name))
    return work.latest(f"notebook:{notebook}") if notebook else None


def _checked_name(given: str) -> str:
    name = unicodedata.normalize("NFC", given).strip()
    if (
        not name.endswith(_SUFFIX)
        or not 1 <= len(name.removesuffix(_SUFFIX).strip(". ")) <= 150
        or any(character in '/\\:*?"<>|' or unicodedata.category(character)[0] == "C" for character in name)
        or name.startswith(".")
    ):
        raise Invalid("notebook.name", f"A notebook's name ends in {_SUFFIX} and has no slash in it.")
    return name


def _check_cells(cells: Sequence[Cell]) -> None:
    """Check what the person's server has checked already: cells are commands, text is Markdown."""
    for number, cell in enumerate(cells, start=1):
        try:
            parse(cell.source) if cell.cell_type == "code" else check_text(cell.source)
        except Refused as error:
            raise Invalid("notebook.cell", f"Cell {number}: {error}", error.diagnostics()) from error


def _view(work: UnitOfWork, revision: Revision) -> NotebookView:
    content = Notebook.from_json(revision.content)
    first = work.revision(revision.stream, 1) or revision
    return NotebookView(
        notebook=content.notebook,
        name=content.name,
        version=revision.rev,
        sha256=content.cells_sha256,
        saved_at=revision.entry.at,
        created_at=first.entry.at,
        cells=[Cell.model_validate(cell) for cell in content.cells],
    )
