"""What is made from an image is judged by where the image is when it is written, not by where it was seen before."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from blotter_records.contract.analyses import AnalysisStart
from blotter_records.contract.images import FlipRequest
from blotter_records.domain.records import Image, Study
from blotter_records.errors import NotFound
from blotter_records.services.acting.writing import write
from blotter_records.services.studies.studies import add_study
from blotter_records.vocabulary import Action, RecordKind, Role
from laboratory import open_laboratory

KEY, WHY = "a key of the test", "It belongs to the other experiment"
WITHIN_S = 30


@pytest.fixture(scope="module")
def lab(postgres, tmp_path_factory):
    lab = open_laboratory(postgres.new_database(), tmp_path_factory.mktemp("moved"))
    yield lab
    lab.ledger.close()


@pytest.fixture(scope="module")
def elsewhere(lab) -> str:
    """A study of which the Analyst is no member."""
    sol = lab.people["sol"]
    with lab.ledger.begin() as work:
        before = Study.from_json(work.latest(f"study:{lab.study}").content)
        study = replace(before, study=work.next_id(RecordKind.STUDY), members=[])
        add_study(work, sol, Role.SUPERVISOR, study, Action.STUDY_CREATE, reason=None)
        work.commit()
    return study.study


def start(lab, image: str):
    return lab.services.analyses.start(lab.people["ana"], AnalysisStart(image=image, idempotency_key=KEY))


def flip(lab, image: str):
    request = FlipRequest(axis="rows", reason=WHY, idempotency_key=KEY)
    return lab.services.transforms.make(lab.people["ana"], Action.IMAGE_TRANSFORM_FLIP, image, request)


def waits(lab) -> bool:
    with lab.database.connect("postgres") as superuser:
        row = superuser.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
    return row[0] == 1


@pytest.mark.parametrize("make", [start, flip])
def test_an_image_that_is_moved_away_meanwhile_is_no_longer_there(lab, elsewhere, make):
    counts = np.random.default_rng(3).integers(0, 60_000, (20, 30)).astype(np.uint16)
    image = lab.import_image("ana", f"{make.__name__}.tif", counts)
    with ThreadPoolExecutor(1) as pool:
        with lab.ledger.begin() as move:
            move.lock(f"image:{image}")
            before = move.latest(f"image:{image}")
            write(
                move,
                lab.people["sol"],
                Role.SUPERVISOR,
                Action.IMAGE_ASSIGN_STUDY,
                replace(Image.from_json(before.content), study=elsewhere),
                record_id=image,
                expected_rev=before.rev,
                version=2,
                summary="Moved",
            )
            made = pool.submit(make, lab, image)
            deadline = time.monotonic() + WITHIN_S
            while not made.done() and not waits(lab) and time.monotonic() < deadline:
                time.sleep(0.01)
            move.commit()
        with pytest.raises(NotFound):
            made.result(WITHIN_S)
    with lab.ledger.begin() as work:
        assert work.derived(f"image:{image}") == []
