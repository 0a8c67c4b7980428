"""Studies: who is a member sees and makes, who is none sees nothing; parts are versions; memberships are signed."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.images import StudyAssignment
from blotter_records.contract.searching import RecordQuestion
from blotter_records.contract.studies import (
    AcquisitionEdit,
    MembraneRequest,
    ProbingRequest,
    SampleRequest,
    StudyEdit,
    StudyRequest,
)
from blotter_records.contract.trail import TrailQuestion
from blotter_records.errors import Conflict, Invalid, NotFound, Refused
from blotter_records.vocabulary import Action, Event, Role

WHY = "Belongs to the first experiment"


class Group:
    """A GxP study of the Supervisor with the Analyst in it; the Reviewer and the Auditor are outside."""

    def __init__(self, service) -> None:
        self.service = service
        self.sam = service.signed_in(Role.SUPERVISOR)
        asked = StudyRequest(title="Kinase inhibitors", kind="gxp", reason=WHY, idempotency_key=service.key())
        self.study = self.sam.create_study(asked).study
        self.accounts = {one.user_name: one.account for one in self.sam.people()}
        self.add("anna.analyst", Role.ANALYST)
        self.anna = service.signed_in(Role.ANALYST)
        self.rosa = service.signed_in(Role.REVIEWER)
        self.ines = service.signed_in(Role.AUDITOR)

    def add(self, name: str, *roles: str) -> None:
        details = {"account": self.accounts[name], "roles": [str(one) for one in roles]}
        self.service.sign(self.sam, self.study, Action.STUDY_MEMBER_ADD, WHY, **details)

    def image(self, seed: int = 1, **place: str):
        counts = np.random.default_rng(seed).integers(0, 60_000, (130, 170)).astype(np.uint16)
        return self.anna.import_image(f"gel {seed}.tif", WHY, to_tiff(counts), study=self.study, **place)

    def sample(self, name: str, **more):
        request = SampleRequest(study=self.study, name=name, idempotency_key=self.service.key(), **more)
        return self.anna.save_sample(request)

    def membrane(self, **more):
        fields = {"study": self.study, "name": "Blot 1", "kind": "membrane", "lanes": [], **more}
        return self.anna.save_membrane(MembraneRequest(idempotency_key=self.service.key(), **fields))


@pytest.fixture(scope="module")
def group(service):
    return Group(service)


def test_whoever_makes_a_study_is_its_first_member(group):
    made = group.sam.study(group.study)
    assert [(one.user_name, one.roles) for one in made.members] == [
        ("samir.supervisor", ["supervisor"]),
        ("anna.analyst", ["analyst"]),
    ]
    assert Action.STUDY_MEMBER_ADD in made.actions
    assert Action.STUDY_MEMBER_ADD not in group.anna.study(group.study).actions


def test_who_is_no_member_learns_nothing_of_it(group):
    image = group.image(seed=7)
    sample = group.sample("Hidden")
    rosa, service = group.rosa, group.service
    analysis = service.saved(group.anna, image.image)
    doors = {
        "study": lambda study, _: rosa.study(study),
        "contents": lambda study, _: rosa.study_contents(study),
        "log of the study": lambda study, _: rosa.study_trail(study, TrailQuestion()),
        "image": lambda _, record: rosa.image(record),
        "tile": lambda _, record: rosa.tile(record, image.pixels_sha256, 0, 0, 0),
        "file": lambda _, record: list(rosa.image_file(record)),
        "log of the image": lambda _, record: rosa.image_trail(record),
        "analyses": lambda _, record: rosa.analyses_of_image(record),
    }
    for name, door in doors.items():
        told = []
        for study, record in ((group.study, image.image), ("STU-999999", "IMG-999999")):
            with pytest.raises(NotFound) as missing:
                door(study, record)
            told.append((missing.value.code, missing.value.message.replace(study, "…").replace(record, "…")))
        assert told[0] == told[1], f"{name}: what is there is told apart from what is not"
    with pytest.raises(NotFound):
        rosa.analysis(analysis.analysis)
    assert group.study not in {one.study for one in rosa.studies()}
    assert image.image not in {one.image for one in rosa.images()}
    for kind in ("study", "sample", "image", "analysis"):
        found = rosa.search(RecordQuestion(kind=kind))
        assert not {one.record for one in found.records} & {group.study, sample.sample, image.image, analysis.analysis}
    refused = service.entries(action=Event.ACTION_REFUSED, record_id=image.image, user_name="rosa.reviewer")
    assert {one["new"]["rule"] for one in refused} == {"refused.membership"}


def test_system_managers_read_no_data_of_studies(group):
    mia = group.service.signed_in(Role.SYSTEM_MANAGER)
    image = group.image(seed=8).image
    for door in (lambda: mia.study(group.study), lambda: mia.image(image), mia.images, mia.studies):
        with pytest.raises(Refused) as refused:
            door()
        assert refused.value.code == "refused.role"


def test_auditors_read_across_studies_and_each_reading_is_written_once(group):
    image = group.image(seed=9).image
    ines = group.service.signed_in(Role.AUDITOR)
    for _ in range(3):
        assert ines.image(image).study == group.study
    read = group.service.entries(action=Event.STUDY_READ_ACROSS, record_id=image)
    assert [(one["user_name"], one["new"]["action"]) for one in read] == [("ines.auditor", "image.view")]


def test_a_member_who_is_taken_out_sees_nothing_any_more_at_once(group):
    group.add("rosa.reviewer", Role.REVIEWER)
    image = group.image(seed=10).image
    assert group.rosa.image(image).image == image
    account = group.accounts["rosa.reviewer"]
    group.service.sign(group.sam, group.study, Action.STUDY_MEMBER_REMOVE, WHY, account=account)
    with pytest.raises(NotFound):
        group.rosa.image(image)
    changed = group.service.entries(record_id=group.study, action=Action.STUDY_MEMBER_REMOVE)[-1]
    assert (changed["old"], changed["new"]) == ({"Member Rosa Benítez": "Reviewer"}, {"Member Rosa Benítez": ""})
    assert changed["signature"].startswith("SIG-")


def test_members_have_only_roles_that_they_hold_and_nobody_changes_the_own_membership(group):
    with pytest.raises(Invalid) as lent:
        group.add("rosa.reviewer", Role.REVIEWER, Role.APPROVER)
    assert lent.value.code == "study.member"
    with pytest.raises(Invalid) as manager:
        group.add("mia.manager", Role.SYSTEM_MANAGER)
    assert manager.value.code == "study.member"
    with pytest.raises(Refused) as own:
        group.service.intend(
            group.sam, group.study, Action.STUDY_MEMBER_REMOVE, WHY, account=group.accounts["samir.supervisor"]
        )
    assert own.value.code == "refused.independence"


def test_a_sample_is_saved_again_with_a_reason_and_a_stale_save_is_told_what_changed(group):
    sample = group.sample("Lysate A", group="treated", biological_replicate=1)
    fields = {"study": group.study, "name": "Lysate A", "group": "treated", "biological_replicate": 2}

    def again(**more):
        request = SampleRequest(idempotency_key=group.service.key(), **{**fields, "expected_version": 1, **more})
        return group.anna.save_sample(request, sample.sample)

    with pytest.raises(Invalid) as unexplained:
        again()
    assert unexplained.value.code == "reason.missing"
    second = again(reason="The replicate was mistyped")
    assert (second.version, second.biological_replicate) == (2, 2)
    with pytest.raises(Conflict) as stale:
        again(reason="The replicate was mistyped", biological_replicate=3)
    assert stale.value.code == "conflict.stale"
    assert "biological_replicate: 1 → 2" in stale.value.diagnostics()
    assert "Anna Lindqvist" in stale.value.diagnostics()
    with pytest.raises(Conflict) as same:
        again(reason="Saved without any change", expected_version=2)
    assert same.value.code == "conflict.same"


def test_a_retried_request_is_written_once(group):
    request = SampleRequest(study=group.study, name="Once", idempotency_key=group.service.key())
    first, second = group.anna.save_sample(request), group.anna.save_sample(request)
    assert first == second
    assert len(group.service.entries(record_id=first.sample)) == 1
    other = request.model_copy(update={"name": "Twice"})
    with pytest.raises(Conflict) as reused:
        group.anna.save_sample(other)
    assert reused.value.code == "conflict.idempotency"


def test_lanes_say_what_is_in_them(group):
    sample = group.sample("In lane 2").sample
    lanes = [
        {"lane": 1, "load": "ladder", "ladder": "10-250 kDa"},
        {"lane": 2, "load": "sample", "sample": sample, "micrograms": 20, "technical_replicate": 1},
        {"lane": 3, "load": "blank"},
    ]
    membrane = group.membrane(lanes=lanes)
    assert [one.load for one in membrane.lanes] == ["ladder", "sample", "blank"]
    for wrong in (
        [lanes[0], lanes[0]],
        [{"lane": 1, "load": "sample"}],
        [{"lane": 1, "load": "blank", "sample": sample}],
    ):
        with pytest.raises(Invalid) as refused:
            group.membrane(lanes=wrong)
        assert refused.value.code == "membrane.lanes"
    with pytest.raises(NotFound):
        group.membrane(lanes=[{"lane": 1, "load": "sample", "sample": "SMP-999999"}])


def test_a_piece_is_cut_from_a_membrane_and_never_from_itself(group):
    whole = group.membrane(name="Whole").membrane
    piece = group.membrane(name="Upper part", parent=whole, cut="above 50 kDa")
    assert (piece.parent, piece.cut) == (whole, "above 50 kDa")
    request = MembraneRequest(
        study=group.study, name="Whole", kind="membrane", lanes=[], parent=piece.membrane, expected_version=1,
        reason="Turned the other way round", idempotency_key=group.service.key(),
    )  # fmt: skip
    with pytest.raises(Invalid) as circle:
        group.anna.save_membrane(request, whole)
    assert circle.value.code == "membrane.parent"


def test_probing_rounds_are_numbered_and_stripping_is_checked(group):
    membrane = group.membrane(name="Probed twice").membrane
    antibody = {"target": "pERK", "antibody": "rabbit", "lot": "L-77", "dilution": "1:2000"}

    def probe(**more):
        fields = {"membrane": membrane, "kind": "probe", "reagents": [antibody], **more}
        return group.anna.save_probing(ProbingRequest(idempotency_key=group.service.key(), **fields))

    assert probe().round == 1
    with pytest.raises(Invalid) as unchecked:
        probe(kind="strip_and_probe")
    assert unchecked.value.code == "probing.strip_check"
    stripped = probe(kind="strip_and_probe", strip_check={"is_clean": True, "note": "No signal in 10 minutes"})
    assert (stripped.round, stripped.strip_check.is_clean) == (2, True)


def test_images_know_membrane_probing_round_and_exposure(group):
    membrane = group.membrane(name="Exposed").membrane
    request = ProbingRequest(
        membrane=membrane, kind="probe", reagents=[{"target": "GAPDH"}], idempotency_key=group.service.key()
    )
    probing = group.anna.save_probing(request).probing
    images = [group.image(seed=seed, membrane=membrane, probing=probing) for seed in (21, 22)]
    placed = {one.acquisition: one for one in group.anna.study_contents(group.study).acquisitions}
    assert [placed[one.acquisition].exposure for one in images] == [1, 2]
    assert {(one.membrane, one.probing) for one in images} == {(membrane, probing)}
    moved = AcquisitionEdit(
        membrane=membrane, probing=None, expected_version=1, reason="Was taken before probing",
        idempotency_key=group.service.key(),
    )  # fmt: skip
    after = group.anna.edit_acquisition(images[0].acquisition, moved)
    assert (after.version, after.probing) == (2, None)
    with pytest.raises(NotFound):
        group.image(seed=23, membrane="MEM-999999")


def test_everything_is_found_by_what_it_is_of(group):
    sample = group.sample("Findable Zebrafish", group="controls").sample
    membrane = group.membrane(name="Search", lanes=[{"lane": 1, "load": "sample", "sample": sample}]).membrane
    reagents = [{"target": "Vinculin"}]
    request = ProbingRequest(membrane=membrane, kind="probe", reagents=reagents, idempotency_key=group.service.key())
    probing = group.anna.save_probing(request).probing
    image = group.image(seed=31, membrane=membrane, probing=probing)
    result = group.service.result(group.anna, image.image)

    def found(kind: str, **asked) -> set[str]:
        return {one.record for one in group.anna.search(RecordQuestion(kind=kind, **asked)).records}

    anna = group.accounts["anna.analyst"]
    assert found("image", sample=sample) == {image.image}
    assert found("result", sample=sample) == {result.result}
    assert found("image", target="vinculin") == {image.image}
    assert found("sample", text="zebrafish") == {sample}
    assert image.image in found("image", study=group.study, person=anna, status="in_analysis")
    assert image.image not in found("image", status="acquired")
    assert image.image not in found("image", until=image.imported_at)
    assert image.image in found("image", since=image.imported_at)
    assert found("image", person=group.accounts["rosa.reviewer"], study=group.study) == set()


def test_title_and_purpose_change_with_a_reason(group):
    now = group.sam.study(group.study)
    request = StudyEdit(
        title="Kinase inhibitors 2", purpose="Dose response", expected_version=now.version,
        reason="The protocol was renamed", idempotency_key=group.service.key(),
    )  # fmt: skip
    changed = group.sam.edit_study(group.study, request)
    assert (changed.title, changed.version) == ("Kinase inhibitors 2", now.version + 1)
    with pytest.raises(Conflict) as stale:
        group.sam.edit_study(group.study, request.model_copy(update={"idempotency_key": group.service.key()}))
    assert stale.value.code == "conflict.stale"


def test_legal_hold_and_retention_are_signed_by_the_records_manager(group):
    ruth, service = group.service.signed_in(Role.RECORDS_MANAGER), group.service
    service.sign(ruth, group.study, Action.RECORD_HOLD_SET, "Litigation hold of case 77")
    held = group.sam.study(group.study).hold
    assert held is not None
    assert held["reason"] == "Litigation hold of case 77"
    with pytest.raises(Conflict):
        service.intend(ruth, group.study, Action.RECORD_HOLD_SET, "A second time the same")
    service.sign(ruth, group.study, Action.RECORD_HOLD_RELEASE, "The case was closed")
    service.sign(ruth, group.study, Action.RETENTION_EDIT, WHY, retention_class="gxp long", years=25)
    kept = group.sam.study(group.study)
    assert (kept.hold, kept.retention_class, kept.retention_years) == (None, "gxp long", 25)
    with pytest.raises(Refused):
        service.intend(group.sam, group.study, Action.RETENTION_EDIT, WHY, retention_class="short", years=1)


def test_nothing_is_imported_without_a_study(group):
    with pytest.raises(NotFound):
        group.anna.import_image("gel.tif", WHY, b"II*\0", study="STU-999999")
    with pytest.raises(Invalid):
        group.anna._transport.send("POST", "/images", params={"file_name": "a.tif", "reason": WHY}, content=b"")


def test_comparing_across_studies_is_a_reading_of_both_records(group):
    first, second = (group.image(seed=seed).image for seed in (51, 52))
    group.service.signed_in(Role.AUDITOR).compare(f"{first}.1", f"{second}.1")
    read = group.service.entries(action=Event.STUDY_READ_ACROSS, user_name="ines.auditor")
    told = [(one["record_id"], one["new"]["action"]) for one in read if one["record_id"] in {first, second}]
    assert told == [(first, "record.compare"), (second, "record.compare")]


def test_what_was_moved_into_another_study_is_no_more_in_the_first_ones_log(group):
    key = group.service.key
    other = group.sam.create_study(StudyRequest(title="Elsewhere", kind="gxp", reason=WHY, idempotency_key=key()))
    details = {"account": group.accounts["anna.analyst"], "roles": ["analyst"]}
    group.service.sign(group.sam, other.study, Action.STUDY_MEMBER_ADD, WHY, **details)
    image = group.image(seed=41)
    move = StudyAssignment(expected_version=1, study=other.study, reason=WHY, idempotency_key=key())
    group.anna.assign_study(image.image, move)
    analysis = group.service.saved(group.anna, image.image).analysis

    def logged(study: str) -> set[str | None]:
        return {one.record_id for one in group.sam.study_trail(study, TrailQuestion(limit=1000)).entries}

    later = {image.image, image.acquisition, analysis}
    assert later <= logged(other.study)
    assert not later & logged(group.study)
    assert group.study in logged(group.study)
