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


class Lapses:
    """Looks at backups and drills."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def look(self, actor: Actor, policies: Policies, now: datetime) -> dict[str, Standing]:
        """Return how ``backup`` and ``drill`` stand; write what is overdue. Raises ``Unavailable``."""
        with self._ledger.begin() as work:
            begun = _newest(work, Event.BACKUP_RESTORE) or _first(work)
            standings = {}
            for what, event, alarm, most in (
                ("backup", Event.BACKUP_RUN, Alarm.BACKUP_OVERDUE, policies.backup_max_age),
                ("drill", Event.RESTORE_DRILL, Alarm.DRILL_OVERDUE, policies.drill_max_age),
            ):
                last = _newest(work, event)
                since = max((one for one in (last, begun) if one is not None), key=_id, default=None)
                is_overdue = since is not None and now - since.written.at > most
                if is_overdue and since is not None:
                    _tell(work, actor, alarm, what, last, since, most)
                new = (last.body.get("new") or {}) if last is not None else {}
                at = last.written.at if last is not None else None
                standings[what] = Standing(at, str(new.get("backup") or ""), is_overdue)
            work.commit()
        return standings


def _id(entry: StoredEntry) -> int:
    return entry.written.id


def _first(work: UnitOfWork) -> StoredEntry | None:
    """Return since when the installation has been there."""
    found = work.entries(TrailFilter(limit=1))
    return found[0] if found else None


def _newest(work: UnitOfWork, event: Event) -> StoredEntry | None:
    found = work.entries(TrailFilter(actions=[event], outcome=Outcome.DONE, newest_first=True, limit=1))
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
