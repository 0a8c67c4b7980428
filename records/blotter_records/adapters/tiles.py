"""Tiles of an image for the screen: a pyramid of halved levels, cut into squares of 256 px.

Level 0 is the image itself. Each next level halves rows and columns (rounded up); a pixel is the mean of the 2 x 2
pixels above it, halves rounded up: ``(a + b + c + d + 2) // 4``. Where the number of rows or columns is odd, the last
one counts twice. Levels end when one tile holds all of it. Tiles are for looking; no number is ever made from one.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from blotter_records.errors import NotFound
from blotter_records.ports.files import TileBytes, WholeCounts

_log = logging.getLogger(__name__)

#: Rows and columns of a tile, px; those at the lower and right edge are smaller.
TILE_SIZE = 256


@dataclass(frozen=True, slots=True)
class Level:
    """Size of one level of the pyramid, px."""

    level: int
    rows: int
    columns: int


def levels(rows: int, columns: int) -> list[Level]:
    """Return the levels of an image, full resolution first.

    Examples
    --------
    >>> [(one.rows, one.columns) for one in levels(520, 696)]
    [(520, 696), (260, 348), (130, 174)]
    """
    found = [Level(0, rows, columns)]
    while max(found[-1].rows, found[-1].columns) > TILE_SIZE:
        last = found[-1]
        found.append(Level(last.level + 1, -(-last.rows // 2), -(-last.columns // 2)))
    return found


def halve(counts: WholeCounts) -> WholeCounts:
    """Return the next level: means of 2 x 2 pixels, halves rounded up.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)

    Returns
    -------
    ndarray of the same dtype, shape (ceil(rows / 2), ceil(columns / 2))
    """
    rows, columns = counts.shape
    if rows % 2 or columns % 2:
        counts = np.pad(counts, ((0, rows % 2), (0, columns % 2)), mode="edge")
    # pairs of rows first: the wide sums are then made of half the pixels
    pairs = counts[0::2].astype(np.uint32)
    pairs += counts[1::2]
    halved = pairs[:, 0::2] + pairs[:, 1::2]
    halved += 2
    halved >>= 2
    return halved.astype(counts.dtype)


def tile(counts: WholeCounts, level: int, row: int, column: int) -> TileBytes:
    """Return one tile, making the level anew; see :class:`TileCache` for many.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
        The whole image.
    level, row, column : int
        Level, and position of the tile in it, in tiles.

    Raises
    ------
    NotFound
        ``image.tile`` if the image has no such tile.
    """
    _check(counts.shape, level, row, column)
    for _ in range(level):
        counts = halve(counts)
    return _cut(counts, row, column)


class TileCache:
    """Pyramids of the images looked at last (``ports.files.Tiles``); safe to use from several threads.

    They lie in files without a name, which nobody else can open and which are gone when the process ends; of a large
    image only what is looked at comes into memory.

    Parameters
    ----------
    max_bytes : int
        Most bytes of all pyramids kept. A pyramid that alone is larger is made and not kept.
    folder : str, optional
        On which disk they lie; the system's folder for such files unless given.
    """

    def __init__(self, max_bytes: int = 2 << 30, folder: str | None = None) -> None:
        self._max_bytes = max_bytes
        self._folder = folder or None
        self._bytes = 0
        self._kept: OrderedDict[str, list[WholeCounts]] = OrderedDict()
        self._lock = threading.Lock()
        # A browser asks for many tiles at once: the first one makes the pyramid, the others wait for it.
        self._making = threading.Lock()

    @property
    def bytes_kept(self) -> int:
        """Bytes of all pyramids kept."""
        return self._bytes

    @property
    def tile_size(self) -> int:
        """Side of a tile, px."""
        return TILE_SIZE

    def levels(self, rows: int, columns: int) -> list[tuple[int, int]]:
        """Return rows and columns of each level, full resolution first."""
        return [(one.rows, one.columns) for one in levels(rows, columns)]

    def tile(self, pixels_sha256: str, load: Callable[[], WholeCounts], level: int, row: int, column: int) -> TileBytes:
        """Return one tile.

        Parameters
        ----------
        pixels_sha256 : str
            Name of the pixels; the same name stands for the same pixels for ever.
        load : callable
            Returns the whole image's verified counts; called only where the pyramid is not kept.
        level, row, column : int
            Level, and position of the tile in it, in tiles.

        Raises
        ------
        NotFound
            ``image.tile`` if the image has no such tile.
        """
        pyramid = self._found(pixels_sha256)
        if pyramid is None:
            with self._making:
                pyramid = self._found(pixels_sha256) or self._make(pixels_sha256, load())
        _check(pyramid[0].shape, level, row, column)
        return _cut(pyramid[level], row, column)

    def _found(self, name: str) -> list[WholeCounts] | None:
        with self._lock:
            kept = self._kept.get(name)
            if kept is not None:
                self._kept.move_to_end(name)
            return kept

    def _make(self, name: str, counts: WholeCounts) -> list[WholeCounts]:
        """Return all levels of an image, and keep them where there is room."""
        pyramid = [counts]
        for _ in levels(*counts.shape)[1:]:
            pyramid.append(halve(pyramid[-1]))
        if _size(pyramid) > self._max_bytes:
            return pyramid
        try:
            pyramid = _on_disk(pyramid, self._folder)
        except OSError as full:
            _log.warning("no room for the tiles of an image (%s): each tile is made anew", full)
            return pyramid
        with self._lock:
            self._kept[name] = pyramid
            self._bytes += _size(pyramid)
            while self._bytes > self._max_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= _size(dropped)
        return pyramid


def _on_disk(pyramid: list[WholeCounts], folder: str | None) -> list[WholeCounts]:
    """Return the same levels, read from a file without a name. Raises ``OSError`` if there is no room."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for level in pyramid:
            data = np.ascontiguousarray(level).data.cast("B")
            while data:
                data = data[file.write(data) :]
        mapped = np.memmap(file, dtype=pyramid[0].dtype, mode="r", shape=(sum(level.size for level in pyramid),))
    ends = np.cumsum([level.size for level in pyramid])
    return [mapped[end - level.size : end].reshape(level.shape) for end, level in zip(ends, pyramid, strict=True)]


def _size(pyramid: list[WholeCounts]) -> int:
    return sum(level.nbytes for level in pyramid)


def _check(shape: tuple[int, ...], level: int, row: int, column: int) -> None:
    """Refuse a tile that is not there."""
    sizes = levels(*shape)
    if (
        not 0 <= level < len(sizes)
        or not 0 <= row * TILE_SIZE < sizes[level].rows
        or not 0 <= column * TILE_SIZE < sizes[level].columns
    ):
        raise NotFound("image.tile", f"The image has no tile {row}, {column} at level {level}.")


def _cut(counts: WholeCounts, row: int, column: int) -> TileBytes:
    """Cut a tile out of its level."""
    top, left = row * TILE_SIZE, column * TILE_SIZE
    part = counts[top : top + TILE_SIZE, left : left + TILE_SIZE]
    return TileBytes(part.astype("<u2").tobytes(), *part.shape)
