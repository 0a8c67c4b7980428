"""What should have happened and has not: an overdue backup, an overdue restore drill (A11 7.2, requirements C5).

A lapse is told once, also when it lasts and when its notification was acknowledged: the next one is told after a
backup or drill that was in time has come between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from blotter_records.domain.policies import Policies
from blotter_records.ports.entries import StoredEntry, TrailFilter
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.operating.alarms import raise_once
from blotter_records.vocabulary import Alarm, Event, Outcome, Severity


@dataclass(frozen=True)
class Standing:
    """When something was last done well, and whether it is overdue.

    Parameters
    ----------
    at : datetime or None
        None: never.
    what : str
        Which backup it was.
    is_overdue : bool
    """

    at: datetime | None
    what: str
    is_overdue: bool


@dataclass(frozen=True)
class Looked:
    """The entry of the last good one, the entry from which time is counted, and whether that is too long ago."""

    last: StoredEntry | None
    since: StoredEntry | None
    is_overdue: bool

    @property
    def standing(self) -> Standing:
        """Return it in short."""
        new = (self.last.body.get("new") or {}) if self.last is not None else {}
        at = self.last.written.at if self.last is not None else None
        return Standing(at, str(new.get("backup") or ""), self.is_overdue)


def look(work: UnitOfWork, event: Event, most: timedelta, now: datetime) -> Looked:
    """Return how what should happen again and again stands: backups (``backup.run``) or drills (``restore.drill``)."""
    begun = newest(work, Event.BACKUP_RESTORE) or _first(work)
    last = newest(work, event)
    since = max((one for one in (last, begun) if one is not None), key=_id, default=None)
    return Looked(last, since, since is not None and now - since.written.at > most)


def newest(work: UnitOfWork, event: Event, outcome: Outcome | None = Outcome.DONE) -> StoredEntry | None:
    """Return the newest entry of a kind, or None."""
    found = work.entries(TrailFilter(actions=[event], outcome=outcome, newest_first=True, limit=1))
    return found[0] if found else None


class Lapses:
    """Looks at backups and drills."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def look(self, actor: Actor, policies: Policies, now: datetime) -> dict[str, Standing]:
        """Return how ``backup`` and ``drill`` stand; write what is overdue. Raises ``Unavailable``."""
        with self._ledger.begin() as work:
            standings = {}
            for what, event, alarm, most in (
                ("backup", Event.BACKUP_RUN, Alarm.BACKUP_OVERDUE, policies.backup_max_age),
                ("drill", Event.RESTORE_DRILL, Alarm.DRILL_OVERDUE, policies.drill_max_age),
            ):
                looked = look(work, event, most, now)
                if looked.is_overdue and looked.since is not None:
                    _tell(work, actor, alarm, what, looked.last, looked.since, most)
                standings[what] = looked.standing
            work.commit()
        return standings


def _id(entry: StoredEntry) -> int:
    return entry.written.id


def _first(work: UnitOfWork) -> StoredEntry | None:
    """Return since when the installation has been there."""
    found = work.entries(TrailFilter(limit=1))
    return found[0] if found else None


def _tell(
    work: UnitOfWork,
    actor: Actor,
    alarm: Alarm,
    what: str,
    last: StoredEntry | None,
    since: StoredEntry,
    most: timedelta,
) -> None:
    """Write a notification, once for each lapse: it begins with the entry from which time is counted."""
    done = f"since {last.written.at:%Y-%m-%d %H:%M} UTC" if last is not None else "yet"
    name = {"backup": "backup", "drill": "restore drill that passed"}[what]
    raise_once(
        work,
        actor,
        alarm,
        Severity.WARNING,
        f"No {name} {done}; there is to be one every {_readable(most)}.",
        about=f"after-{since.written.id}",
        facts={"last_entry": last.written.id if last is not None else None},
    )


def _readable(most: timedelta) -> str:
    hours = int(most.total_seconds() // 3600)
    return f"{hours // 24} days" if hours % 24 == 0 and hours > 24 else f"{hours} hours"
