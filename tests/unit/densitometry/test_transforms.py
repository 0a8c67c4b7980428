"""Transforms: exact, and back again (formula B33)."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.densitometry.transforms import crop, denoise, flip, rotate, transformed
from blotter_records.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

COUNTS = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda shape: arrays(np.uint16, shape, elements=st.integers(0, 65535))
)


@given(COUNTS, st.sampled_from(["rows", "columns"]))
def test_two_flips_are_none_and_sums_stay(counts, axis):
    once = flip(counts, axis)
    assert (flip(once, axis) == counts).all()
    assert once.sum(dtype=np.uint64) == counts.sum(dtype=np.uint64)
    assert once.flags["C_CONTIGUOUS"]


@given(COUNTS)
def test_four_quarters_are_none_and_two_are_a_half(counts):
    turned = counts
    for _ in range(4):
        turned = rotate(turned, 90)
    assert (turned == counts).all()
    assert (rotate(rotate(counts, 90), 90) == rotate(counts, 180)).all()
    assert (rotate(counts, 270) == rotate(rotate(counts, 180), 90)).all()


@given(COUNTS)
def test_denoised_counts_are_counts_that_were_there(counts):
    assert np.isin(denoise(counts, 3), counts).all()


def test_a_single_bright_pixel_is_noise_and_a_constant_stays():
    counts = np.full((9, 9), 100, np.uint16)
    assert (denoise(counts, 5) == counts).all()
    counts[4, 4] = 60_000
    assert (denoise(counts, 3) == 100).all()


def test_crop_is_half_open():
    counts = np.arange(20, dtype=np.uint16).reshape(4, 5)
    assert crop(counts, 1, 2, 3, 5).tolist() == [[7, 8, 9], [12, 13, 14]]


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (0, 0, 5, 5), (2, 2, 1, 3), (-1, 0, 2, 2), (0, 0, 4, 6)])
def test_a_crop_that_is_not_on_the_image_is_refused(box):
    with pytest.raises(Invalid) as refused:
        crop(np.zeros((4, 5), np.uint16), *box)
    assert refused.value.code == "transform.crop"


def test_a_transform_is_found_by_its_name():
    counts = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert (transformed(counts, {"name": "flip", "axis": "columns"}) == flip(counts, "columns")).all()
    assert transformed(counts, {"name": "rotate", "degrees": 90}).shape == (3, 2)
    with pytest.raises(Invalid):
        transformed(counts, {"name": "sharpen"})
