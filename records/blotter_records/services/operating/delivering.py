"""Notifications that leave the installation: at once when they are raised, again when nobody acknowledges (11.300(d)).

What was sent stands in the database, so that of several housekeepers, and after a start, each notification goes out
once. A way that fails is tried again, later each time; it keeps the other one waiting for nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from blotter_records.domain.configuration import Configuration
from blotter_records.domain.records import Notification
from blotter_records.errors import BlotterError
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import FoundRecord, NewEntry, RecordFilter
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.ports.messengers import Messenger, Messengers, Told
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.writing import write
from blotter_records.services.people.finding import every
from blotter_records.vocabulary import Alarm, Event, Outcome, RecordKind, Severity

Stage = Literal["raised", "escalated"]

#: What was raised within this time goes out even when somebody has acknowledged it meanwhile.
FRESH = timedelta(days=1)
#: After the first failure a way is tried again after this time (seconds), then after twice as long, up to the longest.
AGAIN_S = 5.0
LONGEST_S = 600.0
#: Notifications that are read at a time.
_PAGE = 500


@dataclass
class _Try:
    """When a way may be tried again, and how often it has failed."""

    failed: int = 0
    not_before: float = 0.0


class Delivering:
    """Sends what was not sent yet, and escalates.

    Parameters
    ----------
    ledger : Ledger
    clock : Clock
    elapsed : callable
        Seconds of a clock that cannot be set.
    messengers : sequence of Messenger
    installation : str
        Named in everything that goes out.
    """

    def __init__(
        self, ledger: Ledger, clock: Clock, elapsed: Callable[[], float], messengers: Messengers, installation: str
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._elapsed = elapsed
        self._messengers = messengers
        self._installation = installation
        self._done: set[tuple[str, str, str]] = set()
        self._tries: dict[str, _Try] = {}

    def step(self, actor: Actor) -> int:
        """Escalate what nobody has acknowledged, send what was not sent; return how many went out.

        Raises
        ------
        Unavailable
            The database does not answer; a way that fails raises nothing, it is an entry.
        """
        configuration = actor.configuration
        self._escalate(actor, configuration)
        sent = 0
        for notification, content, told in self._waiting(configuration):
            for messenger in self._messengers:
                key = (notification, told.stage, messenger.name)
                if key not in self._done and self._may_try(messenger):
                    sent += self._send(actor, messenger, content, told)
        return sent

    def _waiting(self, configuration: Configuration) -> list[tuple[str, Notification, Told]]:
        """Return what has to go out and did not by each way, oldest first."""
        names = [one.name for one in self._messengers]
        if not names:
            return []
        now = self._ledger.now()
        since = now - FRESH
        with self._ledger.begin() as work:
            fresh = _every(work, RecordFilter(RecordKind.NOTIFICATION, since=since, limit=_PAGE))
            found = {one.revision.record_id: one for one in (*_still_open(work), *fresh)}
            waiting = []
            for notification, one in sorted(found.items()):
                content = Notification.from_json(one.revision.content)
                for stage in _stages(content):
                    keys: set[tuple[str, str, str]] = {(notification, stage, name) for name in names}
                    if not keys <= self._done and not self._is_sent(work, notification, keys):
                        told = _told(work, content, one, stage, configuration, self._installation, now)
                        waiting.append((notification, content, told))
        return waiting

    def _is_sent(self, work: UnitOfWork, notification: str, keys: set[tuple[str, str, str]]) -> bool:
        """Remember what the database says was sent; tell whether that is all."""
        for one in work.deliveries(notification):
            if one.is_done:
                self._done.add((notification, one.stage, one.channel))
        return keys <= self._done

    def _may_try(self, messenger: Messenger) -> bool:
        return self._elapsed() >= self._tries.get(messenger.name, _Try()).not_before

    def _send(self, actor: Actor, messenger: Messenger, content: Notification, told: Told) -> bool:
        """Send by one way; write how that ended."""
        attempt = self._tries.setdefault(messenger.name, _Try())
        error = None
        if messenger.wants(told):
            try:
                messenger.send(told)
            except BlotterError as fault:
                error = fault
        if error is None:
            attempt.failed, attempt.not_before = 0, 0.0
            self._done.add((content.notification, told.stage, messenger.name))
        else:
            attempt.failed += 1
            attempt.not_before = self._elapsed() + min(AGAIN_S * 2 ** (attempt.failed - 1), LONGEST_S)
        is_told = messenger.wants(told) if error is None else attempt.failed == 1
        with self._ledger.begin() as work:
            work.put_delivery(content.notification, messenger.name, told.stage, is_done=error is None)
            if is_told:
                work.note(_entry(actor, messenger, content, told, error, self._ledger.now()))
            work.commit()
        return error is None and messenger.wants(told)

    def _escalate(self, actor: Actor, configuration: Configuration) -> None:
        now, after = self._clock.now(), configuration.policies.escalate_after
        with self._ledger.begin() as work:
            for one in _still_open(work):
                content = Notification.from_json(one.revision.content)
                is_late = now - one.made_at >= after and content.severity != Severity.INFORMATION
                if is_late and not content.is_escalated:
                    _write_escalated(work, actor, one, content)
            work.commit()


def _still_open(work: UnitOfWork) -> list[FoundRecord]:
    """Return what nobody has acknowledged, oldest first, however much it is."""
    return _every(work, RecordFilter(RecordKind.NOTIFICATION, keys=(("status:open",),), limit=_PAGE))


def _every(work: UnitOfWork, wanted: RecordFilter) -> list[FoundRecord]:
    found: list[FoundRecord] = []
    while page := work.search(wanted):
        found += page
        wanted = replace(wanted, after=page[-1].made_id)
    return found


def _stages(content: Notification) -> list[Stage]:
    return ["raised", "escalated"] if content.is_escalated else ["raised"]


def _told(
    work: UnitOfWork,
    content: Notification,
    one: FoundRecord,
    stage: Stage,
    configuration: Configuration,
    installation: str,
    now: datetime,
) -> Told:
    rule = configuration.rule(Alarm(content.alarm))
    roles, emails = {*rule.roles}, {*rule.emails, *content.recipients}
    if stage == "escalated":
        roles |= {*rule.escalate_roles}
        emails |= {*rule.escalate_emails}
    emails |= {account.email for account in every(work) if account.is_active and roles & {*account.roles}}
    return Told(
        notification=content.notification,
        alarm=content.alarm,
        severity=content.severity,
        message=content.message,
        about=content.about,
        raised_at=one.made_at,
        stage=stage,
        installation=installation,
        recipients=tuple(sorted(emails - {""})),
        webhook=rule.webhook,
        sent_at=now,
    )


def _write_escalated(work: UnitOfWork, actor: Actor, one: FoundRecord, content: Notification) -> None:
    revision = one.revision
    write(
        work,
        actor,
        None,
        Event.NOTIFICATION_ESCALATE,
        replace(content, is_escalated=True),
        record_id=content.notification,
        expected_rev=revision.rev,
        version=revision.rev + 1,
        old={"is_escalated": False},
        new={"is_escalated": True},
        summary=f"Nobody has acknowledged {content.notification}: {content.message}",
    )


def _entry(
    actor: Actor, messenger: Messenger, content: Notification, told: Told, error: BlotterError | None, now: datetime
) -> NewEntry:
    """Return the entry of what went out, or did not; addresses are counted, not named."""
    seconds = round((now - told.raised_at).total_seconds(), 3)
    how = f"could not be sent by {messenger.name}: {error.message}" if error else f"was sent by {messenger.name}"
    return NewEntry(
        stream=f"notification:{content.notification}",
        action=Event.NOTIFICATION_SEND_FAILED if error else Event.NOTIFICATION_SEND,
        subject=actor.subject(),
        outcome=Outcome.FAILED if error else Outcome.DONE,
        record_kind=RecordKind.NOTIFICATION,
        record_id=content.notification,
        new={
            "by": messenger.name,
            "stage": told.stage,
            "addresses": len(told.recipients),
            "seconds_after": seconds,
        },
        summary=f"{content.notification} ({told.stage}) {how}"[:500],
    )
