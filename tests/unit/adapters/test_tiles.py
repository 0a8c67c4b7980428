"""Tiles: little-endian counts, means of 2 x 2 with stated rounding, a cache that stays within its bytes."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from blotter_records.adapters.tiles import TILE_SIZE, TileCache, halve, levels, tile
from blotter_records.errors import NotFound
from blotter_records.ports.files import TileBytes, Tiles
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays

COUNTS = np.random.default_rng(3).integers(0, 65536, (520, 696), dtype=np.uint16)


def test_levels_halve_until_one_tile_holds_all() -> None:
    assert [(one.level, one.rows, one.columns) for one in levels(520, 696)] == [
        (0, 520, 696),
        (1, 260, 348),
        (2, 130, 174),
    ]
    assert len(levels(256, 256)) == 1
    assert [(one.rows, one.columns) for one in levels(257, 1)] == [(257, 1), (129, 1)]
    assert len(levels(20_000, 20_000)) == 8


@pytest.mark.parametrize(
    ("block", "mean"),
    [([[1, 2], [3, 4]], 3), ([[0, 0], [0, 1]], 0), ([[0, 1], [1, 0]], 1), ([[65535, 65535], [65535, 65535]], 65535)],
)
def test_a_pixel_is_the_mean_of_four_with_halves_rounded_up(block: list[list[int]], mean: int) -> None:
    assert halve(np.array(block, dtype=np.uint16)).tolist() == [[mean]]


def test_the_last_odd_row_and_column_count_twice() -> None:
    assert halve(np.array([[1, 3, 10], [5, 7, 20], [2, 4, 9]], dtype=np.uint8)).tolist() == [[4, 15], [3, 9]]


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_every_mean_is_that_of_its_pixels(counts: np.ndarray) -> None:
    halved = halve(counts)
    rows, columns = counts.shape
    for (row, column), mean in np.ndenumerate(halved):
        four = [
            int(counts[min(2 * row + y, rows - 1), min(2 * column + x, columns - 1)]) for y in (0, 1) for x in (0, 1)
        ]
        assert mean == (sum(four) + 2) // 4


def test_tiles_of_level_0_are_the_image() -> None:
    rebuilt = np.zeros_like(COUNTS)
    for row in range(3):
        for column in range(3):
            one = tile(COUNTS, 0, row, column)
            part = np.frombuffer(one.data, dtype="<u2").reshape(one.rows, one.columns)
            rebuilt[row * 256 : row * 256 + one.rows, column * 256 : column * 256 + one.columns] = part
    assert np.array_equal(rebuilt, COUNTS)


def test_tiles_of_eight_bit_images_are_sixteen_bits_too() -> None:
    one = tile(COUNTS.astype(np.uint8), 2, 0, 0)
    assert (one.rows, one.columns, len(one.data)) == (130, 174, 2 * 130 * 174)
    assert one.data == halve(halve(COUNTS.astype(np.uint8))).astype("<u2").tobytes()


@pytest.mark.parametrize("place", [(3, 0, 0), (-1, 0, 0), (0, 3, 0), (0, 0, 3), (0, -1, 0), (2, 1, 0)])
def test_a_tile_that_is_not_there_is_not_found(place: tuple[int, int, int]) -> None:
    with pytest.raises(NotFound):
        tile(COUNTS, *place)
    with pytest.raises(NotFound):
        TileCache().tile("a", lambda: COUNTS, level=place[0], row=place[1], column=place[2])


def test_the_cache_gives_the_same_tiles_and_loads_once() -> None:
    cache, loaded = TileCache(), []

    def load() -> np.ndarray:
        loaded.append(1)
        return COUNTS

    for level in range(3):
        assert cache.tile("a", load, level=level, row=0, column=0) == tile(COUNTS, level, 0, 0)
    assert len(loaded) == 1
    assert cache.bytes_kept == sum(one.rows * one.columns * 2 for one in levels(*COUNTS.shape))


def test_the_cache_stays_within_its_bytes_and_drops_what_was_looked_at_longest_ago() -> None:
    cache, loaded = TileCache(max_bytes=2_000_000), []

    def look(name: str) -> None:
        cache.tile(name, lambda: (loaded.append(name), COUNTS)[1], level=0, row=0, column=0)

    for name in "abacab":
        look(name)
    assert loaded == ["a", "b", "c", "b"]
    assert cache.bytes_kept <= 2_000_000
    small = TileCache(max_bytes=10)
    assert small.tile("a", lambda: COUNTS, level=0, row=0, column=0).rows == TILE_SIZE
    assert small.bytes_kept == 0


def test_pyramids_lie_on_the_disk_without_a_name(tmp_path) -> None:
    cache, loaded = TileCache(folder=str(tmp_path)), []

    def look(level: int) -> TileBytes:
        return cache.tile("a", lambda: (loaded.append(1), COUNTS)[1], level=level, row=0, column=0)

    look(0)
    assert list(tmp_path.iterdir()) == []
    assert any(str(tmp_path) in line for line in Path("/proc/self/maps").read_text().splitlines())
    assert look(2) == tile(COUNTS, 2, 0, 0)
    assert loaded == [1]


def test_without_room_on_the_disk_a_tile_is_made_anew(tmp_path) -> None:
    cache = TileCache(folder=str(tmp_path / "missing"))
    assert cache.tile("a", lambda: COUNTS, level=1, row=0, column=1) == tile(COUNTS, 1, 0, 1)
    assert cache.bytes_kept == 0


def test_many_at_once_load_an_image_once() -> None:
    cache, loaded = TileCache(), []
    barrier = threading.Barrier(6)

    def look() -> None:
        barrier.wait()
        cache.tile("a", lambda: (loaded.append(1), COUNTS)[1], level=0, row=0, column=0)

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loaded == [1]


def test_many_threads_see_whole_tiles() -> None:
    cache = TileCache(max_bytes=1_000_000)
    expected = tile(COUNTS, 1, 0, 1)
    wrong = []

    def look(name: str) -> None:
        wrong.extend(1 for _ in range(20) if cache.tile(name, lambda: COUNTS, level=1, row=0, column=1) != expected)

    threads = [threading.Thread(target=look, args=(str(at % 3),)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert cache.bytes_kept <= 1_000_000


def test_the_cache_is_the_port() -> None:
    cache: Tiles = TileCache()
    assert cache.tile_size == 256
    assert cache.levels(520, 696) == [(520, 696), (260, 348), (130, 174)]
