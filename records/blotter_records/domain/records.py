"""What each kind of record holds: the content of its revisions, as frozen dataclasses of plain JSON values.

``as_json`` and ``from_json`` are the one place where they turn into what the ledger stores and back. Fields are only
ever added at the end, with a default, so that every revision ever written can still be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self

from blotter_records.vocabulary import RecordKind

Json = dict[str, Any]


@dataclass(frozen=True)
class RecordContent:
    """Base of all contents."""

    kind: ClassVar[RecordKind]

    def as_json(self) -> Json:
        """Return the content as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return the content of a stored revision; fields that a later version added take their defaults."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in content.items() if name in known})


@dataclass(frozen=True)
class Account(RecordContent):
    """A person's account; the password is no part of it."""

    kind: ClassVar[RecordKind] = RecordKind.ACCOUNT

    account: str
    user_name: str
    printed_name: str
    roles: list[str]
    is_active: bool = True


@dataclass(frozen=True)
class Image(RecordContent):
    """A sealed image. Digests are SHA-256, hexadecimal; intensities are counts."""

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
    saturation_level: int
    minimum: int
    maximum: int
    percentile_0_1: float
    percentile_99_9: float
    notes: list[str]
    provenance: str
    imported_by: str
    imported_by_name: str
    reason: str


@dataclass(frozen=True)
class Analysis(RecordContent):
    """An analysis as it stands. ``shapes``, ``background``, ``measurements`` have the contract's fields.

    ``versions`` lists the saved versions as ``{"version": n, "rev": r}``; their content is the revision ``r``.
    """

    kind: ClassVar[RecordKind] = RecordKind.ANALYSIS

    analysis: str
    image: str
    file_sha256: str
    pixels_sha256: str
    shapes: list[Json]
    background: Json
    measurements: list[Json]
    formula_set: str
    next_shape: int
    contributors: list[str]
    versions: list[dict[str, int]]
    is_saved: bool = False
    digest: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Result(RecordContent):
    """A result: pinned analysis versions and where it stands.

    ``pins`` are ``{"analysis", "version", "rev", "digest"}``; ``digest`` is what a signature on this version binds.
    """

    kind: ClassVar[RecordKind] = RecordKind.RESULT

    result: str
    version: int
    title: str
    status: str
    pins: list[Json]
    images: list[str]
    digest: str
    contributors: list[str]
    created_by: str
    created_by_name: str
    reason: str = ""
    submitter: str | None = None
    reviewer: str | None = None
    signatures: list[str] | None = None


@dataclass(frozen=True)
class Signature(RecordContent):
    """An electronic signature: who, what, meaning, and the digest that it binds (11.50, 11.70)."""

    kind: ClassVar[RecordKind] = RecordKind.SIGNATURE

    signature: str
    result: str
    version: int
    result_rev: int
    action: str
    action_description: str
    meaning: str
    account: str
    user_name: str
    printed_name: str
    role: str
    digest: str
    comment: str
    reason: str
    statement: str
    session: str
    zone: str = "UTC"


@dataclass(frozen=True)
class Notebook(RecordContent):
    """A version of a person's notebook: commands and text, no outputs."""

    kind: ClassVar[RecordKind] = RecordKind.NOTEBOOK

    notebook: str
    name: str
    owner: str
    cells: list[Json]
    cells_sha256: str


@dataclass(frozen=True)
class Export(RecordContent):
    """A file that was made from a result; its bytes are in the store under ``sha256``."""

    kind: ClassVar[RecordKind] = RecordKind.EXPORT

    export: str
    export_kind: str
    result: str
    result_version: int
    file_name: str
    media_type: str
    sha256: str
    bytes: int
    pages: int | None
    made_by: str
    made_by_name: str
