"""Files of every kind over HTTP: channels are sealed together, floats measured, pictures looked at; refusals whole."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from blotter_records.contract.images import FlipRequest
from blotter_records.contract.results import ResultRequest
from blotter_records.errors import Conflict, Invalid, Refused, TooLarge
from blotter_records.vocabulary import Action, Role
from image_makers import archive, bio_rad_1sc, empty_tiff, gel, picture, scn, tiff
from service_over_http import STUDY, shape

REASON = "Blot of the second replicate"
RANDOM = np.random.default_rng(7)
COUNTS, OTHER = RANDOM.integers(0, 60_000, (2, 300, 420), dtype=np.uint16)
GREY = RANDOM.integers(0, 256, (60, 80), dtype=np.uint8)
FLOATS = RANDOM.normal(5, 2, (300, 420)).astype(np.float32)
BOX = (slice(100, 120), slice(100, 160))


@pytest.fixture(scope="module")
def anna(service):
    return service.signed_in(Role.ANALYST)


def imported(client, name, data):
    return client.import_image(name, REASON, data, study=STUDY)


def measured(service, client, image):
    """Return the numbers of one rectangle on an image."""
    analysis = client.start_analysis(image)
    return client.gesture(analysis.analysis, service.gesture(analysis, [shape("S1", 100, 100, 120, 160)]))


KINDS = {
    "gel": gel(COUNTS),
    "1sc": bio_rad_1sc(COUNTS, ceiling=59_000),
    "scn": scn(COUNTS),
    "tiff": tiff(FLOATS, compression="lzw"),
    "ome-tiff": tiff(COUNTS, description='<OME><Pixels SizeC="1"/><Channel Name="ECL"/></OME>'),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_imported_measured_and_reproduced(service, anna, kind):
    image = imported(anna, f"scan.{kind}", KINDS[kind])
    assert (image.format, image.is_picture, image.file_images) == (kind, False, [image.image])
    drawn = measured(service, anna, image.image)
    counts = FLOATS if kind == "tiff" else COUNTS
    exact = [float(one) ** 2 / 21025 if kind == "gel" else float(one) for one in counts[BOX].flat]
    assert drawn.measurements[0].total == pytest.approx(math.fsum(exact), rel=1e-6)
    assert anna.recompute(drawn.analysis).is_reproduced
    assert anna.image(image.image) == anna.images()[-1]


def test_channels_become_one_acquisition_sealed_in_one_commit(service, anna):
    files = {"0000001_01/0000001_01_700.TIF": tiff(COUNTS), "0000001_01/0000001_01_800.TIF": tiff(OTHER)}
    files["0000001_01/0000001_01.txt"] = b"Instrument=Odyssey Fc"
    before = len(anna.images())
    first = imported(anna, "acquisition.zip", archive(files))
    images = anna.images()[before:]
    assert [one.image for one in images] == first.file_images
    assert images[0] == first
    assert [(one.channel, one.file_channel, one.channel_index) for one in images] == [
        ("700 nm", "700 nm", 0),
        ("800 nm", "800 nm", 1),
    ]
    assert {one.file_sha256 for one in images} == {first.file_sha256}
    assert {one.acquisition for one in images} == {first.acquisition}
    assert images[0].pixels_sha256 != images[1].pixels_sha256
    (acquisition,) = [one for one in anna.study_contents(STUDY).acquisitions if one.acquisition == first.acquisition]
    assert acquisition.images == first.file_images
    entries = [service.entries(record_id=one.image, action="image.import")[0] for one in images]
    assert [one["summary"].split(" as ")[0] for one in entries] == [
        "Imported acquisition.zip, channel 1 of 2 “700 nm”,",
        "Imported acquisition.zip, channel 2 of 2 “800 nm”,",
    ]
    for counts, image in zip((COUNTS, OTHER), images, strict=True):
        tile = anna.tile(image.image, image.pixels_sha256, 0, 0, 0)
        np.testing.assert_array_equal(np.frombuffer(tile.data, "<u2").reshape(256, 256), counts[:256, :256])
        drawn = measured(service, anna, image.image)
        assert drawn.measurements[0].total == int(counts[BOX].sum(dtype=np.int64))
        assert anna.recompute(drawn.analysis).is_reproduced
    assert hashlib.sha256(b"".join(anna.image_file(images[1].image))).hexdigest() == first.file_sha256


def test_the_same_request_again_makes_nothing_new(service, anna):
    data, key = tiff(np.stack([COUNTS, OTHER])), service.key()
    options = {"study": STUDY, "idempotency_key": key}
    first = anna.import_image("two.tif", REASON, data, **options)
    before = len(anna.images())
    assert anna.import_image("two.tif", REASON, data, **options) == first
    assert len(anna.images()) == before
    assert [one.file_channel for one in anna.images()[-2:]] == ["channel 1", "channel 2"]


def test_floats_are_shown_in_tiles_that_say_what_they_stand_for(anna):
    image = imported(anna, "floats.tif", tiff(FLOATS))
    assert (image.bits, image.minimum, image.maximum) == (32, float(FLOATS.min()), float(FLOATS.max()))
    tile = anna.tile(image.image, image.pixels_sha256, 0, 0, 0)
    values = np.frombuffer(tile.data, "<u2").reshape(256, 256) * image.tile_step + image.tile_offset
    np.testing.assert_allclose(values, FLOATS[:256, :256], atol=0.51 * image.tile_step, rtol=0)
    flipped = anna.transform(image.image, FlipRequest(axis="rows", reason=REASON, idempotency_key="flip-floats-1"))
    assert (flipped.bits, flipped.saturation_level) == (32, image.saturation_level)
    assert anna.image(flipped.image).maximum == image.maximum


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", picture(GREY, "PNG")),
        ("a.jpg", picture(GREY, "JPEG")),
        ("a.tif", tiff(np.dstack([GREY] * 3), photometric="rgb")),
    ],
)
def test_a_picture_is_to_be_looked_at_and_not_measured(service, anna, name, data):
    image = imported(anna, name, data)
    assert image.is_picture
    assert anna.tile(image.image, image.pixels_sha256, 0, 0, 0).rows == 60
    assert (
        "a picture, not for quantification"
        in service.entries(record_id=image.image, action="image.import")[0]["summary"]
    )
    flipped = anna.transform(image.image, FlipRequest(axis="rows", reason=REASON, idempotency_key=service.key()))
    for one in (image, flipped):
        with pytest.raises(Conflict) as refused:
            anna.start_analysis(one.image)
        assert refused.value.code == "conflict.picture"
        assert not anna.image(one.image).analyses
    (entry,) = service.entries(action="action.refused", record_id=image.image)
    assert (entry["new"]["action"], entry["new"]["rule"]) == ("analysis.start", "conflict.picture")


REFUSED = {
    "bomb": (empty_tiff(20_000, 20_000, 16), "image.too_large"),
    "cut off": (tiff(COUNTS)[:-1000], "image.truncated"),
    "not finite": (tiff(np.full((9, 9), np.nan, np.float32)), "image.not_finite"),
    "stack": (tiff(np.stack([COUNTS] * 17)), "image.channels"),
    "lying .1sc": (bio_rad_1sc(COUNTS, size=(301, 420)), "image.format"),
    "lying .scn": (scn(COUNTS, length=10**9), "image.truncated"),
    "zip of nothing": (archive({"a.txt": b"text"}), "image.format"),
    "zip bomb": (archive({"700.tif": bytes(80 << 20)}), "image.too_large"),
    "zip with a path": (archive({"../700.tif": tiff(COUNTS)}), "image.archive"),
    "gif": (b"GIF89a", "image.format"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_of_a_file_that_is_refused_nothing_is_kept(service, anna, name):
    data, code = REFUSED[name]
    store = service.services.ports.store
    before = (len(anna.images()), sorted(store.names()), len(anna.study_contents(STUDY).acquisitions))
    with pytest.raises((Invalid, TooLarge)) as refused:
        imported(anna, "scan.tif", data)
    assert refused.value.code == code
    assert before == (len(anna.images()), sorted(store.names()), len(anna.study_contents(STUDY).acquisitions))
    assert store.discard_unfinished() == 0
    assert refused.value.message


def test_the_policy_refuses_pictures_or_lets_them_be_measured(service):
    """Last: policies stay as they are set."""
    png = picture(RANDOM.integers(0, 256, (300, 420), dtype=np.uint8), "PNG")
    service.set_policies(image__pictures="measure")
    anna = service.signed_in(Role.ANALYST)
    image = imported(anna, "a.png", png)
    assert measured(service, anna, image.image).measurements[0].area == 1200
    saved = service.saved(anna, image.image).versions[-1].id
    request = ResultRequest(title="Bands", analyses=[saved], idempotency_key=service.key())
    result = anna.create_result(request)
    service.set_policies(image__pictures="view")
    anna = service.signed_in(Role.ANALYST)
    with pytest.raises(Conflict) as picture_result:
        anna.create_result(request.model_copy(update={"idempotency_key": service.key()}))
    assert picture_result.value.code == "conflict.picture"
    with pytest.raises((Conflict, Refused)) as submitted:
        service.sign(anna, result.result, Action.RESULT_SUBMIT)
    assert submitted.value.code == "conflict.picture"
    service.set_policies(image__pictures="refuse")
    anna = service.signed_in(Role.ANALYST)
    with pytest.raises(Invalid) as unwanted:
        imported(anna, "a.png", png)
    assert unwanted.value.code == "image.picture"
