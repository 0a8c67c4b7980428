"""What is looked at without anybody asking: overdue backups and drills, checkpoints that do not arrive, who looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from blotter_records.adapters.postgres.election import PostgresElection
from blotter_records.contract.notifications import Acknowledgement
from blotter_records.domain.policies import DEFAULTS
from blotter_records.domain.records import Account
from blotter_records.errors import IntegrityBroken, Unavailable
from blotter_records.ports.entries import NewEntry, RecordFilter, TrailFilter
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.operating.housekeeping import Housekeeping
from blotter_records.services.operating.lapses import Lapses
from blotter_records.services.people.changing import change_account
from blotter_records.services.people.finding import found
from blotter_records.services.trail.anchoring import Anchoring, Sent
from blotter_records.vocabulary import Alarm, Event, Outcome, RecordKind
from laboratory import open_laboratory
from persons import until

ACTOR = system_actor("a test")
HOUR = timedelta(hours=1)


@pytest.fixture
def lab(postgres, tmp_path):
    lab = open_laboratory(postgres.new_database(), tmp_path)
    yield lab
    lab.ledger.close()


class Clock:
    """The database's time, moved by the test."""

    def __init__(self, ledger):
        self._ledger = ledger
        self.offset = timedelta()

    def now(self):
        return self._ledger.now() + self.offset


def noted(lab, event, outcome=Outcome.DONE, **new):
    with lab.ledger.begin() as work:
        work.note(NewEntry("system", event, ACTOR.subject(), outcome=outcome, new=new))
        work.commit()


def alarms(lab, alarm):
    """Return the notifications of a kind, acknowledged or not."""
    with lab.ledger.begin() as work:
        found = work.search(RecordFilter(RecordKind.NOTIFICATION, keys=((f"alarm:{alarm.value}",),)))
        return [one.revision for one in found]


def entries(lab, event):
    with lab.ledger.begin() as work:
        return [one.body for one in work.entries(TrailFilter(actions=[event]))]


# Backups and drills


def test_an_overdue_backup_is_told_once_for_each_lapse(lab):
    lapses, begun = Lapses(lab.ledger), lab.ledger.now()
    noted(lab, Event.BACKUP_RUN, backup="blotter-1")
    look = lambda hours: lapses.look(ACTOR, DEFAULTS, begun + hours * HOUR)["backup"]  # noqa: E731
    assert not look(23.9).is_overdue
    assert alarms(lab, Alarm.BACKUP_OVERDUE) == []
    assert look(25).is_overdue
    assert look(26).is_overdue
    [first] = alarms(lab, Alarm.BACKUP_OVERDUE)
    assert "there is to be one every 24 hours" in first.content["message"]

    # acknowledged, and it lasts: nothing new; a failed backup ends no lapse
    lab.services.notifications.acknowledge(
        lab.people["mia"], first.record_id, Acknowledgement(comment="The disk is on its way")
    )
    noted(lab, Event.BACKUP_FAILED, Outcome.FAILED)
    assert look(50).is_overdue
    assert len(alarms(lab, Alarm.BACKUP_OVERDUE)) == 1

    # a good one ends it; the next lapse is another
    noted(lab, Event.BACKUP_RUN, backup="blotter-2")
    assert look(1).what == "blotter-2"
    assert not look(1).is_overdue
    look(60)
    assert len(alarms(lab, Alarm.BACKUP_OVERDUE)) == 2


def test_a_drill_that_failed_is_none(lab):
    lapses, begun = Lapses(lab.ledger), lab.ledger.now()
    look = lambda days: lapses.look(ACTOR, DEFAULTS, begun + timedelta(days=days))["drill"]  # noqa: E731
    assert not look(89).is_overdue  # none yet: counted from the first entry on
    noted(lab, Event.RESTORE_DRILL, Outcome.FAILED, backup="blotter-1")
    assert look(91).is_overdue
    [told] = alarms(lab, Alarm.DRILL_OVERDUE)
    assert "No restore drill that passed yet; there is to be one every 90 days" in told.content["message"]
    noted(lab, Event.RESTORE_DRILL, backup="blotter-1")
    assert not look(89).is_overdue
    assert look(91).is_overdue
    assert len(alarms(lab, Alarm.DRILL_OVERDUE)) == 2


def test_two_that_look_at_the_same_time_tell_it_once(lab):
    from concurrent.futures import ThreadPoolExecutor

    late = lab.ledger.now() + 48 * HOUR
    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(Lapses(lab.ledger).look, ACTOR, DEFAULTS, late) for _ in range(4)]:
            one.result()
    assert len(alarms(lab, Alarm.BACKUP_OVERDUE)) == 1


def test_one_of_many_housekeepers_works_and_the_next_takes_over(lab):
    database = lab.database
    first, second = (
        PostgresElection(database.url("blotter_runtime"), database.password("blotter_runtime"), "housekeeper")
        for _ in range(2)
    )
    assert first.lead()
    assert first.lead()
    assert not second.lead()
    first.close()
    assert until(second.lead, 30)  # the database sees the end of a connection a moment later
    assert second.is_leading
    with database.connect("postgres", autocommit=True) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    with pytest.raises(Unavailable):
        second.lead()
    assert not second.is_leading
    assert until(second.lead, 30)
    second.close()


# Checkpoints


class Place:
    """A place that the test can break."""

    kind = "folder"

    def __init__(self, name, every=timedelta()):
        self.name = name
        self.every = every
        self.has = {}
        self.fault = None

    def send(self, size, note):
        if self.fault is not None:
            raise self.fault
        self.has[size] = note


def note_over(size):
    return f"blotter/0123456789abcdef\n{size}\nroot{size}\n\n— x y\n"


@pytest.fixture
def anchoring(lab):
    clock, size = Clock(lab.ledger), [5]
    good, bad, daily = Place("good"), Place("bad"), Place("daily", timedelta(hours=24))

    class Bench:
        def __init__(self):
            self.clock, self.good, self.bad, self.daily = clock, good, bad, daily
            self.anchoring = Anchoring(lab.ledger, clock, [good, bad, daily], lambda: note_over(size[0]))

        def grow(self, by=1):
            size[0] += by

        def step(self, **more):
            return self.anchoring.step(ACTOR, HOUR, **more)

    return Bench()


def test_each_place_gets_the_newest_checkpoint_and_then_one_an_hour(lab, anchoring):
    assert anchoring.step()
    assert list(anchoring.good.has) == list(anchoring.daily.has) == [5]
    [entry] = entries(lab, Event.CHECKPOINT_ANCHOR)
    assert entry["new"] == {
        "size": 5,
        "root": "root5",
        "places": dict.fromkeys(("good", "bad", "daily"), "folder"),
        "every_s": {"good": 3600, "bad": 3600, "daily": 86_400},
    }
    anchoring.grow()
    anchoring.clock.offset = timedelta(minutes=59)
    assert not anchoring.step()
    anchoring.clock.offset = HOUR
    assert anchoring.step()
    assert list(anchoring.good.has) == [5, 6]
    assert list(anchoring.daily.has) == [5]
    anchoring.clock.offset = 2 * HOUR
    assert not anchoring.step()  # nothing new
    anchoring.clock.offset = 25 * HOUR
    anchoring.grow()
    assert anchoring.step()
    assert list(anchoring.daily.has) == [5, 7]


def test_a_place_that_fails_is_tried_again_named_once_and_keeps_nobody_waiting(lab, anchoring):
    anchoring.bad.fault = Unavailable("anchor.unavailable", "bad did not take it: no route.")
    assert anchoring.step()
    assert list(anchoring.good.has) == [5]
    assert alarms(lab, Alarm.ANCHOR_MISSED) == []  # once may be chance
    anchoring.clock.offset = timedelta(seconds=59)
    assert not anchoring.step()
    for minutes in (1, 2, 3):
        anchoring.clock.offset = timedelta(minutes=minutes, seconds=1)
        assert anchoring.step()
    [told] = alarms(lab, Alarm.ANCHOR_MISSED)
    assert told.content["message"] == "Checkpoints do not reach bad: bad did not take it: no route."
    [entry] = entries(lab, Event.CHECKPOINT_ANCHOR_FAILED)
    assert entry["outcome"] == "failed"
    sent = anchoring.anchoring.sent()
    assert (sent["bad"].failures, sent["bad"].size) == (4, -1)
    assert Sent.from_json(sent["bad"].as_json()) == sent["bad"]

    anchoring.bad.fault = None
    anchoring.clock.offset = timedelta(minutes=5)
    assert anchoring.step()
    assert list(anchoring.bad.has) == [5]
    assert anchoring.anchoring.sent()["bad"].fault == ""


def test_a_place_with_another_history_is_told_at_once_as_critical(lab, anchoring):
    anchoring.bad.fault = IntegrityBroken("anchor.contradiction", "bad holds another checkpoint.")
    anchoring.step()
    [told] = alarms(lab, Alarm.ANCHOR_MISSED)
    assert told.content["severity"] == "critical"


def test_the_last_checkpoint_goes_out_at_once_and_leaves_no_entry_without_number(lab, anchoring):
    anchoring.step()
    anchoring.grow()
    before = len(entries(lab, Event.CHECKPOINT_ANCHOR))
    assert anchoring.step(is_last=True)
    assert list(anchoring.daily.has) == [5, 6]
    assert len(entries(lab, Event.CHECKPOINT_ANCHOR)) == before


def test_a_clock_that_was_set_back_keeps_no_place_waiting(anchoring):
    anchoring.step()
    anchoring.grow()
    anchoring.clock.offset = -5 * HOUR
    assert anchoring.step()


def test_a_quiet_trail_gets_a_heartbeat(lab):
    elapsed = [0.0]
    quiet = Anchoring(lab.ledger, lab.ledger, [], lambda: None)
    clock = Clock(lab.ledger)
    housekeeping = Housekeeping(lab.ledger, clock, lambda: elapsed[0], quiet)
    housekeeping.step()
    assert entries(lab, Event.SYSTEM_HEARTBEAT) == []
    elapsed[0] += 601
    clock.offset += timedelta(seconds=601)
    housekeeping.step()
    [beat] = entries(lab, Event.SYSTEM_HEARTBEAT)
    assert beat["process"].startswith("housekeeper, process ")
    assert housekeeping.noticed.jumps == 0
    assert housekeeping.noticed.as_json()["backup"] == {"at": None, "what": "", "is_overdue": False}


def test_days_at_the_ends_of_the_calendar_stop_nobody(lab):
    """Stored days lie wherever an older version let them: who looks around goes on for everybody."""
    with lab.ledger.begin() as work:
        for name, day in (("ana", "9999-12-31"), ("rui", "0001-01-01")):
            before = found(work, lab.people[name].account)
            account = Account.from_json(before.content)
            training = {"role": account.roles[0], "title": "Blots", "document": "T-1", "done_on": "0001-01-01"}
            after = replace(account, expires_on=day, trainings=[{**training, "expires_on": day}])
            change_account(work, ACTOR, None, Event.ACCOUNT_DISABLE, before, after, summary="Days")
        work.commit()
    Housekeeping(lab.ledger, lab.ledger, lambda: 0.0, Anchoring(lab.ledger, lab.ledger, [], lambda: None)).step()
    told = {one.content["facts"]["about"] for one in alarms(lab, Alarm.ACCOUNT_EXPIRING)}
    assert told == {lab.people["rui"].account}
