"""Images are sealed; gestures are entries with numbers; versions are immutable; nothing is written twice."""

from __future__ import annotations

import hashlib
import threading

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.analyses import SaveRequest
from blotter_records.errors import Conflict, IntegrityBroken, Invalid, NotFound, Refused
from blotter_records.vocabulary import Action, Alarm, BackgroundMethod, Gesture, ImageStatus, Role
from service_over_http import STUDY, shape

REASON = "Western blot of the first replicate"


@pytest.fixture(scope="module")
def anna(service):
    return service.signed_in(Role.ANALYST)


@pytest.fixture(scope="module")
def counts():
    counts = np.random.default_rng(5).integers(0, 65536, (300, 420), dtype=np.uint16)
    counts[100:120, 100:160] = 40000
    return counts


def test_an_image_is_streamed_sealed_and_looked_at_in_tiles(anna, counts):
    data = to_tiff(counts, compression="lzw")
    pieces = (data[at : at + 1000] for at in range(0, len(data), 1000))
    image = anna.import_image("../Müller blot.tif", REASON, pieces, study=STUDY)
    assert image.file_name == "Müller blot.tif"
    assert image.file_sha256 == hashlib.sha256(data).hexdigest()
    assert image.pixels_sha256 == hashlib.sha256(counts.astype("<u2").tobytes()).hexdigest()
    assert (image.rows, image.columns, image.bits, image.status) == (300, 420, 16, ImageStatus.ACQUIRED)
    tile = anna.tile(image.image, image.pixels_sha256, 0, 1, 1)
    assert (tile.rows, tile.columns) == (44, 164)
    np.testing.assert_array_equal(np.frombuffer(tile.data, "<u2").reshape(44, 164), counts[256:, 256:])
    with pytest.raises(NotFound):
        anna.tile(image.image, "0" * 64, 0, 0, 0)
    with pytest.raises(NotFound):
        anna.tile(image.image, image.pixels_sha256, 0, 2, 0)
    assert anna.images()[-1] == image


def test_the_same_pixels_again_are_said_to_be_the_same(service, anna, counts):
    again = anna.import_image("copy.tif", REASON, to_tiff(counts), study=STUDY)
    entry = service.entries(record_id=again.image, action="image.import")[0]
    assert "the same pixels as IMG-" in entry["summary"]


@pytest.mark.parametrize(
    ("data", "reason", "code"),
    [
        (b"", REASON, "image.empty"),
        (b"not an image at all", REASON, "image.format"),
        (b"II*\0", "x", "reason.short"),
        (b"II*\0", "", "reason.missing"),
    ],
)
def test_what_is_no_image_is_not_recorded(anna, data, reason, code):
    before = len(anna.images())
    with pytest.raises(Invalid) as invalid:
        anna.import_image("a.tif", reason, data, study=STUDY)
    assert invalid.value.code.split(".")[0] == code.split(".")[0]
    assert len(anna.images()) == before


def test_who_may_not_import_sends_nothing(service):
    rosa = service.signed_in(Role.REVIEWER)
    with pytest.raises(Refused) as refused:
        rosa.import_image("a.tif", REASON, b"II*\0", study=STUDY)
    assert refused.value.code == "refused.role"


def test_each_gesture_is_an_entry_with_old_new_and_numbers_of_the_service(service, anna, counts):
    image = anna.images()[-1].image
    analysis = anna.start_analysis(image)
    assert analysis.next_shape == "S1"
    assert anna.image(image).status is ImageStatus.IN_ANALYSIS
    drawn = anna.gesture(analysis.analysis, service.gesture(analysis, [shape("S1", 100, 100, 120, 160, "band 1")]))
    numbers = drawn.measurements[0]
    assert (numbers.area, numbers.total, numbers.mean) == (1200, 48_000_000, 40000.0)
    assert drawn.next_shape == "S2"
    moved = anna.gesture(
        analysis.analysis,
        service.gesture(drawn, [shape("S1", 101, 100, 121, 160, "band 1")], Gesture.SHAPE_MOVE),
    )
    assert moved.measurements[0].total == int(counts[101:121, 100:160].astype(np.int64).sum())
    entry = service.entries(record_id=analysis.analysis, rev=3)[0]
    assert entry["action"] == "analysis.edit"
    assert entry["old"]["gesture"] == "shape.move"
    assert [one["rectangle"]["row0"] for one in (entry["old"]["shapes"][0], entry["new"]["shapes"][0])] == [100, 101]
    assert entry["summary"].startswith("Moved S1 “band 1” rows 100–120, columns 100–160 → rows 101–121")
    assert "Signal" in entry["summary"]
    none = anna.gesture(
        analysis.analysis,
        service.gesture(moved, moved.shapes, Gesture.BACKGROUND_SET, method=BackgroundMethod.NONE),
    )
    assert none.measurements[0].signal is None
    entry = service.entries(record_id=analysis.analysis, rev=4)[0]
    assert "median, 3 px, all → none" in entry["summary"]


@pytest.mark.parametrize(
    ("shapes", "gesture", "code"),
    [
        ([shape("S1", 10, 10, 30, 30)], Gesture.SHAPE_ADD, "gesture.nothing"),
        ([shape("S1", 11, 10, 31, 30)], Gesture.SHAPE_ADD, "gesture.other"),
        ([], Gesture.SHAPE_MOVE, "gesture.other"),
        ([shape("S1", 10, 10, 30, 30), shape("S2", 5, 5, 400, 30)], Gesture.SHAPE_ADD, "shape.outside"),
        ([shape("S1", 10, 10, 30, 30), shape("S1", 50, 50, 80, 80)], Gesture.SHAPE_ADD, "shape.duplicate"),
        ([shape("S1", 10, 10, 30, 30), shape("S2", 9, 9, 9, 20)], Gesture.SHAPE_ADD, "shape.empty"),
    ],
)
def test_a_gesture_does_what_its_name_says_or_nothing(service, anna, shapes, gesture, code):
    analysis = anna.start_analysis(anna.images()[-1].image)
    drawn = anna.gesture(analysis.analysis, service.gesture(analysis, [shape("S1", 10, 10, 30, 30)]))
    with pytest.raises(Invalid) as invalid:
        anna.gesture(analysis.analysis, service.gesture(drawn, shapes, gesture))
    assert invalid.value.code == code
    assert anna.analysis(analysis.analysis) == drawn


def test_ids_of_deleted_shapes_come_back_only_by_undo(service, anna):
    analysis = anna.start_analysis(anna.images()[-1].image)
    first = anna.gesture(analysis.analysis, service.gesture(analysis, [shape("S1", 10, 10, 30, 30)]))
    gone = anna.gesture(analysis.analysis, service.gesture(first, [], Gesture.SHAPE_DELETE))
    assert gone.next_shape == "S2"
    with pytest.raises(Invalid):
        anna.gesture(analysis.analysis, service.gesture(gone, [shape("S1", 90, 90, 99, 99)]))
    back = anna.gesture(analysis.analysis, service.gesture(gone, [shape("S1", 10, 10, 30, 30)], Gesture.UNDO))
    assert back.measurements == first.measurements


def test_a_stale_change_is_refused_and_told_what_changed(service, anna):
    sam = service.signed_in(Role.SUPERVISOR)
    analysis = anna.start_analysis(anna.images()[-1].image)
    sam.gesture(analysis.analysis, service.gesture(analysis, [shape("S1", 10, 10, 30, 30, "by Samir")]))
    with pytest.raises(Conflict) as stale:
        anna.gesture(analysis.analysis, service.gesture(analysis, [shape("S1", 40, 40, 60, 60)]))
    assert stale.value.code == "conflict.stale"
    told = stale.value.diagnostics()
    assert "Samir Haddad: Added S1 “by Samir”" in told
    assert "What differs: shapes[S1] added" in told
    assert service.entries(action="action.refused")[-1]["new"]["rule"] == "conflict.stale"


def test_the_same_request_again_gives_the_same_answer_and_writes_nothing(service, anna):
    analysis = anna.start_analysis(anna.images()[-1].image)
    request = service.gesture(analysis, [shape("S1", 10, 10, 30, 30)])
    first = anna.gesture(analysis.analysis, request)
    assert anna.gesture(analysis.analysis, request) == first
    assert anna.analysis(analysis.analysis).rev == first.rev
    other = service.gesture(first, [*first.shapes, shape("S2", 50, 50, 60, 60)], key=request.idempotency_key)
    with pytest.raises(Conflict) as reused:
        anna.gesture(analysis.analysis, other)
    assert reused.value.code == "conflict.idempotency"


def test_of_many_at_once_one_is_written_and_the_others_are_told(service, anna):
    analysis = anna.start_analysis(anna.images()[-1].image)
    ended: list[str] = []

    def draw(row: int) -> None:
        request = service.gesture(analysis, [shape("S1", row, 10, row + 20, 30)], key=f"many-at-once-{row}")
        try:
            anna.gesture(analysis.analysis, request)
            ended.append("written")
        except Conflict as error:
            ended.append(error.code)

    threads = [threading.Thread(target=draw, args=(row,)) for row in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["conflict.stale"] * 7 + ["written"]
    assert anna.analysis(analysis.analysis).rev == analysis.rev + 1


def test_versions_are_immutable_and_need_a_reason_from_the_second_on(service, anna):
    saved = service.saved(anna, anna.images()[-1].image)
    assert saved.is_saved
    first = saved.versions[0]
    with pytest.raises(Conflict) as nothing:
        anna.save_analysis(
            saved.analysis, SaveRequest(expected_rev=saved.rev, reason=REASON, idempotency_key=service.key())
        )
    assert nothing.value.code == "conflict.saved"
    changed = anna.gesture(
        saved.analysis, service.gesture(saved, [shape("S1", 100, 100, 125, 160)], Gesture.SHAPE_RESIZE)
    )
    with pytest.raises(Invalid) as missing:
        anna.save_analysis(saved.analysis, SaveRequest(expected_rev=changed.rev, idempotency_key=service.key()))
    assert missing.value.code == "reason.missing"
    second = anna.save_analysis(
        saved.analysis,
        SaveRequest(expected_rev=changed.rev, reason="Lower edge of the band", idempotency_key=service.key()),
    )
    assert [one.version for one in second.versions] == [1, 2]
    assert anna.analysis_version(saved.analysis, 1) == first
    assert second.versions[1].digest != first.digest


def test_an_empty_analysis_is_no_version(service, anna):
    analysis = anna.start_analysis(anna.images()[-1].image)
    with pytest.raises(Invalid) as empty:
        anna.save_analysis(analysis.analysis, SaveRequest(expected_rev=1, idempotency_key=service.key()))
    assert empty.value.code == "analysis.empty"


def test_the_log_of_an_image_has_everything_made_from_it(service, anna):
    image = anna.images()[-1].image
    result = service.result(anna, image)
    page = anna.image_trail(image)
    assert page.total == len(page.entries)
    records = {one.record_id for one in page.entries}
    assert {image, result.result, result.analyses[0].analysis} <= records
    assert all(one.summary for one in page.entries)
    halves = anna.image_trail(image, limit=3)
    rest = anna.image_trail(image, after=halves.next_after, limit=1000)
    read = [*halves.entries, *rest.entries]
    assert [one.id for one in read[: page.total]] == [one.id for one in page.entries]
    # Between the two readings the service may close a burst of refusals, and write nothing else.
    opening = {f"the same as entry {one.id}:" for one in page.entries}
    assert all(one.summary.partition(" more, ")[2].startswith(tuple(opening)) for one in read[page.total :])


def test_pixels_that_were_changed_in_the_store_are_refused_and_reported(service, anna, counts):
    image = anna.import_image("flipped.tif", REASON, to_tiff(counts[:200, :200]), study=STUDY)
    path = service.services.ports.store.local_path(image.file_sha256)
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityBroken):
        anna.tile(image.image, image.pixels_sha256, 0, 0, 0)
    held = service.entries(action="integrity.hold")[-1]
    assert held["record_id"] == image.image
    assert held["service"] == "system"
    for refused in (
        lambda: anna.tile(image.image, image.pixels_sha256, 0, 0, 0),
        lambda: anna.image(image.image),
        lambda: anna.start_analysis(image.image),
    ):
        with pytest.raises(Conflict) as conflict:
            refused()
        assert conflict.value.code == "conflict.status"
    assert next(one for one in anna.images() if one.image == image.image).status is ImageStatus.INTEGRITY_HOLD
    told = service.signed_in(Role.SYSTEM_MANAGER).notifications()
    assert next((one.alarm, one.about) for one in told) == (Alarm.INTEGRITY_MISMATCH, f"image:{image.image}")


def test_an_image_is_verified_each_time_it_is_opened(service, anna, counts):
    image = anna.import_image("opened.tif", REASON, to_tiff(counts[:100, :100]), study=STUDY)
    assert anna.image(image.image).status is ImageStatus.ACQUIRED
    assert anna.tile(image.image, image.pixels_sha256, 0, 0, 0).rows == 100  # now it is in memory
    path = service.services.ports.store.local_path(image.file_sha256)
    path.chmod(0o644)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(IntegrityBroken):
        anna.image(image.image)
    with pytest.raises(Conflict):
        anna.tile(image.image, image.pixels_sha256, 0, 0, 0)


def test_an_import_that_is_sent_twice_is_one_image(service, anna):
    counts = np.random.default_rng(77).integers(0, 60_000, (40, 50)).astype(np.uint16)

    def send(data: bytes, key: str):
        return anna.import_image("twice.tif", REASON, data, study=STUDY, idempotency_key=key)

    key, data = service.key(), to_tiff(counts)
    first = send(data, key)
    assert send(data, key) == first
    assert len(service.entries(action=Action.IMAGE_IMPORT, record_id=first.image)) == 1
    with pytest.raises(Conflict) as mixed:
        send(to_tiff(counts[1:]), key)
    assert mixed.value.code == "conflict.idempotency"
    assert send(data, service.key()).image != first.image


def test_an_analysis_that_is_asked_for_twice_is_one(service, anna):
    key = service.key()
    first = anna.start_analysis("IMG-000001", key)
    assert anna.start_analysis("IMG-000001", key) == first
    assert anna.start_analysis("IMG-000001").analysis != first.analysis
    with pytest.raises(Conflict) as mixed:
        anna.start_analysis("IMG-000002", key)
    assert mixed.value.code == "conflict.idempotency"


def test_the_same_pixels_turned_or_cut_are_said_to_be_seen_before(service, anna):
    counts = np.random.default_rng(41).poisson(900, (240, 360)).astype(np.uint16)
    first = anna.import_image("blot.tif", REASON, to_tiff(counts), study=STUDY)
    assert first.seen_before == []
    turned = anna.import_image("turned.tif", REASON, to_tiff(counts[::-1]), study=STUDY)
    assert [(one.how, one.image) for one in turned.seen_before] == [("turned", first.image)]
    cut = anna.import_image("cut.tif", REASON, to_tiff(np.rot90(counts[50:200, 100:340])), study=STUDY)
    assert [(one.how, one.image) for one in cut.seen_before] == [("part", first.image), ("part", turned.image)]
    said = f"pixels that are also in {first.image}, {turned.image}"
    assert said in service.entries(record_id=cut.image, action="image.import")[0]["summary"]
    assert anna.image(cut.image).seen_before == cut.seen_before
