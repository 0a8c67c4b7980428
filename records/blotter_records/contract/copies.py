"""Copies: bundles of other installations, brought in, verified and recomputed, to be read only.

Whatever is shown of one keeps the identifiers, numbers and times that it had there: ``IMG-000001`` of a copy is another
image than ``IMG-000001`` of this installation.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from blotter_records.contract.analyses import Background, Measurement
from blotter_records.contract.base import CopyId, Digest, EntryRef, Json, Message, StudyId
from blotter_records.contract.images import PyramidLevel
from blotter_records.contract.shapes import Shape
from blotter_records.contract.trail import TrailEntryView
from blotter_records.vocabulary import BundleScope, RecordKind


class CopyNumbers(Message):
    """What came of computing the numbers of a copy again, from its pixels, by the class of each (exact, or 1e-9)."""

    is_reproduced: bool = Field(description="every number was computed again, and none differs")
    numbers: int
    versions: int
    revisions: int
    analyses: int
    images: int
    derived: int = Field(description="derived images that were made again from their parents")
    formula_set: str
    other_formulas: dict[str, int] = Field(description="revisions of other formula sets, which were not computed")
    differing: int
    differences: list[str] = Field(description="the first of them")


class CopyView(Message):
    """A bundle that was brought in."""

    copy_id: CopyId
    study: StudyId = Field(description="the one that was made here to hold it; its members see the copy")
    title: str
    scope: BundleScope
    record: str = Field(description="of what it is a copy, as it is called there")
    installation: str
    bundle_sha256: Digest
    bundle_bytes: int
    file_name: str
    software: str
    made_at: str
    made_by: str
    checkpoint: str
    verifier_key: str
    is_key_confirmed: bool = Field(description="the key was given by another way than the bundle")
    entries: int
    upto: int = Field(description="number of the other trail up to which it holds entries")
    counts: dict[str, int] = Field(description="records by kind")
    numbers: CopyNumbers
    imported_by: str
    imported_at: AwareDatetime
    reason: str
    entry: EntryRef


class CopiedRecord(Message):
    """A record of a copy, as a list shows it."""

    record: str
    kind: RecordKind
    rev: int = Field(description="its newest revision in the bundle")
    title: str
    status: str


class CopiedMessage(Message):
    """What everything that is shown of a copy says."""

    copy_id: CopyId
    installation: str
    notice: str = Field(description="that this is a copy, and of what")


class CopiedImage(CopiedMessage):
    """An image of a copy; its tiles are asked for by its pixels' digest."""

    image: str
    file_name: str
    file_sha256: Digest
    file_bytes: int
    pixels_sha256: Digest
    rows: int
    columns: int
    format: str
    bits: Literal[8, 16, 32]
    title: str
    channel: str
    white_is_zero: bool
    is_picture: bool
    saturation_level: int | float
    minimum: int | float
    maximum: int | float
    percentile_0_1: float
    percentile_99_9: float
    tile_offset: float
    tile_step: float
    tile_size: int
    levels: list[PyramidLevel]
    provenance: str
    parent: str | None
    transform: Json | None
    imported_by: str
    imported_at: str
    analyses: list[str]


class CopiedVersion(Message):
    """A saved version of an analysis of a copy, with its numbers."""

    version: int
    shapes: list[Shape]
    background: Background
    measurements: list[Measurement]
    digest: Digest
    formula_set: str
    saved_by: str
    saved_at: str
    reason: str


class CopiedAnalysis(CopiedMessage):
    """An analysis of a copy."""

    analysis: str
    image: str
    versions: list[CopiedVersion]


class CopiedSignature(Message):
    """An electronic signature of a copy, with its manifestation (11.50): given there, shown here."""

    signature: str
    state: str = Field(description="“copied: signed at …”")
    record: str
    version: int
    printed_name: str
    user_name: str
    role: str
    meaning: str
    action: str
    action_description: str
    signed_at: str
    zone: str
    utc_offset: str
    digest: Digest
    comment: str
    reason: str
    number: int = Field(description="of its entry in the other trail")


class CopiedResult(CopiedMessage):
    """A result of a copy."""

    result: str
    version: int
    title: str
    status: str
    digest: Digest
    images: list[str]
    analyses: list[str] = Field(description="the pinned versions")
    created_by: str
    signatures: list[CopiedSignature]


class CopiedRevision(Message):
    """A record of a copy after one change, as it was hashed."""

    rev: int
    number: int
    at: str
    by: str
    content: dict[str, Any]


class CopiedHistory(CopiedMessage):
    """Every revision of a record of a copy."""

    record: str
    kind: RecordKind
    revisions: list[CopiedRevision]


class CopiedTrail(CopiedMessage):
    """A page of the trail as it was, by its own numbers; each entry was proven again against the copy's checkpoint."""

    entries: list[TrailEntryView]
    total: int
    next_after: int | None
