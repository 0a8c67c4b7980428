"""Images: importing and sealing, listing, tiles to look at (11.10(a), 11.10(c))."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import numpy as np

from blotter_records.contract.images import ImageView
from blotter_records.domain.records import Acquisition, Image
from blotter_records.errors import Invalid, NotFound
from blotter_records.ports.entries import NewEntry, RecordFilter, Revision
from blotter_records.ports.files import ImageReader, ReadImage, Store, StoredFile, TileBytes, Tiles
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate, newest_of
from blotter_records.services.acting.writing import write
from blotter_records.services.images import lineage
from blotter_records.services.images.holding import Holding
from blotter_records.services.images.pixels import Counts, Pixels, pixels_digest
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
        """Take the file into the store as it streams in. Raises ``TooLarge``, ``Unavailable``."""
        return await self._store.put_stream(chunks, limit=self._max_bytes)

    def seal(self, actor: Actor, asked: ImportAsked, stored: StoredFile) -> ImageView:
        """Decode the stored file, seal its pixels under their digest, write records and entries in one commit.

        Raises
        ------
        Conflict
            ``conflict.idempotency``: the key came with another request, or another file.
        Invalid, TooLarge
            The file is not a grey TIFF that can be measured; nothing is recorded.
        """
        stream, sent = f"study:{asked.place.study}", _Repeatable(asked, stored.sha256)
        with self._gate.acting(actor, Action.IMAGE_IMPORT, stream) as acting:
            if not stored.bytes:
                raise Invalid("image.empty", "The file is empty.")
            data = self._store.get(stored.sha256)
            read = self._reader.read(data, file_name=asked.file_name)
            with self._ledger.begin() as work:
                place = self._checked_place(work, acting, asked.place)
                answer = repeats.answered(work, actor, sent, stream, ImageView) if asked.key else None
                if answer is not None:
                    return answer
                reason = acting.reason(asked.reason, asked.reason_code)
                acquisition, image = work.next_id(RecordKind.ACQUISITION), work.next_id(RecordKind.IMAGE)
                made = Acquisition(
                    acquisition=acquisition,
                    study=place.study,
                    membrane=place.membrane,
                    probing=place.probing,
                    exposure=next_exposure(work, place.study, place.membrane, place.probing),
                    provenance=Provenance.IMPORTED.value,
                    images=[image],
                    contributors=[actor.person()],
                    reason=reason.text,
                )
                content = content_of(
                    image, asked.file_name, stored, read, pixels_digest(read.counts), actor, reason=reason.text
                )
                content = in_place(content, made)
                revision = self._write(work, acting, made, content, asked)
                view = self._showing.view(work, revision)
                if asked.key:
                    repeats.keep(work, actor, sent, stream, view)
                work.commit()
        return view

    def _write(self, work: UnitOfWork, acting: Acting, made: Acquisition, image: Image, asked: ImportAsked) -> Revision:
        """Write acquisition and image; say where the same pixels are already."""
        actor, reason = acting.actor, acting.reason(asked.reason, asked.reason_code)
        common = {"expected_rev": 0, "version": 1, "reason": reason}
        taken = write(
            work,
            actor,
            acting.role,
            Action.IMAGE_IMPORT,
            made,
            record_id=made.acquisition,
            new={"images": made.images, "membrane": made.membrane, "probing": made.probing, "exposure": made.exposure},
            summary=f"{made.acquisition} of {made.probing or made.membrane or made.study}, exposure {made.exposure}: "
            f"imported {asked.file_name}",
            **common,  # type: ignore[arg-type]
        )
        twins = work.search(RecordFilter(RecordKind.IMAGE, keys=((f"pixels:{image.pixels_sha256}",),), limit=20))
        # Twins are named only where the person may see them.
        seen = [one.revision.record_id for one in twins if one.study == image.study]
        also = f"; the same pixels as {', '.join(seen)}" if seen else ""
        also += "; the same pixels are also in another study" if len(seen) < len(twins) else ""
        revision = write(
            work,
            actor,
            acting.role,
            Action.IMAGE_IMPORT,
            image,
            record_id=image.image,
            new=image.as_json(),
            summary=f"Imported {image.file_name} as {image.image}: {image.columns} × {image.rows} px, "
            f"{image.bits} bits, instrument not verified{also}",
            keys=[f"status:{ImageStatus.ACQUIRED.value}"],
            **common,  # type: ignore[arg-type]
        )
        work.derive(f"study:{image.study}", taken.stream)
        work.derive(taken.stream, revision.stream)
        return revision

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
                pixels_sha256, lambda: self._pixels.counts(content, actor), level=level, row=row, column=column
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


def content_of(
    image: str, file_name: str, stored: StoredFile, read: ReadImage, pixels_sha256: str, actor: Actor, *, reason: str
) -> Image:
    """Return the record of counts that were read from a sealed file."""
    counts: Counts = read.counts
    low, high = np.percentile(counts, (0.1, 99.9))
    return Image(
        image=image,
        file_name=file_name,
        file_sha256=stored.sha256,
        file_bytes=stored.bytes,
        pixels_sha256=pixels_sha256,
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
        provenance=Provenance.IMPORTED.value,
        imported_by=actor.person(),
        imported_by_name=actor.name(),
        reason=reason,
        contributors=[],
    )


def in_place(image: Image, acquisition: Acquisition) -> Image:
    """Return an image as it belongs to an acquisition."""
    return replace(
        image,
        study=acquisition.study,
        acquisition=acquisition.acquisition,
        membrane=acquisition.membrane,
        probing=acquisition.probing,
    )


def checked_file_name(given: str) -> str:
    """Return the last part of a file name as it is stored; it names nothing on any disk."""
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not 1 <= len(name) <= 200 or any(unicodedata.category(character)[0] == "C" for character in name):
        raise Invalid("image.file_name", "The file name must have 1 to 200 characters that can be seen.")
    return name
