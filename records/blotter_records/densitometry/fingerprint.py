"""What stays the same when the pixels of an image are flipped, turned or cut: hashes of small blocks, and one digest.

A block hash is a number made of 8 x 8 pixels. Its weights are the same whichever way the block is flipped or turned by
quarters, so the number is, too. Every place of an image has one; the smallest `MOST` of them, all different, stand for
the image. An image cut out of another one has the same numbers at the same pixels, and those of the whole that lie in
the part are among the part's smallest (bottom-k sketch: Broder, 1997, "On the resemblance and containment of
documents"). Blocks that are mostly of one count say nothing and have none.
"""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.shapes import Counts

#: Rows and columns of a block, px.
SIDE = 8

#: Most block hashes of an image.
MOST = 96

#: Of a block's pixels so many may be of one count.
_MOST_ALIKE = SIDE * SIDE // 2

#: Numbers looked at for each that is kept: some are of blocks that say nothing.
_LOOKED_AT = 8

#: The upper bits of the smallest numbers are alike.
_LOWER = 2**48 - 1

#: Rows of an image that are worked on at a time.
_ROWS = 64

#: Odd weights, the same from either end.
_WEIGHTS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], dtype=np.uint64)


def block_hashes(counts: Counts) -> list[str]:
    """Return the block hashes of an image, smallest first; none of an image that says nothing.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)

    Returns
    -------
    list of str
        At most `MOST`, each the lower 48 bits of its number, as 12 hexadecimal digits.
    """
    rows, columns = counts.shape
    if rows < SIDE or columns < SIDE:
        return []
    places = (rows - SIDE + 1) * (columns - SIDE + 1)
    limit = np.uint64(min(2**64 - 1, 2**64 * MOST * _LOOKED_AT // places))
    found: dict[int, tuple[int, int]] = {}
    for row in range(0, rows - SIDE + 1, _ROWS):
        numbers = _numbers(counts[row : row + _ROWS + SIDE - 1])
        for down, along in np.argwhere(numbers < limit).tolist():
            found.setdefault(int(numbers[down, along]), (row + down, along))
    kept: list[str] = []
    for number, (row, column) in sorted(found.items()):
        if len(kept) == MOST:
            break
        if _says_something(counts[row : row + SIDE, column : column + SIDE]):
            kept.append(f"{number & _LOWER:012x}")
    return kept


def turned_digest(counts: Counts) -> str:
    """Return a SHA-256 that is the same whichever way the image is flipped or turned by quarters.

    Returns
    -------
    str
        The smallest of the digests of the eight ways, hexadecimal.
    """
    ways = (way for turn in range(4) for way in (np.rot90(counts, turn), np.rot90(counts, turn)[:, ::-1]))
    return min(_digest(way) for way in ways)


def _digest(counts: Counts) -> str:
    digest = hashlib.sha256(repr((counts.shape, counts.dtype.str[1:])).encode())
    for row in range(0, counts.shape[0], _ROWS):
        digest.update(np.ascontiguousarray(counts[row : row + _ROWS], dtype=counts.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def _numbers(counts: Counts) -> NDArray[np.uint64]:
    """Return the number of each block, shape (rows - 7, columns - 7): sums modulo 2**64."""
    return _folded(_folded(_mixed(counts)).T).T


def _folded(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the weighted sum of each 8 rows that follow each other."""
    rows = values.shape[0] - SIDE + 1
    total = np.zeros((rows, values.shape[1]), dtype=np.uint64)
    for at, weight in enumerate(_WEIGHTS):
        other = SIDE - 1 - at
        total += weight * (values[at : at + rows] + values[other : other + rows])
    return total


def _mixed(counts: Counts) -> NDArray[np.uint64]:
    """Return a number for each count that looks like chance (splitmix64: Steele and others, 2014)."""
    if counts.dtype != np.float32:
        mixed: NDArray[np.uint64] = _MIXED_WHOLE[counts]
        return mixed
    return _splitmix(np.ascontiguousarray(counts).view(np.uint32).astype(np.uint64))


def _splitmix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = (values + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


_MIXED_WHOLE = _splitmix(np.arange(1 << 16, dtype=np.uint64))


def _says_something(block: Counts) -> bool:
    return max(Counter(block.ravel().tolist()).values()) <= _MOST_ALIKE
