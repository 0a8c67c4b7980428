"""Images as the contract shows them, one or many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, cast

from blotter_records.contract.images import ImageView, PyramidLevel, SeenBefore
from blotter_records.domain.records import Image
from blotter_records.ports.entries import FoundRecord, RecordFilter, Revision
from blotter_records.ports.files import Tiles
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.images import lineage, twins
from blotter_records.services.images.pixels import tile_scale
from blotter_records.vocabulary import ImageStatus, Provenance, RecordKind

_ALL = 2**31 - 1


class Showing:
    """Turns revisions of images into what the contract shows."""

    def __init__(self, tiles: Tiles) -> None:
        self._tiles = tiles

    def view(self, work: UnitOfWork, revision: Revision) -> ImageView:
        """Return one image; its status is computed from its results at this moment."""
        image = Image.from_json(revision.content)
        analyses = [one.record_id for one in lineage.analyses_of_image(work, image.image)]
        first = work.revision(revision.stream, 1) or revision
        return self._shown(revision, first, image, lineage.status_of(work, image), analyses)

    def views(self, work: UnitOfWork, found: Sequence[FoundRecord]) -> list[ImageView]:
        """Return a list of images, with two questions for all of them."""
        names = [one.revision.record_id for one in found]
        made = RecordFilter(RecordKind.ANALYSIS, keys=(tuple(f"image:{name}" for name in names),), limit=_ALL)
        analyses: dict[str, list[str]] = defaultdict(list)
        for one in work.search(made) if names else ():
            analyses[one.revision.content["image"]].append(one.revision.record_id)
        views = []
        for one in found:
            image = Image.from_json(one.revision.content)
            status = next(key.removeprefix("status:") for key in one.keys if key.startswith("status:"))
            first = work.revision(one.revision.stream, 1) or one.revision
            views.append(self._shown(one.revision, first, image, ImageStatus(status), analyses[image.image]))
        return views

    def _shown(
        self, revision: Revision, first: Revision, image: Image, status: ImageStatus, analyses: list[str]
    ) -> ImageView:
        offset, step = tile_scale(image)
        return ImageView(
            image=image.image,
            version=revision.rev,
            study=image.study,
            status=status,
            title=image.title,
            channel=image.channel,
            acquisition=image.acquisition,
            membrane=image.membrane,
            probing=image.probing,
            parent=image.parent,
            transform=image.transform,
            hold=image.hold,
            invalidation=image.invalidation,
            file_name=image.file_name,
            file_sha256=image.file_sha256,
            file_bytes=image.file_bytes,
            pixels_sha256=image.pixels_sha256,
            rows=image.rows,
            columns=image.columns,
            format=image.format,
            bits=cast(Literal[8, 16, 32], image.bits),
            compression=image.compression,
            white_is_zero=image.white_is_zero,
            is_picture=image.is_picture,
            channel_index=image.channel_index,
            file_channel=image.file_channel,
            file_images=image.file_images or [image.image],
            notes=image.notes,
            saturation_level=image.saturation_level,
            minimum=image.minimum,
            maximum=image.maximum,
            percentile_0_1=image.percentile_0_1,
            percentile_99_9=image.percentile_99_9,
            tile_offset=offset,
            tile_step=step,
            tile_size=self._tiles.tile_size,
            levels=[
                PyramidLevel(level=level, rows=rows, columns=columns)
                for level, (rows, columns) in enumerate(self._tiles.levels(image.rows, image.columns))
            ],
            provenance=Provenance(image.provenance),
            imported_by=image.imported_by_name,
            imported_at=first.entry.at,
            reason=image.reason,
            analyses=analyses,
            pixel_um=image.pixel_um,
            seen_before=[SeenBefore(**one, words=twins.told([one])) for one in image.seen_before],
            entry=entry_ref(revision.entry),
        )
