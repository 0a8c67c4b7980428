"""``blotter recompute``: stored numbers follow from the sealed pixels, and whoever changed one is found (11.10(a))."""

import json

import numpy as np
import pytest
from attacks import TABLES, recompute_tree
from blotter_records.adapters.image_files import ImageFiles
from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader
from blotter_records.densitometry import Exactness
from blotter_records.domain.canonical import canonical
from blotter_records.domain.digests import version_digest
from blotter_records.domain.records import Analysis
from blotter_records.ports.entries import Subject, TrailFilter
from blotter_records.services.analyses.recomputing import agrees, note_recomputation, recompute
from blotter_records.services.images.pixels import Pixels
from blotter_records.vocabulary import Event, Outcome, ServiceIdentity
from laboratory import open_laboratory

SHAPES = [("ladder", (10, 10, 40, 30)), ("lane 1", (10, 40, 40, 60))]


@pytest.fixture
def lab(postgres, tmp_path):
    laboratory = open_laboratory(postgres.new_database(), tmp_path)
    counts = np.random.default_rng(1).integers(0, 60_000, (80, 100), dtype=np.uint16)
    for name in ("first.tif", "second.tif"):
        counts = counts + np.uint16(1)
        laboratory.analyse("ana", laboratory.import_image("ana", name, counts), SHAPES)
    yield laboratory
    laboratory.ledger.close()


def recomputed(lab, **how):
    database = lab.database
    pixels = Pixels(lab.ledger, lab.store, ImageFiles(), 64 << 20)
    with PostgresTrailReader(database.url("blotter_reader"), database.password("blotter_reader")) as reader:
        return recompute(reader, pixels, **how)


def tamper(lab, rev, change):
    """Change a stored analysis and every digest that hangs on it, up to the tree's root."""
    with lab.database.connect("postgres") as superuser:
        for table in TABLES:
            superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        where = "stream = 'analysis:ANL-000002' AND rev = %s"
        [(text, old)] = superuser.execute(
            f"SELECT content, sha256 FROM records.revision WHERE {where}", [rev]
        ).fetchall()
        content = json.loads(text)
        change(content)
        if content["digest"]:
            content["digest"] = version_digest(Analysis.from_json(content))
        superuser.execute(
            "UPDATE records.revision SET content = %s, sha256 = encode(sha256(convert_to(%s, 'UTF8')), 'hex')"
            f" WHERE {where}",
            [canonical(content), canonical(content), rev],
        )
        superuser.execute(
            "UPDATE audit.entry AS e SET entry = replace(e.entry, %s, r.sha256), content_sha256 = r.sha256"
            " FROM records.revision AS r WHERE r.entry_id = e.id AND r.stream = 'analysis:ANL-000002' AND r.rev = %s",
            [old, rev],
        )
        recompute_tree(superuser)
        for table in TABLES:
            superuser.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def test_what_nobody_changed_is_reproduced(lab):
    report = recomputed(lab)
    assert report.differences == []
    # Of each analysis: a draft with one shape, one with two, and the version.
    assert (report.revisions, report.versions, len(report.analyses), len(report.images)) == (6, 2, 2, 2)
    assert report.numbers == 2 * (1 + 2 + 2) * 15


def change_total(content):
    content["measurements"][1]["total"] += 1


def change_last_bit(content):
    content["measurements"][0]["mean"] = float(np.nextafter(content["measurements"][0]["mean"], np.inf))


@pytest.mark.parametrize(
    ("rev", "change", "found"),
    [
        (4, change_total, "IMG-000002, ANL-000002, version 1 (revision 4): S2, total: "),
        (4, change_last_bit, "IMG-000002, ANL-000002, version 1 (revision 4): S1, mean: "),
        (2, change_last_bit, "IMG-000002, ANL-000002, draft (revision 2): S1, mean: "),
        (4, lambda content: content["measurements"].pop(), "version 1 (revision 4): S2 has no numbers"),
        (3, lambda content: content["shapes"].pop(), "draft (revision 3): S2 has numbers, but there is no such shape"),
        (4, lambda content: content.update(image="IMG-000001"), "was made from other pixels than IMG-000001 has"),
        (4, lambda content: content.update(image="IMG-000009"), "cannot be computed: the record is not an analysis"),
    ],
)
def test_a_number_inserted_with_matching_digests_is_found(lab, rev, change, found):
    tamper(lab, rev, change)
    report = recomputed(lab)
    lines = [str(one) for one in report.differences]
    assert any(found in line for line in lines), lines
    assert all(f"(revision {rev})" in line for line in lines)


def test_a_file_that_changed_is_named_with_every_analysis_of_it(lab):
    with lab.ledger.begin() as work:
        sha256 = work.latest("image:IMG-000001").content["file_sha256"]
    path = lab.store.local_path(sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    report = recomputed(lab)
    assert [(one.analysis, one.rev) for one in report.differences] == [("ANL-000001", rev) for rev in (2, 3, 4)]
    assert all("cannot be computed: " in one.what for one in report.differences)
    assert report.analyses == {"ANL-000002"}


def test_a_sample_is_so_many_revisions_and_every_one_can_be_drawn(lab):
    tamper(lab, 4, change_total)
    found = 0
    for seed in range(30):
        report = recomputed(lab, sample=2, chance=np.random.default_rng(seed))
        assert report.revisions == 2
        found += bool(report.differences)
    assert 1 <= found < 30  # each is drawn with a chance of 1 in 3
    assert recomputed(lab, sample=100).revisions == 6


def test_the_trail_says_what_was_recomputed(lab):
    subject = Subject(service=ServiceIdentity.CLI, process="root 1")
    note_recomputation(lab.ledger, subject, recomputed(lab), None)
    tamper(lab, 4, change_total)
    note_recomputation(lab.ledger, subject, recomputed(lab, sample=6), 6)
    with lab.ledger.begin() as work:
        good, bad = work.entries(TrailFilter(actions=[Event.SYSTEM_RECOMPUTE]))
    assert (good.body["outcome"], bad.body["outcome"]) == (Outcome.DONE, Outcome.FAILED)
    assert (good.body["new"]["numbers"], good.body["new"]["differences"]) == (150, 0)
    assert bad.body["new"]["sample"] == 6
    assert "ANL-000002" in bad.body["new"]["first"][0]
    assert good.body["service"] == "cli"
    assert good.body["process"] == "root 1"


@pytest.mark.parametrize(
    ("stored", "computed", "exactness", "agree"),
    [
        (1, 1, Exactness.EXACT, True),
        (1, 1.0, Exactness.EXACT, False),
        (0.1 + 0.2, 0.3, Exactness.ROUNDED_ONCE, False),
        (None, None, Exactness.ROUNDED_ONCE, True),
        (None, 0.0, Exactness.FITTED, False),
        (0.1 + 0.2, 0.3, Exactness.FITTED, True),
        (1.0, 1.0 + 2e-9, Exactness.FITTED, False),
        (1e6, 1e6 + 1e-4, Exactness.FITTED, True),
        (1e6, 1e6 + 1e-2, Exactness.FITTED, False),
        ("1.0", 1.0, Exactness.FITTED, False),
    ],
)
def test_numbers_agree_by_their_class(stored, computed, exactness, agree):
    assert agrees(stored, computed, exactness) is agree
