"""The entries of a scope, on disk: read page by page, given back by number, so that memory does not grow with them."""

from __future__ import annotations

import hashlib
import json
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from blotter_records.domain.canonical import canonical
from blotter_records.ports.entries import StoredEntry, TrailFilter, WrittenEntry
from blotter_records.ports.ledger import Ledger
from blotter_records.services.bundles.scopes import Scope
from blotter_records.vocabulary import RecordKind

#: Entries that are read at a time.
_PAGE = 500


@dataclass(frozen=True)
class Kept:
    """A numbered entry as it was kept: ``text`` is what was hashed."""

    number: int
    leaf: str
    text: str

    def stored(self) -> StoredEntry:
        """Return it as the ledger gives it; everything is in the text."""
        body = json.loads(self.text)
        written = WrittenEntry(
            id=body["id"],
            at=datetime.fromisoformat(body["at"]),
            stream=body["stream"],
            rev=body["rev"],
            leaf=self.leaf,
            number=self.number,
            zone=body.get("zone", "UTC"),
            utc_offset=body.get("offset", "+00:00"),
        )
        return StoredEntry(written, body, self.text)


class Collected:
    """Entries on disk; in memory are where each lies, and what is asked of them again and again.

    Attributes
    ----------
    upto : int
        The number up to which entries were collected.
    streams : dict of str to int
        The highest revision of each stream that changed.
    notebooks : set of (str, int)
        Notebooks and versions of them from which something was changed.
    signed : dict of str to dict
        Of each signature (by its id) the time of its entry, with zone and offset, and its number.
    """

    def __init__(self, upto: int) -> None:
        self.upto = upto
        self.streams: dict[str, int] = {}
        self.notebooks: set[tuple[str, int]] = set()
        self.signed: dict[str, dict[str, Any]] = {}
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this object
        self._numbers, self._places = array("q"), array("q")

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, number: int | None) -> bool:
        """Tell whether the entry with a number is there; after :meth:`sort`."""
        at = bisect_left(self._numbers, number or 0)
        return at < len(self) and self._numbers[at] == number

    def __iter__(self) -> Iterator[Kept]:
        """Yield the entries by number; after :meth:`sort`."""
        for number, place in zip(self._numbers, self._places, strict=True):
            self._file.seek(place)
            leaf, _, text = self._file.readline().decode().rstrip("\n").partition(" ")
            yield Kept(number, leaf, json.loads(text))

    def sort(self) -> Self:
        """Put the entries in the order of their numbers, each once."""
        places = {number: at for at, number in enumerate(self._numbers)}
        order = [places[number] for number in sorted(places)]
        self._numbers = array("q", (self._numbers[at] for at in order))
        self._places = array("q", (self._places[at] for at in order))
        return self

    def close(self) -> None:
        """Drop the file."""
        self._file.close()

    def add(self, entry: StoredEntry) -> None:
        """Keep an entry, unless it has no number up to the one that is collected."""
        number = entry.written.number
        if number is None or number > self.upto:
            return
        self._numbers.append(number)
        self._places.append(self._file.seek(0, 2))
        self._file.write(f"{entry.written.leaf} {canonical(entry.text)}\n".encode())
        if entry.written.rev is not None:
            self._note_change(entry.body, entry.written.rev, number)

    def _note_change(self, body: Mapping[str, Any], rev: int, number: int) -> None:
        stream = body["stream"]
        self.streams[stream] = max(rev, self.streams.get(stream, 0))
        if body.get("notebook") and body.get("notebook_version"):
            self.notebooks.add((body["notebook"], body["notebook_version"]))
        if body["record_kind"] == RecordKind.SIGNATURE:
            said = {"signed_at": body["at"], "zone": body.get("zone"), "utc_offset": body.get("offset")}
            self.signed[body["record_id"]] = {**said, "entry": number}

    def digest(self) -> str:
        """Return the SHA-256 over a line for each entry, by number: the number, a space, the leaf, a line feed."""
        digest = hashlib.sha256()
        for one in self:
            digest.update(f"{one.number} {one.leaf}\n".encode())
        return digest.hexdigest()


def collect(ledger: Ledger, scope: Scope, upto: int) -> Collected:
    """Collect the entries of a scope up to a number, which are all there: they are under a checkpoint.

    Of a notebook come the versions from which something was changed, not what else its owner did in it.
    """
    collected = Collected(upto)
    for wanted in scope.filters:
        for entry in _read(ledger, wanted):
            collected.add(entry)
    for notebook in sorted({name for name, _ in collected.notebooks if scope.holds(RecordKind.NOTEBOOK)}):
        stream = f"{RecordKind.NOTEBOOK}:{notebook}"
        for entry in _read(ledger, TrailFilter(streams=[stream])):
            if (notebook, entry.written.rev) in collected.notebooks:
                collected.add(entry)
    return collected.sort()


def _read(ledger: Ledger, wanted: TrailFilter) -> Iterator[StoredEntry]:
    """Yield entries page by page, each page in a transaction of its own."""
    after = 0
    while True:
        with ledger.begin() as work:
            page = work.entries(replace(wanted, after=after, limit=_PAGE))
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].written.id
