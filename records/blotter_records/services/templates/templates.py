"""Notebook templates: listed, looked at, and their drafts written; a signature makes a draft effective (steps.py)."""

from __future__ import annotations

from blotter_records.contract.notebooks import Cell
from blotter_records.contract.templates import (
    TemplateDraftRequest,
    TemplateRequest,
    TemplateVersionView,
    TemplateView,
)
from blotter_records.domain.records import Json, Template
from blotter_records.domain.templates import TemplateText, Version, with_draft
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate, newest_of
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.drafts.writing import write_draft, write_first
from blotter_records.services.templates.rules import checked_name, checked_text
from blotter_records.vocabulary import Action, RecordKind, TemplateStatus

#: Where names of templates are claimed: none is used twice, also not after it was retired.
NAMES = RecordKind.TEMPLATE.value


class Templates:
    """Lists templates, and writes their drafts."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def list(self, actor: Actor) -> list[TemplateView]:
        """Return every template, in the order in which they were made."""
        with self._gate.acting(actor, Action.TEMPLATE_VIEW, "template"), self._ledger.begin() as work:
            return [_view(actor, one) for one in work.records(RecordKind.TEMPLATE)]

    def view(self, actor: Actor, template: str) -> TemplateView:
        """Return a template. Raises ``NotFound('not_found.template')``."""
        with self._gate.acting(actor, Action.TEMPLATE_VIEW, f"template:{template}"), self._ledger.begin() as work:
            return _view(actor, found(work, template))

    def create(self, actor: Actor, request: TemplateRequest) -> TemplateView:
        """Write a new template: a draft, from which nothing is made yet.

        Raises
        ------
        Invalid
            ``template.*``.
        Conflict
            ``conflict.template``: there is, or was, one of this name.
        """
        with self._gate.acting(actor, Action.TEMPLATE_CREATE, "template") as acting, self._ledger.begin() as work:
            name, text = checked_name(request.name), _text_of(actor, request)
            revision = write_first(
                work,
                actor,
                acting,
                Action.TEMPLATE_CREATE,
                name,
                RecordKind.TEMPLATE,
                drafted=lambda new: with_draft(Template(new, name, 0), text, actor.person(), actor.name()),
                as_told=as_told,
                said=f": {len(text.cells)} cells",
            )
            view = _view(actor, revision)
            work.commit()
        return view

    def edit(self, actor: Actor, template: str, request: TemplateDraftRequest) -> TemplateView:
        """Change the draft, or begin one beside the effective version, which stays in use.

        Raises
        ------
        NotFound, Invalid
            ``not_found.template``; ``template.*``, ``reason.*``.
        Conflict
            ``conflict.stale``; ``conflict.template``: retired, or it says this already.
        """
        stream = f"template:{template}"
        with self._gate.acting(actor, Action.TEMPLATE_EDIT, stream) as acting, self._ledger.begin() as work:
            text = _text_of(actor, request)
            revision = write_draft(
                work,
                actor,
                acting,
                Action.TEMPLATE_EDIT,
                Template,
                template,
                request,
                drafted=lambda old: with_draft(old, text, actor.person(), actor.name()),
                as_told=as_told,
                said=f": {len(text.cells)} cells",
            )
            view = _view(actor, revision)
            work.commit()
        return view


def found(work: UnitOfWork, template: str) -> Revision:
    """Return the newest revision of a template. Raises ``NotFound('not_found.template')``."""
    return newest_of(work, f"template:{template}")


def as_told(version: Json | None) -> Json | None:
    """Return a version as an entry tells it: the cells by their number, and the digest over all that it says."""
    if version is None:
        return None
    told = {name: version[name] for name in ("version", "purpose", "widgets", "roles")}
    return {
        **told,
        "locked": version.get("locked", []),
        "cells": len(version["cells"]),
        "sha256": Version.of(version).sha256(),
    }


def _text_of(actor: Actor, request: TemplateRequest | TemplateDraftRequest) -> TemplateText:
    """Return what a request says, as it is stored. Raises ``Invalid('template.*')``."""
    roles = [role.name for role in actor.configuration.roles.values() if not role.is_retired]
    return checked_text(request.purpose, request.cells, request.widgets, request.roles, roles, request.locked)


def _view(actor: Actor, revision: Revision) -> TemplateView:
    content = Template.from_json(revision.content)
    subject = revision.subject
    is_effective = content.status is TemplateStatus.EFFECTIVE
    for_roles = content.effective["roles"] if content.effective else []
    return TemplateView(
        template=content.template,
        rev=revision.rev,
        name=content.name,
        status=content.status,
        is_shipped=bool(content.shipped),
        is_mine=is_effective and bool({*actor.roles} & {*for_roles}),
        effective=_version(content.effective),
        draft=_version(content.draft),
        changed_at=revision.entry.at,
        changed_by=subject.printed_name or (subject.service or ""),
        entry=entry_ref(revision.entry),
    )


def _version(stored: Json | None) -> TemplateVersionView | None:
    if stored is None:
        return None
    version = Version.of(stored)
    return TemplateVersionView(
        version=version.version,
        purpose=version.purpose,
        cells=[Cell.model_validate(cell) for cell in version.cells],
        widgets=version.widgets,
        roles=version.roles,
        locked=version.locked,
        sha256=version.sha256(),
        authors=version.author_names,
        signers=version.signers,
        signatures=version.signatures,
    )
