"""Verification, step 7: every revision is the one that its entry recorded, lists say what the records say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from blotter_records.domain.canonical import text_digest
from blotter_records.domain.records import FILE_FIELDS
from blotter_records.ports.trail_reader import CurrentRow, RawChange, RawRevision
from blotter_records.services.trail.projecting import Projecting
from blotter_records.services.trail.verifying_checkpoints import Finding
from blotter_records.services.trail.verifying_signatures import BOUND, SignatureCheck
from blotter_records.vocabulary import RecordKind

#: Kinds whose content other checks need; the others are compared by digest alone.
_READ = frozenset({*FILE_FIELDS, *BOUND, RecordKind.RESULT.value, RecordKind.SIGNATURE.value})


class RecordCheck:
    """Walks once through all changes, by stream and rev. ``files`` are the sealed files that records name."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self._signatures = SignatureCheck()

    def check(self, changes: Iterable[RawChange], current: Iterable[CurrentRow]) -> Iterator[Finding]:
        """Yield what is wrong; both come in the order of the streams."""
        listed = Listed(current)
        stream, last_rev, last_number = "", 0, 0
        newest: RawRevision | None = None
        made_id: int | None = None
        for change in changes:
            if change.stream != stream:
                yield from listed.compare(newest, made_id)
                stream, last_rev, last_number = change.stream, 0, 0
                newest, made_id = None, change.entry_id
            newest = change.revision or newest
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
        yield from listed.compare(newest, made_id)
        yield from listed.rest()
        yield from self._signatures.findings()

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
        self._collect(revision, digest)

    def _collect(self, revision: RawRevision, digest: str) -> None:
        """Remember what other checks need of a content; what is no JSON was found by its digest."""
        if revision.kind not in _READ:
            return
        self._signatures.note(revision, digest)
        name = FILE_FIELDS.get(revision.kind)
        if revision.kind in BOUND and name is None:
            return
        try:
            content: dict[str, Any] = json.loads(revision.content)
        except ValueError:
            return
        if name is not None and name in content:
            self.files[content[name]] = f"{revision.kind} {revision.record_id}"
        self._signatures.collect(revision, content)


class Listed:
    """Compares the list of records with the records; both come in the order of the streams.

    Parameters
    ----------
    current : iterable of CurrentRow
    """

    def __init__(self, current: Iterable[CurrentRow]) -> None:
        self._rows = iter(current)
        self._next = next(self._rows, None)
        self._projecting = Projecting()
        self._images: dict[str, CurrentRow] = {}

    def compare(self, newest: RawRevision | None, made_id: int | None) -> Iterator[Finding]:
        """Compare the row of one record, given its newest revision and the id of the entry that made it."""
        if newest is None or made_id is None:
            return
        yield from self._beyond(newest.stream)
        row = self._next if self._next is not None and self._next.stream == newest.stream else None
        if row is not None:
            self._next = next(self._rows, None)
        expected = self._projecting.row(newest, made_id)
        if row is None:
            yield Finding(newest.stream, "hidden: it is missing from the list of records")
        elif expected is None:
            self._images[newest.stream] = row
        elif row != expected:
            yield _differs(row, expected)

    def _beyond(self, stream: str) -> Iterator[Finding]:
        """Yield the rows before a stream: there are no such records."""
        while self._next is not None and self._next.stream < stream:
            yield Finding(self._next.stream, "is in the list of records, but there is no such record")
            self._next = next(self._rows, None)

    def rest(self) -> Iterator[Finding]:
        """Compare the images, whose status follows from all results, and tell of rows that are left."""
        while self._next is not None:
            yield Finding(self._next.stream, "is in the list of records, but there is no such record")
            self._next = next(self._rows, None)
        for expected in self._projecting.images():
            row = self._images.get(expected.stream)
            if row is not None and row != expected:
                yield _differs(row, expected)


def _differs(row: CurrentRow, expected: CurrentRow) -> Finding:
    missing = sorted(set(expected.keys) - set(row.keys))
    added = sorted(set(row.keys) - set(expected.keys))
    told = [f"without {', '.join(missing[:4])}"] if missing else []
    told += [f"with {', '.join(added[:4])}"] if added else []
    told += [f"in study {row.study or 'none'}"] if row.study != expected.study else []
    told += ["as if another entry had made it"] if row.made_id != expected.made_id else []
    return Finding(row.stream, f"is listed as it is not: {'; '.join(told) or 'as another record'}")
