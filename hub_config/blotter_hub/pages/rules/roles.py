"""Roles and their actions: who may do what, and how a role is added, changed and retired by a signature (11.10(g))."""

from __future__ import annotations

import re

from blotter_records.contract.configuration import ConfigurationView, RoleView
from blotter_records.errors import BlotterError, Invalid
from blotter_records.vocabulary import Action
from pydantic import ValidationError
from tornado import web

from blotter_hub.pages.rules.policies import CONFIGURATION
from blotter_hub.pages.rules.requirements import AREAS
from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError

_NAME = re.compile(r"[a-z][a-z0-9_]{2,39}\Z")
_ACTS = {"create": Action.ROLE_CREATE, "edit": Action.ROLE_EDIT, "retire": Action.ROLE_RETIRE}


class RolesPage(SignedPage):
    """The roles, and which of them has which action."""

    @web.authenticated
    async def get(self) -> None:
        """Show the list and the table."""
        configuration = await self.configuration()
        roles = [one for one in configuration.roles if not one.is_retired]
        await self.show(
            "system/roles.html",
            configuration=configuration,
            roles=roles,
            retired=[one for one in configuration.roles if one.is_retired],
            areas=_areas(configuration),
            signed=await self.signed(),
        )


class RolePage(SignedPage):
    """One role with its form; ``new`` is a role that does not exist yet."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Show the role."""
        configuration = await self.configuration()
        await self._page(configuration, _role(configuration, name))

    @web.authenticated
    async def post(self, name: str) -> None:
        """Open the signing page for what was typed."""
        configuration = await self.configuration()
        role = _role(configuration, name)
        action = Action.ROLE_CREATE if role is None else _ACTS.get(self.get_argument("act", "edit"))
        if action is None or (role is not None and action is Action.ROLE_CREATE):
            raise ShownError(400, "This form cannot be read.")
        try:
            intent = await self.prepare_signing(CONFIGURATION, action, self._details(action, role))
        except BlotterError as error:
            await self._page(configuration, role, problem=error)
            return
        except ValidationError:
            problem = Invalid("role.form", "Check the name, the label and the actions.")
            await self._page(configuration, role, problem=problem)
            return
        label = self._label(role)
        titles = {
            Action.ROLE_CREATE: "Add a role",
            Action.ROLE_EDIT: "Change a role",
            Action.ROLE_RETIRE: "Retire a role",
        }
        await self.show_signing(intent, title=f"{titles[action]}: {label}", back="system/roles", here="roles")

    def _label(self, role: RoleView | None) -> str:
        return str(self.get_argument("label", "")) or (role.label if role is not None else "")

    def _details(self, action: Action, role: RoleView | None) -> dict[str, object]:
        name = role.name if role is not None else self.get_argument("name", "")
        if action is Action.ROLE_RETIRE:
            return {"name": name}
        return {
            "name": name,
            "label": self.get_argument("label", ""),
            "purpose": self.get_argument("purpose", ""),
            "actions": self.get_arguments("actions"),
            "across": self.get_arguments("across"),
        }

    async def _page(
        self, configuration: ConfigurationView, role: RoleView | None, problem: BlotterError | None = None
    ) -> None:
        sent = problem is not None and self.get_argument("act", "edit") != "retire"
        typed = self._details(Action.ROLE_EDIT, role) if sent else {}
        chosen = typed.get("actions", role.actions if role is not None else [])
        across = typed.get("across", role.across if role is not None else [])
        session = self.session
        wanted = Action.ROLE_CREATE if role is None else Action.ROLE_EDIT
        await self.show(
            "system/role.html",
            status=problem.status if problem is not None else 200,
            role=role,
            areas=[(label, ones) for label, ones in _areas(configuration) if label != AREAS["self"]],
            typed={**typed, **self.typed_why()},
            retires=self.get_argument("act", "") == "retire",
            chosen=set(map(str, chosen)) if isinstance(chosen, list) else set(),
            across=set(map(str, across)) if isinstance(across, list) else set(),
            reaching=_reaching(configuration),
            problem=problem,
            may_change=session is not None and wanted in session.actions and not (role is not None and role.is_retired),
        )


def _role(configuration: ConfigurationView, name: str) -> RoleView | None:
    """Return the role of an address; None for ``new``."""
    if name == "new":
        return None
    found = [one for one in configuration.roles if one.name == name and _NAME.match(name)]
    if not found:
        raise ShownError(404, "There is no such role.")
    return found[0]


def _areas(configuration: ConfigurationView) -> list[tuple[str, list[object]]]:
    return [(label, [one for one in configuration.actions if one.scope == area]) for area, label in AREAS.items()]


def _reaching(configuration: ConfigurationView) -> set[str]:
    """Return the actions that some shipped role has across studies: for the others the service refuses it."""
    return {action.value for role in configuration.roles if role.is_shipped for action in role.across}
