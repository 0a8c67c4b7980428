"""Images and what is laid over them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from blotter_records.domain.records.content import Json, RecordContent, keyed, words_of
from blotter_records.vocabulary import RecordKind


@dataclass(frozen=True)
class Image(RecordContent):
    """A sealed image. Digests are SHA-256, hexadecimal; intensities are counts.

    The pixels never change; what is said about the image does, version by version. ``hold`` is ``{"rule",
    "message"}`` while its bytes do not verify, ``invalidation`` ``{"reason", "deviation", "by", "signature"}``.
    ``parent`` and ``transform`` say from which image and how a derived one was made. ``format`` is the kind of file,
    ``channel_index`` which of its images this is, counted from 0, ``file_channel`` what the file calls it, and
    ``file_images`` are all images of the file, in its order (empty: this one). ``is_picture``: not for quantification.
    ``minimum``, ``maximum`` and ``saturation_level`` are whole unless the image is of floats (``bits`` 32).
    ``pixel_um``: side of a pixel, µm, where the file says it; for rulers alone.
    ``turned_sha256`` and ``block_hashes`` find the same pixels flipped, turned or cut (`densitometry.fingerprint`);
    ``seen_before`` says where they were when it came: ``{"how", "image"}``, the image empty if in another study.
    """

    kind: ClassVar[RecordKind] = RecordKind.IMAGE

    image: str
    file_name: str
    file_sha256: str
    file_bytes: int
    pixels_sha256: str
    rows: int
    columns: int
    bits: int
    compression: str
    white_is_zero: bool
    saturation_level: int | float
    minimum: int | float
    maximum: int | float
    percentile_0_1: float
    percentile_99_9: float
    notes: list[str]
    provenance: str
    imported_by: str
    imported_by_name: str
    reason: str
    study: str = ""
    acquisition: str = ""
    membrane: str | None = None
    probing: str | None = None
    title: str = ""
    channel: str = ""
    parent: str | None = None
    transform: Json | None = None
    hold: Json | None = None
    invalidation: Json | None = None
    contributors: list[str] | None = None
    format: str = "tiff"
    channel_index: int = 0
    file_channel: str = ""
    file_images: list[str] = field(default_factory=list)
    is_picture: bool = False
    turned_sha256: str = ""
    block_hashes: list[str] = field(default_factory=list)
    seen_before: list[Json] = field(default_factory=list)
    pixel_um: float | None = None

    def keys(self) -> list[str]:
        """Return what it belongs to, its pixels (to find twins), people, words of title and file name."""
        return keyed(
            acquisition=self.acquisition,
            membrane=self.membrane or "",
            probing=self.probing or "",
            image=self.parent or "",
            pixels=self.pixels_sha256,
            turned=self.turned_sha256,
            block=self.block_hashes,
            file=self.file_sha256,
            person=self.makers(),
            word=words_of(self.title, self.file_name),
        )

    def makers(self) -> list[str]:
        """Return who brought it in or changed what is said about it."""
        return sorted({self.imported_by, *(self.contributors or [])})


@dataclass(frozen=True)
class Annotation(RecordContent):
    """The annotation layer of an image: text and arrows, never part of the pixels.

    ``marks`` are ``{"mark", "kind", "row", "column", "row1", "column1", "text"}``; positions in pixels. ``is_shown``:
    whether they are drawn over the image, in the viewer and in reports.
    """

    kind: ClassVar[RecordKind] = RecordKind.ANNOTATION

    annotation: str
    image: str
    study: str
    marks: list[Json]
    contributors: list[str]
    reason: str = ""
    is_shown: bool = True

    def keys(self) -> list[str]:
        """Return image, people, words."""
        return keyed(image=self.image, person=self.contributors, word=words_of(*(mark["text"] for mark in self.marks)))


@dataclass(frozen=True)
class Display(RecordContent):
    """How an image is shown (formula B32): window in counts, gamma, inversion, colour. It changes no number."""

    kind: ClassVar[RecordKind] = RecordKind.DISPLAY

    display: str
    image: str
    study: str
    low: float
    high: float
    gamma: float
    is_inverted: bool
    colour: str
    saved_by: str

    def keys(self) -> list[str]:
        """Return image and who saved it."""
        return keyed(image=self.image, person=self.saved_by)
