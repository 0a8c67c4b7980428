"""Notebooks: each person's own, kept as versions, without outputs."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.grammar import check_limit, parse
from blotter_records.contract.notebook_text import check_text
from blotter_records.contract.notebooks import (
    Cell,
    NotebookLimit,
    NotebookMake,
    NotebookSave,
    NotebookSummary,
    NotebookView,
    WidgetsView,
)
from blotter_records.domain import names
from blotter_records.domain.canonical import digest
from blotter_records.domain.locked_cells import check_locked, locked_in
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Json, Notebook, Template
from blotter_records.domain.templates import pin_of
from blotter_records.errors import Conflict, Invalid, NotFound, Refused
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.acting.writing import write
from blotter_records.services.people.notebook_limits import check_ad_hoc, limit_of, template_of
from blotter_records.services.templates import templates
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
            views = [_view(work, actor, one.revision) for one in work.search(wanted)]
        return [NotebookSummary(**view.model_dump(include=set(NotebookSummary.model_fields))) for view in views]

    def view(self, actor: Actor, name: str) -> NotebookView:
        """Return the newest version of an own notebook. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.NOTEBOOK_VIEW, "notebook"), self._ledger.begin() as work:
            revision = _own(work, actor, name)
            if revision is None:
                raise NotFound("not_found.notebook", f"You have no notebook {name}.")
            return _view(work, actor, revision)

    def widgets(self, actor: Actor) -> WidgetsView:
        """Return what the notebook may run from which the person asks, and what the person's roles may use."""
        mine = actor.configuration.widgets(actor.roles, [*SPECIFICATIONS])
        policies = actor.configuration.policies
        with self._gate.acting(actor, Action.NOTEBOOK_VIEW, "notebook"), self._ledger.begin() as work:
            asking = actor.context.notebook
            revision = work.latest(f"notebook:{asking}") if asking else None
            content = Notebook.from_json(revision.content) if revision is not None else None
        if asking and (content is None or content.owner != actor.person()):
            return WidgetsView(mine=mine, notebook=NotebookLimit(widgets=[], why_not="You have no such notebook."))
        return WidgetsView(mine=mine, notebook=limit_of(content, policies))

    def make(self, actor: Actor, request: NotebookMake) -> NotebookView:
        """Make a notebook from the effective version of a template.

        Raises
        ------
        NotFound
            ``not_found.template``.
        Conflict
            ``conflict.template``: no version is effective; ``conflict.notebook``: there is one of this name.
        Refused
            ``refused.template``: it is for other roles.
        """
        name = _checked_name(request.name)
        with self._gate.acting(actor, Action.NOTEBOOK_SAVE, "notebook") as acting, self._ledger.begin() as work:
            template = Template.from_json(templates.found(work, request.template).content)
            pinned = pin_of(template, actor.roles)
            work.lock(f"notebooks:{actor.person()}")
            if _own(work, actor, name) is not None:
                raise Conflict("conflict.notebook", f"You have a notebook {name} already.")
            assert template.effective is not None
            revision = _write(work, acting, name, template.effective["cells"], None, pinned)
            view = _view(work, actor, revision)
            work.commit()
        return view

    def save(self, actor: Actor, name: str, request: NotebookSave) -> NotebookView:
        """Save an own notebook as its next version; saving what is there already writes nothing.

        Raises
        ------
        Conflict
            ``conflict.stale`` if a newer version is there.
        Invalid
            ``notebook.name``, ``notebook.cell``: also for a widget that the notebook's template does not allow.
        Refused
            ``refused.ad_hoc``: it is made from no template, and policy does not allow that. ``refused.locked``: a cell
            that its template locks is not there as it was.
        """
        name = _checked_name(name)
        policies = actor.configuration.policies
        with self._gate.acting(actor, Action.NOTEBOOK_SAVE, "notebook") as acting, self._ledger.begin() as work:
            work.lock(f"notebooks:{actor.person()}")
            before = _own(work, actor, name)
            rev = before.rev if before else 0
            content = Notebook.from_json(before.content) if before is not None else None
            check_ad_hoc(content, policies)
            _check_cells(request.cells, content, policies)
            cells = [cell.model_dump(mode="json") for cell in request.cells]
            if content is not None:
                check_locked(content, cells)
            if before is not None and before.content["cells_sha256"] == digest(cells):
                return _view(work, actor, before)
            if request.expected_version != rev:
                raise Conflict(
                    "conflict.stale", f"{name} was saved as version {rev} meanwhile.", "Open it again before saving."
                )
            revision = _write(work, acting, name, cells, before, content.template if content else None)
            view = _view(work, actor, revision)
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


def _write(
    work: UnitOfWork, acting: Acting, name: str, cells: list[Json], before: Revision | None, template: Json | None
) -> Revision:
    """Write the next version; the first one says, too, from which template it was made, or that it is ad hoc."""
    actor, rev, cells_sha256 = acting.actor, before.rev if before else 0, digest(cells)
    notebook = before.record_id if before else work.next_id(RecordKind.NOTEBOOK)
    made_from = f"{template['template']}.{template['version']}" if template else "ad hoc"
    content = Notebook(notebook, name, actor.person(), cells, cells_sha256, template)
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
        new={"version": rev + 1, "sha256": cells_sha256, "cells": len(cells), "made_from": made_from},
        summary=f"Saved {notebook}.{rev + 1} “{name}”, made from {content.source}: {len(cells)} cells",
    )
    if before is None:
        work.claim_name(_space(actor), names.folded(name), notebook)
        work.derive(f"account:{actor.person()}", revision.stream)
    return revision


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


def _check_cells(cells: Sequence[Cell], notebook: Notebook | None, policies: Policies) -> None:
    """Check what the person's server has checked already: commands that the notebook may run, text is Markdown."""
    limit = limit_of(notebook, policies)
    for number, cell in enumerate(cells, start=1):
        try:
            if cell.cell_type == "markdown":
                check_text(cell.source)
                continue
            command = parse(cell.source)
            if command is not None:
                check_limit(command, limit.widgets, limit.why_not)
        except Refused as error:
            raise Invalid("notebook.cell", f"Cell {number}: {error}", error.diagnostics()) from error


def _view(work: UnitOfWork, actor: Actor, revision: Revision) -> NotebookView:
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
        template=template_of(content),
        is_ad_hoc=content.template is None,
        limit=limit_of(content, actor.configuration.policies),
        locked=locked_in(content),
    )
