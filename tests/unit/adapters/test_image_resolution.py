"""How long a pixel is: read where a file says it, passed over where it says nothing that can be believed."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from blotter_records.adapters.image_files import ImageFiles

COUNTS = np.arange(12, dtype=np.uint16).reshape(3, 4)


def side(**said: Any) -> float | None:
    return read(made(**said))


def read(data: bytes) -> float | None:
    (image,) = ImageFiles().read(data, file_name="gel.tif").channels
    assert (image.counts == COUNTS).all()
    return image.pixel_um


def made(**said: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, COUNTS, **{"photometric": "minisblack", "metadata": None, **said})
    return file.getvalue()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"resolution": (300, 300), "resolutionunit": "INCH"}, 25_400 / 300),
        ({"resolution": (100, 100), "resolutionunit": "CENTIMETER"}, 100),
        ({"imagej": True, "resolution": (20, 20), "metadata": {"unit": "mm"}}, 50),
        ({"imagej": True, "resolution": (0.0119, 0.0119), "metadata": {"unit": "micron"}}, 1 / 0.0119),
        ({"ome": True, "metadata": {"PhysicalSizeX": 84.0, "PhysicalSizeY": 84.0}}, 84),
        ({"ome": True, "metadata": {"PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1, "PhysicalSizeXUnit": "mm",
                                    "PhysicalSizeYUnit": "mm"}}, 100),
        # Written by programs that do not know it, without a unit, no squares, or nothing that a blot could have.
        ({"resolution": (72, 72), "resolutionunit": "INCH"}, None),
        ({"resolution": (96, 96), "resolutionunit": "INCH"}, None),
        ({"resolution": (300, 300), "resolutionunit": "NONE"}, None),
        ({"resolution": (300, 150), "resolutionunit": "INCH"}, None),
        ({"resolution": (1e-4, 1e-4), "resolutionunit": "CENTIMETER"}, None),
        ({"imagej": True, "resolution": (20, 20), "metadata": {"unit": "furlong"}}, None),
        ({"ome": True, "metadata": {"PhysicalSizeX": 84.0}}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_the_side_of_a_pixel_is_read_where_it_is_said(said: dict[str, Any], expected: float | None) -> None:
    assert side(**said) == (None if expected is None else pytest.approx(expected, rel=1e-4))


def test_a_resolution_of_another_type_or_over_nothing_is_passed_over() -> None:
    data = made(resolution=(300, 300), resolutionunit="INCH")
    entry = data.index(struct.pack("<HHI", 282, 5, 1))
    (at,) = struct.unpack_from("<I", data, entry + 8)
    assert read(data[:entry] + struct.pack("<HHI", 282, 12, 1) + data[entry + 8 :]) is None
    assert read(data[:at] + struct.pack("<II", 300, 0) + data[at + 8 :]) is None
