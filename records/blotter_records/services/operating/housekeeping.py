"""What has to be looked at whether or not anybody asks: clock, backups, drills, accounts, anchors; by one process.

The housekeeper is elected in the database, like the sequencer: of several that run, one works. What it tells, it tells
once for each lapse, whoever of them is at work, because what was told stands in the trail.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import NewEntry
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor, system_actor
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.operating.account_watch import AccountWatch
from blotter_records.services.operating.clock_watch import ClockWatch
from blotter_records.services.operating.delivering import Delivering
from blotter_records.services.operating.lapses import Lapses, Standing
from blotter_records.services.trail.anchoring import Anchoring
from blotter_records.vocabulary import Event

#: How often backups and drills are looked at (seconds).
LAPSES_EVERY_S = 5.0
#: How often accounts are looked at (seconds).
ACCOUNTS_EVERY_S = 60.0
#: The trail gets an entry at least so often, so that a frozen one shows (seconds).
HEARTBEAT_EVERY_S = 600.0


@dataclass
class Noticed:
    """What was seen last, for ``blotter status``."""

    clock_at: datetime | None = None
    jumps: int = 0
    last_jump_at: datetime | None = None
    standings: dict[str, Standing] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it for the state that ``blotter status`` reads."""
        return {
            "clock": {"at": _text(self.clock_at), "jumps": self.jumps, "last_jump_at": _text(self.last_jump_at)},
            **{
                what: {"at": _text(one.at), "what": one.what, "is_overdue": one.is_overdue}
                for what, one in self.standings.items()
            },
        }


class Housekeeping:
    """Looks around, once a second.

    Parameters
    ----------
    ledger : Ledger
    clock : Clock
        The database's clock.
    elapsed : callable
        Seconds of a clock that cannot be set.
    anchoring : Anchoring
    """

    def __init__(self, ledger: Ledger, clock: Clock, elapsed: Callable[[], float], anchoring: Anchoring) -> None:
        self._ledger = ledger
        self._clock = clock
        self._elapsed = elapsed
        self._configurations = Configurations(ledger)
        self._watch = ClockWatch(ledger, clock, elapsed)
        self._lapses = Lapses(ledger)
        self._accounts = AccountWatch(ledger)
        self._anchoring = anchoring
        self._looked_at = -LAPSES_EVERY_S
        self._accounts_at = -ACCOUNTS_EVERY_S
        self._beat_at = elapsed()
        self.noticed = Noticed()

    def step(self) -> None:
        """Look at the clock; now and then at the rest. Raises ``Unavailable``."""
        actor = self._actor()
        policies = actor.configuration.policies
        jump = self._watch.look(actor, policies.clock_drift)
        now = self._clock.now()
        self.noticed.clock_at = now
        if jump is not None:
            self.noticed.jumps += 1
            self.noticed.last_jump_at = now
        elapsed = self._elapsed()
        if elapsed - self._looked_at >= LAPSES_EVERY_S:
            self.noticed.standings = self._lapses.look(actor, policies, now)
            self._looked_at = elapsed
        if elapsed - self._accounts_at >= ACCOUNTS_EVERY_S:
            self._accounts.look(actor, now)
            self._accounts_at = elapsed
        if elapsed - self._beat_at >= HEARTBEAT_EVERY_S:
            self._beat(actor)
            self._beat_at = elapsed

    def anchor(self, *, is_last: bool = False) -> bool:
        """Send checkpoints where they are due; may take as long as the places do. Raises ``Unavailable``."""
        actor = self._actor()
        return self._anchoring.step(actor, actor.configuration.policies.anchor_every, is_last=is_last)

    def deliver(self, delivering: Delivering) -> int:
        """Send notifications that were not sent yet; return how many went out. Raises ``Unavailable``."""
        return delivering.step(self._actor())

    def _actor(self) -> Actor:
        with self._ledger.begin() as work:
            configuration = self._configurations.current(work)
        return system_actor("the housekeeping", configuration, process=f"housekeeper, process {os.getpid()}")

    def _beat(self, actor: Actor) -> None:
        with self._ledger.begin() as work:
            work.note(
                NewEntry(
                    stream="system",
                    action=Event.SYSTEM_HEARTBEAT,
                    subject=actor.subject(),
                    summary="The trail is alive",
                )
            )
            work.commit()


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
