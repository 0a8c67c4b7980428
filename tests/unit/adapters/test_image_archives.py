"""ZIP archives of an acquisition: channels and metadata are read; bombs, lies and odd names are refused."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from blotter_records.adapters.image_files import ImageFiles
from blotter_records.errors import Invalid, TooLarge
from hypothesis import given, settings
from hypothesis import strategies as st
from image_makers import archive, picture, tiff

RED, GREEN = np.random.default_rng(1).integers(0, 65536, (2, 37, 53), dtype=np.uint16)
ACQUISITION = {
    "0000013_01/0000013_01_700.TIF": tiff(RED, compression="lzw"),
    "0000013_01/0000013_01_800.TIF": tiff(GREEN),
    "0000013_01/0000013_01.txt": "Instrument=Odyssey Fc\r\nResolution: 125 µm\r\n[Scan]\r\n".encode(),
    "0000013_01/0000013_01.xml": b'<?xml version="1.0"?><scan user="ana"><time>2 min</time></scan>',
    "0000013_01/thumbnail.jpg": picture(np.zeros((8, 8), np.uint8), "JPEG"),
}


def read(data: bytes, **options: Any) -> Any:
    return ImageFiles().read(data, file_name="acquisition.zip", **options)


def test_channels_and_metadata_are_read() -> None:
    found = read(archive(ACQUISITION))
    assert (found.format, found.is_picture) == ("licor-zip", False)
    assert [one.channel for one in found.channels] == ["700 nm", "800 nm"]
    assert np.array_equal(found.channels[0].counts, RED)
    assert np.array_equal(found.channels[1].counts, GREEN)
    assert found.metadata == {
        "Instrument": "Odyssey Fc",
        "Resolution": "125 µm",
        "scan user": "ana",
        "time": "2 min",
        "left out": "thumbnail.jpg",
    }
    (second,) = read(archive(ACQUISITION), only=1).channels
    assert (second.channel, np.array_equal(second.counts, GREEN)) == ("800 nm", True)


def test_real_channels_come_back(sample_images: Path) -> None:
    names = [f"htqdotblot_example_{channel}.tif" for channel in (700, 800)]
    found = read(archive({name: (sample_images / name).read_bytes() for name in names}))
    for name, image in zip(names, found.channels, strict=True):
        assert np.array_equal(image.counts, tifffile.imread(sample_images / name))


def test_channels_without_a_known_name_are_called_by_their_file() -> None:
    found = read(archive({"left.tif": tiff(RED), "right.tif": tiff(GREEN)}))
    assert [one.channel for one in found.channels] == ["left", "right"]
    assert [one.channel for one in read(archive({"a_700.tif": tiff(RED), "b_700.tif": tiff(GREEN)})).channels] == [
        "a_700",
        "b_700",
    ]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"readme.txt": b"no image"}, "image.format"),
        ({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}, "image.format"),
        ({"../700.tif": tiff(RED)}, "image.archive"),
        ({"/700.tif": tiff(RED)}, "image.archive"),
        ({"a\\700.tif": tiff(RED)}, "image.archive"),
        ({"c:700.tif": tiff(RED)}, "image.archive"),
        ({"700.tif": tiff(RED), "700.TIF": tiff(RED)}, "image.archive"),
        ({"700.tif": tiff(RED), "800.tif": tiff(GREEN[:9].copy())}, "image.pages"),
        ({"700.tif": tiff(RED), "800.tif": tiff(GREEN.astype("u1"))}, "image.pages"),
        ({"700.tif": tiff(np.stack([RED, GREEN]))}, "image.pages"),
        ({"700.tif": tiff(np.zeros((9, 9, 3), "u1"), photometric="rgb")}, "image.pages"),
        ({"700.tif": b"II*\0 no image"}, "image.truncated"),
        ({"700.tif": archive({"700.tif": tiff(RED)})}, "image.format"),
        ({f"{at}.tif": tiff(RED[:4, :4].copy()) for at in range(17)}, "image.channels"),
        ({f"{at}.txt": b"" for at in range(201)}, "image.too_large"),
    ],
)
def test_what_is_no_acquisition_is_refused(members: dict[str, bytes], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(archive(members))
    assert refused.value.code == code


def changed(data: bytes, offset: int, letters: str, value: int, *, local: int | None = None) -> bytes:
    """Return an archive of one member with a number of its entry (and of its own head) changed."""
    made = bytearray(data)
    struct.pack_into(letters, made, data.index(b"PK\x01\x02") + offset, value)
    if local is not None:
        struct.pack_into(letters, made, local, value)
    return bytes(made)


def test_encrypted_members_and_other_compressions_are_refused() -> None:
    data = archive({"700.tif": tiff(RED)})
    with pytest.raises(Invalid, match="encrypted"):
        read(changed(data, 8, "<H", 1, local=6))
    with pytest.raises(Invalid) as refused:
        read(archive({"700.tif": tiff(RED)}, zipfile.ZIP_LZMA))
    assert refused.value.code == "image.compression"


@pytest.mark.parametrize("by", [-7, 7, 1 << 19])
def test_a_member_that_lies_about_its_size_is_refused(by: int) -> None:
    plain = tiff(RED)
    with pytest.raises(Invalid):
        read(changed(archive({"700.tif": plain}), 24, "<I", len(plain) + by, local=22))


def test_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        read(changed(archive({"700.tif": tiff(RED)}), 16, "<I", 1, local=14))
    assert refused.value.code == "image.corrupt"


def test_members_that_lie_over_each_other_are_refused() -> None:
    data = bytearray(archive({"700.tif": tiff(RED), "800.tif": tiff(RED)}))
    second = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 0)
    with pytest.raises(Invalid):
        read(bytes(data))


def test_a_long_list_of_members_is_not_read() -> None:
    many = archive({f"{at}.txt": b"" for at in range(5_000)}, zipfile.ZIP_STORED)
    lying = bytearray(archive({"700.tif": tiff(RED)}))
    struct.pack_into("<I", lying, len(lying) - 22 + 12, 1 << 28)
    tracemalloc.start()
    try:
        for data in (many, bytes(lying)):
            with pytest.raises(TooLarge):
                read(data)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < 1 << 20


def test_bombs_are_refused_before_anything_is_unpacked() -> None:
    bomb = archive({"700.tif": bytes(100 << 20)})
    lying = changed(archive({"700.tif": tiff(RED)}), 24, "<I", 700 << 20)
    assert len(bomb) < 200_000
    tracemalloc.start()
    try:
        for data in (bomb, lying):
            with pytest.raises(TooLarge) as refused:
                read(data)
            assert refused.value.code == "image.too_large"
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < 8 << 20


def test_odd_metadata_is_named_and_harms_nothing() -> None:
    found = read(
        archive(
            {
                "700.tif": tiff(RED),
                "evil.xml": b'<!DOCTYPE a [<!ENTITY b "ccc">]><a>&b;</a>',
                "long.txt": b"x" * 300_000,
                "many.txt": "\n".join(f"n{at}=v" for at in range(1000)).encode(),
            }
        )
    )
    assert found.metadata["metadata"] == "The XML in the file defines a document type; that is not read."
    assert found.metadata["long.txt"] == "300,000 bytes, not shown"
    assert len(found.metadata) <= 201


def test_every_truncation_is_refused() -> None:
    data = archive({"700.tif": tiff(RED[:5, :5].copy()), "a.txt": b"a=b"})
    for length in range(len(data)):
        with pytest.raises(Invalid):
            read(data[:length])


@settings(max_examples=200, deadline=None)
@given(flips=st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 255)), min_size=1, max_size=6))
def test_nothing_but_invalid_comes_out_of_a_damaged_archive(flips: list[tuple[int, int]]) -> None:
    data = bytearray(archive({"a_700.tif": tiff(RED[:5, :5].copy()), "a.txt": b"a=b", "b.xml": b"<a>b</a>"}))
    for at, bits in flips:
        data[at % len(data)] ^= bits
    with contextlib.suppress(Invalid):
        found = ImageFiles(max_bytes=8 << 20).read(bytes(data), file_name="acquisition.zip")
        assert all(one.counts.ndim == 2 for one in found.channels)


def test_the_archive_is_read_as_bytes_not_from_a_disk() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        link = zipfile.ZipInfo("700.tif")
        link.external_attr = 0o120777 << 16  # a symbolic link: here nothing but a text
        file.writestr(link, "/etc/passwd")
    with pytest.raises(Invalid) as refused:
        read(made.getvalue())
    assert refused.value.code == "image.format"
