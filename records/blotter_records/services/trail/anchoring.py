"""Sending checkpoints to places outside the database, again and again, without anybody waiting for it (11.10(e)).

A place gets the newest checkpoint when it has none, and from then on every ``audit.anchor_hours``; and all get the
last one when Blotter stops. A place that fails is tried again; from its second failure on it is named by a
notification. An entry says which checkpoint went where: the trail shows which places there were.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from blotter_records.errors import BlotterError, IntegrityBroken
from blotter_records.ports.anchors import AnchorPlace
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import NewEntry
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.operating.alarms import raise_once
from blotter_records.vocabulary import Alarm, Event, Outcome, Severity

#: After a failure a place is tried again after this time.
RETRY = timedelta(minutes=1)
#: Failures in a row from which people are told.
PATIENCE = 2


@dataclass(frozen=True)
class Sent:
    """What a place has.

    Parameters
    ----------
    kind : str
    size : int
        Entries under the last checkpoint that it took; -1: none.
    at : datetime or None
        When it took it.
    fault : str
        Why the last try failed; empty when it did not.
    failures : int
        In a row.
    tried_at : datetime or None
    contradicts : bool
        It holds another checkpoint over as many entries: somebody has signed two histories, or put a file there.
    """

    kind: str
    size: int = -1
    at: datetime | None = None
    fault: str = ""
    failures: int = 0
    tried_at: datetime | None = None
    contradicts: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it for the state that ``blotter anchors`` reads."""
        times = {name: at.isoformat() if (at := getattr(self, name)) else None for name in ("at", "tried_at")}
        return {**asdict(self), **times}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Sent:
        """Read what :meth:`as_json` gave."""
        times = {name: datetime.fromisoformat(content[name]) if content[name] else None for name in ("at", "tried_at")}
        return cls(**{**content, **times})


class Anchoring:
    """Sends checkpoints.

    Parameters
    ----------
    ledger : Ledger
    clock : Clock
    places : sequence of AnchorPlace
    newest : callable
        Returns the newest checkpoint's note, or None.
    sent : mapping of str to Sent
        What the places have from earlier runs, by name.
    retry : timedelta
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        places: Sequence[AnchorPlace],
        newest: Callable[[], str | None],
        *,
        sent: Mapping[str, Sent] | None = None,
        retry: timedelta = RETRY,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._places = places
        self._newest = newest
        self._retry = retry
        self._lock = threading.Lock()
        known = sent or {}
        self._sent = {place.name: known.get(place.name, Sent(place.kind)) for place in places}

    def sent(self) -> dict[str, Sent]:
        """Return what each place has."""
        with self._lock:
            return dict(self._sent)

    def step(self, actor: Actor, every: timedelta, *, is_last: bool = False) -> bool:
        """Send what is due; tell whether anything was sent.

        Parameters
        ----------
        actor : Actor
        every : timedelta
            Policy ``audit.anchor_hours``.
        is_last : bool
            Blotter stops: everything goes out at once, and nothing is written, for no sequencer would number it.

        Raises
        ------
        Unavailable
            The database or the checkpoints' folder does not answer.
        """
        note = self._newest()
        if note is None or not self._places:
            return False
        size, now = int(note.split("\n")[1]), self._clock.now()
        done: list[str] = []
        failed: list[str] = []
        for place in self._places:
            before = self.sent()[place.name]
            if size <= before.size or not (is_last or self._is_due(before, now, max(every, place.every))):
                continue
            after = self._send(place, before, size, note, now)
            with self._lock:
                self._sent[place.name] = after
            (failed if after.fault else done).append(place.name)
        if (done or failed) and not is_last:
            self._write(actor, size, note, done, failed, every)
        return bool(done or failed)

    @staticmethod
    def _pace(place: AnchorPlace, every: timedelta) -> int:
        """Return how often a place gets one, seconds: what is older than that is late."""
        return int(max(every, place.every).total_seconds())

    def _is_due(self, before: Sent, now: datetime, every: timedelta) -> bool:
        if before.failures and before.tried_at is not None:
            # A clock that was set back must not keep a place waiting.
            return not timedelta() <= now - before.tried_at < self._retry
        return before.at is None or not timedelta() <= now - before.at < every

    def _send(self, place: AnchorPlace, before: Sent, size: int, note: str, now: datetime) -> Sent:
        try:
            place.send(size, note)
        except BlotterError as error:
            return replace(
                before,
                fault=error.message,
                failures=before.failures + 1,
                tried_at=now,
                contradicts=isinstance(error, IntegrityBroken),
            )
        return Sent(place.kind, size, now, tried_at=now)

    def _write(
        self, actor: Actor, size: int, note: str, done: Sequence[str], failed: Sequence[str], every: timedelta
    ) -> None:
        sent, root = self.sent(), note.split("\n")[2]
        with self._ledger.begin() as work:
            if done:
                work.note(
                    NewEntry(
                        stream="system",
                        action=Event.CHECKPOINT_ANCHOR,
                        subject=actor.subject(),
                        new={
                            "size": size,
                            "root": root,
                            "places": {name: sent[name].kind for name in done},
                            "every_s": {one.name: self._pace(one, every) for one in self._places if one.name in done},
                        },
                        summary=f"The checkpoint over {size} entries was sent to {', '.join(done)}",
                    )
                )
            for name in failed:
                place = sent[name]
                if place.failures == 1:
                    work.note(
                        NewEntry(
                            stream="system",
                            action=Event.CHECKPOINT_ANCHOR_FAILED,
                            subject=actor.subject(),
                            outcome=Outcome.FAILED,
                            new={
                                "size": size,
                                "place": name,
                                "kind": place.kind,
                                "why": place.fault,
                                "has": place.size,
                            },
                            summary=f"The checkpoint over {size} entries did not reach {name}: {place.fault}"[:500],
                        )
                    )
                if place.failures >= PATIENCE or place.contradicts:
                    raise_once(
                        work,
                        actor,
                        Alarm.ANCHOR_MISSED,
                        Severity.CRITICAL if place.contradicts else Severity.WARNING,
                        f"Checkpoints do not reach {name}: {place.fault}",
                        about=f"{name}-after-{place.size}",
                        facts={"place": name, "kind": place.kind, "failures": place.failures},
                    )
            work.commit()
