"""What people are told of: the list, acknowledging with a comment, and who is told (11.300(d))."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.contract.notifications import Acknowledgement, NotificationView
from blotter_records.domain.records import Notification
from blotter_records.errors import Conflict
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate, newest_of
from blotter_records.services.acting.writing import entry_ref, write
from blotter_records.vocabulary import Action, Alarm, RecordKind, Severity

#: Notifications that a list shows, newest first.
_SHOWN = 500


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
            before = newest_of(work, stream)
            content = Notification.from_json(before.content)
            if content.is_acknowledged:
                raise Conflict("conflict.notification", f"{content.acknowledged_by_name} has acknowledged it already.")
            comment = acting.reason(request.comment, request.reason_code)
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
        is_escalated=content.is_escalated,
        acknowledged_by=content.acknowledged_by_name,
        comment=content.comment,
        entry=entry_ref(revision.entry),
    )
