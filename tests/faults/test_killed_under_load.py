"""kill -9 of the service, the sequencer, the database and one of its processes while eight people save.

One run is one kill, at a random moment, while eight people save through the HTTP API. Then the supervisor starts what
was killed again, and the database is looked at before anybody repeats a request:

* what a person was told is done is there once;
* what a person was told was not written is not there;
* what a person was told nothing about is there once or not at all, and once after the same request was sent again;
* no entry without its change, no change without its entry, no gap and nothing twice in the log.

``BLOTTER_FAULT_RUNS`` says how many runs (12; 200 take some minutes), ``BLOTTER_FAULT_SEED`` when the kills come.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest
import systems
from crowd import add_crowd
from faults.books import Books
from faults.killed_system import KilledSystem, killed_system, small_blot
from faults.saving_people import Heard, Request, SavingPerson

PEOPLE = 8
PARTS = ("records", "sequencer", "postgres", "backend")
RUNS = int(os.environ.get("BLOTTER_FAULT_RUNS", "12"))
SEED = int(os.environ.get("BLOTTER_FAULT_SEED", "20261126"))
#: So long people save before the kill at most, and after it (s).
BEFORE_S, AFTER_S = 0.6, 0.15
#: `blotter verify` runs after so many kills, and at the end.
VERIFY_EVERY = 50


@dataclass
class Load:
    """People who save in a system, and what they and the database say."""

    system: KilledSystem
    people: list[SavingPerson]
    books: Books
    runs: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    """How many requests ended how."""
    retried: list[Request] = field(default_factory=list)

    def answered(self) -> list[Request]:
        """Return every request that was answered in the end."""
        return [request for person in self.people for request in person.answered]


@pytest.fixture(scope="module")
def load():
    with killed_system() as system:
        names = [f"writer.{number}" for number in range(1, PEOPLE + 1)]
        study = add_crowd(system.installation.run, system.installation.secret("db-runtime").read_text(), names)
        clients = [system.sign_in(name) for name in names]
        image = clients[0].import_image("made.tif", "Made for this test", small_blot(), study=study).image
        people = [SavingPerson(number, client, study, image) for number, client in enumerate(clients, 1)]
        yield Load(system, people, Books(system))
        for client in clients:
            client.close()


@pytest.mark.timeout(180 + 15 * RUNS)
def test_every_kill_leaves_whole_saves(load):
    dice = np.random.default_rng(SEED)
    began = time.monotonic()
    print(f"seed {SEED}, {RUNS} runs")
    for run, part in enumerate(_in_any_order(dice)):
        before = len(load.answered())
        unanswered = _kill_while_they_save(load, part, dice)
        assert load.books.look() == [], f"run {run}, {part}"
        _check(load, unanswered)
        _ask_again(load, unanswered)
        load.runs += 1
        load.seen.update({f"kills of {part}": 1, "answered": len(load.answered()) - before})
        if run % VERIFY_EVERY == VERIFY_EVERY - 1:
            _verify(load.system)
    print(f"{dict(sorted(load.seen.items()))}, {time.monotonic() - began:.0f} s")
    assert load.runs == RUNS
    assert load.seen["left without an answer"] > 0, "no kill came in the middle of a save"


def _in_any_order(dice):
    """Return which part is killed in which run: each as often as the others."""
    return [str(part) for part in dice.permutation([PARTS[run % len(PARTS)] for run in range(RUNS)])]


def _kill_while_they_save(load, part, dice):
    """Let everybody save, kill a part, let the supervisor start it again; return what was left without an answer."""
    stop = threading.Event()
    saving = [threading.Thread(target=person.save_until, args=(stop,)) for person in load.people]
    for thread in saving:
        thread.start()
    time.sleep(dice.uniform(0.05, BEFORE_S))  # the moment is the matter here, nothing is waited for
    killed = load.system.kill(part, dice)
    time.sleep(AFTER_S)
    stop.set()
    for thread in saving:
        thread.join(timeout=150)
        assert not thread.is_alive(), "a request was never answered"
    for person in load.people:
        if person.fault is not None:
            said = systems.logs(load.system.data, lines=120)
            raise AssertionError(f"writer {person.number}: {person.fault!r}\n{said}") from person.fault
    load.system.wait_until_back(part, killed)
    return [person for person in load.people if person.open is not None]


def _check(load, unanswered):
    """Compare what people were told with what the database holds, before anything is repeated."""
    for person in unanswered:
        request = person.open
        times = len(load.books.marks.get(request.mark, []))
        assert times <= 1, f"{request.what} {request.mark} is there {times} times"
        if request.heard is Heard.NOT_WRITTEN:
            assert times == 0, f"{request.what} {request.mark} is there, but {request.codes} said that it is not"
        load.seen["left without an answer"] += 1
        load.seen[f"left, {request.heard.value}, {'there' if times else 'absent'}"] += 1
    for request in load.answered()[-1000:]:
        _check_done(load.books, request)


def _check_done(books, request):
    there = books.marks.get(request.mark, [])
    if request.what != "start":  # the mark of the start of an analysis is its key alone, not in its content
        assert len(there) == 1, f"{request.what} {request.mark} was done, and is there {len(there)} times"
    if request.is_refused:
        assert there == [request.entry], f"{request.what} {request.mark}: the answer named another entry"


def _ask_again(load, unanswered):
    """Send again what was left without an answer, under the same key; what was to be refused is left alone."""
    for person in unanswered:
        if person.open.is_refused:
            person.drop()
            continue
        load.retried.append(person.open)
        deadline = time.monotonic() + 30
        while not person.send():
            assert time.monotonic() < deadline, f"{person.open.what}: {person.open.codes}"
            time.sleep(0.1)
    for person in load.people:
        person.client.heartbeat()


def test_everything_that_was_answered_is_there_once(load):
    everything = Books(load.system)
    assert everything.look() == []
    assert all(everything.marks.get(mark) == ids for mark, ids in load.books.marks.items() if ids), "it has gone"
    for request in load.answered():
        _check_done(everything, request)
    answered = {request.mark for request in load.answered()}
    assert len(answered) == len(load.answered()) > RUNS
    # Nothing but what was asked for: an unanswered refusal is the only thing that may be there besides.
    assert {mark for mark in everything.marks if mark.startswith("mark-")} <= answered
    keyed = {"sample", "sample version", "gesture", "analysis version", "result", "start"}
    kept = {key for key in everything.kept_answers() if key.startswith("mark-")}  # not those of the preparation
    assert kept == {one.mark for one in load.answered() if one.what in keyed}
    assert load.retried, "nothing had to be asked again"
    print(f"{everything.entries} entries, {everything.changes} changes, {len(load.retried)} asked again")


def test_everything_verifies_after_the_kills(load):
    _verify(load.system)


def _verify(system):
    verified = systems.blotter("verify", "--data", str(system.data))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    print(verified.stdout.strip())
