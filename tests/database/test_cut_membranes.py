"""Pieces of membranes: what a piece is cut from leads to a whole one, also when two are changed at once."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from blotter_records.contract.studies import MembraneRequest
from blotter_records.domain.records import Membrane
from blotter_records.errors import Invalid
from blotter_records.services.acting.writing import write
from blotter_records.vocabulary import Action, Role
from laboratory import open_laboratory

WHY = "Cut again at 50 kDa"
WITHIN_S = 30


@pytest.fixture(scope="module")
def lab(postgres, tmp_path_factory):
    lab = open_laboratory(postgres.new_database(), tmp_path_factory.mktemp("membranes"))
    yield lab
    lab.ledger.close()


def save(lab, membrane: str | None = None, parent: str | None = None):
    version = 1 if membrane else 0
    request = MembraneRequest(
        study=lab.study, name="Blot", kind="membrane", lanes=[], parent=parent, expected_version=version,
        reason=WHY, idempotency_key=secrets.token_hex(8),
    )  # fmt: skip
    return lab.services.parts.save_membrane(lab.people["ana"], request, membrane)


def cut(work, lab, membrane: str, parent: str) -> None:
    """Write what a membrane is cut from, as another replica of the service would at the same time."""
    before = work.latest(f"membrane:{membrane}")
    write(
        work,
        lab.people["ana"],
        Role.ANALYST,
        Action.MEMBRANE_SAVE,
        replace(Membrane.from_json(before.content), parent=parent),
        record_id=membrane,
        expected_rev=before.rev,
        version=before.rev + 1,
        summary="Cut",
    )


def waits(lab) -> bool:
    with lab.database.connect("postgres") as superuser:
        row = superuser.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
    return row[0] == 1


def test_of_two_that_name_each_other_at_once_one_is_refused(lab):
    first, second = (save(lab).membrane for _ in range(2))
    with ThreadPoolExecutor(1) as pool:
        with lab.ledger.begin() as other:
            other.lock(f"parents:{lab.study}")
            cut(other, lab, second, first)
            saved = pool.submit(save, lab, first, second)
            deadline = time.monotonic() + WITHIN_S
            while not saved.done() and not waits(lab) and time.monotonic() < deadline:
                time.sleep(0.01)
            other.commit()
        with pytest.raises(Invalid) as refused:
            saved.result(WITHIN_S)
    assert refused.value.code == "membrane.parent"


def test_a_circle_that_is_there_already_keeps_nobody_waiting(lab):
    first, second = (save(lab).membrane for _ in range(2))
    with lab.ledger.begin() as work:
        cut(work, lab, first, second)
        cut(work, lab, second, first)
        work.commit()
    with pytest.raises(Invalid) as refused:
        save(lab, parent=first)
    assert refused.value.code == "membrane.parent"
