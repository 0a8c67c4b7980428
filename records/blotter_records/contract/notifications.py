"""Notifications: what people are told of without asking."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blotter_records.contract.accounts import Email
from blotter_records.contract.base import EntryRef, Json, Message, NotificationId, Reason, ReasonCode, RoleName
from blotter_records.vocabulary import Alarm, Severity


class NotificationView(Message):
    """A notification; acknowledging it does not delete it."""

    notification: NotificationId
    alarm: Alarm
    severity: Severity
    message: str
    about: str
    facts: Json
    raised_at: AwareDatetime
    is_acknowledged: bool
    is_escalated: bool = False
    acknowledged_by: str
    comment: str
    entry: EntryRef


class NotificationRuleView(Message):
    """Who is told of an alarm, how seriously it is taken, and who is told when nobody acknowledges it."""

    alarm: Alarm
    severity: Severity
    roles: list[str] = Field(description="people with these roles get an e-mail")
    emails: list[str]
    webhook: bool
    escalate_roles: list[str]
    escalate_emails: list[str]
    is_default: bool
    version: int = Field(description="of the configuration; to be named when the rule is changed")


class NotificationRuleRequest(Message):
    """A new rule for an alarm; it holds at once."""

    severity: Severity
    roles: list[RoleName] = Field([], max_length=20)
    emails: list[Email] = Field([], max_length=20)
    webhook: bool = True
    escalate_roles: list[RoleName] = Field([], max_length=20)
    escalate_emails: list[Email] = Field([], max_length=20)
    expected_version: int = Field(ge=1)
    reason: Reason
    reason_code: ReasonCode = ""


class Acknowledgement(Message):
    """Acknowledges a notification, with what was done about it."""

    comment: Reason
    reason_code: ReasonCode = ""
