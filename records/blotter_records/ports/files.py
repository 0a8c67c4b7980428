"""Sealed bytes, and what is read from image files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.regions import Outline
from blotter_records.densitometry.shapes import Counts

#: Counts as tiles hold them: whole numbers of 8 or 16 bits.
WholeCounts = NDArray[np.uint8 | np.uint16]


@dataclass(frozen=True)
class StoredFile:
    """Bytes in the store; the SHA-256 is their name, unless they still wait at ``incoming`` to be kept or dropped."""

    sha256: str
    bytes: int
    incoming: str = ""


class Store(Protocol):
    """Content-addressed, append-only store of sealed bytes."""

    def discard_unfinished(self) -> int:
        """Remove what interrupted writes left, before anybody writes; return how many there were."""

    async def receive(self, chunks: AsyncIterator[bytes], *, limit: int) -> StoredFile:
        """Write a stream that waits to be kept or dropped. Raises ``TooLarge``, ``Unavailable``."""

    def read(self, file: StoredFile) -> bytes:
        """Return the bytes of a file that is kept or waits, verified. Raises ``IntegrityBroken``, ``Unavailable``."""

    def keep(self, file: StoredFile) -> StoredFile:
        """Give bytes that wait their name; those that have it stay as they are."""

    def drop(self, file: StoredFile) -> None:
        """Remove bytes that wait; those that have their name stay for ever."""

    def stage(self, area: str, offset: int, data: bytes) -> None:
        """Keep bytes that come in pieces, beside what is sealed; over a restart, too."""

    def staged(self, area: str) -> int:
        """Return how many bytes came to an area, from the first one on without a gap."""

    def read_staged(self, area: str) -> bytes:
        """Return what came to an area, in its order."""

    def drop_staged(self, area: str) -> None:
        """Remove what came to an area; what cannot be removed now stays out of everything that is sealed."""

    def put(self, data: bytes) -> StoredFile:
        """Write bytes; the same bytes again change nothing."""

    def put_file(self, path: Path) -> StoredFile:
        """Write the bytes of a file in pieces, whatever its size; the same bytes again change nothing."""

    def get(self, sha256: str) -> bytes:
        """Return bytes, verified. Raises ``IntegrityBroken('integrity.digest')`` if they differ from their name."""

    def open(self, sha256: str) -> Iterator[bytes]:
        """Yield bytes in chunks, unverified until the end; raise ``IntegrityBroken`` after the last if they differ."""

    def exists(self, sha256: str) -> bool:
        """Tell whether the bytes are there."""

    def names(self) -> Iterator[str]:
        """Yield every SHA-256 in the store."""

    def local_path(self, sha256: str) -> Path | None:
        """Return a local file's path where the store has one, else None."""

    def seekable(self, sha256: str) -> AbstractContextManager[BinaryIO]:
        """Open bytes to read anywhere in them, unverified: whoever reads compares what it took with a digest.

        Raises ``IntegrityBroken('integrity.missing')`` if there are none.
        """


class Sealed(Protocol):
    """Bytes by their digest: the store, or a bundle that holds them."""

    def get(self, sha256: str) -> bytes:
        """Return bytes, verified. Raises ``IntegrityBroken`` if they are missing or differ from their name."""


@dataclass(frozen=True)
class ReadImage:
    """One channel of an image file, row-major, exactly as stored (``white_is_zero`` is about display).

    ``channel`` is what the file calls it, empty where it does not. ``saturation_level`` is whole unless the counts are
    floats. ``notes`` say what was done on the way to the counts, and what the file asks for and is not done.
    ``pixel_um`` is the side of a pixel, µm, where the file says it.
    """

    counts: Counts
    bits: int
    compression: str
    white_is_zero: bool
    saturation_level: int | float
    notes: tuple[str, ...]
    channel: str = ""
    pixel_um: float | None = None


@dataclass(frozen=True)
class ReadFile:
    """What an image file holds: one to sixteen channels of one size and type, taken together.

    ``format`` is the name of the format; ``is_picture`` tells that its values were made to be looked at and are not for
    quantification. ``metadata`` is what the file says about the acquisition, in its own words.
    """

    format: str
    channels: tuple[ReadImage, ...]
    is_picture: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


class ImageReader(Protocol):
    """Reads image files; caps sizes before decoding."""

    def read(self, data: bytes, *, file_name: str, only: int | None = None, is_sealed: bool = False) -> ReadFile:
        """Return the channels, or only the one at a position, counted from 0; no limit is asked of a sealed file.

        Raises ``Invalid('image.format' | 'image.truncated' | 'image.corrupt' | ...)``, ``TooLarge``.
        """


@dataclass(frozen=True)
class TileBytes:
    """Counts of one tile: little-endian uint16, row by row, without padding."""

    data: bytes
    rows: int
    columns: int


class Tiles(Protocol):
    """Cuts images into tiles to look at; no number is ever taken from a tile."""

    @property
    def tile_size(self) -> int:
        """Return the side of a tile, px."""

    def levels(self, rows: int, columns: int) -> list[tuple[int, int]]:
        """Return rows and columns of each level, full resolution first."""

    def tile(
        self,
        pixels_sha256: str,
        load: Callable[[], WholeCounts],
        *,
        level: int,
        row: int,
        column: int,
    ) -> TileBytes:
        """Return one tile (smaller at the edges); ``load`` gives the whole image's verified counts where needed.

        Raises ``NotFound('image.tile')`` outside the image.
        """


class Pictures(Protocol):
    """Draws an image for people: 8 bits, windowed, shapes outlined; never for numbers."""

    def png(
        self,
        counts: Counts,
        window: tuple[float, float],
        *,
        longest_side: int,
        shapes: Sequence[tuple[str, Outline]],
        gamma: float = 1.0,
        is_inverted: bool = True,
        colour: str = "grey",
    ) -> bytes:
        """Return PNG by formula B32: inverted, more signal is darker; ``shapes`` are (label, outline)."""
