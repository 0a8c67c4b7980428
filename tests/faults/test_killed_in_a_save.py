"""kill -9 of the records service and of PostgreSQL in the middle of a save: a whole version or nothing."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest
import systems
from blotter_records.contract.analyses import Background, GestureRequest, SaveRequest
from blotter_records.contract.shapes import Rectangle, Shape
from blotter_records.errors import BlotterError, Conflict
from blotter_records.vocabulary import Gesture

#: How often each part is killed: the supervisor gives up on a part that ends too often within a minute.
RUNS = {"records": 4, "postgres": 2}


@pytest.fixture(scope="module")
def system():
    data = systems.new_data_folder()
    try:
        yield systems.start(data)
    finally:
        systems.remove(data)


def draft(client, number):
    """Return an analysis with one new shape, not yet saved."""
    image = client.images()[0].image
    analysis = client.start_analysis(image)
    shape = Shape(
        shape=analysis.next_shape,
        label=f"run {number}",
        rectangle=Rectangle(row0=100, column0=100 + number, row1=140, column1=160),
    )
    return client.gesture(
        analysis.analysis,
        GestureRequest(
            gesture=Gesture.SHAPE_ADD,
            expected_rev=analysis.rev,
            shapes=[*analysis.shapes, shape],
            background=Background(),
            idempotency_key=f"gesture-{analysis.analysis}",
        ),
    )


@pytest.mark.parametrize("part", RUNS)
def test_a_save_that_is_killed_is_whole_or_absent(system, part):
    dice = np.random.default_rng(20261123)
    seen = {"saved": 0, "absent": 0}
    for run in range(RUNS[part]):
        systems.wait_until_it_answers(system)
        with system.client(*system.accounts["analyst"]) as client:
            before = draft(client, run)
            request = SaveRequest(
                expected_rev=before.rev,
                reason="saved while a part was killed",
                idempotency_key=f"save-{part}-{run:04d}",
            )
            answered = []
            victim = system.pid(part)

            def save(client=client, before=before, request=request, answered=answered):
                try:
                    answered.append(client.save_analysis(before.analysis, request))
                except BlotterError as fault:
                    answered.append(fault)

            saving = threading.Thread(target=save)
            saving.start()
            time.sleep(dice.uniform(0.0, 0.12))
            os.kill(victim, signal.SIGKILL)
            saving.join(timeout=60)
            assert answered, "the client must come back with an answer or an error"
            systems.wait_until_it_answers(system)
            after = look_again(client, before.analysis)
            entries = [entry for entry in client.image_trail(before.image).entries if entry.action == "analysis.save"]
            here = [entry for entry in entries if entry.stream == f"analysis:{before.analysis}"]
            assert len(here) == len(after.versions), "a version without its entry, or an entry without its version"
            seen["saved" if after.versions else "absent"] += 1
            if not isinstance(answered[0], BlotterError):
                assert after.versions, "the person was told that it was saved"
            # The same request again never writes twice, and finishes what was not done.
            again = retried(client, before.analysis, request)
            assert len(again.versions) == 1
    assert sum(seen.values()) == RUNS[part]
    print(f"{part}: {seen}")


def look_again(client, analysis, within_s=30):
    """Read once more; the first reads after a restart may find no database."""
    return persist(lambda: client.analysis(analysis), within_s)


def retried(client, analysis, request, within_s=30):
    return persist(lambda: client.save_analysis(analysis, request), within_s)


def persist(call, within_s):
    deadline = time.monotonic() + within_s
    while True:
        try:
            return call()
        except Conflict:
            raise
        except BlotterError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_everything_verifies_after_the_kills(system):
    systems.wait_until_it_answers(system)
    deadline = time.monotonic() + 30
    while True:
        verified = systems.blotter("verify", "--data", str(system.data))
        if verified.returncode == 0 or time.monotonic() > deadline:
            break
        time.sleep(1)
    assert verified.returncode == 0, verified.stdout + verified.stderr
