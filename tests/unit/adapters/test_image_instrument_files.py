"""Files of instruments: `.gel`, `.1sc`, `.scn` decoded as formula or reference says, and refused when they lie."""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from blotter_records.adapters.image_files import ImageFiles
from blotter_records.errors import Invalid, TooLarge
from hypothesis import given, settings
from hypothesis import strategies as st
from image_makers import bio_rad_1sc, gel, scn, tiff

COUNTS = np.random.default_rng(1).integers(0, 65536, (37, 53), dtype=np.uint16)


def read(data: bytes) -> Any:
    return ImageFiles().read(data, file_name="scan")


# .gel of Molecular Dynamics


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("scale", [(1, 21025), (1, 1), (7, 3)])
def test_square_roots_become_counts_by_the_formula(dtype: type, scale: tuple[int, int]) -> None:
    stored = COUNTS.astype(dtype)
    found = read(gel(stored, 2, scale))
    (image,) = found.channels
    exact = stored.astype(np.float64) ** 2 * scale[0] / scale[1]
    assert image.counts.dtype == np.float32
    np.testing.assert_allclose(image.counts, exact, rtol=6e-8, atol=0)
    assert image.saturation_level == pytest.approx(float(np.iinfo(dtype).max) ** 2 * scale[0] / scale[1], rel=1e-6)
    assert found.format == "gel"
    assert f"squared, times {scale[0]}/{scale[1]}" in image.notes[0]


def test_square_roots_agree_with_tifffile(tmp_path: Path) -> None:
    (tmp_path / "scan.gel").write_bytes(gel(COUNTS))
    with tifffile.TiffFile(tmp_path / "scan.gel") as file:
        other = file.series[0].asarray()
    assert other.dtype == np.float32
    np.testing.assert_allclose(read(gel(COUNTS)).channels[0].counts, other, rtol=1e-6, atol=0)


def test_linear_gel_is_scaled_only_where_it_says_so() -> None:
    assert np.array_equal(read(gel(COUNTS, 128, (1, 1))).channels[0].counts, COUNTS)
    scaled = read(gel(COUNTS, 128, (1, 4))).channels[0]
    assert np.array_equal(scaled.counts, COUNTS.astype(np.float32) / 4)
    assert scaled.saturation_level == 65535 / 4


@pytest.mark.parametrize(
    "data", [gel(COUNTS, 3), gel(COUNTS, 2, (0, 1)), gel(COUNTS, 2, (1, 0)), gel(COUNTS.astype(np.float32))]
)
def test_an_unknown_coding_or_scale_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(data)
    assert refused.value.code == "image.encoding"


# .1sc of Quantity One


@pytest.mark.parametrize("number", [1, 2, 4])
def test_1sc_equals_its_reference_to_the_count(sample_images: Path, number: int) -> None:
    found = read((sample_images / f"biorad_test{number}.1sc").read_bytes())
    (image,) = found.channels
    reference = tifffile.imread(sample_images / f"biorad_test{number}_ref.tif")
    assert image.counts.dtype == reference.dtype == np.uint16
    assert np.array_equal(image.counts, reference)
    assert found.format == "1sc"
    # what the camera cannot go beyond: several pixels lie at it, none above
    assert image.saturation_level == reference.max() < 65535


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_made_1sc_is_read_from_bottom_to_top(dtype: type) -> None:
    stored = COUNTS.astype(dtype)
    image = read(bio_rad_1sc(stored)).channels[0]
    assert np.array_equal(image.counts, stored)
    assert image.saturation_level == np.iinfo(dtype).max
    assert read(bio_rad_1sc(COUNTS, ceiling=65000)).channels[0].saturation_level == 65000


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((38, 53), "image.format"),
        ((37, 52), "image.format"),
        ((0, 53), "image.format"),
        ((65535, 53), "image.too_large"),
    ],
)
def test_a_1sc_that_lies_about_its_size_is_refused(size: tuple[int, int], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(bio_rad_1sc(COUNTS, size=size))
    assert refused.value.code == code


def test_1sc_of_another_byte_order_or_kind_is_refused() -> None:
    data = bio_rad_1sc(COUNTS)
    for other in (data.replace(b"Intel Format", b"Motor Format"), data.replace(b"Bio-Rad Scan", b"Bio-Bad Scan")):
        with pytest.raises(Invalid) as refused:
            read(other)
        assert refused.value.code == "image.format"


def test_fields_that_go_nowhere_are_refused() -> None:
    data = bytearray(bio_rad_1sc(COUNTS))
    struct.pack_into("<H", data, 160 + 2, 0)
    with pytest.raises(Invalid, match="shorter than its own head"):
        read(bytes(data))


def test_a_1sc_of_very_many_fields_is_refused() -> None:
    data = bytearray(bio_rad_1sc(COUNTS))
    (start,) = struct.unpack_from("<I", data, 160 + 8)
    struct.pack_into("<II", data, 160 + 8, len(data), 8 * 30_000)
    data += struct.pack("<HHI", 2, 8, 1) * 30_000
    assert start < len(data)
    with pytest.raises(TooLarge, match="20,000 fields"):
        read(bytes(data))


# .scn of Image Lab


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_scn_is_read_as_it_is_known(order: str, dtype: type) -> None:
    stored = COUNTS.astype(dtype)
    found = read(scn(stored, order=order))
    assert found.format == "scn"
    assert np.array_equal(found.channels[0].counts, stored)
    assert found.metadata == {"imager": "ChemiDoc MP", "exposure_time": "12.5"}
    most = 200 if dtype is np.uint8 else 60_000
    assert read(scn(stored, order=order, most=most)).channels[0].saturation_level == most


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (scn(COUNTS, channels="2"), "image.pages"),
        (scn(COUNTS, size=(37, 54)), "image.format"),
        (scn(COUNTS, size=(0, 53)), "image.format"),
        (scn(COUNTS, size=(30_000, 30_000)), "image.too_large"),
        (scn(COUNTS, length=2 * COUNTS.size + 2), "image.format"),
        (scn(COUNTS, length=10**9), "image.truncated"),
        (scn(COUNTS, most=70_000), "image.depth"),
        (scn(COUNTS).replace(b"<endian>little</endian>", b"<endian>middle</endian>"), "image.depth"),
        (scn(COUNTS).replace(b"size_pix", b"size_pax"), "image.format"),
        (scn(COUNTS).replace(b"application/octet-stream", b"application/octet-strewn"), "image.format"),
        (scn(COUNTS, mark=b"Generated by somebody"), "image.format"),
    ],
)
def test_a_scn_that_is_something_else_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(data)
    assert refused.value.code == code


def test_a_scn_cannot_make_the_search_long() -> None:
    noise = b"Generated by Image Lab" + b"Content-Type: a" * 400_000
    began = time.monotonic()
    with pytest.raises(Invalid):
        read(noise)
    assert time.monotonic() - began < 5


# all of them


def _last_pixel(name: str, data: bytes) -> int:
    return len(data) - len(b"\r\n--part-of-the-scan--\r\n") if name == "scn" else len(data)


SMALL = COUNTS[:6, :7].copy()
MADE: dict[str, Callable[[], bytes]] = {
    "gel": lambda: gel(SMALL),
    "1sc": lambda: bio_rad_1sc(SMALL),
    "scn": lambda: scn(SMALL),
    "tiff": lambda: tiff(SMALL.astype(np.float32)),
}


@pytest.mark.parametrize("name", ["1sc", "scn"])
def test_every_truncation_is_refused(name: str) -> None:
    data = MADE[name]()
    assert read(data).format == name
    for length in range(_last_pixel(name, data)):
        with pytest.raises(Invalid):
            read(data[:length])


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(sorted(MADE)),
    flips=st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 255)), min_size=1, max_size=6),
)
def test_nothing_but_invalid_comes_out_of_a_damaged_file(name: str, flips: list[tuple[int, int]]) -> None:
    data = bytearray(MADE[name]())
    for at, bits in flips:
        data[at % len(data)] ^= bits
    with contextlib.suppress(Invalid):
        found = ImageFiles(max_bytes=8 << 20).read(bytes(data), file_name="scan")
        assert all(one.counts.ndim == 2 for one in found.channels)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=600),
    st.sampled_from([b"\xaf\xaf", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF8"]),
)
def test_nothing_but_invalid_comes_out_of_noise(noise: bytes, start: bytes) -> None:
    with pytest.raises(Invalid):
        read(start + noise)


def test_names_decide_nothing() -> None:
    assert ImageFiles().read(tiff(COUNTS), file_name="scan.1sc").format == "tiff"
    with pytest.raises(TooLarge, match="bytes, 100 may be"):
        ImageFiles(max_bytes=100).read(scn(COUNTS), file_name="scan.scn")
