"""Roles: the eight shipped ones, what a site may define, and the rules that no role can weaken (requirements C4).

A role is a named set of actions. A site may add roles and change what a role may do, within the fixed rules of
:func:`checked_role`; the actions of a person's own desk belong to every role and cannot be taken away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blotter_records.domain.catalogue import CATALOGUE, CHANGES_DATA, Scope
from blotter_records.errors import Invalid
from blotter_records.vocabulary import Action, Role

#: What every role has.
DESK = frozenset(action for action, rule in CATALOGUE.items() if rule.scope is Scope.SELF)
#: Who has one of these administers people, roles or policies, and touches no data (FDA data integrity Q&A 4).
ADMINISTRATION = frozenset(
    {
        Action.NOTIFICATION_RULE_EDIT,
        Action.POLICY_EDIT,
        Action.ROLE_CREATE,
        Action.ROLE_EDIT,
        Action.ROLE_RETIRE,
        Action.SIGNATURE_REQUIREMENT_EDIT,
        Action.TOTP_REMOVE,
        Action.USER_ACCESS_REVIEW_SIGN,
        Action.USER_ACTIVATE,
        Action.USER_CREATE,
        Action.USER_DEACTIVATE,
        Action.USER_EXPIRY_SET,
        Action.USER_IDENTITY_VERIFY,
        Action.USER_PASSWORD_RESET,
        Action.USER_PROFILE_EDIT,
        Action.USER_REACTIVATE,
        Action.USER_ROLE_ASSIGN,
        Action.USER_ROLE_REMOVE,
        Action.USER_TRAINING_RECORD,
        Action.USER_UNLOCK,
        Action.WIDGET_WHITELIST_EDIT,
    }
)
#: Actions on data: all of a study's, and those that bring data in.
DATA = frozenset(action for action, rule in CATALOGUE.items() if rule.scope is Scope.STUDY) | {
    Action.BUNDLE_IMPORT,
    Action.STUDY_CREATE,
}
#: Also for files that belong to no study, such as the user log.
LOG_FILES = frozenset({Action.EXPORT_DOWNLOAD})
#: Actions that only read: no entry of theirs changes a record, none is signed.
READING = frozenset(
    action
    for action, rule in CATALOGUE.items()
    if not rule.changes_data
    and not rule.is_signed
    and action.value.rpartition(".")[2] in {"view", "list", "search", "compare", "export", "download", "verify"}
) | {Action.REPORT_GENERATE, Action.ANALYSIS_RECOMPUTE}
#: What decides on others' work; who has one of these makes no data (requirements C4, Approver).
DECIDES = frozenset({Action.RESULT_APPROVE, Action.RESULT_INVALIDATE, Action.IMAGE_INVALIDATE})

_NAME = re.compile(r"[a-z][a-z0-9_]{2,39}")


@dataclass(frozen=True)
class RoleDefinition:
    """A role.

    Parameters
    ----------
    name : str
        Lower case, never reused.
    label : str
        As people read it.
    purpose : str
        What it is for, one line.
    actions : frozenset of Action
        Without those of the desk.
    across : frozenset of Action
        Those that it may do in studies of which the person is no member.
    is_shipped, is_retired : bool
    """

    name: str
    label: str
    purpose: str
    actions: frozenset[Action]
    across: frozenset[Action] = frozenset()
    is_shipped: bool = False
    is_retired: bool = False

    def may(self, action: Action) -> bool:
        """Tell whether the role has an action."""
        return action in DESK or action in self.actions

    @property
    def administers(self) -> bool:
        """Whether it administers people, roles or policies."""
        return bool(self.actions & ADMINISTRATION)


_PURPOSES: Mapping[Role, str] = MappingProxyType(
    {
        Role.ANALYST: "imports and analyses images, submits results",
        Role.SUPERVISOR: "an Analyst who also leads studies and reviews what others made",
        Role.REVIEWER: "reviews results that others made",
        Role.APPROVER: "approves reviewed results (QA); reads across studies",
        Role.AUDITOR: "reads and exports everything, changes nothing",
        Role.INSTRUMENT_MANAGER: "registers and maintains instruments",
        Role.RECORDS_MANAGER: "archives, holds and exports records",
        Role.SYSTEM_MANAGER: "administers people, roles and policies; no data actions",
    }
)


def shipped_role(role: Role) -> RoleDefinition:
    """Return a shipped role as the catalogue defines it."""
    return RoleDefinition(
        name=role.value,
        label=role.value.replace("_", " ").title(),
        purpose=_PURPOSES[role],
        actions=frozenset(action for action, rule in CATALOGUE.items() if role in rule.roles) - DESK,
        across=frozenset(action for action, rule in CATALOGUE.items() if role in rule.across),
        is_shipped=True,
    )


#: The shipped roles by name, in the order of the vocabulary: the first that allows an action is the role in effect.
SHIPPED: Mapping[str, RoleDefinition] = MappingProxyType({role.value: shipped_role(role) for role in Role})

#: What a shipped role can never have, whatever a site sets (requirements C4, column *may never*).
MAY_NEVER: Mapping[str, frozenset[Action]] = MappingProxyType(
    {
        Role.REVIEWER: CHANGES_DATA,
        Role.APPROVER: CHANGES_DATA,
        Role.AUDITOR: frozenset(Action) - READING - DESK,
        Role.INSTRUMENT_MANAGER: CHANGES_DATA | DECIDES,
        Role.RECORDS_MANAGER: CHANGES_DATA,
    }
)


def checked_role(definition: RoleDefinition) -> RoleDefinition:
    """Return a role that a site defines, with its names as they are stored.

    Raises
    ------
    Invalid
        ``role.name``, ``role.label``, ``role.actions`` (empty), ``role.fixed`` with the rule that it would weaken.
    """
    if not _NAME.fullmatch(definition.name):
        raise Invalid("role.name", "A role's name has 3 to 40 lower-case letters, digits or underscores.")
    label = " ".join(unicodedata.normalize("NFC", definition.label).split())
    purpose = " ".join(unicodedata.normalize("NFC", definition.purpose).split())
    if not 2 <= len(label) <= 60 or any(unicodedata.category(letter)[0] == "C" for letter in label + purpose):
        raise Invalid("role.label", "A role needs a label of 2 to 60 characters that can be seen.")
    actions = definition.actions - DESK
    if not actions:
        raise Invalid("role.actions", "A role needs at least one action.")
    _check_fixed(definition.name, actions, definition.across)
    return RoleDefinition(
        definition.name, label, purpose[:200], actions, definition.across, definition.is_shipped, definition.is_retired
    )


def _check_fixed(name: str, actions: frozenset[Action], across: frozenset[Action]) -> None:
    on_data = actions & (DATA - LOG_FILES)
    if actions & ADMINISTRATION and on_data:
        raise _broken("who administers people, roles or policies has no action on data", on_data)
    if actions & DECIDES and actions & CHANGES_DATA:
        raise _broken("who approves or invalidates makes no data", actions & CHANGES_DATA)
    forbidden = actions & MAY_NEVER.get(name, frozenset())
    if forbidden:
        raise _broken(f"the role {name} can never have these", forbidden)
    beyond = across - actions
    if beyond:
        raise _broken("only an action that the role has can reach across studies", beyond)
    unreachable = frozenset(action for action in across if not CATALOGUE[action].across)
    if unreachable:
        raise _broken("these actions are for members of the study alone", unreachable)


def _broken(rule: str, actions: Collection[Action]) -> Invalid:
    named = ", ".join(sorted(action.value for action in actions)[:6])
    return Invalid("role.fixed", f"A fixed rule: {rule} ({named}).")


def excluded(held: Collection[RoleDefinition]) -> tuple[str, str] | None:
    """Return the labels of two roles that one person may not hold together, or None (requirements C4)."""
    administering = sorted(role.label for role in held if role.administers)
    others = sorted(role.label for role in held if not role.administers)
    return (administering[0], others[0]) if administering and others else None
