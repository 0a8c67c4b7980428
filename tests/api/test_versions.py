"""What is said about an image is versions, too: description, layers, derived images; what was true then can be read."""

from __future__ import annotations

import hashlib
import io
import time

import numpy as np
import pytest
import tifffile
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.images import (
    AnnotationRequest,
    CropRequest,
    DenoiseRequest,
    DisplayRequest,
    FlipRequest,
    MetadataRequest,
    RotateRequest,
    StudyAssignment,
)
from blotter_records.contract.results import ResultRequest
from blotter_records.contract.studies import StudyRequest
from blotter_records.densitometry import transforms
from blotter_records.errors import Conflict, Invalid, NotFound
from blotter_records.vocabulary import Action, ImageStatus, ResultStatus, Role
from service_over_http import STUDY
from skimage.filters import median

WHY = "Better to be seen like this"


@pytest.fixture(scope="module")
def anna(service):
    return service.signed_in(Role.ANALYST)


@pytest.fixture(scope="module")
def counts():
    return np.random.default_rng(5).integers(0, 65_536, (150, 210)).astype(np.uint16)


@pytest.fixture
def image(anna, counts, request):
    return anna.import_image(f"{request.node.name[:40]}.tif", WHY, to_tiff(counts), study=STUDY)


def described(service, anna, image, title: str, version: int, channel: str = "700 nm"):
    request = MetadataRequest(
        expected_version=version, title=title, channel=channel, reason=WHY, idempotency_key=service.key()
    )
    return anna.edit_metadata(image.image, request)


def test_the_description_of_an_image_is_a_new_version_of_it(service, anna, image):
    second = described(service, anna, image, "β-actin, 30 s", 1)
    assert (second.version, second.title, second.channel) == (2, "β-actin, 30 s", "700 nm")
    assert second.pixels_sha256 == image.pixels_sha256
    with pytest.raises(Conflict) as stale:
        described(service, anna, image, "β-actin, 60 s", 1)
    assert stale.value.code == "conflict.stale"
    assert "β-actin, 30 s" in stale.value.diagnostics()
    entry = service.entries(record_id=image.image, action=Action.IMAGE_METADATA_EDIT)[-1]
    assert (entry["old"]["title"], entry["new"]["title"]) == ("", "β-actin, 30 s")
    with pytest.raises(Conflict) as same:
        described(service, anna, image, "β-actin, 30 s", 2)
    assert same.value.code == "conflict.same"


TRANSFORMS = {
    "flip": (FlipRequest, {"axis": "columns"}, lambda counts: counts[:, ::-1]),
    "rotate": (RotateRequest, {"degrees": 90}, np.rot90),
    "crop": (
        CropRequest, {"row0": 10, "column0": 20, "row1": 60, "column1": 90}, lambda counts: counts[10:60, 20:90]
    ),
    "denoise": (
        DenoiseRequest, {"size": 3}, lambda counts: median(counts, np.ones((3, 3)), mode="mirror")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_derived_image_is_a_record_of_its_own_with_parent_and_parameters(service, anna, image, counts, name):
    model, how, expected = TRANSFORMS[name]
    derived = anna.transform(image.image, model(reason=WHY, idempotency_key=service.key(), **how))
    wanted = np.ascontiguousarray(expected(counts).astype("<u2"))
    assert (derived.parent, derived.study, derived.status) == (image.image, STUDY, ImageStatus.ACQUIRED)
    assert (derived.rows, derived.columns) == wanted.shape
    assert derived.pixels_sha256 == hashlib.sha256(wanted.tobytes()).hexdigest()
    assert derived.transform is not None
    assert {**derived.transform, **how} == derived.transform
    assert anna.image(image.image).pixels_sha256 == image.pixels_sha256
    assert derived.image in {one.record_id for one in anna.image_trail(image.image).entries}


def test_a_crop_that_reaches_outside_is_refused(service, anna, image):
    request = CropRequest(row0=0, column0=0, row1=151, column1=10, reason=WHY, idempotency_key=service.key())
    with pytest.raises(Invalid) as outside:
        anna.transform(image.image, request)
    assert "150 rows" in outside.value.message


def test_quarter_turns_and_flips_lose_nothing(counts):
    there = transforms.rotate(transforms.rotate(counts, 90), 270)
    assert np.array_equal(transforms.flip(transforms.flip(there, "rows"), "rows"), counts)


def test_annotations_and_display_settings_have_versions(service, anna, image):
    def annotate(text: str, version: int):
        mark = {"mark": "M1", "kind": "text", "row": 4, "column": 5, "text": text}
        request = AnnotationRequest(expected_version=version, marks=[mark], reason=WHY, idempotency_key=service.key())
        return anna.annotate(image.image, request)

    assert anna.annotation(image.image) is None
    first, second = annotate("lane 1", 0), annotate("lane 2", 1)
    assert (first.version, second.version, first.annotation) == (1, 2, second.annotation)
    assert anna.annotation(image.image).marks[0].text == "lane 2"
    with pytest.raises(Conflict) as stale:
        annotate("lane 3", 1)
    assert stale.value.code == "conflict.stale"
    for mark in ({"kind": "text", "text": " "}, {"kind": "bracket"}):
        marks = [{"mark": "M1", "row": 4, "column": 5, **mark}]
        with pytest.raises(Invalid, match=r"without words|where it ends"):
            anna.annotate(
                image.image,
                AnnotationRequest(expected_version=2, marks=marks, reason=WHY, idempotency_key=service.key()),
            )
    before = anna.image(image.image)
    hidden = AnnotationRequest(
        expected_version=2, marks=second.marks, is_shown=False, reason=WHY, idempotency_key=service.key()
    )
    assert (second.is_shown, anna.annotate(image.image, hidden).is_shown) == (True, False)
    assert anna.image(image.image).pixels_sha256 == before.pixels_sha256
    for version, high in ((0, 30_000), (1, 40_000)):
        request = DisplayRequest(expected_version=version, low=0, high=high, idempotency_key=service.key())
        assert anna.save_display(image.image, request).version == version + 1
    empty = DisplayRequest(expected_version=2, low=9, high=9, idempotency_key=service.key())
    with pytest.raises(Invalid):
        anna.save_display(image.image, empty)


def test_the_side_of_a_pixel_is_that_of_the_file_and_of_what_is_made_of_the_image(service, anna):
    file = io.BytesIO()
    tifffile.imwrite(file, np.arange(12, dtype=np.uint16).reshape(3, 4), resolution=(250, 250), resolutionunit="INCH")
    image = anna.import_image("scan.tif", WHY, file.getvalue(), study=STUDY)
    request = FlipRequest(axis="rows", reason=WHY, idempotency_key=service.key())
    assert image.pixel_um == anna.transform(image.image, request).pixel_um == pytest.approx(101.6)


def test_an_image_from_which_nothing_was_made_goes_to_another_study(service, anna, image):
    samir = service.signed_in(Role.SUPERVISOR)
    asked = StudyRequest(title="Right study", kind="gxp", reason=WHY, idempotency_key=service.key())
    other = samir.create_study(asked).study
    account = {one.user_name: one.account for one in samir.people()}["anna.analyst"]
    move = StudyAssignment(expected_version=1, study=other, reason=WHY, idempotency_key=service.key())
    with pytest.raises(NotFound):
        anna.assign_study(image.image, move)  # no member there
    service.sign(samir, other, Action.STUDY_MEMBER_ADD, WHY, account=account, roles=["analyst"])
    assert anna.assign_study(image.image, move).study == other
    anna.start_analysis(image.image)
    back = StudyAssignment(expected_version=2, study=STUDY, reason=WHY, idempotency_key=service.key())
    with pytest.raises(Conflict) as used:
        anna.assign_study(image.image, back)
    assert used.value.code == "conflict.status"


def test_two_versions_are_compared_also_of_different_records(service, anna, image):
    described(service, anna, image, "First title", 1)
    described(service, anna, image, "Second title", 2, channel="800 nm")
    seen = anna.compare(f"{image.image}.2", f"{image.image}.3")
    assert {one.path: (one.first, one.second) for one in seen.differences if one.path in {"title", "channel"}} == {
        "title": ("First title", "Second title"),
        "channel": ("700 nm", "800 nm"),
    }
    assert not seen.is_same
    assert anna.compare(f"{image.image}.2", f"{image.image}.2").is_same
    with pytest.raises(NotFound):
        anna.compare(f"{image.image}.2", f"{image.image}.9")
    with pytest.raises(Invalid):
        anna.compare(f"{image.image}.2", "STU-000001.1")


def test_what_was_true_then_can_be_read(service, anna, image):
    before = service.services.ports.ledger.now()
    time.sleep(0.002)
    described(service, anna, image, "A later title", 1)
    assert anna.image(image.image).title == "A later title"
    then = anna.image(image.image, as_of=before)
    assert (then.title, then.version) == ("", 1)
    result = service.result(anna, image.image)
    assert anna.image(image.image, as_of=before).status is ImageStatus.ACQUIRED
    with pytest.raises(NotFound):
        anna.result(result.result, as_of=before)
    open_ = service.services.ports.ledger.now()
    service.step(anna, result.result, Action.RESULT_SUBMIT)
    assert anna.result(result.result, as_of=open_).status is ResultStatus.IN_ANALYSIS
    assert anna.result(result.result).status is ResultStatus.SUBMITTED


def test_an_approved_result_keeps_the_annotations_that_it_pinned(service, anna, image):
    def annotate(text: str, version: int):
        mark = {"mark": "M1", "kind": "text", "row": 4, "column": 5, "text": text}
        anna.annotate(
            image.image,
            AnnotationRequest(expected_version=version, marks=[mark], reason=WHY, idempotency_key=service.key()),
        )

    annotate("as approved", 0)
    rosa, paul = service.signed_in(Role.REVIEWER), service.signed_in(Role.APPROVER)
    result = service.result(anna, image.image)
    layer = anna.annotation(image.image).annotation
    assert result.layers[0].annotation == f"{layer}.1"
    service.step(anna, result.result, Action.RESULT_SUBMIT)
    with pytest.raises(Conflict) as closed:
        annotate("while it is reviewed", 1)
    assert closed.value.code == "conflict.status"
    rosa.start_review(result.result)
    service.step(rosa, result.result, Action.RESULT_REVIEW_SIGN)
    approved = service.step(paul, result.result, Action.RESULT_APPROVE)
    annotate("added afterwards", 1)
    after = anna.result(result.result)
    assert after.layers[0].annotation == f"{layer}.1"
    assert (after.digest, after.status) == (approved.digest, ResultStatus.APPROVED)
    assert {one.state for one in after.signatures} == {"valid"}


def test_a_correction_of_an_approved_result_is_a_superseding_one(service, anna, image):
    rosa, paul = service.signed_in(Role.REVIEWER), service.signed_in(Role.APPROVER)

    def approved(supersedes: str | None = None) -> str:
        saved = service.saved(anna, image.image)
        request = ResultRequest(analyses=[saved.versions[-1].id], supersedes=supersedes, idempotency_key=service.key())
        result = anna.create_result(request).result
        service.step(anna, result, Action.RESULT_SUBMIT)
        rosa.start_review(result)
        service.step(rosa, result, Action.RESULT_REVIEW_SIGN)
        service.step(paul, result, Action.RESULT_APPROVE)
        return result

    first = approved()
    unapproved = service.result(anna, image.image).result
    for nothing in (first, unapproved, "RES-999999"):
        with pytest.raises(Invalid) as refused:
            service.intend(paul, first, Action.RESULT_SUPERSEDE, WHY, successor=nothing)
        assert refused.value.code == "result.successor"
    second = approved(supersedes=first)
    service.sign(paul, first, Action.RESULT_SUPERSEDE, WHY, successor=second)
    replaced = anna.result(first)
    assert (replaced.status, replaced.successor) == (ResultStatus.SUPERSEDED, second)
    assert anna.result(second).supersedes == first
    # A record that is superseded can still be compared.
    assert not anna.compare(f"{first}.1", f"{second}.1").is_same
