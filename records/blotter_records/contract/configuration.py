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
    changed_by: str
    changed_at: AwareDatetime | None
    entry: EntryRef | None
