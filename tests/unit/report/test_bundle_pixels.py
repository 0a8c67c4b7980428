"""The counts of a bundle: written as TIFF; the verifier computes the digest that was sealed, whatever their type."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from blotter_records.services.bundles.bag import tiff_pieces, tiff_size
from blotter_records.services.images import pixels
from blotter_records.verifier.faults import Fault
from blotter_records.verifier.records import pixels_digest

COUNTS = np.random.default_rng(1).integers(0, 256, (37, 53), dtype=np.uint16)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_counts_of_every_type_verify(dtype: type) -> None:
    counts: Any = COUNTS.astype(dtype) / dtype(1 if dtype is not np.float32 else 3)
    counts = counts.astype(dtype)
    file = b"".join(tiff_pieces(counts))
    image = {"rows": 37, "columns": 53, "bits": 8 * counts.dtype.itemsize}
    assert len(file) == tiff_size(counts)
    assert np.array_equal(tifffile.imread(io.BytesIO(file)), counts)
    assert pixels_digest(iter([file]), image) == pixels.pixels_digest(counts)
    changed = bytearray(file)
    changed[-8] ^= 1
    assert pixels_digest(iter([bytes(changed)]), image) != pixels.pixels_digest(counts)


def test_counts_of_another_type_than_the_record_says_are_a_fault() -> None:
    file = b"".join(tiff_pieces(COUNTS))
    with pytest.raises(Fault, match="32-bit"):
        pixels_digest(iter([file]), {"rows": 37, "columns": 53, "bits": 32})
