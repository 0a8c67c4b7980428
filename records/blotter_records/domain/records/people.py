"""Records about people and the installation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from blotter_records.domain.records.content import Json, RecordContent, keyed
from blotter_records.vocabulary import RecordKind


@dataclass(frozen=True)
class Account(RecordContent):
    """A person's account; the password is no part of it."""

    kind: ClassVar[RecordKind] = RecordKind.ACCOUNT

    account: str
    user_name: str
    printed_name: str
    roles: list[str]
    is_active: bool = True

    def keys(self) -> list[str]:
        """Return its roles."""
        return keyed(role=self.roles)


@dataclass(frozen=True)
class Notebook(RecordContent):
    """A version of a person's notebook: commands and text, no outputs."""

    kind: ClassVar[RecordKind] = RecordKind.NOTEBOOK

    notebook: str
    name: str
    owner: str
    cells: list[Json]
    cells_sha256: str

    def keys(self) -> list[str]:
        """Return whose it is."""
        return keyed(person=self.owner)


@dataclass(frozen=True)
class ConfigurationRecord(RecordContent):
    """Policies and roles as they were set; the revision of the record is the configuration's revision.

    ``known`` are the actions that the release knew which wrote it: a later release gives its new actions to the
    shipped roles, and takes nothing from what a site has set.
    """

    kind: ClassVar[RecordKind] = RecordKind.CONFIGURATION

    configuration: str
    policies: Json
    roles: list[Json]
    known: list[str]
    software: str


@dataclass(frozen=True)
class Proposal(RecordContent):
    """A signed change that waits for a second person, and what became of it.

    ``bound`` and ``digest`` are what the first signature binds; the second one binds the same.
    """

    kind: ClassVar[RecordKind] = RecordKind.PROPOSAL

    proposal: str
    action: str
    record_kind: str
    record: str
    record_rev: int
    study: str | None
    details: Json
    bound: Json
    digest: str
    facts: list[list[str]]
    status: str
    proposer: str
    proposer_name: str
    role: str
    signature: str
    reason: str
    reason_code: str = ""
    second: str | None = None
    second_name: str = ""
    second_signature: str | None = None
    ending: str = ""

    def keys(self) -> list[str]:
        """Return status, people and the record that would change."""
        return keyed(status=self.status, person=(self.proposer, self.second or ""), record=self.record)


@dataclass(frozen=True)
class Notification(RecordContent):
    """Something that people have to know of, until one of them acknowledges it."""

    kind: ClassVar[RecordKind] = RecordKind.NOTIFICATION

    notification: str
    alarm: str
    severity: str
    message: str
    about: str
    facts: Json = field(default_factory=dict)
    is_acknowledged: bool = False
    acknowledged_by: str | None = None
    acknowledged_by_name: str = ""
    comment: str = ""

    def keys(self) -> list[str]:
        """Return the alarm and whether it waits."""
        return keyed(alarm=self.alarm, status="acknowledged" if self.is_acknowledged else "open", about=self.about)
