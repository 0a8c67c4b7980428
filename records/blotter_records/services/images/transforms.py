"""Derived images: made by the service from the sealed pixels of another one, sealed as a record of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from blotter_records.contract.images import ImageView, TransformRequest
from blotter_records.densitometry.shapes import Counts
from blotter_records.densitometry.transforms import transformed
from blotter_records.domain.records import Image, Json
from blotter_records.ports.files import ReadImage, Store, Tiles
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.writing import write
from blotter_records.services.images.images import found
from blotter_records.services.images.lineage import status_of
from blotter_records.services.images.pixels import Pixels, pixels_digest
from blotter_records.services.images.sealing import content_of
from blotter_records.services.images.showing import Showing
from blotter_records.vocabulary import Action, ImageStatus, Provenance, RecordKind

WriteTiff = Callable[[Counts], bytes]
_NAMES = {
    Action.IMAGE_TRANSFORM_CROP: "crop",
    Action.IMAGE_TRANSFORM_DENOISE: "denoise",
    Action.IMAGE_TRANSFORM_FLIP: "flip",
    Action.IMAGE_TRANSFORM_ROTATE: "rotate",
}


class Transforms:
    """Makes derived images."""

    def __init__(
        self, ledger: Ledger, store: Store, tiles: Tiles, *, gate: Gate, pixels: Pixels, write_tiff: WriteTiff
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._gate = gate
        self._pixels = pixels
        self._write_tiff = write_tiff
        self._showing = Showing(tiles)

    def make(self, actor: Actor, action: Action, image: str, request: TransformRequest) -> ImageView:
        """Make a derived image.

        Raises
        ------
        NotFound, Conflict
            No such image, or none to see; its status.
        Invalid
            ``transform.*``, ``reason.*``.
        IntegrityBroken
            The parent does not verify.
        """
        stream = f"image:{image}"
        transform: Json = {
            "name": _NAMES[action],
            **request.model_dump(mode="json", exclude={"reason", "reason_code", "idempotency_key"}),
        }
        with self._gate.acting(actor, action, stream) as acting:
            with self._ledger.begin() as work:
                parent = Image.from_json(found(work, image).content)
                acting.on(work, parent.study, status=status_of(work, parent).value)
                reason = acting.reason(request.reason, request.reason_code)
                answer = repeats.answered(work, actor, request, stream, ImageView)
                if answer is not None:
                    return answer
            counts = transformed(self._pixels.counts(parent, actor), transform)
            stored = self._store.put(self._write_tiff(counts))
            read = ReadImage(
                counts, parent.bits, "none", parent.white_is_zero, parent.saturation_level, (), parent.file_channel
            )
            with self._ledger.begin() as work:
                work.lock(stream)
                # It may have been put into another study, or invalidated, while the pixels were computed.
                parent = Image.from_json(found(work, image).content)
                acting.on(work, parent.study, status=status_of(work, parent).value)
                made = work.next_id(RecordKind.IMAGE)
                sealed = content_of(
                    made,
                    f"{made}-{transform['name']}-of-{image}.tif",
                    stored,
                    read,
                    pixels_digest(counts),
                    actor,
                    reason=reason.text,
                )
                content = replace(
                    sealed,
                    study=parent.study,
                    acquisition=parent.acquisition,
                    membrane=parent.membrane,
                    probing=parent.probing,
                    title=parent.title,
                    channel=parent.channel,
                    file_channel=parent.file_channel,
                    is_picture=parent.is_picture,
                    pixel_um=parent.pixel_um,
                    provenance=Provenance.DERIVED.value,
                    parent=image,
                    transform=transform,
                    contributors=parent.makers(),
                )
                revision = write(
                    work,
                    actor,
                    acting.role,
                    action,
                    content,
                    record_id=made,
                    expected_rev=0,
                    version=1,
                    old={"image": image, "pixels_sha256": parent.pixels_sha256},
                    new={"image": made, "pixels_sha256": content.pixels_sha256, "transform": transform},
                    reason=reason,
                    summary=f"Made {made} from {image}: {_told(transform)}; {content.columns} × {content.rows} px",
                    keys=[f"status:{ImageStatus.ACQUIRED.value}"],
                )
                work.derive(stream, revision.stream)
                view = self._showing.view(work, revision)
                repeats.keep(work, actor, request, stream, view)
                work.commit()
        return view


def _told(transform: Json) -> str:
    given = ", ".join(f"{name} {value}" for name, value in transform.items() if name != "name")
    return f"{transform['name']} ({given})"
