"""Refusals in the trail: each at once and in its own transaction; a burst is an opening and a closing entry.

The first refusal of a kind is written when it happens. Repetitions of the same (who, what, rule, record) within a few
seconds are counted, and one closing entry tells how many there were. If the service is killed in between, the opening
entry is there and at most the count of the last minute is lost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from blotter_records.ports.entries import NewEntry
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.vocabulary import Alarm, Severity

#: A burst ends after this much quiet, and at the latest after this long (seconds).
QUIET_S = 5.0
LONGEST_S = 60.0


#: A burst of so many refusals is told to the System Managers.
TOLD_FROM = 20


@dataclass
class _Burst:
    entry: NewEntry
    opening: int
    opened: float
    last: float
    more: int = 0


class Refusals:
    """Writes refusals and collapses bursts of them.

    Parameters
    ----------
    ledger : Ledger
    elapsed : callable
        Monotonic seconds; tests give their own.
    """

    def __init__(self, ledger: Ledger, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._elapsed = elapsed
        self._bursts: dict[Hashable, _Burst] = {}
        self._lock = threading.Lock()

    def write(self, entry: NewEntry, *, key: Hashable) -> int:
        """Write a refusal, or count it to the burst that is open; return the id of the (opening) entry."""
        self.close_bursts()
        now = self._elapsed()
        with self._lock:
            burst = self._bursts.get(key)
            if burst is not None:
                burst.more += 1
                burst.last = now
                return burst.opening
            # The lock is held while the opening entry is written, so that of two at once only one opens.
            with self._ledger.begin() as work:
                opening = work.note(entry).id
                work.commit()
            self._bursts[key] = _Burst(entry, opening, now, now)
            return opening

    def close_bursts(self, *, everything: bool = False) -> int:
        """Write the closing entries of bursts that have ended; return how many. Called every second and at the end."""
        now = self._elapsed()
        with self._lock:
            ended = [
                key
                for key, burst in self._bursts.items()
                if everything or now - burst.last >= QUIET_S or now - burst.opened >= LONGEST_S
            ]
            bursts = [self._bursts.pop(key) for key in ended]
        closing = [burst for burst in bursts if burst.more]
        if not closing:
            return 0
        with self._ledger.begin() as work:
            for burst in closing:
                work.note(
                    replace(
                        burst.entry,
                        new={"refused": burst.entry.new, "count": burst.more, "opening_entry": burst.opening},
                        summary=f"{burst.more} more, the same as entry {burst.opening}: {burst.entry.summary}"[:500],
                    )
                )
                if burst.more + 1 >= TOLD_FROM:
                    _tell(work, burst)
            work.commit()
        return len(closing)


def _tell(work: UnitOfWork, burst: _Burst) -> None:
    who = burst.entry.subject.user_name or burst.entry.subject.address or "somebody"
    raise_alarm(
        work,
        system_actor("a burst of refusals"),
        Alarm.MANY_REFUSALS,
        Severity.WARNING,
        f"{burst.more + 1} times in a row refused to {who}: {burst.entry.summary}"[:500],
        about=f"{burst.entry.stream}:{who}",
        facts={"opening_entry": burst.opening, "count": burst.more + 1},
    )
