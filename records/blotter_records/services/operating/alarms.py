"""Notifications: raised in the transaction of what they tell, kept until somebody acknowledges them (11.300(d))."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.contract.notifications import Acknowledgement, NotificationView
from blotter_records.domain.records import Json, Notification
from blotter_records.errors import Conflict, NotFound, Unavailable
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.writing import entry_ref, write
from blotter_records.vocabulary import Action, Alarm, Event, RecordKind, Severity

#: Notifications that a list shows, newest first.
_SHOWN = 500


def raise_alarm(
    work: UnitOfWork,
    actor: Actor,
    alarm: Alarm,
    severity: Severity,
    message: str,
    *,
    about: str,
    facts: Json | None = None,
) -> Revision:
    """Write a notification; one that waits already about the same is left as it is."""
    waiting = waiting_alarms(work, alarm, about=about)
    if waiting:
        return waiting[0]
    notification = work.next_id(RecordKind.NOTIFICATION)
    content = Notification(notification, alarm.value, severity.value, message, about, facts or {})
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
                f"{what}; nothing can be signed until a System Manager has looked at it.",
                f"A System Manager acknowledges {waiting[0].record_id}.",
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


class Notifications:
    """Lists notifications, and acknowledges them."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def list(self, actor: Actor, *, only_open: bool = True) -> list[NotificationView]:
        """Return notifications, newest first."""
        with self._gate.acting(actor, Action.NOTIFICATION_VIEW, "notification"), self._ledger.begin() as work:
            keys = (("status:open",),) if only_open else ()
            wanted = RecordFilter(RecordKind.NOTIFICATION, keys=keys, newest_first=True, limit=_SHOWN)
            return [_view(work, one.revision) for one in work.search(wanted)]

    def acknowledge(self, actor: Actor, notification: str, request: Acknowledgement) -> NotificationView:
        """Acknowledge a notification, with what was done about it; it stays in the list of all.

        Raises
        ------
        NotFound, Conflict, Invalid
            ``not_found.notification``, ``conflict.notification``, ``reason.*``.
        """
        stream = f"notification:{notification}"
        with self._gate.acting(actor, Action.NOTIFICATION_ACKNOWLEDGE, stream) as acting, self._ledger.begin() as work:
            work.lock(stream)
            before = work.latest(stream)
            if before is None:
                raise NotFound("not_found.notification", f"There is no notification {notification}.")
            content = Notification.from_json(before.content)
            if content.is_acknowledged:
                raise Conflict("conflict.notification", f"{content.acknowledged_by_name} has acknowledged it already.")
            comment = acting.reason(request.comment)
            after = replace(
                content,
                is_acknowledged=True,
                acknowledged_by=actor.person(),
                acknowledged_by_name=actor.name(),
                comment=comment.text,
            )
            revision = write(
                work,
                actor,
                acting.role,
                Action.NOTIFICATION_ACKNOWLEDGE,
                after,
                record_id=notification,
                expected_rev=before.rev,
                version=before.rev + 1,
                old={"is_acknowledged": False},
                new={"is_acknowledged": True},
                reason=comment,
                summary=f"{actor.name()} acknowledged {notification}: {content.message}",
            )
            view = _view(work, revision)
            work.commit()
        return view


def _view(work: UnitOfWork, revision: Revision) -> NotificationView:
    content = Notification.from_json(revision.content)
    first = work.revision(revision.stream, 1) or revision
    return NotificationView(
        notification=content.notification,
        alarm=Alarm(content.alarm),
        severity=Severity(content.severity),
        message=content.message,
        about=content.about,
        facts=content.facts,
        raised_at=first.entry.at,
        is_acknowledged=content.is_acknowledged,
        acknowledged_by=content.acknowledged_by_name,
        comment=content.comment,
        entry=entry_ref(revision.entry),
    )
