"""A bundle of one installation, brought into another empty one: the same, read only, recomputed, in nobody's way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader
from blotter_records.adapters.store import ObjectStore
from blotter_records.contract.analyses import AnalysisVersionView
from blotter_records.contract.studies import SampleRequest
from blotter_records.domain.authority import ON_A_COPY
from blotter_records.domain.catalogue import CATALOGUE, Scope
from blotter_records.domain.records import Study
from blotter_records.errors import BlotterError, Conflict, IntegrityBroken, NotFound, Refused
from blotter_records.ports.entries import TrailFilter
from blotter_records.services.acting.gate import Acting
from blotter_records.services.analyses import recomputing
from blotter_records.services.copies.entries import CopiedEntries
from blotter_records.services.copies.opened import OpenedBundle
from blotter_records.services.images.images import ImportPlace
from blotter_records.services.trail.verifying_records import RecordCheck
from blotter_records.vocabulary import Action, RecordKind, Role, StudyKind
from bundle_forgeries import FORGERIES, HOSTILE, hostile, remake_manifests, zipped
from laboratory import open_laboratory

WHY = "For the inspection of the other site"


@pytest.fixture(scope="module")
def away(postgres, tmp_path_factory):
    """Return another laboratory, in which nothing was done yet."""
    lab = open_laboratory(postgres.new_database(), tmp_path_factory.mktemp("away"), origin="blotter/fedcba9876543210")
    yield lab
    lab.ledger.close()


def bring(lab, path: Path, who: str = "keri", key: str = "", name: str = "study.zip"):
    importing, actor = lab.services.importing, lab.people[who]
    return importing.bring_in(actor, importing.begin(actor, name, key, WHY), path)


@pytest.fixture(scope="module")
def study_zip(world, tmp_path_factory):
    return world.write("study", tmp_path_factory.mktemp("bundle") / "study.zip")


@pytest.fixture(scope="module")
def copy(world, away, study_zip):
    return bring(away, study_zip, key=str(world.lab.key.verifier()))


@pytest.fixture
def copies(away, copy):
    return away.services.copies


def test_the_own_trail_says_who_brought_in_what_with_which_digest(world, away, copy):
    with away.ledger.begin() as work:
        entries = work.entries(TrailFilter(actions=[Action.BUNDLE_IMPORT]))
        held = Study.from_json(work.latest(f"study:{copy.study}").content)
    study, made = entries
    bundle = world.bundles["study"]
    assert (made.body["stream"], made.body["printed_name"], made.body["role"]) == (
        f"copy:{copy.copy_id}",
        "Keri Keeper",
        Role.RECORDS_MANAGER,
    )
    assert (made.body["reason"], made.body["new"]["bundle_sha256"]) == (WHY, bundle.sha256)
    assert bundle.sha256 in made.body["summary"]
    assert study.body["stream"] == f"study:{copy.study}"
    assert (held.study_kind, held.copied_from["copy"]) == (StudyKind.COPY, copy.copy_id)
    assert (copy.installation, copy.is_key_confirmed, copy.entries) == (world.lab.key.name, True, bundle.entries)
    assert away.store.get(copy.bundle_sha256) == world.lab.store.get(bundle.sha256)


def test_its_numbers_are_computed_again_and_equal_those_of_the_other_installation(world, away, copy, copies):
    numbers = copy.numbers
    assert (numbers.is_reproduced, numbers.differing, numbers.analyses, numbers.derived) == (True, 0, 3, 1)
    assert numbers.numbers > 200
    assert copies.recompute(away.people["keri"], copy.copy_id) == numbers
    lab = world.lab
    for name in ("ANL-000001", "ANL-000002", "ANL-000003"):
        there: list[AnalysisVersionView] = lab.services.analyses.view(lab.people["ana"], name).versions
        here = copies.analysis(away.people["keri"], copy.copy_id, name)
        assert [one.measurements for one in here.versions] == [one.measurements for one in there]
        assert [one.digest for one in here.versions] == [one.digest for one in there]
        assert [one.saved_by for one in here.versions] == ["Ana Søndergård"] * len(there)


def test_a_number_that_the_pixels_do_not_give_is_reported(away, copy, copies, monkeypatch):
    measured = recomputing.numbers_of

    def otherwise(*given):
        return [{**row, "mean": row["mean"] + 2e-6, "total": row["total"] + 1} for row in measured(*given)]

    monkeypatch.setattr(recomputing, "numbers_of", otherwise)
    numbers = copies.recompute(away.people["keri"], copy.copy_id)
    assert not numbers.is_reproduced
    assert numbers.differing > len(numbers.differences) == 20
    assert "ANL-000001, revision" in numbers.differences[0]


def test_its_images_open_with_tiles(world, away, copy, copies):
    keri = away.people["keri"]
    view = copies.image(keri, copy.copy_id, world.image)
    assert (view.rows, view.columns, view.file_name, view.imported_by) == (300, 420, "blot 1 (β).tif", "Ana Søndergård")
    assert world.lab.key.name in view.notice
    tile = copies.tile(keri, copy.copy_id, world.image, view.pixels_sha256, level=0, row=1, column=1)
    counts = np.frombuffer(tile.data, dtype="<u2").reshape(tile.rows, tile.columns)
    assert np.array_equal(counts, world.counts[256:, 256:])
    assert copies.image(keri, copy.copy_id, world.flipped).parent == world.image
    with pytest.raises(NotFound, match="does not have these pixels"):
        copies.tile(keri, copy.copy_id, world.flipped, view.pixels_sha256, level=0, row=0, column=0)


def test_its_results_show_signatures_as_given_there(world, away, copy, copies):
    view = copies.result(away.people["keri"], copy.copy_id, world.result)
    assert (view.status, view.analyses) == ("approved", ["ANL-000001.1", "ANL-000002.1"])
    assert [(one.printed_name, one.meaning) for one in view.signatures] == [
        ("Ana Søndergård", "authorship"),
        ("芮 Rui Wei", "review"),
        ("عمر Omar", "approval"),
    ]
    assert {one.state for one in view.signatures} == {f"copied: signed at {world.lab.key.name}"}
    assert all(one.signed_at.endswith("Z") for one in view.signatures)
    # The signature of a review binds the review of the trail besides; the others bind the version alone.
    assert [one.digest == view.digest for one in view.signatures] == [True, False, True]


def test_its_trail_is_as_it_was_with_its_own_numbers(world, away, copy, copies):
    keri, found, after = away.people["keri"], [], 0
    while after is not None:
        page = copies.trail(keri, copy.copy_id, after=after, limit=17)
        found, after = found + page.entries, page.next_after
    lab = world.lab
    with lab.ledger.begin() as work:
        there = {one.written.number: one for one in work.entries(TrailFilter(limit=10**6))}
    statement = found[-1]
    assert (page.total, len(found)) == (copy.entries + 1, copy.entries + 1)
    assert statement.new["entries"] == copy.entries
    assert [one.leaf for one in found] == [there[one.number].written.leaf for one in found]
    assert [one.summary for one in found] == [there[one.number].body["summary"] for one in found]


def test_every_record_can_be_read_in_every_revision(world, away, copy, copies):
    keri, lab = away.people["keri"], world.lab
    listed = copies.records(keri, copy.copy_id)
    assert {kind: sum(one.kind == kind for one in listed) for kind in copy.counts} == copy.counts
    history = copies.history(keri, copy.copy_id, RecordKind.RESULT, world.result)
    with lab.ledger.begin() as work:
        there = work.history(f"result:{world.result}")
    assert [one.content for one in history.revisions] == [dict(one.content) for one in there]
    assert [one.number for one in history.revisions] == [one.entry.number for one in there]
    with pytest.raises(NotFound, match="in this copy"):
        copies.history(keri, copy.copy_id, RecordKind.RESULT, "RES-000077")


def test_nothing_of_it_is_a_record_of_this_installation(world, away, copy):
    keri = away.people["keri"]
    with pytest.raises(NotFound):
        away.services.images.view(keri, world.image)
    with away.ledger.begin() as work:
        assert work.latest(f"result:{world.result}") is None
        assert {one.body["stream"] for one in work.entries(TrailFilter(streams=[f"image:{world.image}"]))} <= {
            f"image:{world.image}"
        }
    own = away.import_image("ana", "own.tif", world.counts // 2)
    assert own == world.image  # numbers here go on as if there were no copy
    assert away.services.copies.image(keri, copy.copy_id, world.image).file_name == "blot 1 (β).tif"


def test_every_changing_action_in_its_study_is_refused_by_authority(away, copy):
    """Every person of the laboratory is a member of the copy's study, and can but read."""
    refused = 0
    with away.ledger.begin() as work:
        for actor in away.people.values():
            for action, rule in CATALOGUE.items():
                if rule.scope is not Scope.STUDY or action in ON_A_COPY:
                    continue
                acting = Acting(actor, action, f"study:{copy.study}", None)
                verdict = acting.verdict(work, copy.study)
                assert not verdict.is_allowed, (actor.user_name, action)
                refused += verdict.rule == "refused.copy"
    assert refused >= 2  # those for which the Records Manager, its only member, has a role at all


def test_a_member_reads_the_copy_and_changes_nothing(away, copy, copies):
    ana, omar, services = away.people["ana"], away.people["omar"], away.services
    with pytest.raises(NotFound):
        copies.view(ana, copy.copy_id)
    assert copies.list(ana) == []
    away.sign("keri", copy.study, Action.STUDY_MEMBER_ADD, reason=WHY, account=ana.person(), roles=[Role.ANALYST])
    assert copies.view(ana, copy.copy_id) == copy
    assert copies.result(ana, copy.copy_id, "RES-000001").title
    changes = {
        Action.IMAGE_IMPORT: lambda: services.images.begin_import(ana, "a.tif", ImportPlace(copy.study), WHY),
        Action.SAMPLE_SAVE: lambda: services.parts.save_sample(
            ana, SampleRequest(study=copy.study, name="Mine", idempotency_key="copy-sample", reason=WHY)
        ),
    }
    for action, change in changes.items():
        with pytest.raises(Refused, match="it can only be read"):
            change()
        with away.ledger.begin() as work:
            (entry,) = work.entries(TrailFilter(actions=["action.refused"], newest_first=True, limit=1))
        assert entry.body["new"]["action"] == action
        assert entry.body["new"]["rule"] == "refused.copy"
    assert copies.view(omar, copy.copy_id) == copy  # reads across studies, which is written down
    with away.ledger.begin() as work:
        (across,) = work.entries(TrailFilter(actions=["study.read.across"], account=omar.person()))
    assert across.body["stream"] == f"copy:{copy.copy_id}"
    with pytest.raises(BlotterError):
        copies.view(away.people["mia"], copy.copy_id)


def test_what_came_as_a_bundle_is_not_exported_as_another_one(away, copy):
    with away.sequencing(), pytest.raises(Conflict, match="download the bundle that was brought in"):
        away.bundles().of_study(away.people["keri"], copy.study)
    view, pieces = away.services.copies.file(away.people["keri"], copy.copy_id)
    assert b"".join(pieces) == away.store.get(view.bundle_sha256)
    with away.ledger.begin() as work:
        (entry,) = work.entries(TrailFilter(streams=[f"copy:{copy.copy_id}"], actions=["export.download"]))
    assert "Keri Keeper downloaded" in entry.body["summary"]


def test_verification_of_the_installation_looks_at_the_bundle(away, copy):
    url, password = away.database.url("blotter_reader"), away.database.password("blotter_reader")
    check = RecordCheck()
    with PostgresTrailReader(url, password) as reader:
        assert list(check.check(reader.changes(), reader.current())) == []
    assert check.files[copy.bundle_sha256] == f"copy {copy.copy_id}"


def refused_of(lab, path, match, **given):
    """Bring in what cannot be; nothing may be kept, the refusal is in the trail with the reason."""
    with lab.ledger.begin() as work:
        before = len(work.records(RecordKind.COPY))
    files = set(lab.store.names())
    with pytest.raises(Conflict, match=match) as caught:
        bring(lab, path, **given)
    with lab.ledger.begin() as work:
        assert len(work.records(RecordKind.COPY)) == before
        (entry,) = work.entries(TrailFilter(actions=["action.refused"], newest_first=True, limit=1))
    assert set(lab.store.names()) == files
    assert entry.body["new"]["action"] == Action.BUNDLE_IMPORT
    assert caught.value.message in entry.body["summary"]
    return caught.value.message


def test_a_bundle_is_brought_in_once(away, copy, study_zip):
    refused_of(away, study_zip, f"is here already, as {copy.copy_id}")


@pytest.mark.parametrize(
    "name", ["entry changed", "entry removed", "tail cut off, everything agrees", "signature removed", "pixel changed"]
)
def test_a_forged_bundle_is_refused_naming_the_fault(world, away, tmp_path, name):
    folder = world.unpack("study", tmp_path)
    FORGERIES[name].forge(folder)
    remake_manifests(folder)
    path = zipped(folder, tmp_path / "forged.zip")
    message = refused_of(away, path, "does not verify")
    assert FORGERIES[name].said in message


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_zip_file_is_refused(away, study_zip, tmp_path, name):
    message = refused_of(away, hostile(study_zip, tmp_path / "h.zip", name), "does not verify")
    assert HOSTILE[name] in message
    assert not Path("/tmp/etc").exists()


def test_what_is_no_bundle_is_refused(away, tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(b"hello")
    refused_of(away, path, "the file: not a ZIP file")


def test_another_key_than_the_laboratorys_is_refused(world, away, tmp_path):
    path = world.write("image", tmp_path / "image.zip")
    refused_of(away, path, "not the one that was given with --key", key=str(away.key.verifier()))


def test_a_user_log_and_an_own_bundle_are_not_brought_in(world, away, tmp_path):
    refused_of(away, world.write("users", tmp_path / "users.zip"), "read with its own verifier")
    refused_of(world.lab, world.write("result", tmp_path / "own.zip"), "its records are here")


@pytest.mark.parametrize("who", ["ana", "omar", "mia", "sol"])
def test_only_a_records_manager_brings_bundles_in(away, study_zip, who):
    with pytest.raises(Refused):
        bring(away, study_zip, who=who)


def test_a_copy_whose_bytes_changed_in_the_store_is_not_shown(world, away, tmp_path):
    copy = bring(away, world.write("image", tmp_path / "image.zip"), name="image.zip")
    keri, copies = away.people["keri"], away.services.copies
    assert copies.image(keri, copy.copy_id, world.flipped).rows == 300
    path = away.store.local_path(copy.bundle_sha256)
    changed = bytearray(path.read_bytes())
    changed[changed.index(b'"file_name":"IMG-000003-flip') + 14] ^= 1
    path.chmod(0o600)
    path.write_bytes(changed)
    with pytest.raises(IntegrityBroken, match="no longer the one that was brought in"):
        copies.records(keri, copy.copy_id)


def test_a_copy_is_read_from_a_store_that_is_no_folder_too(world, study_zip):
    store = ObjectStore("memory:///")
    stored = store.put_file(study_zip)
    bundle = OpenedBundle(lambda: store.seekable(stored.sha256))
    assert bundle.content("result", world.result)["status"] == "approved"
    assert len(CopiedEntries(bundle)) == world.bundles["study"].entries + 1
