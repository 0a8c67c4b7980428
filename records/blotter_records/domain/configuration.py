"""The configuration in force: policies and roles under one revision number (requirements A2, "configuration manifest").

A session keeps the configuration with which it was opened; a change holds for new sessions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from blotter_records.domain.notifying import DEFAULT_RULES, NotificationRule
from blotter_records.domain.policies import Policies
from blotter_records.domain.roles import SHIPPED, RoleDefinition
from blotter_records.vocabulary import Action, Alarm


@dataclass(frozen=True)
class SignatureRequirement:
    """What the signature of an action asks for besides user name and password."""

    comment: bool = False
    code: bool = False


_NOTHING_MORE = SignatureRequirement()


@dataclass(frozen=True)
class Configuration:
    """Policies, roles, and what belongs to them.

    Parameters
    ----------
    revision : int
        Counts every change; 0 before an installation has any.
    policies : Policies
    roles : mapping of str to RoleDefinition
        By name, retired ones included.
    requirements : mapping of Action to SignatureRequirement
        Of the actions whose signature asks for more.
    whitelist : mapping of str to frozenset of str
        Widgets by role; a role that is not named may use all.
    rules : mapping of Alarm to NotificationRule
        Those that a site has set.
    """

    revision: int = 0
    policies: Policies = field(default_factory=Policies)
    roles: Mapping[str, RoleDefinition] = field(default_factory=lambda: SHIPPED)
    requirements: Mapping[Action, SignatureRequirement] = field(default_factory=lambda: MappingProxyType({}))
    whitelist: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    rules: Mapping[Alarm, NotificationRule] = field(default_factory=lambda: MappingProxyType({}))

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

    def requirement(self, action: Action) -> SignatureRequirement:
        """Return what the signature of an action asks for besides user name and password."""
        return self.requirements.get(action, _NOTHING_MORE)

    def widgets(self, roles: Collection[str], known: Collection[str]) -> list[str]:
        """Return which of the known widgets a person with these roles may use, sorted."""
        return sorted({one for role in roles for one in self.whitelist.get(role, known) if one in known})

    def rule(self, alarm: Alarm) -> NotificationRule:
        """Return who is told of an alarm."""
        return self.rules.get(alarm) or DEFAULT_RULES[alarm]
