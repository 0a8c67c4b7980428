"""Analyses, results, signatures, and what leaves the installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from blotter_records.domain.records.content import Json, RecordContent, keyed, words_of
from blotter_records.vocabulary import RecordKind


@dataclass(frozen=True)
class Analysis(RecordContent):
    """An analysis as it stands. ``shapes``, ``background``, ``measurements`` have the contract's fields.

    ``versions`` lists the saved versions as ``{"version": n, "rev": r}``; their content is the revision ``r``.
    ``finding`` is what was found last without a person: ``{"parameters": {…}, "lanes": […], "bands": […]}``, each band
    with the id of the shape that was made of it; None where nothing was. ``quantities`` are ``{"chosen": …,
    "inputs": …, "numbers": …, "problem": …}``, as the contract's ``Quantities``; None where none were set. ``protocol``
    is the version of the analysis protocol by which it was made, and what that version made: ``{"protocol",
    "version", "name", "sha256", "columns", "background", "parameters", "bands", "chosen"}``; None where none was
    applied.
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
    study: str = ""
    finding: Json | None = None
    quantities: Json | None = None
    protocol: Json | None = None

    def keys(self) -> list[str]:
        """Return image, people, and whether it has a version."""
        made_by = self.protocol["protocol"] if self.protocol else None
        standing = "saved" if self.versions else "draft"
        return keyed(image=self.image, person=self.contributors, status=standing, protocol=made_by)


@dataclass(frozen=True)
class Result(RecordContent):
    """A result: pinned analysis versions and where it stands.

    ``pins`` are ``{"analysis", "version", "rev", "digest"}``. ``layers`` are, for each image, ``{"image": …,
    "annotation": …, "display": …, "acquisition": …, "membrane": …, "probing": …, "samples": […]}``: what the version
    pins of it besides, each as ``{"record", "rev", "sha256"}`` (None where there is none). ``digest`` is what a
    signature on this version binds. ``flag_reasons`` are the reasons given for quality flags of what is pinned, each
    as the contract's ``FlagReason``; ``unused_reasons`` those for what was scanned or analysed and is not used, as
    ``UnusedReason``. ``trail_review`` is the review of its audit trail that was signed last, as ``{"record", "rev",
    "sha256"}``.
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
    study: str = ""
    layers: list[Json] = field(default_factory=list)
    supersedes: str | None = None
    successor: str | None = None
    deviation: str = ""
    archived_as: str = ""
    former_submitters: list[str] = field(default_factory=list)  # who gave it away or took it back
    flag_reasons: list[Json] = field(default_factory=list)
    unused_reasons: list[Json] = field(default_factory=list)
    trail_review: Json | None = None

    def keys(self) -> list[str]:
        """Return images, status, people, words of the title."""
        people = {*self.contributors, self.submitter or "", self.reviewer or ""}
        pinned = [pin["analysis"] for pin in self.pins]
        return keyed(
            image=self.images, analysis=pinned, status=self.status, person=sorted(people), word=words_of(self.title)
        )


@dataclass(frozen=True)
class Signature(RecordContent):
    """An electronic signature: who, what, meaning, and the digest that it binds (11.50, 11.70).

    ``record_rev`` is the revision on which it was given. ``bound`` is the structure under the digest; it is empty for
    a result, whose structure follows from the records that its version pins.
    """

    kind: ClassVar[RecordKind] = RecordKind.SIGNATURE

    signature: str
    record_kind: str
    record: str
    version: int
    record_rev: int
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
    bound: Json = field(default_factory=dict)
    reason_code: str = ""
    study: str = ""
    role_label: str = ""

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return a signature; those of the first release named a result, nothing else."""
        if "result" in content:
            first = {"record_kind": "result", "record": content["result"], "record_rev": content["result_rev"]}
            content = {**content, **first}
        return super().from_json(content)

    def keys(self) -> list[str]:
        """Return signer, record, meaning."""
        return keyed(person=self.account, record=self.record, meaning=self.meaning)


@dataclass(frozen=True)
class Export(RecordContent):
    """A file that was made from a record; its bytes are in the store under ``sha256``.

    Of a bundle: ``scope`` is what it is a copy of, ``entries`` how many entries of the trail it holds, ``upto`` the
    number up to which it holds them.
    """

    kind: ClassVar[RecordKind] = RecordKind.EXPORT

    export: str
    export_kind: str
    record: str
    record_version: int
    file_name: str
    media_type: str
    sha256: str
    bytes: int
    pages: int | None
    made_by: str
    made_by_name: str
    study: str = ""
    scope: str = ""
    entries: int = 0
    upto: int = 0

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return an export; those of the first release were made from results alone."""
        if "result" in content:
            content = {**content, "record": content["result"], "record_version": content["result_version"]}
        return super().from_json(content)

    def keys(self) -> list[str]:
        """Return record, kind, who made it."""
        return keyed(record=self.record, kind=self.export_kind, person=self.made_by)


@dataclass(frozen=True)
class Copy(RecordContent):
    """A bundle of another installation that was brought in: verified, recomputed, read where it lies in the store.

    Its records stay inside it, with the identifiers that they had; ``study`` is the one that was made here to hold
    it. ``scope`` and ``record`` say of what it is a copy, ``counts`` how many records of each kind it has,
    ``manifest_sha256`` binds every file in it, ``numbers`` is what the recomputation found.
    """

    kind: ClassVar[RecordKind] = RecordKind.COPY

    copy: str
    study: str
    title: str
    scope: str
    record: str
    installation: str
    bundle_sha256: str
    bundle_bytes: int
    manifest_sha256: str
    file_name: str
    software: str
    made_at: str
    made_by: str
    checkpoint: str
    verifier_key: str
    is_key_confirmed: bool
    entries: int
    upto: int
    counts: dict[str, int]
    numbers: Json
    imported_by: str
    imported_by_name: str
    reason: str

    def keys(self) -> list[str]:
        """Return installation, people, words of the title."""
        return keyed(installation=self.installation, person=self.imported_by, word=words_of(self.title))
