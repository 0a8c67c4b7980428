"""Signing in at the hub, against the bare bcrypt check of the same password at the policy's cost.

A sign-in is a form with its token, the check of the password in the records service, a session and its entry in the
trail, and the hub's own cookie and user. What limits it is bcrypt, which is meant to be slow: the ratios say how much
of the time is anything else, alone and with 200 people at once against 200 checks on the same cores. A heartbeat is
what every open page tells at most each 20 s while somebody types.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import bcrypt
from run import Benchmark, compare

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from crowd import PASSWORD, add_crowd
from persons import HubPerson
from systems import RunningSystem, new_data_folder, remove, start

PEOPLE = 200
AT_ONCE = 8
COST = 12
STORED = bcrypt.hashpw(b"x" * 44, bcrypt.gensalt(COST))


def benchmarks() -> Iterator[Benchmark]:
    """Yield the time of one sign-in, of 200 at once, and of a heartbeat."""
    data = new_data_folder()
    try:
        system = start(data)
        peer = f"a bcrypt check, cost {COST}"
        yield compare("one sign-in at the hub", peer, partial(in_and_out, system), check)
        yield many(system)
        person = sign_in(system, *system.accounts["analyst"])
        person.get("/hub/home")
        yield compare("heartbeat of a session", peer, partial(beat, person), check)
    finally:
        remove(data)


def in_and_out(system: RunningSystem) -> None:
    """Sign somebody in."""
    sign_in(system, *system.accounts["reviewer"]).http.close()


def check() -> None:
    """Check a password as the records service does, in this process."""
    assert bcrypt.checkpw(b"x" * 44, STORED)


def timed_ms(work: Callable[[], object]) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def sign_in(system: RunningSystem, name: str, password: str) -> HubPerson:
    """Sign somebody in with a browser of the own."""
    person = HubPerson(system.url)
    answer = person.sign_in(name, password)
    assert answer.status_code == 302, answer.text
    return person


def beat(person: HubPerson) -> None:
    """Tell that there was input, as a page does."""
    assert person.call("POST", "/hub/session").status_code == 200


def many(system: RunningSystem) -> Benchmark:
    """Return the time in which 200 people sign in, each of them checked: who it was is in, or it is no sign-in.

    Each has an account and a browser (cookies, form token) of the own, and reads the own page. The bare checks are
    made half before and half after, so that a busy moment of the machine hits both.
    """
    names = [f"person.{number}" for number in range(1, PEOPLE + 1)]
    add_crowd(system.run, system.secret("db-runtime"), names)

    def one(name: str) -> None:
        person = sign_in(system, name, PASSWORD)
        shown = person.get("/hub/home").text
        person.http.close()
        assert f"<dd>{name}</dd>" in shown, shown

    with ThreadPoolExecutor(AT_ONCE) as pool:
        peer = timed_ms(lambda: list(pool.map(lambda _: check(), range(PEOPLE // 2))))
        ours = timed_ms(lambda: list(pool.map(one, names)))
        peer += timed_ms(lambda: list(pool.map(lambda _: check(), range(PEOPLE // 2))))
    name, peer_name = f"{PEOPLE} people sign in, {AT_ONCE} at once", f"{PEOPLE} bcrypt checks, {AT_ONCE} threads"
    return Benchmark(name=name, ours=ours, peer=peer, ratio=ours / peer, unit="ms", peer_name=peer_name)
