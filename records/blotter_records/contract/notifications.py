"""Notifications: what people are told of without asking."""

from __future__ import annotations

from pydantic import AwareDatetime

from blotter_records.contract.base import EntryRef, Json, Message, NotificationId, Reason
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
    acknowledged_by: str
    comment: str
    entry: EntryRef


class Acknowledgement(Message):
    """Acknowledges a notification, with what was done about it."""

    comment: Reason
