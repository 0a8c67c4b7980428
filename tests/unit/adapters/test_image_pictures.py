"""PNG and JPEG are read as pictures: grey as they are, colours as their mean; bombs and broken ones are refused."""

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
from blotter_records.adapters.image_files import ImageFiles
from blotter_records.errors import Invalid, TooLarge
from hypothesis import given, settings
from hypothesis import strategies as st
from image_makers import picture
from PIL import Image

RANDOM = np.random.default_rng(1)
GREY = RANDOM.integers(0, 256, (37, 53), dtype=np.uint8)
GREY16 = RANDOM.integers(0, 65536, (37, 53), dtype=np.uint16)
COLOUR = RANDOM.integers(0, 256, (37, 53, 3), dtype=np.uint8)


def read(data: bytes) -> Any:
    return ImageFiles().read(data, file_name="picture")


@pytest.mark.parametrize("counts", [GREY, GREY16])
def test_a_grey_png_is_read_as_it_is_and_called_a_picture(counts: Any) -> None:
    found = read(picture(counts, "PNG"))
    (image,) = found.channels
    assert (found.format, found.is_picture, image.compression) == ("png", True, "png")
    assert image.counts.dtype == counts.dtype
    assert np.array_equal(image.counts, counts)
    assert image.notes == ("PNG: a picture, not for quantification.",)


def test_colours_become_their_rounded_unweighted_mean() -> None:
    exact = np.rint(COLOUR.astype(float).sum(axis=2) / 3).astype(np.uint8)
    opaque = np.dstack([COLOUR, GREY])
    left_out = ("How opaque each pixel is was left out.",)
    for data, also in [(picture(COLOUR, "PNG"), ()), (picture(opaque, "PNG"), left_out)]:
        (image,) = read(data).channels
        assert np.array_equal(image.counts, exact)
        assert image.notes[0].startswith("Colours were made grey: each count is the unweighted mean")
        assert image.notes[1:-1] == also


def test_a_palette_is_its_colours() -> None:
    few = Image.fromarray(COLOUR).quantize(16)
    file = io.BytesIO()
    few.save(file, "PNG")
    mean = np.rint(np.asarray(few.convert("RGB")).astype(float).sum(axis=2) / 3)
    assert np.array_equal(read(file.getvalue()).channels[0].counts, mean)


def test_jpeg_is_a_picture() -> None:
    found = read(picture(GREY, "JPEG"))
    assert (found.format, found.is_picture) == ("jpeg", True)
    assert found.channels[0].counts.shape == GREY.shape


@pytest.mark.parametrize("name", ["gelquant_gel-example.png", "andyring_test_western.jpg", "wbmage_test1.png"])
def test_real_pictures_are_read_as_pillow_reads_them(sample_images: Path, name: str) -> None:
    found = read((sample_images / name).read_bytes())
    colours = np.asarray(Image.open(sample_images / name).convert("RGB")).astype(float)
    assert found.is_picture
    assert np.array_equal(found.channels[0].counts, np.rint(colours.sum(axis=2) / 3))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(rows: int, columns: int, depth: int = 8, kind: int = 0, pixels: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, depth, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png(20_000, 20_000, 16), "image.too_large"),
        (png(8_999, 8_999), "image.too_large"),
        (png(20_001, 1), "image.too_large"),
        (png(8, 8, 16, 2), "image.depth"),
        (png(8, 8), "image.corrupt"),
        (png(8, 8, pixels=bytes(30)), "image.corrupt"),
        (b"\xff\xd8\xff\xd9", "image.corrupt"),
    ],
)
def test_bombs_and_broken_pictures_are_refused(data: bytes, code: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Invalid) as refused:
            read(data)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused.value.code == code
    assert taken < 8 << 20


def test_printers_colours_and_moving_pictures_are_refused() -> None:
    file = io.BytesIO()
    Image.new("CMYK", (9, 9)).save(file, "JPEG")
    with pytest.raises(Invalid) as refused:
        read(file.getvalue())
    assert refused.value.code == "image.colour"
    file = io.BytesIO()
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(Invalid) as moving:
        read(file.getvalue())
    assert moving.value.code == "image.pages"


@pytest.mark.parametrize("data", [picture(GREY[:9, :9], "PNG"), picture(COLOUR[:9, :9], "JPEG")])
def test_every_truncation_is_refused(data: bytes) -> None:
    for length in range(len(data) - 1):
        with pytest.raises(Invalid):
            read(data[:length])


@settings(max_examples=200, deadline=None)
@given(
    data=st.sampled_from([picture(GREY, "PNG"), picture(COLOUR, "JPEG"), picture(COLOUR, "JPEG", progressive=True)]),
    flips=st.lists(st.tuples(st.integers(0, 8000), st.integers(1, 255)), min_size=1, max_size=6),
)
def test_nothing_but_invalid_comes_out_of_a_damaged_picture(data: bytes, flips: list[tuple[int, int]]) -> None:
    made = bytearray(data)
    for at, bits in flips:
        made[at % len(made)] ^= bits
    with contextlib.suppress(Invalid):
        found = ImageFiles(max_bytes=8 << 20).read(bytes(made), file_name="picture")
        assert found.is_picture


def test_a_picture_larger_than_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        ImageFiles(max_bytes=4000).read(picture(np.zeros((90, 90), np.uint8), "PNG"), file_name="picture")
