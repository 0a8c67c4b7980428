"""Watching the database's clock: a jump is an entry and an alarm, and stops signing until somebody has looked (PI 041).

Two comparisons, because neither sees everything:

* with a clock that nobody can set (seconds since the machine started): a jump in either direction while it runs;
* with the newest entry of the trail: a clock that was set back while nothing ran.

Stamps are never adjusted: an entry keeps the time that the database's clock showed, right or wrong, and the order of
entries is that of their numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import NewEntry, TrailFilter
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.operating.alarms import raise_once
from blotter_records.vocabulary import Alarm, Event, Severity

#: A look at the clock that takes longer (seconds) says nothing of jumps of this size; the next one does.
SLOW_S = 1.0


@dataclass(frozen=True)
class Jump:
    """A jump: by how much (negative: backwards), what the clock shows, by what it was seen."""

    by: timedelta
    now: datetime
    seen_by: str


class ClockWatch:
    """Compares the database's clock.

    Parameters
    ----------
    ledger : Ledger
        The trail.
    clock : Clock
        The database's clock.
    elapsed : callable
        Seconds of a clock that cannot be set and goes on while the machine sleeps.
    """

    def __init__(self, ledger: Ledger, clock: Clock, elapsed: Callable[[], float]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._elapsed = elapsed
        self._began: datetime | None = None  # what the clock showed when the other one showed nothing

    def look(self, actor: Actor, tolerance: timedelta) -> Jump | None:
        """Compare once; write what is wrong. Raises ``Unavailable``."""
        before = self._elapsed()
        now = self._clock.now()
        after = self._elapsed()
        jump = None
        if after - before <= SLOW_S:
            began = now - timedelta(seconds=(before + after) / 2)
            if self._began is None:
                self._began = began
            elif abs(began - self._began) > tolerance:
                jump = Jump(began - self._began, now, "a clock that cannot be set")
                self._began = began
        newest = self._newest()
        if jump is None and newest is not None and newest - now > tolerance:
            jump = Jump(now - newest, now, "the newest entry of the trail")
        if jump is not None:
            self._write(actor, jump)
        return jump

    def _newest(self) -> datetime | None:
        with self._ledger.begin() as work:
            found = work.entries(TrailFilter(newest_first=True, limit=1))
        return found[0].written.at if found else None

    def _write(self, actor: Actor, jump: Jump) -> None:
        seconds = jump.by.total_seconds()
        way = "forwards" if seconds > 0 else "backwards"
        message = f"The database's clock jumped {way} by {abs(seconds):.1f} s (compared with {jump.seen_by})"
        with self._ledger.begin() as work:
            entry = work.note(
                NewEntry(
                    stream="system",
                    action=Event.SYSTEM_CLOCK_JUMP,
                    subject=actor.subject(),
                    old={"expected": (jump.now - jump.by).isoformat()},
                    new={"shown": jump.now.isoformat(), "by_s": round(seconds, 3), "seen_by": jump.seen_by},
                    summary=message,
                )
            )
            raise_once(
                work,
                actor,
                Alarm.CLOCK_JUMP,
                Severity.CRITICAL,
                f"{message}. Times of entries are as the clock showed them. Nothing can be signed until this is "
                "acknowledged.",
                about=f"entry-{entry.id}",
                facts={"entry": entry.id, "by_s": round(seconds, 3)},
            )
            work.commit()
