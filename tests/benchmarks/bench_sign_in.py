"""Signing in at the hub, against the bare bcrypt check of the same password at the policy's cost.

A sign-in is a form with its token, the check of the password in the records service, a session and its entry in the
trail, and the hub's own cookie and user. 200 people sign in within a minute on two cores; what limits it is bcrypt, which
is meant to be slow: the second figure says how much of the time is anything else.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bcrypt
from run import Benchmark

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from persons import HubPerson
from systems import RunningSystem, new_data_folder, remove, start

PEOPLE = 200
AT_ONCE = 8
MINUTE_MS = 60_000.0
COST = 12
ROUNDS = 9


def benchmarks() -> Iterator[Benchmark]:
    """Yield the time of one sign-in, of 200 at once, and of a heartbeat."""
    data = new_data_folder()
    try:
        system = start(data)
        bare = bare_check_ms()
        yield compared("one sign-in at the hub", statistics.median(alone(system)), bare, "bcrypt check, cost 12")
        taken = many(system)
        yield compared(f"{PEOPLE} sign-ins, {AT_ONCE} at once", taken, MINUTE_MS, "a minute")
        yield compared("heartbeat of a session", statistics.median(heartbeats(system)), bare, "bcrypt check, cost 12")
    finally:
        remove(data)


def compared(name: str, ours: float, peer: float, peer_name: str) -> Benchmark:
    return Benchmark(name=name, ours=ours, peer=peer, ratio=ours / peer, unit="ms", peer_name=peer_name)


def timed_ms(work) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def bare_check_ms() -> float:
    """Return the time of one check in this process, as the records service makes it."""
    stored = bcrypt.hashpw(b"x" * 44, bcrypt.gensalt(COST))
    return statistics.median(timed_ms(lambda: bcrypt.checkpw(b"x" * 44, stored)) for _ in range(ROUNDS))


def sign_in(system: RunningSystem, role: str) -> HubPerson:
    person = HubPerson(system.url)
    answer = person.sign_in(*system.accounts[role])
    assert answer.status_code == 302, answer.text
    return person


def alone(system: RunningSystem) -> Iterator[float]:
    """Yield the time of single sign-ins; the first is not counted."""
    for at in range(ROUNDS + 1):
        began = time.perf_counter()
        sign_in(system, "reviewer").http.close()
        if at:
            yield 1000 * (time.perf_counter() - began)


def many(system: RunningSystem) -> float:
    """Return the time of 200 sign-ins, each of them checked: the right person is in, or it is no sign-in.

    The demo has a person for each role; each signs in again and again, which ends the session before.
    """
    roles = sorted(system.accounts)

    def people(role: str) -> None:
        for _ in range(PEOPLE // len(roles)):
            person = sign_in(system, role)
            assert f"<dd>{system.accounts[role][0]}</dd>" in person.get("/hub/home").text
            person.http.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return timed_ms(lambda: list(pool.map(people, roles)))


def heartbeats(system: RunningSystem) -> Iterator[float]:
    """Yield the time of what a page tells at most every 20 s while somebody types."""
    person = sign_in(system, "analyst")
    person.get("/hub/home")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        assert person.call("POST", "/hub/session").status_code == 200
        yield 1000 * (time.perf_counter() - began)
    person.http.close()
