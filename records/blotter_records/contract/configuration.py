"""Roles, policies and the revision under which both stand."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import Digest, EntryRef, Message
from blotter_records.vocabulary import Action, Meaning, ReasonRule

PolicyValue = bool | int | str | list[str]


class PolicyView(Message):
    """A policy with its value, default and range."""

    name: str
    value: PolicyValue
    default: PolicyValue
    meaning: str
    unit: str = ""
    least: int | None = None
    most: int | None = None
    choices: list[str] = []
    is_fixed: bool


class RoleView(Message):
    """A role: a named set of actions."""

    name: str
    label: str
    purpose: str
    actions: list[Action]
    across: list[Action] = Field(description="those that it may do in studies of which the person is no member")
    is_shipped: bool
    is_retired: bool
    administers: bool = Field(description="excludes every role that is on data")


class ActionView(Message):
    """An action of the catalogue."""

    action: Action
    label: str
    description: str
    scope: str
    meaning: Meaning | None
    reason: ReasonRule
    reason_from: int = Field(description="first version of the record for which the rule holds")
    statuses: list[str] | None
    changes_data: bool
    needs_second: str | None


class SignatureRequirementView(Message):
    """What the signature of an action asks for besides user name and password."""

    action: Action
    label: str
    meaning: Meaning
    reason: ReasonRule
    needs_second: str | None
    comment: bool = Field(description="a comment has to be given")
    code: bool = Field(description="a one-time code has to be given, whatever policy signature.totp says")


class WhitelistView(Message):
    """Widgets that a role may use in notebooks."""

    role: str
    label: str
    widgets: list[str]


class ConfigurationView(Message):
    """The configuration manifest at one revision; its digest stands in the trail."""

    configuration: str
    revision: int
    newest: int
    digest: Digest | None
    software: str
    policies: list[PolicyView]
    roles: list[RoleView]
    actions: list[ActionView]
    signature_requirements: list[SignatureRequirementView] = []
    whitelist: list[WhitelistView] = []
    changed_by: str
    changed_at: AwareDatetime | None
    entry: EntryRef | None
