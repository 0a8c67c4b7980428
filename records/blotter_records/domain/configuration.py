"""The configuration in force: policies and roles under one revision number (requirements A2, "configuration manifest").

A session keeps the configuration with which it was opened; a change holds for new sessions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from blotter_records.domain.policies import Policies
from blotter_records.domain.roles import SHIPPED, RoleDefinition
from blotter_records.vocabulary import Action


@dataclass(frozen=True)
class Configuration:
    """Policies and roles.

    Parameters
    ----------
    revision : int
        Counts every change; 0 before an installation has any.
    policies : Policies
    roles : mapping of str to RoleDefinition
        By name, retired ones included.
    """

    revision: int = 0
    policies: Policies = field(default_factory=Policies)
    roles: Mapping[str, RoleDefinition] = field(default_factory=lambda: SHIPPED)

    def ordered(self, held: Collection[str]) -> list[RoleDefinition]:
        """Return the roles that exist among those held: shipped ones in their order, then the site's by name."""
        order = {name: at for at, name in enumerate(SHIPPED)}
        found = [self.roles[name] for name in held if name in self.roles and not self.roles[name].is_retired]
        return sorted(found, key=lambda role: (order.get(role.name, len(order)), role.name))

    def able(self, action: Action) -> list[RoleDefinition]:
        """Return every role that has an action."""
        return [role for role in self.ordered(list(self.roles)) if role.may(action)]

    def label(self, role: str | None) -> str:
        """Return a role's name as people read it."""
        if role is None:
            return "nobody"
        found = self.roles.get(role)
        return found.label if found is not None else role.replace("_", " ").title()
