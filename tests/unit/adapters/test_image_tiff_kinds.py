"""TIFF beyond one grey page: floats, BigTIFF, colours, channels with their names; what is no acquisition is refused."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from blotter_records.adapters.image_files import ImageFiles
from blotter_records.errors import Invalid, TooLarge
from image_makers import tiff

COUNTS = np.random.default_rng(1).integers(0, 65536, (37, 53), dtype=np.uint16)


def read(data: bytes) -> Any:
    (image,) = ImageFiles().read(data, file_name="gel.tif").channels
    return image


FLOATS = np.random.default_rng(2).normal(1000, 400, (37, 53)).astype(np.float32)


@pytest.mark.parametrize("big_endian", ["<", ">"])
@pytest.mark.parametrize(
    ("compression", "predictor"), [(None, 1), ("lzw", 1), ("deflate", 1), ("deflate", 3), ("lzw", 3)]
)
def test_floats_come_back_as_they_were(compression: str | None, predictor: int, big_endian: str) -> None:
    data = tiff(FLOATS, compression=compression, predictor=predictor, byteorder=big_endian, rowsperstrip=7)
    image = read(data)
    assert image.counts.dtype == np.float32
    assert image.counts.tobytes() == FLOATS.tobytes()
    assert image.bits == 32
    assert image.saturation_level == float(FLOATS.max())
    assert image.notes == ("The file does not say where its values saturate: the largest one counts as saturated.",)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_numbers_are_refused(odd: float) -> None:
    values = FLOATS.copy()
    values[3, 4] = odd
    with pytest.raises(Invalid) as refused:
        read(tiff(values))
    assert refused.value.code == "image.not_finite"


@pytest.mark.parametrize("big_endian", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "lzw"])
def test_bigtiff_is_read_as_tiff_is(compression: str | None, big_endian: str) -> None:
    data = tiff(COUNTS, bigtiff=True, compression=compression, byteorder=big_endian, rowsperstrip=5)
    assert data[2:4] in {b"\x2b\0", b"\0\x2b"}
    assert np.array_equal(read(data).counts, COUNTS)
    for length in range(0, len(data) - 1, 3):
        with pytest.raises(Invalid):
            read(data[:length])


def test_colours_become_their_rounded_mean_and_a_picture() -> None:
    colours = np.random.default_rng(3).integers(0, 65536, (20, 30, 3), dtype=np.uint16)
    found = ImageFiles().read(tiff(colours, photometric="rgb"), file_name="gel.tif")
    assert found.is_picture
    exact = np.rint(colours.astype(float).sum(axis=2) / 3).astype(np.uint16)
    assert np.array_equal(found.channels[0].counts, exact)
    assert "unweighted mean" in found.channels[0].notes[0]


PAGES = np.random.default_rng(4).integers(0, 65536, (3, 20, 30), dtype=np.uint16)


def test_pages_of_one_size_are_channels() -> None:
    data = tiff(PAGES, compression="lzw")
    found = ImageFiles().read(data, file_name="gel.tif")
    assert [one.channel for one in found.channels] == ["channel 1", "channel 2", "channel 3"]
    assert np.array_equal(np.stack([one.counts for one in found.channels]), PAGES)
    assert (found.format, found.is_picture) == ("tiff", False)
    (second,) = ImageFiles().read(data, file_name="gel.tif", only=1).channels
    assert np.array_equal(second.counts, PAGES[1])
    with pytest.raises(Invalid) as refused:
        ImageFiles().read(data, file_name="gel.tif", only=3)
    assert refused.value.code == "image.channel"


@pytest.mark.parametrize(
    "names",
    [{"Name": ["700", "800", "Chemi"]}, {"EmissionWavelength": [700, 800, 520], "EmissionWavelengthUnit": ["nm"] * 3}],
)
def test_ome_says_what_the_channels_are_called(names: dict[str, list[object]]) -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, PAGES, ome=True, photometric="minisblack", metadata={"axes": "CYX", "Channel": names})
    found = ImageFiles().read(file.getvalue(), file_name="gel.tif")
    wanted = names.get("Name") or [f"{one} nm" for one in names["EmissionWavelength"]]
    assert [one.channel for one in found.channels] == wanted
    assert found.format == "ome-tiff"


@pytest.mark.parametrize("axes", ["ZYX", "TYX"])
def test_a_stack_or_a_series_is_no_acquisition(axes: str) -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, PAGES, ome=True, photometric="minisblack", metadata={"axes": axes})
    with pytest.raises(Invalid) as refused:
        ImageFiles().read(file.getvalue(), file_name="gel.tif")
    assert refused.value.code == "image.pages"


@pytest.mark.parametrize(
    "xml",
    [
        '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY a "aaaa">]><OME><Pixels SizeC="1"/>&a;</OME>',
        '<OME><Pixels SizeC="1"/>',
        "<OME>" + "<a>" * 200 + "</a>" * 200 + "</OME>",
        "<OME>" + "<a/>" * 30_000 + "</OME>",
    ],
)
def test_odd_xml_is_refused(xml: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(tiff(COUNTS, description=xml))
    assert refused.value.code == "image.metadata"


def test_channels_that_lie_elsewhere_than_their_pages_are_refused() -> None:
    xml = '<OME><Pixels SizeC="1"><TiffData FirstC="1" IFD="0"/></Pixels></OME>'
    with pytest.raises(Invalid) as refused:
        read(tiff(COUNTS, description=xml))
    assert refused.value.code == "image.pages"


def pages_of(*pages: tuple[Any, dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for counts, options in pages:
            writer.write(counts, **{"metadata": None, "photometric": "minisblack"} | options)
    return file.getvalue()


@pytest.mark.parametrize(
    "second",
    [
        (PAGES[0][:10], {}),
        (PAGES[0].astype(np.uint8), {}),
        (PAGES[0], {"photometric": "miniswhite"}),
        (np.zeros((20, 30, 3), np.uint16), {"photometric": "rgb"}),
    ],
)
def test_pages_that_differ_are_no_channels(second: tuple[Any, dict[str, Any]]) -> None:
    with pytest.raises(Invalid) as refused:
        ImageFiles().read(pages_of((PAGES[0], {}), second), file_name="gel.tif")
    assert refused.value.code == "image.pages"


def test_a_small_copy_in_the_file_is_left_out_and_said() -> None:
    image = read(pages_of((PAGES[0], {}), (PAGES[0][::2, ::2].copy(), {"subfiletype": 1})))
    assert np.array_equal(image.counts, PAGES[0])
    assert image.notes == ("1 smaller copies in the file were left out.",)


def test_too_many_channels_and_directories_in_a_circle_are_refused() -> None:
    with pytest.raises(TooLarge, match="16 channels may be"):
        read(tiff(np.zeros((17, 4, 4), np.uint16)))
    with pytest.raises(TooLarge, match="more than 64"):
        read(tiff(np.zeros((65, 4, 4), np.uint16)))
    data = bytearray(tiff(COUNTS))
    (start,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, start)
    struct.pack_into("<I", data, start + 2 + 12 * entries, start)
    with pytest.raises(Invalid, match="circle"):
        read(bytes(data))


def test_directories_that_share_long_lists_are_refused() -> None:
    """64 directories may point to one list of 200,000 strips: 1.6 MB of file would become a gigabyte of numbers."""
    tags = [(256, 4, 1, 10), (257, 4, 1, 10), (273, 4, 200_000, 8), (279, 4, 200_000, 8)]
    data = bytearray(8 + 4 * 200_000)
    after = 4
    for _ in range(60):
        start = len(data)
        struct.pack_into("<I", data, after, start)
        data += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *one) for one in tags) + bytes(4)
        after = len(data) - 4
    data[:4] = b"II*\0"
    with pytest.raises(TooLarge, match="more than 1,000,000 values"):
        read(bytes(data))
