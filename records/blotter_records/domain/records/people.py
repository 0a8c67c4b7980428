"""Records about people and the installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from blotter_records.domain.records.content import Json, RecordContent, keyed
from blotter_records.vocabulary import AccountStatus, RecordKind


@dataclass(frozen=True)
class Account(RecordContent):
    """A person's account; the password is no part of it."""

    kind: ClassVar[RecordKind] = RecordKind.ACCOUNT

    account: str
    user_name: str
    printed_name: str
    roles: list[str]
    status: str = AccountStatus.PENDING.value
    email: str = ""
    expires_on: str | None = None  # ISO date, the last day
    active_since: str = ""  # when it was activated, or activated again
    identity: Json | None = None
    identity_due: bool = False
    identity_due_because: str = ""
    identity_due_by: list[str] = field(default_factory=list)  # none of them verifies it again
    created_by: str = ""
    created_by_name: str = ""
    reset_by: str = ""  # who last reset the password, changed the e-mail address or removed the second factor
    reset_by_name: str = ""
    statement: Json | None = None
    trainings: list[Json] = field(default_factory=list)
    compromised_at: str = ""  # reported: locked until the password has been reset

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return the content of a stored revision; before there was a status, an account was active or not."""
        account = super().from_json(content)
        if "status" in content:
            return account
        was = AccountStatus.ACTIVE if content.get("is_active", True) else AccountStatus.DEACTIVATED
        return replace(account, status=was.value)

    @property
    def is_active(self) -> bool:
        """Whether it was activated and not deactivated since."""
        return self.status == AccountStatus.ACTIVE

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
    template: Json | None = None  # the version that it was made from, with its widgets; None: ad hoc

    @property
    def called(self) -> str:
        """Its name as reports print it, with the template or the mark that there is none."""
        template = f"template {self.template['template']}.{self.template['version']}" if self.template else "ad hoc"
        return f"{self.name} [{template}]"

    @property
    def source(self) -> str:
        """From what it was made, as entries say it to a reviewer."""
        if self.template is None:
            return "no template (ad hoc)"
        return f"template {self.template['template']}.{self.template['version']} “{self.template['name']}”"

    def keys(self) -> list[str]:
        """Return whose it is, and from which template."""
        return keyed(person=self.owner, template=self.template["template"] if self.template else None)


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
    signature_requirements: list[Json] = field(default_factory=list)
    whitelist: list[Json] = field(default_factory=list)
    notification_rules: list[Json] = field(default_factory=list)


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
    is_escalated: bool = False
    recipients: list[str] = field(default_factory=list)  # e-mail addresses besides those of the rule

    def keys(self) -> list[str]:
        """Return the alarm and whether it waits."""
        return keyed(alarm=self.alarm, status="acknowledged" if self.is_acknowledged else "open", about=self.about)


@dataclass(frozen=True)
class AccessReview(RecordContent):
    """Who had which access when the review was begun, and what was decided (11.300(b), draft Annex 11 11.11)."""

    kind: ClassVar[RecordKind] = RecordKind.ACCESS_REVIEW

    review: str
    begun_by: str
    begun_by_name: str
    rows: list[Json]
    signed_by: str = ""
    signed_by_name: str = ""
    signature: str | None = None

    def keys(self) -> list[str]:
        """Return whether it is complete."""
        return keyed(status="signed" if self.signature else "open", person=(self.begun_by, self.signed_by))


@dataclass(frozen=True)
class Letter(RecordContent):
    """The certification letter that was sent to the agency (11.100(c)(1))."""

    kind: ClassVar[RecordKind] = RecordKind.LETTER

    letter: str
    file_name: str
    file_sha256: str
    file_bytes: int
    sent_on: str
    address: str
    recorded_by: str
    recorded_by_name: str
