"""The records that an image file becomes: one acquisition, and an image for each channel, written together."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from blotter_records.densitometry.fingerprint import block_hashes, turned_digest
from blotter_records.densitometry.intensity import percentiles
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Acquisition, Image
from blotter_records.errors import Invalid
from blotter_records.ports.entries import Revision
from blotter_records.ports.files import ReadFile, ReadImage, StoredFile
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting
from blotter_records.services.acting.writing import write
from blotter_records.services.images.pixels import pixels_digest
from blotter_records.services.images.twins import seen_before, told
from blotter_records.vocabulary import Action, Event, ImageStatus, Provenance


@dataclass(frozen=True)
class Arrived:
    """A file that was read: what it is called, where its bytes are, what they hold, the digest of each channel."""

    file_name: str
    stored: StoredFile
    read: ReadFile
    digests: tuple[str, ...]


def arrived(file_name: str, stored: StoredFile, read: ReadFile) -> Arrived:
    """Return a file with the digests of its channels' pixels."""
    return Arrived(file_name, stored, read, tuple(pixels_digest(one.counts) for one in read.channels))


def images_of(names: Sequence[str], file: Arrived, acquisition: Acquisition, actor: Actor) -> list[Image]:
    """Return an image for each channel of a file, in its order; they share the file and the acquisition."""
    made = []
    for at, (name, channel, digest) in enumerate(zip(names, file.read.channels, file.digests, strict=True)):
        content = content_of(name, file.file_name, file.stored, channel, digest, actor, reason=acquisition.reason)
        made.append(
            replace(
                content,
                study=acquisition.study,
                acquisition=acquisition.acquisition,
                membrane=acquisition.membrane,
                probing=acquisition.probing,
                channel=channel.channel,
                format=file.read.format,
                channel_index=at,
                file_channel=channel.channel,
                file_images=list(names),
                is_picture=file.read.is_picture,
            )
        )
    return made


def write_images(
    work: UnitOfWork, acting: Acting, made: Acquisition, images: Sequence[Image], reason: Reason
) -> list[Revision]:
    """Write an acquisition and its images; say where the same pixels are already."""
    file_name, channels = images[0].file_name, len(images)
    of = made.probing or made.membrane or made.study
    taken = write(
        work,
        acting.actor,
        acting.role,
        Action.IMAGE_IMPORT,
        made,
        record_id=made.acquisition,
        expected_rev=0,
        version=1,
        new={"images": made.images, "membrane": made.membrane, "probing": made.probing, "exposure": made.exposure},
        reason=reason,
        summary=f"{made.acquisition} of {of}, exposure {made.exposure}: imported {file_name}"
        + (f", {channels} channels" if channels > 1 else ""),
    )
    work.derive(f"study:{made.study}", taken.stream)
    action = Action.IMAGE_IMPORT
    return [write_image(work, acting.actor, acting.role, action, taken, image, reason) for image in images]


def write_image(
    work: UnitOfWork,
    actor: Actor,
    role: str | None,
    action: Action | Event,
    taken: Revision,
    image: Image,
    reason: Reason,
) -> Revision:
    """Write an image of an acquisition; say where the same pixels are already."""
    image = replace(image, seen_before=seen_before(work, image))
    revision = write(
        work,
        actor,
        role,
        action,
        image,
        record_id=image.image,
        expected_rev=0,
        version=1,
        new=image.as_json(),
        reason=reason,
        summary=f"{_verb(image)} {image.file_name}{_channel(image)} as {image.image}: "
        f"{image.columns} × {image.rows} px, {image.bits} bits, {_use(image)}{_seen(image)}",
        keys=[f"status:{ImageStatus.ACQUIRED.value}"],
    )
    work.derive(taken.stream, revision.stream)
    return revision


def _channel(image: Image) -> str:
    if len(image.file_images) < 2:
        return ""
    named = f" “{image.file_channel}”" if image.file_channel else ""
    return f", channel {image.channel_index + 1} of {len(image.file_images)}{named},"


def _verb(image: Image) -> str:
    return "Acquired" if image.provenance == Provenance.ACQUIRED else "Imported"


def _use(image: Image) -> str:
    if image.provenance == Provenance.ACQUIRED:
        return f"{image.channel}, from a registered instrument"
    return "a picture, not for quantification" if image.is_picture else "instrument not verified"


def _seen(image: Image) -> str:
    words = told(image.seen_before)
    return f"; {words}" if words else ""


def content_of(
    image: str, file_name: str, stored: StoredFile, read: ReadImage, pixels_sha256: str, actor: Actor, *, reason: str
) -> Image:
    """Return the record of counts that were read from a sealed file."""
    counts = read.counts
    low, high = percentiles(counts, (0.1, 99.9))
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
        minimum=counts.min().item(),
        maximum=counts.max().item(),
        percentile_0_1=low,
        percentile_99_9=high,
        turned_sha256=turned_digest(counts),
        block_hashes=block_hashes(counts),
        notes=list(read.notes),
        pixel_um=read.pixel_um,
        provenance=Provenance.IMPORTED.value,
        imported_by=actor.person(),
        imported_by_name=actor.name(),
        reason=reason,
        contributors=[],
    )


def checked_file_name(given: str) -> str:
    """Return the last part of a file name as it is stored; it names nothing on any disk."""
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not 1 <= len(name) <= 200 or any(unicodedata.category(character)[0] == "C" for character in name):
        raise Invalid("image.file_name", "The file name must have 1 to 200 characters that can be seen.")
    return name
