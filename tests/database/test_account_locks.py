"""What frees an account waits for the attempts at its password, and locks in one order: no dead lock, no lost count."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from blotter_records.contract.accounts import BreakglassRequest
from blotter_records.domain import codes
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.people.standing import rehash_entry
from blotter_records.vocabulary import ServiceIdentity
from laboratory import open_laboratory

WHY = "The telephone was lost in the river"
WITHIN_S = 30


@pytest.fixture(scope="module")
def lab(postgres, tmp_path_factory):
    lab = open_laboratory(postgres.new_database(), tmp_path_factory.mktemp("locks"))
    with lab.ledger.begin() as work:
        entry = work.note(rehash_entry(lab.people["rui"], 4))
        work.put_totp(lab.people["rui"].account, codes.new_secret(), "held", entry.id)
        work.commit()
    yield lab
    lab.ledger.close()


def breakglass(lab):
    request = BreakglassRequest(user_name="max", first_person="One Person", second_person="Two Persons", reason=WHY)
    return lab.services.breakglass.open(replace(system_actor("a test"), service=ServiceIdentity.CLI), request)


#: Whose account, and what is done to it.
FREEING = {
    "password reset": ("ana", lambda lab: lab.services.resetting.reset(lab.people["mia"], account(lab, "ana"), WHY)),
    "second factor": ("rui", lambda lab: lab.services.totp.remove(lab.people["mia"], account(lab, "rui"), WHY)),
    "compromise": ("omar", lambda lab: lab.services.resetting.report_compromise(lab.people["omar"], WHY)),
    "break-glass": ("max", breakglass),
}


def account(lab, name: str) -> str:
    return lab.people[name].account


def waiting(lab) -> int:
    """Return how many wait for a lock of the service."""
    with lab.database.connect("postgres") as superuser:
        row = superuser.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
    return row[0]


@pytest.mark.parametrize("what", FREEING)
def test_it_waits_for_an_attempt_that_is_being_counted_and_holds_nothing_meanwhile(lab, what):
    name, free = FREEING[what]
    with ThreadPoolExecutor(1) as pool:
        with lab.ledger.begin() as attempt:
            attempt.lock(f"attempts:{account(lab, name)}")
            freed = pool.submit(free, lab)
            deadline = time.monotonic() + WITHIN_S
            while not freed.done() and not waiting(lab) and time.monotonic() < deadline:
                time.sleep(0.01)
            assert waiting(lab) == 1
            attempt.lock("accounts")  # as signing does after the attempt: a dead lock, the other way round
        freed.result(WITHIN_S)
