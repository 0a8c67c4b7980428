"""``blotter rebuild``: the list by which records are found follows from the records, whatever was done to it."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.adapters.postgres.rebuilding import PostgresList
from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader
from blotter_records.contract.searching import RecordQuestion
from blotter_records.ports.entries import Subject
from blotter_records.services.trail.rebuilding import rebuild
from blotter_records.vocabulary import Action, Event, ServiceIdentity
from laboratory import open_laboratory

LISTED = "SELECT stream, kind, record_id, study, made_id, made_at, keys FROM records.current ORDER BY stream"


@pytest.fixture
def lab(postgres, tmp_path):
    laboratory = open_laboratory(postgres.new_database(), tmp_path)
    counts = np.random.default_rng(5).integers(0, 60_000, (60, 80), dtype=np.uint16)
    image = laboratory.import_image("ana", "first.tif", counts)
    version = laboratory.analyse("ana", image, [("lane 1", (10, 10, 30, 30))])
    laboratory.sign("ana", laboratory.result("ana", "Bands", version), Action.RESULT_SUBMIT)
    yield laboratory
    laboratory.ledger.close()


def listed(lab):
    with lab.database.connect("postgres") as superuser:
        rows = superuser.execute(LISTED).fetchall()
    return [(*row[:-1], sorted(row[-1])) for row in rows]


def rebuilt(lab):
    database = lab.database
    listing = PostgresList(database.url("blotter_owner"), database.password("blotter_owner"))
    with PostgresTrailReader(database.url("blotter_reader"), database.password("blotter_reader")) as reader:
        return rebuild(reader, listing, lab.ledger, Subject(service=ServiceIdentity.CLI, process="blotter rebuild"))


def test_a_list_that_is_right_is_left_as_it_is(lab):
    before = listed(lab)
    made, different = rebuilt(lab)
    assert (made, different) == (len(before), 0)
    assert listed(lab) == before


def test_a_list_that_was_tampered_with_is_made_again_and_the_trail_says_so(lab):
    before = listed(lab)
    with lab.database.connect("postgres") as superuser:
        superuser.execute("ALTER TABLE records.current DISABLE TRIGGER ALL")
        superuser.execute("DELETE FROM records.current WHERE kind = 'image'")
        superuser.execute("UPDATE records.current SET keys = '{}', study = 'STU-000009' WHERE kind = 'result'")
        superuser.execute(
            "INSERT INTO records.current VALUES ('sample:SMP-000009', 'sample', 'SMP-000009', '', 1, now(), '{}')"
        )
        superuser.execute("ALTER TABLE records.current ENABLE TRIGGER ALL")
        superuser.commit()
    damaged = listed(lab)
    assert damaged != before
    asked = RecordQuestion(kind="image", study=lab.study)
    assert lab.services.searching.search(lab.people["ana"], asked).records == []

    made, different = rebuilt(lab)
    assert (made, different) == (len(before), 3)
    assert listed(lab) == before
    assert len(lab.services.searching.search(lab.people["ana"], asked).records) == 1
    with lab.database.connect("postgres") as superuser:
        [(entry,)] = superuser.execute(
            "SELECT entry::jsonb->'new' FROM audit.entry WHERE action = %s", [Event.SYSTEM_REBUILD.value]
        ).fetchall()
    assert entry == {"records": made, "different": 3}
