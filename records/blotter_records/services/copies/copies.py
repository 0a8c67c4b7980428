"""Copies as people read them: images with tiles, analyses with numbers, results with signatures, the trail as it was.

Everything comes out of the bundle, with the identifiers, numbers and times that it has there; nothing can be changed,
because nothing of it is a record of this installation (docs/decisions/0011-copies.md).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from blotter_records.contract.copies import (
    CopiedAnalysis,
    CopiedHistory,
    CopiedImage,
    CopiedRecord,
    CopiedResult,
    CopiedRevision,
    CopiedTrail,
    CopyNumbers,
    CopyView,
)
from blotter_records.contract.images import PyramidLevel
from blotter_records.domain.records import Analysis, Copy, Image, Result
from blotter_records.errors import NotFound
from blotter_records.ports.entries import NewEntry, RecordFilter, Revision
from blotter_records.ports.files import Store, TileBytes, Tiles
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate, newest_of
from blotter_records.services.copies.entries import CopiedEntries
from blotter_records.services.copies.numbers import CopiedPixels, recomputed
from blotter_records.services.copies.opened import OpenedBundle
from blotter_records.services.copies.showing import Opened, by, copy_view, record_row, signature_of, version_of
from blotter_records.services.images.pixels import Pixels, tile_scale, tile_values
from blotter_records.services.studies import studies
from blotter_records.services.trail.reading import entry_view
from blotter_records.vocabulary import Action, RecordKind

#: Copies that a list shows, newest first.
_SHOWN = 1000
#: Bundles whose list of files is kept in memory.
_OPEN = 8


class Copies:
    """Shows copies."""

    def __init__(self, ledger: Ledger, store: Store, tiles: Tiles, *, gate: Gate, pixels: Pixels) -> None:
        self._ledger = ledger
        self._store = store
        self._tiles = tiles
        self._gate = gate
        self._pixels = pixels
        self._open: OrderedDict[str, tuple[OpenedBundle, CopiedEntries]] = OrderedDict()
        self._lock = threading.Lock()

    def view(self, actor: Actor, copy: str) -> CopyView:
        """Return what a copy is. Raises ``NotFound``, also to who is no member of the study that holds it."""
        with self._gate.acting(actor, Action.COPY_VIEW, f"copy:{copy}") as acting, self._ledger.begin() as work:
            revision = found(work, copy)
            acting.on(work, revision.content["study"])
            return copy_view(revision)

    def records(self, actor: Actor, copy: str) -> list[CopiedRecord]:
        """Return every record of a copy, by kind and id. Raises as the others."""
        with self._opened(actor, copy) as opened:
            return [record_row(opened.bundle, kind, record) for kind, record in sorted(opened.bundle.records)]

    def history(self, actor: Actor, copy: str, kind: RecordKind, record: str) -> CopiedHistory:
        """Return every revision of a record of a copy. Raises as the others."""
        with self._opened(actor, copy) as opened:
            revisions = []
            for rev in opened.bundle.revisions(kind, record):
                body = opened.body(f"{kind.value}:{record}", rev)
                content = opened.bundle.content(kind, record, rev)
                revisions.append(
                    CopiedRevision(rev=rev, number=body["number"], at=body["at"], by=by(body), content=content)
                )
            return CopiedHistory(**opened.said(), record=record, kind=kind, revisions=revisions)

    def image(self, actor: Actor, copy: str, image: str) -> CopiedImage:
        """Return an image of a copy; its pixels are verified.

        Raises
        ------
        NotFound
            No such copy or image, or none to see.
        IntegrityBroken
            ``integrity.*``: the bundle is no longer the one that was brought in.
        """
        with self._opened(actor, copy) as opened:
            content = Image.from_json(opened.bundle.content("image", image))
            CopiedPixels(self._pixels, opened.bundle).verified(content)
            made = opened.body(f"image:{image}", 1)
            given = {name: value for name, value in content.as_json().items() if name in CopiedImage.model_fields}
            levels = enumerate(self._tiles.levels(content.rows, content.columns))
            offset, step = tile_scale(content)
            return CopiedImage(
                **{**given, **opened.said(), "imported_by": content.imported_by_name},
                imported_at=made["at"],
                tile_offset=offset,
                tile_step=step,
                tile_size=self._tiles.tile_size,
                levels=[PyramidLevel(level=level, rows=rows, columns=columns) for level, (rows, columns) in levels],
                analyses=[
                    one
                    for one in opened.bundle.of_kind("analysis")
                    if opened.bundle.content("analysis", one)["image"] == image
                ],
            )

    def tile(
        self, actor: Actor, copy: str, image: str, pixels_sha256: str, *, level: int, row: int, column: int
    ) -> TileBytes:
        """Return one tile of an image of a copy. Raises ``NotFound`` for other pixels than the image's."""
        with self._opened(actor, copy) as opened:
            content = Image.from_json(opened.bundle.content("image", image))
            if content.pixels_sha256 != pixels_sha256:
                raise NotFound("not_found.pixels", f"{image} does not have these pixels.")
            pixels = CopiedPixels(self._pixels, opened.bundle)
            return self._tiles.tile(
                pixels_sha256,
                lambda: tile_values(pixels.verified(content), content),
                level=level,
                row=row,
                column=column,
            )

    def analysis(self, actor: Actor, copy: str, analysis: str) -> CopiedAnalysis:
        """Return an analysis of a copy with the numbers of each saved version. Raises as the others."""
        with self._opened(actor, copy) as opened:
            newest = Analysis.from_json(opened.bundle.content("analysis", analysis))
            versions = [
                version_of(opened, analysis, one["version"], one["rev"])
                for one in newest.versions
                if one["rev"] in opened.bundle.revisions("analysis", analysis)
            ]
            return CopiedAnalysis(**opened.said(), analysis=analysis, image=newest.image, versions=versions)

    def result(self, actor: Actor, copy: str, result: str) -> CopiedResult:
        """Return a result of a copy, its signatures manifested as they were given there. Raises as the others."""
        with self._opened(actor, copy) as opened:
            content = Result.from_json(opened.bundle.content("result", result))
            return CopiedResult(
                **opened.said(),
                result=result,
                version=content.version,
                title=content.title,
                status=content.status,
                digest=content.digest,
                images=content.images,
                analyses=[f"{pin['analysis']}.{pin['version']}" for pin in content.pins],
                created_by=content.created_by_name,
                signatures=[signature_of(opened, name) for name in content.signatures or []],
            )

    def trail(self, actor: Actor, copy: str, *, after: int, limit: int) -> CopiedTrail:
        """Return a page of the trail of a copy by its own numbers. Raises as the others."""
        with self._opened(actor, copy) as opened:
            page, goes_on = opened.entries.page(after, limit)
            return CopiedTrail(
                **opened.said(),
                entries=[entry_view(one.stored()) for one in page],
                total=len(opened.entries),
                next_after=goes_on,
            )

    def recompute(self, actor: Actor, copy: str) -> CopyNumbers:
        """Compute the numbers of a copy again from its pixels. Raises as the others."""
        with self._opened(actor, copy, Action.ANALYSIS_RECOMPUTE) as opened:
            return recomputed(opened.bundle, CopiedPixels(self._pixels, opened.bundle))

    def file(self, actor: Actor, copy: str) -> tuple[CopyView, Iterator[bytes]]:
        """Note the download and return the bundle as it was brought in, in pieces."""
        with self._gate.acting(actor, Action.EXPORT_DOWNLOAD, f"copy:{copy}") as acting:
            with self._ledger.begin() as work:
                revision = found(work, copy)
                role = acting.on(work, revision.content["study"])
                view = copy_view(revision)
                work.note(
                    NewEntry(
                        stream=revision.stream,
                        action=Action.EXPORT_DOWNLOAD,
                        subject=actor.subject(role),
                        context=actor.context,
                        record_kind=RecordKind.COPY,
                        record_id=copy,
                        summary=f"{actor.name()} downloaded {copy} {view.file_name}",
                    )
                )
                work.commit()
            return view, self._store.open(view.bundle_sha256)

    def list(self, actor: Actor) -> list[CopyView]:
        """Return the copies that this person may see, newest first."""
        with self._gate.acting(actor, Action.COPY_VIEW, "copy") as acting, self._ledger.begin() as work:
            seen = studies.visible(work, actor, Action.COPY_VIEW)
            acting.is_across = seen is None
            wanted = RecordFilter(RecordKind.COPY, studies=seen, newest_first=True, limit=_SHOWN)
            return [copy_view(one.revision) for one in work.search(wanted)]

    @contextmanager
    def _opened(self, actor: Actor, copy: str, action: Action = Action.COPY_VIEW) -> Iterator[Opened]:
        """Pass the gate, and open the bundle of a copy."""
        with self._gate.acting(actor, action, f"copy:{copy}") as acting:
            with self._ledger.begin() as work:
                content = Copy.from_json(found(work, copy).content)
                acting.on(work, content.study)
            acting.is_of_signed = "signature" in content.counts
            yield Opened(content, *self._bundle(content))

    def _bundle(self, content: Copy) -> tuple[OpenedBundle, CopiedEntries]:
        with self._lock:
            kept = self._open.get(content.bundle_sha256)
            if kept is None:
                bundle = OpenedBundle(lambda: self._store.seekable(content.bundle_sha256), content.manifest_sha256)
                kept = (bundle, CopiedEntries(bundle))
                self._open[content.bundle_sha256] = kept
            self._open.move_to_end(content.bundle_sha256)
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)
        return kept


def found(work: UnitOfWork, copy: str) -> Revision:
    """Return a copy. Raises ``NotFound('not_found.copy')``."""
    return newest_of(work, f"copy:{copy}")
