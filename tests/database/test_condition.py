"""How the installation stands, as the status page shows it: fine, overdue or wrong, from what the trail says."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import version

import pytest
from blotter_records.contract.condition import ConditionPart, ConditionView
from blotter_records.errors import Refused
from blotter_records.ports.entries import NewEntry
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.services.operating.condition import Conditions
from blotter_records.vocabulary import Alarm, Event, Outcome, Severity
from laboratory import Laboratory, open_laboratory
from persons import until

ACTOR = system_actor("a test")
DAY = timedelta(days=1)


class Later:
    """The database's time, moved by the test."""

    def __init__(self, lab: Laboratory) -> None:
        self._lab = lab
        self.by = timedelta()

    def now(self):
        return self._lab.ledger.now() + self.by


@pytest.fixture
def lab(postgres, tmp_path):
    lab = open_laboratory(postgres.new_database(), tmp_path)
    yield lab
    lab.ledger.close()


@pytest.fixture
def clock(lab):
    return Later(lab)


@pytest.fixture
def look(lab, clock):
    services = lab.services
    conditions = Conditions(lab.ledger, clock, gate=services.gate, configurations=services.configurations)
    return lambda: conditions.view(lab.people["mia"])


def noted(lab, event, outcome=Outcome.DONE, summary="", **new):
    with lab.ledger.begin() as work:
        entry = work.note(NewEntry("system", event, ACTOR.subject(), outcome=outcome, new=new, summary=summary))
        work.commit()
    return entry


def part(view: ConditionView, name: str) -> ConditionPart:
    [found] = [one for one in view.parts if one.part == name]
    return found


def test_versions_are_those_of_what_runs(look):
    view = look()
    packages = {one.name: one.version for one in view.packages}
    assert packages["fastapi"] == version("fastapi")
    assert packages["PostgreSQL"].startswith("18.")
    assert view.software


def test_what_is_not_sealed_waits_and_a_sequencer_that_stands_is_overdue(lab, look, clock):
    before = look()
    assert (part(before, "checkpoint").state, part(before, "checkpoint").at) == ("overdue", None)
    queue = part(before, "queue")
    assert queue.state == "fine"
    assert queue.number
    assert queue.number > 5
    clock.by = timedelta(seconds=90)
    assert part(look(), "queue").state == "overdue"
    with lab.sequencing():
        until(lambda: part(look(), "queue").number == 0, 20)
    sealed = look()
    assert (part(sealed, "queue").state, part(sealed, "queue").at) == ("fine", None)
    newest = part(sealed, "checkpoint")
    assert (newest.state, newest.number) == ("fine", queue.number)
    clock.by = timedelta(minutes=21)
    assert part(look(), "checkpoint").state == "overdue"


def test_each_place_of_anchors_has_its_own_pace_and_a_fault_is_wrong(lab, look, clock):
    assert [one for one in look().parts if one.part == "anchor"] == []
    places, every_s = {"daily": "mail", "nas": "folder"}, {"daily": 86_400, "nas": 3600}
    noted(lab, Event.CHECKPOINT_ANCHOR, size=5, places=places, every_s=every_s)
    noted(lab, Event.CHECKPOINT_ANCHOR_FAILED, Outcome.FAILED, size=5, place="far", why="no route")
    clock.by = timedelta(hours=3)
    found = {one.name: one for one in look().parts if one.part == "anchor"}
    assert {name: one.state for name, one in found.items()} == {"daily": "fine", "nas": "overdue", "far": "wrong"}
    assert (found["nas"].number, found["far"].at) == (5, None)
    assert "no route" in found["far"].said
    noted(lab, Event.CHECKPOINT_ANCHOR, size=6, places={"far": "folder"}, every_s={"far": 86_400})
    assert [one.state for one in look().parts if one.name == "far"] == ["fine"]


def test_backups_and_drills_that_are_late_or_failed(lab, look, clock):
    assert part(look(), "backup").at is None
    noted(lab, Event.BACKUP_RUN, backup="blotter-1")
    noted(lab, Event.RESTORE_DRILL, backup="blotter-1")
    view = look()
    assert (part(view, "backup").state, part(view, "drill").state) == ("fine", "fine")
    assert "blotter-1" in part(view, "backup").said
    clock.by = 2 * DAY
    assert (part(look(), "backup").state, part(look(), "drill").state) == ("overdue", "fine")
    clock.by = 91 * DAY
    assert part(look(), "drill").state == "overdue"
    clock.by = timedelta()
    noted(lab, Event.BACKUP_FAILED, Outcome.FAILED, summary="No backup was made: the disk is full")
    noted(lab, Event.RESTORE_DRILL, Outcome.FAILED, summary="Restore drill FAILED")
    view = look()
    assert (part(view, "backup").state, part(view, "drill").state) == ("wrong", "wrong")
    assert "the disk is full" in part(view, "backup").said
    noted(lab, Event.BACKUP_RUN, backup="blotter-2")
    assert part(look(), "backup").state == "fine"


def test_a_jump_of_the_clock_is_wrong_until_somebody_has_looked(lab, look):
    assert (part(look(), "clock").state, part(look(), "clock").said) == ("fine", "No jump was seen.")
    jump = noted(lab, Event.SYSTEM_CLOCK_JUMP, summary="The database's clock jumped forwards by 90.0 s", by_s=90)
    with lab.ledger.begin() as work:
        raise_alarm(work, ACTOR, Alarm.CLOCK_JUMP, Severity.CRITICAL, "It jumped.", about=f"entry-{jump.id}", facts={})
        work.commit()
    clock = part(look(), "clock")
    assert (clock.state, clock.at) == ("wrong", jump.at)
    assert "forwards by 90.0 s. Nothing can be signed until NTF-000001 is acknowledged." in clock.said


def test_a_notification_that_could_not_be_sent_waits(lab, look, clock):
    assert part(look(), "deliveries").number == 0
    with lab.ledger.begin() as work:
        raise_alarm(work, ACTOR, Alarm.BACKUP_FAILED, Severity.CRITICAL, "None was made.", about="backup", facts={})
        work.put_delivery("NTF-000001", "mail", "raised", is_done=False)
        work.put_delivery("NTF-000001", "webhook", "raised", is_done=True)
        work.commit()
    assert (part(look(), "deliveries").state, part(look(), "deliveries").number) == ("overdue", 1)
    clock.by = timedelta(minutes=11)
    assert part(look(), "deliveries").state == "wrong"
    with lab.ledger.begin() as work:
        work.put_delivery("NTF-000001", "mail", "raised", is_done=True)
        work.commit()
    assert part(look(), "deliveries").state == "fine"


def test_who_looks_after_nothing_is_refused(lab):
    with pytest.raises(Refused):
        lab.services.conditions.view(lab.people["ana"])
