"""Images: importing and sealing, listing, tiles to look at (11.10(a), 11.10(c))."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from typing import Literal, cast

import numpy as np

from blotter_records.contract.images import ImageView, PyramidLevel
from blotter_records.domain.reasons import checked_reason
from blotter_records.domain.records import Image
from blotter_records.domain.workflow import image_status
from blotter_records.errors import Invalid, NotFound
from blotter_records.ports.files import ImageReader, ReadImage, Store, StoredFile, TileBytes, Tiles
from blotter_records.ports.ledger import Ledger, Revision, UnitOfWork
from blotter_records.services import lineage
from blotter_records.services.acting import Actor, Gate
from blotter_records.services.pixels import Counts, Pixels, pixels_digest
from blotter_records.services.writing import entry_ref, write
from blotter_records.vocabulary import Action, RecordKind


class Images:
    """Imports, lists and shows images."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        reader: ImageReader,
        tiles: Tiles,
        *,
        gate: Gate,
        pixels: Pixels,
        max_bytes: int,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._reader = reader
        self._tiles = tiles
        self._gate = gate
        self._pixels = pixels
        self._max_bytes = max_bytes

    def begin_import(self, actor: Actor, file_name: str, reason: str) -> tuple[str, str]:
        """Check, before a byte is taken, that the import may be; return file name and reason as they are stored.

        Raises
        ------
        Refused, Invalid
            ``refused.role``, ``reason.*``, ``image.file_name``.
        """
        with self._gate.acting(actor, Action.IMAGE_IMPORT, "image"):
            return _checked_file_name(file_name), checked_reason(reason, minimum=self._gate.policies.reason_min_chars)

    async def receive(self, chunks: AsyncIterator[bytes]) -> StoredFile:
        """Take the file into the store as it streams in. Raises ``TooLarge``, ``Unavailable``."""
        return await self._store.put_stream(chunks, limit=self._max_bytes)

    def seal(self, actor: Actor, file_name: str, reason: str, stored: StoredFile) -> ImageView:
        """Decode the stored file, seal its pixels under their digest, write record and entry in one commit.

        Raises
        ------
        Invalid, TooLarge
            The file is not a grey TIFF that can be measured; nothing is recorded.
        """
        with self._gate.acting(actor, Action.IMAGE_IMPORT, "image") as role:
            file_name, reason = self.begin_import(actor, file_name, reason)
            if not stored.bytes:
                raise Invalid("image.empty", "The file is empty.")
            data = self._store.get(stored.sha256)
            read = self._reader.read(data, file_name=file_name)
            with self._ledger.begin() as work:
                image = _content(work.next_id(RecordKind.IMAGE), file_name, stored, read, reason=reason, actor=actor)
                twins = [one.record_id for one in work.records(RecordKind.IMAGE) if _same_pixels(one, image)]
                also = f"; the same pixels as {', '.join(twins)}" if twins else ""
                revision = write(
                    work,
                    actor,
                    role,
                    Action.IMAGE_IMPORT,
                    image,
                    record_id=image.image,
                    expected_rev=0,
                    version=1,
                    new=image.as_json(),
                    reason=reason,
                    summary=f"Imported {file_name} as {image.image}: {image.columns} × {image.rows} px, "
                    f"{image.bits} bits, instrument not verified{also}",
                )
                view = self._view(work, revision)
                work.commit()
        return view

    def list(self, actor: Actor) -> list[ImageView]:
        """Return every image, oldest first."""
        with self._gate.acting(actor, Action.IMAGE_LIST, "image"), self._ledger.begin() as work:
            return [self._view(work, revision) for revision in work.records(RecordKind.IMAGE)]

    def view(self, actor: Actor, image: str) -> ImageView:
        """Return one image. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.IMAGE_VIEW, f"image:{image}"), self._ledger.begin() as work:
            return self._view(work, found(work, image))

    def tile(self, actor: Actor, image: str, pixels_sha256: str, *, level: int, row: int, column: int) -> TileBytes:
        """Return one tile of a level. Raises ``NotFound`` for other pixels than the image's or outside it."""
        with self._gate.acting(actor, Action.IMAGE_VIEW, f"image:{image}"):
            with self._ledger.begin() as work:
                content = Image.from_json(found(work, image).content)
            if content.pixels_sha256 != pixels_sha256:
                raise NotFound("not_found.pixels", f"{image} does not have these pixels.")
            return self._tiles.tile(
                pixels_sha256, lambda: self._pixels.counts(content, actor), level=level, row=row, column=column
            )

    def _view(self, work: UnitOfWork, revision: Revision) -> ImageView:
        image = Image.from_json(revision.content)
        analyses = [one.record_id for one in lineage.children(work, revision.stream, RecordKind.ANALYSIS)]
        statuses = lineage.statuses_of_image(work, image.image)
        return ImageView(
            image=image.image,
            status=image_status(statuses, has_analysis=bool(analyses)),
            file_name=image.file_name,
            file_sha256=image.file_sha256,
            file_bytes=image.file_bytes,
            pixels_sha256=image.pixels_sha256,
            rows=image.rows,
            columns=image.columns,
            bits=cast(Literal[8, 16], image.bits),
            compression=image.compression,
            white_is_zero=image.white_is_zero,
            saturation_level=image.saturation_level,
            minimum=image.minimum,
            maximum=image.maximum,
            percentile_0_1=image.percentile_0_1,
            percentile_99_9=image.percentile_99_9,
            tile_size=self._tiles.tile_size,
            levels=[
                PyramidLevel(level=level, rows=rows, columns=columns)
                for level, (rows, columns) in enumerate(self._tiles.levels(image.rows, image.columns))
            ],
            imported_by=image.imported_by_name,
            imported_at=revision.entry.at,
            reason=image.reason,
            analyses=analyses,
            entry=entry_ref(revision.entry),
        )


def found(work: UnitOfWork, image: str) -> Revision:
    """Return the newest revision of an image. Raises ``NotFound('not_found.image')``."""
    revision = work.latest(f"image:{image}")
    if revision is None:
        raise NotFound("not_found.image", f"There is no image {image}.")
    return revision


def _content(image: str, file_name: str, stored: StoredFile, read: ReadImage, *, reason: str, actor: Actor) -> Image:
    counts: Counts = read.counts
    low, high = np.percentile(counts, (0.1, 99.9))
    return Image(
        image=image,
        file_name=file_name,
        file_sha256=stored.sha256,
        file_bytes=stored.bytes,
        pixels_sha256=pixels_digest(counts),
        rows=counts.shape[0],
        columns=counts.shape[1],
        bits=read.bits,
        compression=read.compression,
        white_is_zero=read.white_is_zero,
        saturation_level=read.saturation_level,
        minimum=int(counts.min()),
        maximum=int(counts.max()),
        percentile_0_1=float(low),
        percentile_99_9=float(high),
        notes=list(read.notes),
        provenance="imported",
        imported_by=actor.person(),
        imported_by_name=actor.name(),
        reason=reason,
    )


def _same_pixels(revision: Revision, image: Image) -> bool:
    return bool(revision.content["pixels_sha256"] == image.pixels_sha256)


def _checked_file_name(given: str) -> str:
    """Return the last part of a file name as it is stored; it names nothing on any disk."""
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not 1 <= len(name) <= 200 or any(unicodedata.category(character)[0] == "C" for character in name):
        raise Invalid("image.file_name", "The file name must have 1 to 200 characters that can be seen.")
    return name
