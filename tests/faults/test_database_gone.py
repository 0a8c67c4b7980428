"""The database has stopped, or stands still (SIGSTOP): words within bounded time, nothing written, and it heals itself.

The supervisor would start a stopped database again at once, so it is held while the database is away.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import systems
from blotter_records.client import RecordsClient
from blotter_records.contract.studies import SampleRequest
from blotter_records.errors import Unavailable
from persons import HubPerson, until

STUDY = "STU-000001"
#: Longest wait of a person for an answer while the database is gone (s): a look at a connection takes 5, a new one 5.
ANSWERS_WITHIN_S = 25.0
#: The same for somebody whose request was under way in that moment: 35 for the answer to what was sent.
UNDER_WAY_WITHIN_S = 65.0
WAYS = ("stopped", "paused")


@pytest.fixture(scope="module")
def system():
    data = systems.new_data_folder()
    try:
        yield systems.start(data)
    finally:
        systems.remove(data)


@pytest.fixture(scope="module")
def token(system):
    """The session of the analyst; at the hub's pages it is the supervisor who signs in."""
    return system.token(*system.accounts["analyst"])


@pytest.fixture(scope="module")
def analyst(system, token):
    with RecordsClient(system.signing_url, token=token) as client:
        yield client


@contextmanager
def gone(system, way):
    """Take the database away for the time of the block, and wait until it is back."""
    supervisor, postmaster = system.status()["supervisor"], system.pid("postgres")
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    held = [supervisor] if way == "stopped" else [postmaster, *(int(one) for one in children)]
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    try:
        if way == "stopped":
            os.kill(postmaster, signal.SIGINT)  # its fast shutdown
            until(lambda: Path(f"/proc/{postmaster}/stat").read_text().split()[2] == "Z", 20)
        yield
    finally:
        for pid in held:
            os.kill(pid, signal.SIGCONT)
    systems.wait_until_it_answers(system)


def sample(key):
    """Return a save whose note tells it from all others."""
    return SampleRequest(study=STUDY, name="Lysate", note=key, idempotency_key=key)


def written(system, note):
    """Return how many versions of samples carry a note."""
    with system.superuser() as superuser:
        found = superuser.execute(
            "SELECT count(*) FROM records.revision WHERE kind = 'sample' AND content::json ->> 'note' = %s", [note]
        )
        return found.fetchone()[0]


@pytest.mark.parametrize("way", WAYS)
def test_a_save_is_refused_in_words_and_works_again_when_the_database_is_back(system, analyst, way):
    request = sample(f"saved-while-{way}")
    with gone(system, way):
        began = time.monotonic()
        with pytest.raises(Unavailable) as refused:
            analyst.save_sample(request)
        assert time.monotonic() - began < ANSWERS_WITHIN_S
        assert refused.value.code in {"unavailable.database", "unavailable.busy"}
        assert "nothing was written" in refused.value.message
    assert written(system, request.note) == 0
    assert analyst.save_sample(request).note == request.note
    assert written(system, request.note) == 1


@pytest.mark.parametrize("way", WAYS)
def test_no_answer_has_a_word_of_the_inside(system, way):
    health = f"{system.api_url}/healthz"
    with gone(system, way), httpx.Client(trust_env=False, timeout=ANSWERS_WITHIN_S) as http:
        for path, token in ((health, ""), (f"{system.api_url}/session", "x"), (f"{system.api_url}/images", "")):
            answer = http.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})
            assert answer.status_code == 503, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"].startswith("unavailable.")
            assert not re.search(r"Traceback|psycopg|sqlalchemy|SELECT|/run/|socket", answer.text)
    assert httpx.get(health, trust_env=False).json() == {"answers": True}


@pytest.mark.parametrize("way", WAYS)
def test_the_pages_of_the_hub_say_so_and_the_person_is_still_signed_in_afterwards(system, way):
    with HubPerson(system.url) as person:
        assert person.sign_in(*system.accounts["supervisor"]).status_code == 302
        assert "Samir Haddad" in person.get("/hub/home").text
        with gone(system, way):
            for path in ("/hub/home", "/hub/notifications", "/hub/spawn", "/hub/login"):
                began = time.monotonic()
                page = person.get(path)
                assert time.monotonic() - began < ANSWERS_WITHIN_S, path
                assert page.status_code == 503, f"{path}: {page.text[:300]}"
                assert "Something does not answer" in page.text
                assert "The database does not answer" in page.text
                assert "Traceback" not in page.text
        page = person.get("/hub/home")  # the first one: nobody has to try twice, or to sign in again
        assert page.status_code == 200, page.headers.get("location")
        assert "Samir Haddad" in page.text


@pytest.mark.timeout(300)
def test_who_saves_when_the_database_stands_still_is_answered_and_told_the_truth(system, token, analyst):
    stop, outcomes = threading.Event(), []

    def save(number):
        with RecordsClient(system.signing_url, token=token) as client:
            for count in range(10_000):
                request = sample(f"standing-{number}-{count:05d}")
                began = time.monotonic()
                try:
                    client.save_sample(request)
                except Unavailable as error:
                    outcomes.append((request, error, time.monotonic() - began))
                    return
                if stop.is_set():
                    return

    saving = [threading.Thread(target=save, args=(number,)) for number in range(4)]
    for thread in saving:
        thread.start()
    until(lambda: written(system, "standing-3-00002"), 60)  # all of them are at work
    with gone(system, "paused"):
        for thread in saving:
            thread.join(timeout=UNDER_WAY_WITHIN_S + 5)
            assert not thread.is_alive(), "somebody waits for ever"
    stop.set()
    assert len(outcomes) == len(saving)
    for request, error, took in outcomes:
        assert took < UNDER_WAY_WITHIN_S
        times = written(system, request.note)
        # A commit that was sent may be carried out when the database goes on: only then it is in doubt.
        assert times == 0 or (times == 1 and error.code == "unavailable.in_doubt"), f"{request.note}: {error.code}"
        analyst.save_sample(request)
        assert written(system, request.note) == 1


def test_everything_verifies_afterwards(system):
    until(lambda: systems.blotter("verify", "--data", str(system.data)).returncode == 0, 30)
