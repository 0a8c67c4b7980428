"""Reading TIFF files: what is read equals what was written; what lies, is cut off or is no grey image is refused."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from blotter_records.adapters.image_files import ImageFiles, to_tiff
from blotter_records.errors import Invalid, TooLarge
from hypothesis import given, settings
from hypothesis import strategies as st
from image_makers import empty_tiff, patched, tiff

COUNTS = np.random.default_rng(1).integers(0, 65536, (37, 53), dtype=np.uint16)
COMPRESSIONS = ["none", "lzw", "deflate", "packbits"]


def read(data: bytes) -> Any:
    (image,) = ImageFiles().read(data, file_name="gel.tif").channels
    return image


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_counts_come_back_as_they_were(compression: str, dtype: type[np.uint8 | np.uint16], big_endian: bool) -> None:
    counts = COUNTS.astype(dtype)
    image = read(to_tiff(counts, compression=compression, big_endian=big_endian))
    assert image.counts.dtype == dtype
    assert np.array_equal(image.counts, counts)
    assert (image.bits, image.saturation_level) == ((8, 255) if dtype is np.uint8 else (16, 65535))
    assert (image.compression, image.white_is_zero, image.notes) == (compression, False, ())
    assert not image.counts.flags.writeable


@pytest.mark.parametrize("big_endian", ["<", ">"])
@pytest.mark.parametrize("compression", ["lzw", "deflate"])
def test_horizontal_differences_are_undone(compression: str, big_endian: str) -> None:
    data = tiff(COUNTS, compression=compression, predictor=2, byteorder=big_endian, rowsperstrip=5)
    assert np.array_equal(read(data).counts, COUNTS)


@pytest.mark.parametrize("compression", [None, "lzw", "deflate"])
def test_tiles_are_read_to_the_edge(compression: str | None) -> None:
    data = tiff(COUNTS, tile=(16, 32), compression=compression, predictor=2 if compression else 1)
    assert np.array_equal(read(data).counts, COUNTS)


def test_strips_of_a_few_rows_are_read() -> None:
    assert np.array_equal(read(tiff(COUNTS, rowsperstrip=4)).counts, COUNTS)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_is_zero_is_read_as_stored_and_said(dtype: type[np.uint8 | np.uint16]) -> None:
    stored = COUNTS.astype(dtype)
    image = read(to_tiff(stored, white_is_zero=True))
    assert image.white_is_zero
    assert np.array_equal(image.counts, stored)
    assert image.notes == ("WhiteIsZero: counts are the values as stored; the file asks to show 0 as white.",)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "image.format"),
        (b"II\x2a\x00", "image.truncated"),
        (b"GIF89a", "image.format"),
        (tiff(np.zeros((8, 8, 3), np.uint8), photometric="rgb", planarconfig="separate"), "image.colour"),
        (tiff(np.zeros((8, 8, 3), np.float32), photometric="rgb"), "image.depth"),
        (tiff(np.zeros((8, 8), np.float16)), "image.depth"),
        (tiff(np.zeros((8, 8), np.float64)), "image.depth"),
        (tiff(np.zeros((8, 8), np.int16)), "image.depth"),
        (tiff(np.zeros((8, 8), np.uint32)), "image.depth"),
        (tiff(np.zeros((8, 8), np.bool_)), "image.depth"),
        (tiff(np.zeros((8, 8), np.uint8), compression="zstd"), "image.compression"),
        (tiff(np.zeros((8, 8), np.uint8), compression="jpeg"), "image.compression"),
        (tiff(np.zeros((8, 8), np.uint16), description="ImageJ=1.54f\nimages=3\nslices=3"), "image.pages"),
        (tiff(np.zeros((8, 8), np.uint16), extratags=[(33445, 4, 1, 3, True)]), "image.encoding"),
        (tiff(np.zeros((8, 8), np.uint8), photometric="palette", colormap=np.zeros((3, 256), "u2")), "image.colour"),
    ],
)
def test_what_is_no_grey_image_is_refused_with_its_reason(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(data)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("tag", "value", "code"),
    [
        (256, 0, "image.format"),
        (257, 0, "image.format"),
        (257, 38, "image.format"),  # one row more than the strips have
        (256, 54, "image.truncated"),  # one column more
        (278, 0, "image.format"),
        (277, 2, "image.colour"),
        (262, 2, "image.colour"),
        (258, 12, "image.depth"),
        (259, 7, "image.compression"),
        (273, 2**31, "image.truncated"),
        (279, 2**31, "image.truncated"),
        (257, 20_001, "image.format"),
    ],
)
def test_a_file_that_lies_is_refused(tag: int, value: int, code: str) -> None:
    data = tiff(COUNTS, rowsperstrip=37)
    with pytest.raises(Invalid) as refused:
        read(patched(data, tag, value))
    assert refused.value.code == code


def test_bits_in_reverse_are_refused() -> None:
    resolution_unit, fill_order = struct.pack("<HH", 296, 3), struct.pack("<HH", 266, 3)
    data = patched(tiff(COUNTS), 296, 2)
    assert data.count(resolution_unit) == 1
    with pytest.raises(Invalid) as refused:
        read(data.replace(resolution_unit, fill_order))
    assert refused.value.code == "image.encoding"


def test_sizes_are_capped_before_anything_is_decoded() -> None:
    data = patched(patched(tiff(COUNTS, rowsperstrip=37), 257, 20_001), 278, 20_001)
    with pytest.raises(TooLarge, match="20,001 rows"):
        read(data)
    with pytest.raises(TooLarge, match="bytes, 100 may be"):
        ImageFiles(max_bytes=100).read(tiff(COUNTS), file_name="gel.tif")
    with pytest.raises(TooLarge, match="pixels need"):
        ImageFiles(max_bytes=30_000).read(tiff(np.zeros((400, 400), "u1"), compression="lzw"), file_name="gel.tif")


def test_a_decompression_bomb_is_refused() -> None:
    bomb = tiff(np.zeros((19_000, 12_000), np.uint8), compression="deflate", compressionargs={"level": 9})
    assert len(bomb) < 1 << 20
    with pytest.raises(TooLarge, match="no camera's image"):
        read(bomb)


def test_a_strip_that_decodes_to_more_than_its_rows_is_refused() -> None:
    stored = zlib.compress(bytes(2 * 37 * 53) + b"more")
    data = bytearray(tiff(COUNTS, compression="deflate", rowsperstrip=37))
    offset = len(data)
    lied = patched(patched(bytes(data) + stored, 273, offset), 279, len(stored))
    with pytest.raises(Invalid) as refused:
        read(lied)
    assert refused.value.code == "image.corrupt"


def test_a_wrong_checksum_of_deflate_is_refused() -> None:
    data = bytearray(tiff(COUNTS, compression="deflate", rowsperstrip=37))
    image = tifffile.TiffFile(io.BytesIO(bytes(data))).pages[0]
    data[image.dataoffsets[0] + image.databytecounts[0] - 1] ^= 1
    with pytest.raises(Invalid) as refused:
        read(bytes(data))
    assert refused.value.code == "image.corrupt"


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_truncation_is_refused(compression: str) -> None:
    data = to_tiff(COUNTS[:9, :11].copy(), compression=compression)
    pixels_end = max(
        offset + size
        for page in tifffile.TiffFile(io.BytesIO(data)).pages
        for offset, size in zip(page.dataoffsets, page.databytecounts, strict=True)
    )
    for length in range(pixels_end):
        with pytest.raises(Invalid):
            read(data[:length])


@settings(max_examples=200, deadline=None)
@given(
    compression=st.sampled_from(COMPRESSIONS),
    cut=st.integers(0, 4000),
    flips=st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 255)), max_size=6),
    in_directory=st.booleans(),
)
def test_nothing_but_invalid_comes_out_of_a_damaged_file(
    compression: str, cut: int, flips: list[tuple[int, int]], in_directory: bool
) -> None:
    data = bytearray(to_tiff(COUNTS[:20, :30].copy(), compression=compression))
    for at, bits in flips:
        data[at % (250 if in_directory else len(data))] ^= bits
    if cut < len(data) and not in_directory:
        del data[cut:]
    with contextlib.suppress(Invalid):
        found = ImageFiles(max_bytes=8 << 20).read(bytes(data), file_name="gel.tif")
        assert all(one.counts.ndim == 2 for one in found.channels)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"II\x2a\x00\x08\x00\x00\x00", b"MM\x00\x2a\x00\x00\x00\x08", b""]))
def test_nothing_but_invalid_comes_out_of_noise(noise: bytes, start: bytes) -> None:
    with pytest.raises(Invalid):
        read(start + noise)


def test_what_is_asked_for_and_not_done_is_said() -> None:
    data = tiff(COUNTS, extratags=[(274, 3, 1, 6, True)])
    image = read(data)
    assert np.array_equal(image.counts, COUNTS)
    assert image.notes == ("The file asks for a turned or mirrored view; pixels stay as stored.",)


READABLE = {
    "analyzedotblots_blot.tif": ("none", 8),
    "biorad_test1_ref.tif": ("none", 16),
    "biorad_test2_ref.tif": ("none", 16),
    "biorad_test4_ref.tif": ("none", 16),
    "gelgenie_ladder_reference_gel.tif": ("lzw", 8),
    "htqdotblot_example_700.tif": ("none", 16),
    "htqdotblot_example_800.tif": ("none", 16),
}


@pytest.mark.parametrize("name", READABLE)
def test_real_images_are_read_as_tifffile_reads_them(sample_images: Path, name: str) -> None:
    image = read((sample_images / name).read_bytes())
    assert np.array_equal(image.counts, tifffile.imread(sample_images / name))
    assert (image.compression, image.bits) == READABLE[name]
    assert not image.white_is_zero


def test_image_labs_white_is_zero_export_stores_the_counts_themselves(sample_images: Path) -> None:
    """The same acquisition twice: decoded from .1sc (BlackIsZero), and exported by Image Lab as WhiteIsZero."""
    decoded = read((sample_images / "biorad_test1_ref.tif").read_bytes()).counts
    exported = (sample_images / "biorad_test1_imglab_analysis.tif").read_bytes()
    assert read(exported).white_is_zero
    assert np.array_equal(read(exported).counts, decoded)


def test_a_palette_and_a_gif_are_refused_by_name(sample_images: Path) -> None:
    for name, code in [("analyzedotblots_mask.tif", "image.colour"), ("imagej_blobs.gif", "image.format")]:
        with pytest.raises(Invalid) as refused:
            read((sample_images / name).read_bytes())
        assert refused.value.code == code


def test_a_large_head_is_refused_before_memory_is_taken() -> None:
    """20,000 × 20,000 × 16 bits are 800 MB: said by a file of a few hundred bytes."""
    head = empty_tiff(20_000, 20_000, 16)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge, match="pixels need 800,000,000 bytes"):
            ImageFiles(max_bytes=512 << 20).read(head, file_name="gel.tif")
        with pytest.raises(TooLarge, match="no camera's image"):
            read(head)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < 1 << 20
