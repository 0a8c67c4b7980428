"""A clock that jumps is an entry and an alarm, stops signing until somebody has looked, and no stamp is adjusted.

One test moves the clock of a real PostgreSQL while it runs (libfaketime); the others move the Clock port.
"""

from __future__ import annotations

import subprocess
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.cli.housekeeper import uptime
from blotter_records.contract.notifications import Acknowledgement
from blotter_records.errors import Unavailable
from blotter_records.ports.entries import NewEntry, TrailFilter
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.operating.alarms import waiting_alarms
from blotter_records.services.operating.clock_watch import SLOW_S, ClockWatch
from blotter_records.vocabulary import Action, Alarm, Event
from clusters import running_cluster
from laboratory import open_laboratory

ACTOR = system_actor("a test")
TOLERANCE = timedelta(seconds=5)


class Clock:
    """The database's time, moved by the test; the answer may take long."""

    def __init__(self, ledger):
        self._ledger = ledger
        self.offset = 0.0
        self.elapsed = 0.0
        self.takes = 0.0

    def now(self):
        self.elapsed += self.takes
        return self._ledger.now() + timedelta(seconds=self.offset)


@pytest.fixture
def watched(ledger):
    clock = Clock(ledger)
    begun = time.monotonic()
    return clock, ClockWatch(ledger, clock, lambda: time.monotonic() - begun + clock.elapsed)


def entries(ledger, event):
    with ledger.begin() as work:
        return [one.body for one in work.entries(TrailFilter(actions=[event]))]


@pytest.mark.parametrize(("by", "way"), [(6.0, "forwards"), (-6.0, "backwards"), (86_400.0, "forwards")])
def test_a_jump_in_either_direction_is_an_entry_and_an_alarm_once(ledger, watched, by, way):
    clock, watch = watched
    before = len(entries(ledger, Event.SYSTEM_CLOCK_JUMP))
    assert watch.look(ACTOR, TOLERANCE) is None
    clock.offset = by
    jump = watch.look(ACTOR, TOLERANCE)
    assert jump is not None
    assert abs(jump.by.total_seconds() - by) < 0.5
    if by > 0:  # set back by the port alone, the newest entry stays in the future: see the real server below
        assert watch.look(ACTOR, TOLERANCE) is None
    entry = entries(ledger, Event.SYSTEM_CLOCK_JUMP)[before]
    assert entry["summary"].startswith(f"The database's clock jumped {way} by {abs(by):.0f}")
    with ledger.begin() as work:
        assert any(one.content["facts"]["entry"] == entry["id"] for one in waiting_alarms(work, Alarm.CLOCK_JUMP))


def test_many_small_steps_are_a_jump_too(watched):
    clock, watch = watched
    assert watch.look(ACTOR, TOLERANCE) is None
    seen = []
    for _ in range(4):
        clock.offset += 2.0
        seen.append(watch.look(ACTOR, TOLERANCE))
    assert [one is not None for one in seen] == [False, False, True, False]


def test_a_slow_answer_is_no_jump_and_hides_none(watched):
    clock, watch = watched
    assert watch.look(ACTOR, TOLERANCE) is None
    clock.takes = 60.0  # the machine slept while it asked
    assert clock.takes > SLOW_S
    assert watch.look(ACTOR, TOLERANCE) is None
    clock.offset = clock.elapsed + 30.0  # and the clock jumped meanwhile
    clock.takes = 0.0
    jump = watch.look(ACTOR, TOLERANCE)
    assert jump is not None
    assert abs(jump.by.total_seconds() - 30.0) < 0.5


def test_a_clock_that_was_set_back_while_nothing_ran_is_seen_by_the_newest_entry(ledger, watched):
    clock, watch = watched
    with ledger.begin() as work:
        work.note(NewEntry("system", Event.SYSTEM_START, ACTOR.subject()))
        work.commit()
    clock.offset = -7200.0
    jump = watch.look(ACTOR, TOLERANCE)
    assert jump is not None
    assert jump.seen_by == "the newest entry of the trail"
    assert -7201 < jump.by.total_seconds() < -7199


# A real server whose clock jumps


@pytest.fixture
def jumping(tmp_path):
    """A cluster whose server reads its clock through libfaketime, and the file that moves it."""
    [library] = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    with running_cluster() as cluster:
        server, offset = cluster.server, server_file(cluster.server)
        server.stop("fast")
        process = subprocess.Popen(
            server.command(),
            env={
                "PATH": "/usr/bin:/bin",
                "TZ": "UTC",
                "LD_PRELOAD": str(library),
                "FAKETIME_TIMESTAMP_FILE": str(offset),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            umask=0o077,
            user=server.user.uid if server.user is not None else None,
            group=server.user.gid if server.user is not None else None,
            extra_groups=[] if server.user is not None else None,
        )
        until(server.is_ready)
        yield cluster, offset
        server.stop("immediate")
        process.wait(20)


def server_file(server) -> Path:
    """Return a file beside the server's data that its user can read, saying that the clock is right."""
    file = server.data.parent / "clock"
    file.write_text("+0\n")
    file.chmod(0o644)
    return file


def until(condition, within_s=30):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def test_a_server_whose_clock_jumps(jumping, tmp_path):
    cluster, offset = jumping
    lab = open_laboratory(cluster.new_database(), tmp_path)
    watch = ClockWatch(lab.ledger, lab.ledger, uptime)
    image = lab.import_image("ana", "gel.tif", made_blot())
    version = lab.analyse("ana", image, [("B1", (10, 10, 30, 40))])
    result = lab.result("ana", "Titration", version)
    assert watch.look(ACTOR, TOLERANCE) is None

    def jump_to(seconds):
        before = lab.ledger.now()
        offset.write_text(f"{seconds:+d}\n")
        until(lambda: abs((lab.ledger.now() - before).total_seconds()) > 20)
        found = watch.look(ACTOR, TOLERANCE)
        assert found is not None
        return found.by.total_seconds()

    def cannot_sign():
        with pytest.raises(Unavailable) as refused:
            lab.sign("ana", result, Action.RESULT_SUBMIT)
        assert refused.value.code == "unavailable.clock"

    assert 59 < jump_to(60) < 61
    cannot_sign()
    [waiting] = [one for one in lab.services.notifications.list(lab.people["mia"]) if one.alarm is Alarm.CLOCK_JUMP]
    comment = Acknowledgement(comment="The machine's time was set by hand")
    lab.services.notifications.acknowledge(lab.people["mia"], waiting.notification, comment)
    assert -121 < jump_to(-60) < -119
    cannot_sign()
    [waiting] = [one for one in lab.services.notifications.list(lab.people["mia"]) if one.alarm is Alarm.CLOCK_JUMP]
    lab.services.notifications.acknowledge(lab.people["mia"], waiting.notification, comment)
    lab.sign("ana", result, Action.RESULT_SUBMIT)

    # A watch that begins now knows only the trail: the newest entries are in order with the clock again.
    assert ClockWatch(lab.ledger, lab.ledger, uptime).look(ACTOR, TOLERANCE) is None

    # Stamps are what the clock showed, back and forth; the order is that of the numbers.
    sequence = PostgresSequence(lab.database.url("blotter_sequencer"), lab.database.password("blotter_sequencer"))
    sequence.lead()
    sequence.number(10_000)
    sequence.close()
    with lab.ledger.begin() as work:
        written = [one.written for one in work.entries(TrailFilter())]
    assert [one.number for one in written] == list(range(1, len(written) + 1))
    steps = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(written)]
    assert max(steps) > 55
    assert min(steps) < -110
    lab.ledger.close()


def made_blot():
    from blotter_records.densitometry.synthetic import Recipe, make_blot

    counts, _truth = make_blot(Recipe(seed=1))
    return counts
