"""Bundles of each scope: that everything is in them, as it was, and nothing else."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import threading
import zipfile

import numpy as np
import pytest
import tifffile
from blotter_records.contract.exports import UserLogRequest
from blotter_records.contract.images import DisplayRequest
from blotter_records.densitometry.masks import Ellipse, ellipse_mask
from blotter_records.domain.records import Result
from blotter_records.errors import Invalid, NotFound, Refused, Unavailable
from blotter_records.ports.entries import TrailFilter
from blotter_records.services.bundles.result_json import UNITS
from blotter_records.services.reports import report_document
from blotter_records.verifier.main import verify_bundle
from blotter_records.vocabulary import Action, Role
from bundle_forgeries import EVERY
from bundle_world import COMMENT, DISC, LABELS, LETTER
from persons import until


@pytest.fixture(scope="module")
def unpacked(world, tmp_path_factory):
    return {name: world.unpack(name, tmp_path_factory.mktemp(name)) for name in EVERY}


def about(folder):
    return json.loads((folder / "data/bundle.json").read_text())


def entries(folder):
    """Return the entries of a bundle but the statement, and the statement."""
    lines = [json.loads(line) for line in (folder / "data/trail/entries.jsonl").read_text().splitlines()]
    return lines[:-1], lines[-1]


def records(folder):
    return {path.parent.name for path in folder.glob("data/records/*/*/*.json")}


@pytest.mark.parametrize("scope", EVERY)
def test_a_bundle_verifies_with_nothing_but_python(world, unpacked, scope, tmp_path):
    path = world.write(scope, tmp_path / "bundle.zip")
    (tmp_path / "key").write_text(str(world.lab.key.verifier()))
    for arguments in ([], [str(path), "--key", str(tmp_path / "key"), "--sha256", world.bundles[scope].sha256]):
        # -I -S: no site-packages, so nothing of ours and no cryptography.
        command = [sys.executable, "-I", "-S", str(unpacked[scope] / "verify.py"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert "Everything verifies" in done.stdout
        assert f"Copy of: {about(unpacked[scope])['title']}" in done.stdout


@pytest.mark.parametrize("scope", EVERY)
def test_the_trail_has_digest_and_contents_of_a_bundle(world, unpacked, scope):
    """Once before it was packed, with what it holds, and once with the digest of the file."""
    bundle, said = world.bundles[scope], about(unpacked[scope])
    action = Action.LOG_USER_EXPORT if scope in {"users", "filtered"} else Action.BUNDLE_EXPORT
    with world.lab.ledger.begin() as work:
        made = [one.body["new"] for one in work.entries(TrailFilter(actions=[action]))]
    assert bundle.sha256 == hashlib.sha256(world.lab.store.get(bundle.sha256)).hexdigest()
    assert bundle.sha256 in [new.get("sha256") for new in made]
    (statement,) = [new for new in made if new.get("entries_sha256") == said["entries_sha256"]]
    assert statement.items() <= said.items()
    assert (bundle.scope, bundle.entries, bundle.upto) == (said["scope"], said["entries"], said["upto"])


def test_a_study_has_all_of_its_records_and_entries(world, unpacked):
    folder, lab = unpacked["study"], world.lab
    with lab.ledger.begin() as work:
        streams = [*work.descendants(f"study:{lab.study}"), "notebook:NBK-000001"]
        expected = [
            one.text
            for one in work.entries(TrailFilter(streams=streams, limit=10**6))
            if one.written.number and one.written.number <= about(folder)["upto"]
        ]
    found, _ = entries(folder)
    assert [line["number"] for line in found] == sorted(line["number"] for line in found)
    assert sorted(line["text"] for line in found) == sorted(expected)
    assert len(found) == about(folder)["entries"]
    kinds = {path.name for path in folder.glob("data/records/*")}
    assert kinds == {
        "acquisition", "analysis", "annotation", "display", "export", "image", "membrane", "notebook", "result",
        "sample", "signature", "study", "trail_review",
    }  # fmt: skip


def test_a_result_has_its_images_whole_and_what_it_pins_of_them(world, unpacked):
    found = records(unpacked["result"])
    assert {world.result, world.image, world.eight, "MEM-000001", "SMP-000001", "ANN-000001", "DSP-000001"} <= found
    # The other result was made of an image that was made of one of its own.
    assert {world.flipped, world.other} <= found


def test_an_image_has_what_it_rests_on_and_nothing_else_that_was_made_of_that(world, unpacked):
    found = records(unpacked["image"])
    assert {world.flipped, world.image, world.other, "ANL-000003", "MEM-000001", "SMP-000001"} <= found
    assert not {world.eight, world.result, "ANL-000001", "ANL-000002", "ANN-000001"} & found


def test_images_lie_in_it_as_sealed_and_as_plain_counts(world, unpacked):
    for scope in ("result", "image", "study"):
        folder = unpacked[scope] / "data/images" / world.image
        (original,) = (folder / "original").iterdir()
        assert np.array_equal(tifffile.imread(folder / "counts.tif"), world.counts)
        assert np.array_equal(tifffile.imread(original), world.counts)
    flipped = tifffile.imread(unpacked["image"] / "data/images" / world.flipped / "counts.tif")
    assert np.array_equal(flipped, world.counts[::-1])


def test_the_user_log_has_people_and_configuration_and_nothing_of_a_study(unpacked):
    folder = unpacked["users"]
    kinds = {path.name for path in folder.glob("data/records/*")}
    assert kinds == {"access_review", "account", "configuration", "letter", "proposal", "signature"}
    assert (folder / "data/letters/LET-000001/letter.pdf").read_bytes() == LETTER
    text = (folder / "data/trail/entries.jsonl").read_text()
    assert "session.login" in text
    assert not any(word in text for word in ("IMG-", "RES-", "Lysate"))
    with (folder / "data/tables/signatures.csv").open(newline="") as file:
        assert [row["printed_name"] for row in csv.DictReader(file)] == ["Mia Manager", "Max Manager"]


def test_a_filtered_log_says_its_filter_everywhere_and_has_what_fits_it(unpacked, text_of):
    folder = unpacked["filtered"]
    assert about(folder)["filter"] == {"who": "sol"}
    found, statement = entries(folder)
    assert {json.loads(line["text"])["user_name"] for line in found} == {"sol"}
    assert json.loads(statement["text"])["new"]["filter"] == {"who": "sol"}
    (log,) = folder.glob("data/logs/*.pdf")
    assert '{"who": "sol"}' in text_of(log)


@pytest.fixture(scope="module")
def text_of():
    def read(path):
        command = ["pdftotext", "-layout", str(path), "-"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return read


def test_the_printed_log_comes_in_volumes_that_hold_every_entry_and_every_signature(unpacked, text_of):
    folder = unpacked["study"]
    said, volumes = about(folder), sorted(folder.glob("data/logs/*.pdf"))
    assert [path.name for path in volumes] == ["log-001-of-002.pdf", "log-002-of-002.pdf"]
    assert [one["entries"] for one in said["logs"]] == [40, said["entries"] - 40]
    texts = [text_of(path) for path in volumes]
    for at, text in enumerate(texts, 1):
        assert f"Log, volume {at} of 2" in text
        assert f"{said['logs'][at - 1]['entries']} of {said['entries']} entries" in text
    printed = "".join(texts)
    numbers = [line["number"] for line in entries(folder)[0]]
    assert all(any(row.split()[:1] == [str(number)] for row in printed.splitlines()) for number in numbers)
    for fact in ("Authorship", "Review", "Approval", "Responsibility", "Omar", "✓ valid"):
        assert fact in printed


def test_a_result_as_json_has_numbers_units_and_manifestations(world, unpacked):
    folder = unpacked["study"]
    made = json.loads((folder / f"data/results/{world.result}.json").read_text())
    assert (made["format"], made["result"], made["units"]) == ("blotter-result/1", world.result, dict(UNITS))
    shapes = made["analyses"][0]["shapes"]
    assert [one["label"] for one in shapes] == LABELS[: len(shapes)]
    box = shapes[0]["rectangle"]
    part = world.counts[box["row0"] : box["row1"], box["column0"] : box["column1"]]
    assert shapes[0]["measurements"]["total"] == int(part.sum())
    of_eight = made["analyses"][1]
    assert of_eight["background"] == {"method": "rolling_ball", "width": 3, "sides": "all", "radius": 25.0}
    disc = of_eight["shapes"][1]
    assert disc["ellipse"] == DISC.model_dump()
    inside = np.clip(world.counts >> 8, 0, 255)[ellipse_mask(Ellipse(**disc["ellipse"]), world.counts.shape)]
    assert (disc["measurements"]["area"], disc["measurements"]["total"]) == (inside.size, int(inside.sum()))
    assert [one["meaning"] for one in made["signatures"]] == ["authorship", "review", "approval"]
    assert made["signatures"][0]["comment"] == COMMENT
    assert all(one["signed_at"] and one["printed_name"] for one in made["signatures"])


def test_tables_are_for_spreadsheets_and_run_nothing(world, unpacked):
    folder = unpacked["result"]
    with (folder / "data/tables/measurements.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["shape"] == "S1"
    assert {row["analysis"] for row in rows} == {"ANL-000001", "ANL-000002", "ANL-000003"}
    log = (folder / "data/tables/log.csv").read_text()
    assert not any(cell[:1] in {"=", "+", "-", "@"} for row in csv.reader(io.StringIO(log)) for cell in row)


def test_anybody_can_check_the_files_with_sha256sum(unpacked):
    for folder in unpacked.values():
        command = ["sha256sum", "--quiet", "--strict", "-c", "manifest-sha256.txt"]
        assert subprocess.run(command, cwd=folder, check=False).returncode == 0


def test_the_same_content_gives_the_same_container(world, tmp_path):
    """Files lie stored, without times, one after the other: any changed byte of the container is found."""
    with zipfile.ZipFile(world.write("study", tmp_path / "b.zip")) as archive:
        listed = archive.infolist()
    assert {(one.compress_type, one.date_time, one.flag_bits) for one in listed} == {(0, (1980, 1, 1, 0, 0, 0), 0)}


@pytest.mark.parametrize(("who", "scope"), [("mia", "study"), ("mia", "image"), ("mia", "result"), ("ana", "users")])
def test_who_may_not_export_gets_nothing_and_it_is_recorded(world, who, scope):
    lab, actor = world.lab, world.lab.people[who]
    bundles = lab.bundles()
    asked = {
        "study": lambda: bundles.of_study(actor, lab.study),
        "image": lambda: bundles.of_image(actor, world.image),
        "result": lambda: bundles.of_result(actor, world.result),
        "users": lambda: bundles.of_users(actor, UserLogRequest()),
    }
    with pytest.raises((Refused, NotFound)):
        asked[scope]()
    with lab.ledger.begin() as work:
        refused = work.entries(TrailFilter(actions=["action.refused"], account=actor.person()))[-1]
    assert refused.body["new"]["action"] == ("log.user.export" if scope == "users" else "bundle.export")


def test_a_user_log_is_downloaded_and_verified_only_by_who_may_export_it(world):
    lab, export = world.lab, world.bundles["users"].export
    for who, role in (("mia", Role.SYSTEM_MANAGER), ("ana", Role.ANALYST), ("keri", Role.RECORDS_MANAGER)):
        if role is Role.SYSTEM_MANAGER:
            view, pieces = lab.services.exports.open(lab.people[who], export)
            assert hashlib.sha256(b"".join(pieces)).hexdigest() == view.sha256
            continue
        with pytest.raises((Refused, NotFound)):
            lab.services.exports.open(lab.people[who], export)
        with pytest.raises((Refused, NotFound)):
            lab.services.archiving.verify(lab.people[who], export)


def test_the_service_verifies_what_it_exported(world):
    verified = world.lab.services.archiving.verify(world.lab.people["keri"], world.bundles["study"].export)
    assert (verified.is_good, verified.faults) == (True, [])


def test_while_people_go_on_working_a_bundle_is_of_one_moment(world, tmp_path):
    """What is numbered up to the bundle's number is in it, whole; what comes later is not."""
    lab, ana = world.lab, world.lab.people["ana"]
    stop, saves = threading.Event(), []

    def work_on():
        while not stop.is_set():
            rev = len(saves) + 1
            asked = DisplayRequest(expected_version=rev, low=0, high=rev + 9, idempotency_key=f"display-busy-{rev}")
            saves.append(lab.services.layers.save_display(ana, world.image, asked))

    with lab.sequencing():
        busy = threading.Thread(target=work_on)
        busy.start()
        until(lambda: len(saves) > 1, 30)
        bundle = lab.bundles().of_study(lab.people["keri"], lab.study)
        made = len(saves)
        until(lambda: len(saves) > made, 30)
        stop.set()
        busy.join()
    path = lab.store.local_path(bundle.sha256)
    assert verify_bundle(path) == []
    with lab.ledger.begin() as work:
        saved = work.history("display:DSP-000001")
    within = [one.rev for one in saved if one.entry.number and one.entry.number <= bundle.upto]
    with zipfile.ZipFile(path) as archive:
        held = [name for name in archive.namelist() if "/display/DSP-000001/" in name]
    assert len(saved) > len(within) > 1
    assert len(held) == len(within)


def test_a_report_of_more_entries_than_anybody_reads_says_where_they_are(world, monkeypatch, tmp_path, text_of):
    lab = world.lab
    monkeypatch.setattr(report_document, "LONGEST_LOG", 3)
    report = lab.services.reports.make(lab.people["ana"], world.other)
    (tmp_path / "report.pdf").write_bytes(lab.store.get(report.sha256))
    text = " ".join(text_of(tmp_path / "report.pdf").split())
    assert "none of them printed below" in text
    assert "the bundle of this result has all of them in printed volumes" in text


def test_a_result_is_archived_under_a_bundle_of_itself_as_it_stands(world):
    lab, archiving = world.lab, world.lab.services.archiving

    def check(result, export):
        with lab.ledger.begin() as work:
            archiving.check(work, Result.from_json(work.latest(f"result:{result}").content), export)

    check(world.result, world.bundles["result"].export)
    archiving.prove(world.bundles["result"].export)
    for name in ("study", "image"):
        with pytest.raises(Invalid, match="is no bundle of"):
            check(world.result, world.bundles[name].export)
    with lab.sequencing():
        early = lab.bundles().of_result(lab.people["ana"], world.other).export
        check(world.other, early)
        lab.sign("ana", world.other, Action.RESULT_SUBMIT)
    with pytest.raises(Invalid, match="before its last change"):
        check(world.other, early)


def test_without_the_sequencer_there_is_no_bundle_but_a_report(world):
    lab = world.lab
    before = lab.services.ports.seals.newest()
    with pytest.raises(Unavailable, match="not sealed yet"):
        lab.bundles(wait_s=0.3).of_result(lab.people["ana"], world.result)
    assert lab.services.ports.seals.newest() == before


def test_only_so_many_bundles_are_made_at_once(world):
    lab = world.lab
    bundles = lab.bundles(wait_s=0.2)
    for _ in range(4):
        assert bundles._turns.acquire(blocking=False)
    with pytest.raises(Unavailable, match="4 bundles are being made"):
        bundles.of_study(lab.people["keri"], lab.study)
