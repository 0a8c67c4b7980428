"""Sealed pixels in memory: read from the store, decoded, compared with their digest, kept for a while."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

import numpy as np

from blotter_records.densitometry.shapes import Counts
from blotter_records.domain.records import Image
from blotter_records.errors import IntegrityBroken, Invalid
from blotter_records.ports.files import ImageReader, Sealed, Store, WholeCounts
from blotter_records.services.acting.actor import Actor
from blotter_records.services.images.holding import Holding

#: Largest value of a tile.
_MOST = 65_535


def pixels_digest(counts: Counts) -> str:
    """Return SHA-256 of the counts, little-endian, row by row (1, 2 or 4 bytes a pixel for 8, 16 or 32 bits)."""
    plain = np.ascontiguousarray(counts, dtype=counts.dtype.newbyteorder("<"))
    return hashlib.sha256(plain.data).hexdigest()


def tile_scale(image: Image) -> tuple[float, float]:
    """Return offset and step of an image's tiles: a count is offset + step × value, to look at.

    Whole counts are their own tile values (0 and 1). Floats are spread over 16 bits, from the smallest to the largest.
    """
    if image.bits != 32:
        return 0.0, 1.0
    return float(image.minimum), (image.maximum - image.minimum) / _MOST or 1.0


def tile_values(counts: Counts, image: Image) -> WholeCounts:
    """Return what tiles of an image are cut from; no number is ever made from it."""
    if counts.dtype != np.float32:
        return counts  # type: ignore[return-value]
    offset, step = tile_scale(image)
    values = np.empty(counts.shape, dtype=np.uint16)
    for row, line in enumerate(counts):
        values[row] = np.clip(np.rint((line.astype(np.float64) - offset) / step), 0, _MOST)
    return values


class Pixels:
    """Loads the counts of images; what does not verify is refused and reported.

    Parameters
    ----------
    holding : Holding
        Holds an image that does not verify.
    store : Store
    reader : ImageReader
    cache_bytes : int
        Decoded images kept; the least recently used go first. They are verified when they are loaded.
    """

    def __init__(self, holding: Holding, store: Store, reader: ImageReader, cache_bytes: int) -> None:
        self._holding = holding
        self._store = store
        self._reader = reader
        self._room = cache_bytes
        self._kept: OrderedDict[str, Counts] = OrderedDict()
        self._lock = threading.Lock()
        # Decoding takes memory: one image at a time.
        self._decoding = threading.Lock()

    def counts(self, image: Image, actor: Actor, *, again: bool = False) -> Counts:
        """Return the counts of an image, shape (rows, columns), read-only.

        Parameters
        ----------
        image : Image
        actor : Actor
            For whom, should it have to be reported.
        again : bool
            Read and verify the sealed file again, whatever is in memory (at signing).

        Raises
        ------
        IntegrityBroken
            ``integrity.*``; the image is on integrity hold from now on.
        Unavailable
            The store does not answer.
        """
        if not again:
            kept = self._from_cache(image.pixels_sha256)
            if kept is not None:
                return kept
        with self._decoding:
            kept = None if again else self._from_cache(image.pixels_sha256)
            if kept is not None:
                return kept
            try:
                counts = self._load(image)
            except IntegrityBroken as error:
                self._holding.hold(image, actor, error)
                raise
            self._keep(image.pixels_sha256, counts)
            return counts

    def verified(self, image: Image, *, again: bool = False, files: Sealed | None = None) -> Counts:
        """Return the counts of an image as :meth:`counts`, holding nothing. Raises ``IntegrityBroken``.

        Parameters
        ----------
        image : Image
        again : bool
        files : Sealed, optional
            Where its file is, if not in the store: the bundle of a copy.
        """
        kept = None if again else self._from_cache(image.pixels_sha256)
        if kept is not None:
            return kept
        with self._decoding:
            counts = self._load(image, files)
            self._keep(image.pixels_sha256, counts)
            return counts

    def _load(self, image: Image, files: Sealed | None = None) -> Counts:
        data = (files or self._store).get(image.file_sha256)
        try:
            read = self._reader.read(data, file_name=image.file_name, only=image.channel_index, is_sealed=True)
            counts = read.channels[0].counts
        except Invalid as error:
            raise IntegrityBroken(
                "integrity.pixels", f"The sealed file of {image.image} can no longer be read: {error.message}"
            ) from error
        if pixels_digest(counts) != image.pixels_sha256:
            raise IntegrityBroken(
                "integrity.pixels",
                f"The pixels of {image.image} are not those that were sealed; they are not shown.",
                "Tell the Records Manager; the image has to come back from a backup.",
            )
        counts.setflags(write=False)
        return counts

    def _from_cache(self, sha256: str) -> Counts | None:
        with self._lock:
            counts = self._kept.get(sha256)
            if counts is not None:
                self._kept.move_to_end(sha256)
            return counts

    def _keep(self, sha256: str, counts: Counts) -> None:
        with self._lock:
            self._kept[sha256] = counts
            self._kept.move_to_end(sha256)
            while len(self._kept) > 1 and sum(kept.nbytes for kept in self._kept.values()) > self._room:
                self._kept.popitem(last=False)
