"""Notebook templates: what notebooks are made from, written as drafts, effective by two signatures (11.10(f))."""

from __future__ import annotations

from typing import Any

from blotter_records.contract.templates import TemplateDraftRequest, TemplateRequest, TemplateView
from blotter_records.errors import BlotterError, Invalid
from blotter_records.vocabulary import Action
from pydantic import ValidationError
from tornado import web

from blotter_hub.pages.rules.template_cells import cells_of, text_of
from blotter_hub.pages.rules.widgets import WIDGETS
from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError

#: Longest text of the form's field with the cells.
_LONGEST = 400_000
_ACTS = {"effective": Action.TEMPLATE_EFFECTIVE, "retire": Action.TEMPLATE_RETIRE}
_TITLES = {Action.TEMPLATE_EFFECTIVE: "Make effective", Action.TEMPLATE_RETIRE: "Retire"}


class TemplatesPage(SignedPage):
    """The list."""

    @web.authenticated
    async def get(self) -> None:
        """Show it."""
        templates = await self.read(lambda client: client.templates())
        await self.show("system/templates.html", templates=templates, signed=await self.signed())


class TemplatePage(SignedPage):
    """One template: its versions with their cells, and what can be signed."""

    @web.authenticated
    async def get(self, template: str) -> None:
        """Show it."""
        await self._page(template)

    @web.authenticated
    async def post(self, template: str) -> None:
        """Open the signing page of a step."""
        action = _ACTS.get(self.get_argument("act", ""))
        if action is None:
            raise ShownError(400, "This form cannot be read.")
        try:
            intent = await self.prepare_signing(template, action)
        except BlotterError as error:
            await self._page(template, action, error)
            return
        await self.show_signing(
            intent, title=f"{_TITLES[action]}: {template}", back=f"system/templates/{template}", here="templates"
        )

    async def _page(self, template: str, tried: Action | None = None, problem: BlotterError | None = None) -> None:
        view = await self.read(lambda client: client.template(template))
        await self.show(
            "system/template.html",
            status=problem.status if problem is not None else 200,
            view=view,
            roles=await self._labels(),
            signed=await self.signed(),
            problem=problem,
            tried=tried,
            typed=self.typed_why() if problem is not None else {},
        )

    async def _labels(self) -> dict[str, str]:
        return {role.name: role.label for role in (await self.configuration()).roles}


class TemplateDraftPage(SignedPage):
    """The form of a draft; ``new`` is a template that does not exist yet."""

    @web.authenticated
    async def get(self, template: str) -> None:
        """Show the form with the draft, or with the version in use."""
        view = await self._view(template)
        said = (view.draft or view.effective) if view is not None else None
        typed: dict[str, Any] = {"name": view.name if view is not None else ""}
        if said is not None:
            typed.update(
                purpose=said.purpose, cells=text_of(said.cells, said.locked), widgets=said.widgets, roles=said.roles
            )
        await self._form(view, typed)

    @web.authenticated
    async def post(self, template: str) -> None:
        """Save the draft."""
        view = await self._view(template)
        try:
            saved = await self._save(view)
        except BlotterError as error:
            await self._form(view, self._typed(), error)
            return
        self.redirect(f"{self.hub.base_url}system/templates/{saved.template}")

    async def _view(self, template: str) -> TemplateView | None:
        return None if template == "new" else await self.read(lambda client: client.template(template))

    def _typed(self) -> dict[str, Any]:
        return {
            "name": self.get_argument("name", "")[:200],
            "purpose": self.get_argument("purpose", "")[:400],
            "cells": self.get_argument("cells", "", strip=False)[:_LONGEST],
            "widgets": self.get_arguments("widgets")[:100],
            "roles": self.get_arguments("roles")[:100],
        }

    async def _save(self, view: TemplateView | None) -> TemplateView:
        typed = self._typed()
        name = typed.pop("name")
        try:
            cells, locked = cells_of(typed["cells"])
            said = {**typed, "cells": cells, "locked": locked}
            if view is None:
                new = TemplateRequest(name=name, **said)
                return await self.ask(lambda client: client.create_template(new))
            rev = int(self.get_argument("rev", "0"))
            changed = TemplateDraftRequest.model_validate({**said, "expected_rev": rev, **self.typed_reason()})
        except (ValidationError, ValueError) as error:
            text = "A template needs a name, a line on its purpose, cells, at least one widget and one role."
            raise Invalid("template.form", text) from error
        return await self.ask(lambda client: client.edit_template(view.template, changed))

    async def _form(
        self, view: TemplateView | None, typed: dict[str, Any], problem: BlotterError | None = None
    ) -> None:
        configuration = await self.configuration()
        await self.show(
            "system/template_draft.html",
            status=problem.status if problem is not None else 200,
            view=view,
            roles=[role for role in configuration.roles if not role.is_retired],
            widgets=WIDGETS,
            problem=problem,
            typed={**typed, **(self.typed_why() if problem is not None else {})},
        )
