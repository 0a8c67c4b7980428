"""Verification, step 7: every revision is the one that its entry recorded, and every signature binds what exists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from blotter_records.domain.canonical import text_digest
from blotter_records.ports.trail_reader import RawChange, RawRevision
from blotter_records.services.verifying_checkpoints import Finding
from blotter_records.vocabulary import RecordKind

#: Fields that hold the name of a sealed file, by kind of record.
_FILE_FIELDS = {RecordKind.IMAGE.value: "file_sha256", RecordKind.EXPORT.value: "sha256"}
#: Kinds whose content other checks need; the others are compared by digest alone.
_READ = frozenset({*_FILE_FIELDS, RecordKind.RESULT.value, RecordKind.SIGNATURE.value})


class RecordCheck:
    """Walks once through all changes, by stream and rev. ``files`` are the sealed files that records name."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self._bound: set[tuple[str, int, str]] = set()
        self._signatures: list[tuple[str, str, int, str]] = []

    def check(self, changes: Iterable[RawChange]) -> Iterator[Finding]:
        """Yield what is wrong."""
        stream, last_rev, last_number = "", 0, 0
        for change in changes:
            if change.stream != stream:
                stream, last_rev, last_number = change.stream, 0, 0
            if change.rev != last_rev + 1:
                yield Finding(stream, f"revision {last_rev + 1} is missing, revision {change.rev} is there")
            if change.number is not None and change.number < last_number:
                yield Finding(
                    f"entry {change.number}",
                    f"reordered: revision {change.rev} of {stream} has a smaller number than the one before it",
                )
            last_rev, last_number = change.rev, change.number or last_number
            if not self._is_good(change):
                yield from self._change(change)
        for signature, result, version, digest in self._signatures:
            if (result, version, digest) not in self._bound:
                yield Finding(f"signature {signature}", f"binds something that {result}.{version} never was")

    def _is_good(self, change: RawChange) -> bool:
        """Tell whether a revision is what its entry recorded and nothing else needs its content."""
        revision = change.revision
        return (
            revision is not None
            and revision.kind not in _READ
            and change.entry_id is not None
            and revision.entry_id == change.entry_id
            and sha256(revision.content.encode()).hexdigest() == change.content_sha256 == revision.sha256
            and f"{revision.kind}:{revision.record_id}" == change.stream
        )

    def _change(self, change: RawChange) -> Iterator[Finding]:
        revision = change.revision
        where = f"{change.stream}, revision {change.rev}"
        entry = f"entry {change.number}" if change.number is not None else f"entry with id {change.entry_id}"
        if revision is None:
            yield Finding(where, f"deleted; {entry} recorded it")
            return
        if change.entry_id is None:
            yield Finding(where, f"no entry of the trail recorded it (it names entry id {revision.entry_id})")
            return
        if revision.entry_id != change.entry_id:
            yield Finding(where, f"names another entry (id {revision.entry_id}) than the one that recorded it, {entry}")
        digest = text_digest(revision.content)
        if digest != change.content_sha256:
            yield Finding(where, f"edited or exchanged: not the content that {entry} recorded")
        elif digest != revision.sha256:
            yield Finding(where, "the digest beside the content was edited")
        if f"{revision.kind}:{revision.record_id}" != change.stream:
            yield Finding(where, f"is said to be about {revision.kind} {revision.record_id}")
        self._collect(revision)

    def _collect(self, revision: RawRevision) -> None:
        """Remember what other checks need of a content; what is no JSON was found by its digest."""
        if revision.kind not in _READ:
            return
        try:
            content: dict[str, Any] = json.loads(revision.content)
        except ValueError:
            return
        name = _FILE_FIELDS.get(revision.kind)
        if name is not None and name in content:
            self.files[content[name]] = f"{revision.kind} {revision.record_id}"
        if revision.kind == RecordKind.RESULT and {"version", "digest"} <= content.keys():
            self._bound.add((revision.record_id, content["version"], content["digest"]))
        if revision.kind == RecordKind.SIGNATURE and {"result", "version", "digest"} <= content.keys():
            self._signatures.append((revision.record_id, content["result"], content["version"], content["digest"]))
