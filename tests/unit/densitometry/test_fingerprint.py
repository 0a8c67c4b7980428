"""The same pixels are found again when they come flipped, turned or cut, and chance is not taken for them."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.densitometry.fingerprint import MOST, block_hashes, turned_digest
from blotter_records.densitometry.intensity import percentiles
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

DTYPES = st.sampled_from([np.uint8, np.uint16, np.float32])
IMAGES = DTYPES.flatmap(
    lambda dtype: arrays.arrays(
        dtype,
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=20),
        elements=st.integers(0, 255).map(float) if dtype == np.float32 else st.integers(0, 255),
    )
)


def noise(seed: int, shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(seed).poisson(400, shape).astype(np.uint16)


@given(IMAGES, st.integers(0, 3), st.booleans())
def test_whichever_way_an_image_is_turned_it_stays_the_same(image, turn, is_flipped) -> None:
    way = np.rot90(image, turn)[:, :: -1 if is_flipped else 1]
    assert turned_digest(way) == turned_digest(image)
    assert block_hashes(np.ascontiguousarray(way)) == block_hashes(image)


def test_one_other_pixel_is_another_image() -> None:
    image = noise(1, (40, 50))
    other = image.copy()
    other[7, 9] += 1
    assert turned_digest(other) != turned_digest(image)
    assert turned_digest(image.astype(np.float32)) != turned_digest(image)


@pytest.mark.parametrize("turn", range(4))
def test_an_eighth_of_an_image_shares_hashes_with_the_whole(turn: int) -> None:
    whole = noise(2, (400, 600))
    of_whole = set(block_hashes(whole))
    assert len(of_whole) == MOST
    shared = [
        len(of_whole & set(block_hashes(np.rot90(whole[row : row + 141, column : column + 212], turn))))
        for row in range(0, 250, 83)
        for column in range(0, 380, 97)
    ]
    assert min(shared) >= 2, shared


def test_other_pixels_share_nothing_and_even_ones_say_nothing() -> None:
    assert not set(block_hashes(noise(3, (300, 300)))) & set(block_hashes(noise(4, (300, 300))))
    flat = np.full((300, 300), 65_535, np.uint16)
    flat[::9, ::9] = 0
    assert block_hashes(flat) == []
    assert block_hashes(noise(5, (7, 300))) == []


@given(IMAGES, st.floats(0, 100))
def test_percentiles_are_numpys(image, share) -> None:
    assert percentiles(image, (0.1, share, 99.9)) == tuple(np.percentile(image, (0.1, share, 99.9)).tolist())
