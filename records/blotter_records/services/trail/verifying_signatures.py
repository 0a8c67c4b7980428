"""Verification: every signature binds what the records hold (11.70)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blotter_records.domain.canonical import digest
from blotter_records.ports.trail_reader import RawRevision
from blotter_records.services.trail.verifying_checkpoints import Finding
from blotter_records.vocabulary import RecordKind

#: Kinds on which signatures are given, besides results: those of the signed actions' steps.
SIGNED = frozenset(
    {
        RecordKind.ACCESS_REVIEW.value,
        RecordKind.ACCOUNT.value,
        RecordKind.CONFIGURATION.value,
        RecordKind.IMAGE.value,
        RecordKind.INSTRUMENT.value,
        RecordKind.PROTOCOL.value,
        RecordKind.STUDY.value,
        RecordKind.TEMPLATE.value,
    }
)


#: Kinds of which the revisions are bound by a signature.
BOUND = SIGNED | {RecordKind.TRAIL_REVIEW.value}


class SignatureCheck:
    """Takes results, signatures, and revisions of what is signed; tells at the end which signature fits nothing."""

    def __init__(self) -> None:
        self._versions: set[tuple[str, int, str]] = set()
        self._digests: dict[tuple[str, int], str] = {}
        self._on_results: list[tuple[str, str, int, str]] = []
        self._reviews: list[tuple[str, dict[str, Any]]] = []
        self._on_others: list[tuple[str, tuple[str, int], str | None]] = []

    def note(self, revision: RawRevision, digest_: str) -> None:
        """Remember the digest of a revision of something that is signed."""
        if revision.kind in BOUND:
            self._digests[revision.stream, revision.rev] = digest_

    def collect(self, revision: RawRevision, content: dict[str, Any]) -> None:
        """Take in the content of a result or a signature."""
        if revision.kind == RecordKind.RESULT and {"version", "digest"} <= content.keys():
            self._versions.add((revision.record_id, content["version"], content["digest"]))
        if revision.kind != RecordKind.SIGNATURE:
            return
        record = str(content.get("record", content.get("result")))
        if content.get("record_kind", RecordKind.RESULT) == RecordKind.RESULT:
            if {"version", "digest"} <= content.keys():
                self._on_results.append((revision.record_id, record, content["version"], self._of_result(content)))
            if content.get("bound"):
                self._reviews.append((revision.record_id, content["bound"].get("trail_review") or {}))
            return
        bound = content.get("bound")
        place = (f"{content['record_kind']}:{record}", int(content.get("record_rev", 0)))
        signed = None
        if isinstance(bound, dict) and digest(bound) == content.get("digest"):
            named = (bound.get("record"), bound.get("record_rev"))
            signed = bound.get("content_sha256") if named == (record, place[1]) else None
        self._on_others.append((revision.record_id, place, signed))

    @staticmethod
    def _of_result(content: dict[str, Any]) -> str:
        """Return the result's digest that a signature binds; of a review it is inside what is bound."""
        bound = content.get("bound")
        if not bound:
            return str(content["digest"])
        named = (bound.get("record"), bound.get("version"))
        fits = digest(bound) == content["digest"] and named == (content.get("record"), content["version"])
        return str(bound.get("result_digest")) if fits else ""

    def findings(self) -> Iterator[Finding]:
        """Yield the signatures that bind nothing that ever was."""
        for signature, result, version, digest_ in self._on_results:
            if (result, version, digest_) not in self._versions:
                yield Finding(f"signature {signature}", f"binds something that {result}.{version} never was")
        for signature, pin in self._reviews:
            place = (f"{RecordKind.TRAIL_REVIEW}:{pin.get('record')}", int(pin.get("rev", 0)))
            if pin.get("sha256") is None or self._digests.get(place) != pin["sha256"]:
                yield Finding(f"signature {signature}", f"binds a review of the trail that never was ({place[0]})")
        for signature, place, content_sha256 in self._on_others:
            if content_sha256 is None or self._digests.get(place) != content_sha256:
                yield Finding(
                    f"signature {signature}", f"binds something that {place[0]}, revision {place[1]}, never was"
                )
