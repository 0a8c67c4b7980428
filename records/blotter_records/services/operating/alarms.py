"""Notifications: raised in the transaction of what they tell, kept until somebody acknowledges them (11.300(d))."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.domain.records import Json, Notification
from blotter_records.errors import Unavailable
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.writing import write
from blotter_records.services.configuration.configurations import current_rules
from blotter_records.vocabulary import Alarm, Event, RecordKind, Severity


def raise_alarm(
    work: UnitOfWork,
    actor: Actor,
    alarm: Alarm,
    severity: Severity,
    message: str,
    *,
    about: str,
    facts: Json | None = None,
    recipients: Sequence[str] = (),
) -> Revision:
    """Write a notification; one that waits already about the same is left as it is.

    The rule of the site that holds now says how serious it is, whatever held when the actor's session was opened, else
    ``severity``; ``recipients`` are e-mail addresses that are told besides those of the rule.
    """
    given = current_rules(work).get(alarm)
    severity = given.severity if given is not None else severity
    waiting = waiting_alarms(work, alarm, about=about)
    if waiting:
        return waiting[0]
    notification = work.next_id(RecordKind.NOTIFICATION)
    content = Notification(
        notification, alarm.value, severity.value, message, about, facts or {}, recipients=sorted({*recipients} - {""})
    )
    return write(
        work,
        actor,
        None,
        Event.NOTIFICATION_RAISE,
        content,
        record_id=notification,
        expected_rev=0,
        version=1,
        new={"alarm": alarm.value, "severity": severity.value, "about": about, "facts": content.facts},
        summary=f"{notification} ({severity.value}): {message}",
    )


def waiting_alarms(work: UnitOfWork, alarm: Alarm, *, about: str | None = None) -> list[Revision]:
    """Return the notifications of a kind that nobody has acknowledged."""
    keys = [(f"alarm:{alarm.value}",), ("status:open",)]
    if about is not None:
        keys.append((f"about:{about}",))
    return [one.revision for one in work.search(RecordFilter(RecordKind.NOTIFICATION, keys=tuple(keys)))]


def check_signing_allowed(work: UnitOfWork) -> None:
    """Check that nobody has to look at something first.

    Raises
    ------
    Unavailable
        ``unavailable.clock``: a jump of the clock waits to be acknowledged (PI 041). ``unavailable.restored``: that
        the installation goes on from a backup does.
    """
    for alarm, code, what in (
        (Alarm.CLOCK_JUMP, "unavailable.clock", "The clock has jumped"),
        (Alarm.RESTORED, "unavailable.restored", "This installation was restored from a backup"),
    ):
        waiting = waiting_alarms(work, alarm)
        if waiting:
            raise Unavailable(
                code,
                f"{what}; nothing can be signed until somebody has looked at it.",
                f"Who may acknowledge notifications acknowledges {waiting[0].record_id}.",
            )


def raise_once(
    work: UnitOfWork, actor: Actor, alarm: Alarm, severity: Severity, message: str, *, about: str, facts: Json
) -> bool:
    """Write a notification unless there ever was one about the same; tell whether it was written."""
    work.lock(f"alarm:{alarm.value}")
    keys = ((f"alarm:{alarm.value}",), (f"about:{about}",))
    if work.search(RecordFilter(RecordKind.NOTIFICATION, keys=keys, limit=1)):
        return False
    raise_alarm(work, actor, alarm, severity, message, about=about, facts=facts)
    return True
