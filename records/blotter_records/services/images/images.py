"""Images: importing and sealing, listing, tiles to look at (11.10(a), 11.10(c))."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from blotter_records.contract.images import ImageView
from blotter_records.domain.records import Acquisition, Image
from blotter_records.errors import Invalid, NotFound
from blotter_records.ports.entries import NewEntry, RecordFilter, Revision
from blotter_records.ports.files import ImageReader, Store, StoredFile, TileBytes, Tiles
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate, newest_of
from blotter_records.services.images import lineage
from blotter_records.services.images.holding import Holding
from blotter_records.services.images.pixels import Pixels, tile_values
from blotter_records.services.images.quantifying import check_importable
from blotter_records.services.images.sealing import Arrived, arrived, checked_file_name, images_of, write_images
from blotter_records.services.images.showing import Showing
from blotter_records.services.studies import studies
from blotter_records.services.studies.acquisitions import checked_place, next_exposure
from blotter_records.vocabulary import Action, ImageStatus, Provenance, RecordKind

#: Images that a list shows, oldest first.
_SHOWN = 100_000


@dataclass(frozen=True)
class ImportPlace:
    """To what an imported image belongs: a study always, a membrane or probing round where they are known."""

    study: str
    membrane: str | None = None
    probing: str | None = None


@dataclass(frozen=True)
class ImportAsked:
    """An import as it was checked before a byte was taken; ``key`` is the request's, empty: it is not sent again."""

    file_name: str
    place: ImportPlace
    reason: str
    reason_code: str = ""
    key: str = ""


@dataclass(frozen=True)
class _Repeatable:
    """An import with its file, as ``repeats`` takes it: the same key with another file is another request."""

    asked: ImportAsked
    file_sha256: str

    @property
    def idempotency_key(self) -> str:
        return self.asked.key

    def model_dump_json(self) -> str:
        return json.dumps({**asdict(self.asked), "file_sha256": self.file_sha256}, sort_keys=True)


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
        holding: Holding,
        max_bytes: int,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._reader = reader
        self._tiles = tiles
        self._gate = gate
        self._pixels = pixels
        self._holding = holding
        self._max_bytes = max_bytes
        self._showing = Showing(tiles)
        self._reading = threading.Lock()

    def begin_import(
        self, actor: Actor, file_name: str, place: ImportPlace, reason: str, reason_code: str = "", key: str = ""
    ) -> ImportAsked:
        """Check, before a byte is taken, that the import may be; return it as it will be stored.

        Raises
        ------
        Refused, NotFound, Invalid
            ``refused.role``, ``not_found.*`` (a study of which the person is no member, a membrane that is not in
            it), ``reason.*``, ``image.file_name``.
        """
        with self._gate.acting(actor, Action.IMAGE_IMPORT, f"study:{place.study}") as acting:
            with self._ledger.begin() as work:
                checked = self._checked_place(work, acting, place)
            given = acting.reason(reason, reason_code)
            return ImportAsked(checked_file_name(file_name), checked, given.text, given.code, key)

    @staticmethod
    def _checked_place(work: UnitOfWork, acting: Acting, place: ImportPlace) -> ImportPlace:
        studies.found(work, place.study)
        acting.on(work, place.study)
        membrane, probing = checked_place(work, place.study, place.membrane, place.probing)
        return ImportPlace(place.study, membrane, probing)

    async def receive(self, chunks: AsyncIterator[bytes]) -> StoredFile:
        """Take the file as it streams in; it waits to be sealed. Raises ``TooLarge``, ``Unavailable``."""
        return await self._store.receive(chunks, limit=self._max_bytes)

    def seal(self, actor: Actor, asked: ImportAsked, stored: StoredFile) -> ImageView:
        """Decode a file, keep its bytes, seal its pixels under their digest, write records and entries in one commit.

        A file of several channels becomes one acquisition with as many images; the first one is returned and names the
        others (``file_images``). Of a file that is refused nothing is kept.

        Raises
        ------
        Conflict
            ``conflict.idempotency``: the key came with another request, or another file.
        Invalid, TooLarge
            ``image.*``: the file cannot be read as an image; nothing is recorded. ``image.picture``: pictures are
            not wanted (policy ``image.pictures``).
        """
        stream, sent = f"study:{asked.place.study}", _Repeatable(asked, stored.sha256)
        try:
            # Decoding takes memory: one file at a time.
            with self._gate.acting(actor, Action.IMAGE_IMPORT, stream) as acting, self._reading:
                file = self._read(actor, asked, stored)
                with self._ledger.begin() as work:
                    place = self._checked_place(work, acting, asked.place)
                    answer = repeats.answered(work, actor, sent, stream, ImageView) if asked.key else None
                    if answer is not None:
                        return answer
                    made = self._acquisition(work, acting, asked, place, file)
                    self._store.keep(stored)
                    images = images_of(made.images, file, made, actor)
                    written = write_images(work, acting, made, images, acting.reason(asked.reason, asked.reason_code))
                    view = self._showing.view(work, written[0])
                    if asked.key:
                        repeats.keep(work, actor, sent, stream, view)
                    work.commit()
        finally:
            self._store.drop(stored)
        return view

    def _read(self, actor: Actor, asked: ImportAsked, stored: StoredFile) -> Arrived:
        if not stored.bytes:
            raise Invalid("image.empty", "The file is empty.")
        read = self._reader.read(self._store.read(stored), file_name=asked.file_name)
        check_importable(actor, file_name=asked.file_name, form=read.format, is_picture=read.is_picture)
        return arrived(asked.file_name, stored, read)

    @staticmethod
    def _acquisition(
        work: UnitOfWork, acting: Acting, asked: ImportAsked, place: ImportPlace, file: Arrived
    ) -> Acquisition:
        return Acquisition(
            acquisition=work.next_id(RecordKind.ACQUISITION),
            study=place.study,
            membrane=place.membrane,
            probing=place.probing,
            exposure=next_exposure(work, place.study, place.membrane, place.probing),
            provenance=Provenance.IMPORTED.value,
            images=[work.next_id(RecordKind.IMAGE) for _ in file.read.channels],
            contributors=[acting.actor.person()],
            reason=acting.reason(asked.reason, asked.reason_code).text,
            facts=file.read.metadata,
        )

    def list(self, actor: Actor) -> list[ImageView]:
        """Return every image that this person may see, oldest first."""
        with self._gate.acting(actor, Action.IMAGE_LIST, "image") as acting, self._ledger.begin() as work:
            seen = studies.visible(work, actor, Action.IMAGE_LIST)
            acting.is_across = seen is None
            wanted = RecordFilter(RecordKind.IMAGE, studies=seen, limit=_SHOWN)
            return self._showing.views(work, work.search(wanted))

    def view(self, actor: Actor, image: str, *, as_of: datetime | None = None) -> ImageView:
        """Open an image: its sealed file is compared with its digest first (policy ``verify.on_open``).

        Parameters
        ----------
        as_of : datetime, optional
            Show what was true then; who may see it is decided by what is true now.

        Raises
        ------
        NotFound
            No such image, or none to see.
        Conflict
            ``conflict.status``: it is on integrity hold.
        IntegrityBroken
            Its bytes are not those that were sealed: from now on it is on hold, and people are notified.
        """
        with self._gate.acting(actor, Action.IMAGE_VIEW, f"image:{image}") as acting:
            with self._ledger.begin() as work:
                revision = found(work, image)
                content = Image.from_json(revision.content)
                status = lineage.status_of(work, content)
                acting.on(work, content.study, status=status.value)
                acting.is_of_signed = status in SIGNED
                view = self._showing.view(work, revision)
            self._holding.check(content, actor)
            if as_of is not None:
                with self._ledger.begin(as_of=as_of) as work:
                    view = self._showing.view(work, found(work, image))
        return view

    def tile(self, actor: Actor, image: str, pixels_sha256: str, *, level: int, row: int, column: int) -> TileBytes:
        """Return one tile of a level. Raises ``NotFound`` for other pixels than the image's or outside it."""
        with self._gate.acting(actor, Action.IMAGE_VIEW, f"image:{image}") as acting:
            with self._ledger.begin() as work:
                content = Image.from_json(found(work, image).content)
                held = ImageStatus.INTEGRITY_HOLD.value if content.hold is not None else ImageStatus.ACQUIRED.value
                acting.on(work, content.study, status=held)
            if content.pixels_sha256 != pixels_sha256:
                raise NotFound("not_found.pixels", f"{image} does not have these pixels.")
            return self._tiles.tile(
                pixels_sha256,
                lambda: tile_values(self._pixels.counts(content, actor), content),
                level=level,
                row=row,
                column=column,
            )

    def file(self, actor: Actor, image: str) -> tuple[ImageView, Iterator[bytes]]:
        """Return the sealed file of an image in pieces; the download is an entry."""
        with self._gate.acting(actor, Action.IMAGE_EXPORT, f"image:{image}") as acting:
            with self._ledger.begin() as work:
                revision = found(work, image)
                content = Image.from_json(revision.content)
                acting.on(work, content.study, status=lineage.status_of(work, content).value)
                work.note(
                    NewEntry(
                        stream=revision.stream,
                        action=Action.IMAGE_EXPORT,
                        subject=actor.subject(acting.role),
                        context=actor.context,
                        record_kind=RecordKind.IMAGE,
                        record_id=image,
                        record_version=revision.rev,
                        summary=f"{actor.name()} downloaded the sealed file of {image}, {content.file_name}",
                    )
                )
                view = self._showing.view(work, revision)
                work.commit()
            self._holding.check(content, actor)
        return view, self._store.open(content.file_sha256)


#: Statuses of images of which something was signed.
SIGNED = frozenset(
    {
        ImageStatus.SUBMITTED,
        ImageStatus.IN_REVIEW,
        ImageStatus.REVIEWED,
        ImageStatus.APPROVED,
        ImageStatus.RETURNED,
        ImageStatus.SUPERSEDED,
        ImageStatus.ARCHIVED,
        ImageStatus.INVALIDATED,
    }
)


def found(work: UnitOfWork, image: str) -> Revision:
    """Return the newest revision of an image. Raises ``NotFound('not_found.image')``."""
    return newest_of(work, f"image:{image}")
