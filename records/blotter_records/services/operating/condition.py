"""How the installation stands, for people who look after it: gathered from the trail, nothing is written.

What runs outside the database (anchors, backups, deliveries) is told by its entries, so that it is seen from here
whichever process does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Literal

from blotter_records import __version__
from blotter_records.contract.condition import ConditionPart, ConditionView, PackageVersion, State
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Json
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import RecordFilter, StoredEntry, TrailFilter
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.operating.alarms import waiting_alarms
from blotter_records.services.operating.delivering import FRESH, LONGEST_S
from blotter_records.services.operating.housekeeping import HEARTBEAT_EVERY_S
from blotter_records.services.operating.lapses import Looked, look, newest
from blotter_records.vocabulary import Action, Alarm, Event, Outcome, RecordKind

PACKAGES = ("alembic", "fastapi", "numpy", "pillow", "psycopg", "pydantic", "scipy", "sqlalchemy", "tifffile")
#: The housekeeper's heartbeat sees to it that a checkpoint is never older than this, and one more that was missed.
CHECKPOINT_MOST = 2 * timedelta(seconds=HEARTBEAT_EVERY_S)
#: An entry is numbered within a second.
QUEUE_MOST = timedelta(minutes=1)
#: So many entries of each kind are looked at to find the anchors' places.
_MOST = 200


class Conditions:
    """Tells how the installation stands."""

    def __init__(self, ledger: Ledger, clock: Clock, *, gate: Gate, configurations: Configurations) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._configurations = configurations

    def view(self, actor: Actor) -> ConditionView:
        """Return how everything stands that is looked at."""
        with self._gate.acting(actor, Action.TASK_VIEW, "task"), self._ledger.begin() as work:
            policies, now = self._configurations.current(work).policies, self._clock.now()
            packages = [PackageVersion(name=name, version=version(name)) for name in PACKAGES]
            packages.append(PackageVersion(name="PostgreSQL", version=work.database_version()))
            return ConditionView(
                software=__version__, packages=packages, as_of=now, parts=list(_parts(work, policies, now))
            )


def _parts(work: UnitOfWork, policies: Policies, now: datetime) -> Iterator[ConditionPart]:
    yield from _trail(work, now)
    yield from _anchors(work, policies.anchor_every, now)
    yield _backup(work, policies, now)
    yield _drill(work, policies, now)
    yield _clock(work)
    yield _deliveries(work, now)


def _trail(work: UnitOfWork, now: datetime) -> Iterator[ConditionPart]:
    head = work.trail_head()
    is_old = head.at is None or now - head.at > CHECKPOINT_MOST
    yield ConditionPart(
        part="checkpoint",
        state="overdue" if is_old else "fine",
        at=head.at,
        number=head.size,
        said=f"The newest checkpoint covers {head.size} entries." if head.at else "There is no checkpoint yet.",
    )
    is_stuck = head.waits_since is not None and now - head.waits_since > QUEUE_MOST
    yield ConditionPart(
        part="queue",
        state="overdue" if is_stuck else "fine",
        at=head.waits_since,
        number=head.waiting,
        said=f"{head.waiting} entries wait for the next checkpoint." if head.waiting else "Every entry is sealed.",
    )


def _anchors(work: UnitOfWork, every: timedelta, now: datetime) -> Iterator[ConditionPart]:
    """Tell of each place that the trail knows; a place that fails is named by an entry at its first failure."""
    sent: dict[str, StoredEntry] = {}
    for one in work.entries(TrailFilter(actions=[Event.CHECKPOINT_ANCHOR], newest_first=True, limit=_MOST)):
        for place in _new(one).get("places") or {}:
            sent.setdefault(str(place), one)
    failed: dict[str, StoredEntry] = {}
    for one in work.entries(TrailFilter(actions=[Event.CHECKPOINT_ANCHOR_FAILED], newest_first=True, limit=_MOST)):
        failed.setdefault(str(_new(one).get("place")), one)
    for place in sorted({*sent, *failed}):
        last, fault = sent.get(place), failed.get(place)
        at = last.written.at if last is not None else None
        pace = timedelta(seconds=_new(last).get("every_s", {}).get(place, every.total_seconds())) if last else every
        state: State = "overdue" if at is None or now - at > 2 * pace else "fine"
        said = f"It has the checkpoint over {_new(last)['size']} entries." if last is not None else "It has none yet."
        if fault is not None and (last is None or fault.written.id > last.written.id):
            state, said = "wrong", f"{said} The next one did not reach it: {_new(fault).get('why')}"
        yield ConditionPart(
            part="anchor", name=place, state=state, at=at, number=_new(last).get("size") if last else None, said=said
        )


def _backup(work: UnitOfWork, policies: Policies, now: datetime) -> ConditionPart:
    looked = look(work, Event.BACKUP_RUN, policies.backup_max_age, now)
    failed = newest(work, Event.BACKUP_FAILED, None)
    said = f"The newest is {looked.standing.what}." if looked.last is not None else "There is none yet."
    return _again("backup", looked, said + _due(looked, policies.backup_max_age), failed)


def _drill(work: UnitOfWork, policies: Policies, now: datetime) -> ConditionPart:
    looked = look(work, Event.RESTORE_DRILL, policies.drill_max_age, now)
    failed = newest(work, Event.RESTORE_DRILL, Outcome.FAILED)
    said = f"{looked.standing.what} was restored and compared." if looked.last is not None else "There was none yet."
    return _again("drill", looked, said + _due(looked, policies.drill_max_age), failed)


def _due(looked: Looked, most: timedelta) -> str:
    if looked.since is None:
        return ""
    by = looked.since.written.at + most
    return f" The next one {'was' if looked.is_overdue else 'is'} due by {by:%Y-%m-%d %H:%M} UTC."


def _again(part: Literal["backup", "drill"], looked: Looked, said: str, failed: StoredEntry | None) -> ConditionPart:
    """Tell of what is done again and again: the last good one, and a later one that failed."""
    state: State = "overdue" if looked.is_overdue else "fine"
    if failed is not None and (looked.last is None or failed.written.id > looked.last.written.id):
        state, said = "wrong", f"{said} The last try failed: {failed.body.get('summary')}"
    return ConditionPart(part=part, state=state, at=looked.standing.at, said=said)


def _clock(work: UnitOfWork) -> ConditionPart:
    waiting = waiting_alarms(work, Alarm.CLOCK_JUMP)
    jump = newest(work, Event.SYSTEM_CLOCK_JUMP)
    said = str(jump.body.get("summary")) + "." if jump is not None else "No jump was seen."
    if waiting:
        said += f" Nothing can be signed until {waiting[0].record_id} is acknowledged."
    at = jump.written.at if jump is not None else None
    return ConditionPart(part="clock", state="wrong" if waiting else "fine", at=at, said=said)


def _deliveries(work: UnitOfWork, now: datetime) -> ConditionPart:
    """Tell of notifications that could not be sent yet by mail or webhook: tried, and not done since."""
    still_open = work.search(RecordFilter(RecordKind.NOTIFICATION, keys=(("status:open",),), limit=_MOST))
    fresh = work.search(RecordFilter(RecordKind.NOTIFICATION, since=now - FRESH, limit=_MOST))
    since = []
    for notification in {one.revision.record_id for one in (*still_open, *fresh)}:
        tries: dict[tuple[str, str], list[datetime]] = {}
        for one in work.deliveries(notification):
            if one.is_done:
                tries.pop((one.channel, one.stage), None)
            else:
                tries.setdefault((one.channel, one.stage), []).append(one.at)
        since += [found[0] for found in tries.values()]
    oldest = min(since, default=None)
    state: State = "fine" if oldest is None else "overdue"
    if oldest is not None and now - oldest > timedelta(seconds=LONGEST_S):
        state = "wrong"
    said = f"{len(since)} could not be sent yet and are tried again." if since else "Nothing waits to be sent."
    return ConditionPart(part="deliveries", state=state, at=oldest, number=len(since), said=said)


def _new(entry: StoredEntry) -> Json:
    return dict(entry.body.get("new") or {})
