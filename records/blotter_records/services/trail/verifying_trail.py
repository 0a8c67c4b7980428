"""Verification, steps 2 to 6: numbers, entries, the tree over them, times, and entries that still wait."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from blotter_records.domain.merkle import Frontier, leaf_hash
from blotter_records.ports.sequence import TreeHead
from blotter_records.ports.trail_reader import NumberedRow, RawEntry
from blotter_records.services.trail.verifying_checkpoints import PATIENCE_S, Checkpoints, Finding, Signed

#: The database login that the records service uses; whoever writes an entry by hand has another one.
SERVICE_LOGIN = "blotter_runtime"
#: Between the stamp of an entry and its commit: the services' transactions are ended long before.
TRANSACTION_S = 600
#: The database's clock and the sequencer's may differ by this much (policy time.max_drift), and seconds are cut.
DRIFT_S = 6
_COLUMNS = (
    "id", "stream", "rev", "action", "outcome", "account", "record_kind", "record_id", "record_version",
    "content_sha256",
)  # fmt: skip
_ENDLESS = 2**63


class TrailCheck:
    """Walks once through the trail in the order of the numbers."""

    def __init__(self, checkpoints: Checkpoints, now: datetime, entry: Callable[[int], RawEntry | None]) -> None:
        self.entries = 0
        self._columns_of = entry
        self._checkpoints = checkpoints
        self._now = now
        self._tree = Frontier()
        self._next = 1
        self._proven = 0
        self._last_id = 0
        self._out_of_order: list[int] = []  # numbers since the last good checkpoint; legal, but a hint where it is not
        self._is_comparable = True  # after the first break no later root can be right
        self._from = self._upto = 0  # of the numbers between two checkpoints, which share their times
        self._earliest, self._latest = -math.inf, math.inf
        self.continued: list[tuple[int, Signed]] = []  # kept checkpoints that today's trail continues

    def check(self, rows: Iterable[NumberedRow], head: TreeHead) -> Iterator[Finding]:
        """Yield what is wrong."""
        yield from self._kept()
        for row in rows:
            if row.id is not None:
                self.entries += 1
            if self._is_good(row):
                self._next += 1
                if self._grow(row):
                    yield from self._root()
                continue
            if row.number is None:
                yield from self._waiting(row)
                continue
            yield from self._number(row.number)
            yield from self._entry(row.number, row)
            if self._grow(row):
                yield from self._root()
        last = self._next - 1
        if last < self._checkpoints.largest:
            missing = _span(last + 1, self._checkpoints.largest)
            yield Finding(
                missing, "missing: cut off at the end, a signed checkpoint covers more entries than there are"
            )
        yield from self._not_reached(last)
        if self._is_comparable and (head.size, head.root) != (self._tree.size, self._tree.root()):
            yield Finding("tree", f"what the database keeps is not the tree over its {self._tree.size} entries")

    def _is_good(self, row: NumberedRow) -> bool:
        """Tell in one go whether there is nothing to say about a row; what is not good is looked at piece by piece."""
        number = row.number
        if not row.fits or number != self._next:
            return False
        # The leaf hash of RFC 6962, written out: a million calls less.
        if not sha256(b"\0" + row.text.encode()).digest() == row.sealed == row.leaf:
            return False
        if not self._from < number <= self._upto:
            self._frame(number)
        return self._earliest <= row.at.timestamp() <= self._latest

    def _frame(self, number: int) -> None:
        """Remember the checkpoints that frame this number and those near it, and what times they leave."""
        before, covering = self._checkpoints.around(number)
        earliest = self._checkpoints.outside[before].time_s if before is not None else None
        latest = self._checkpoints.outside[covering].time_s if covering is not None else None
        self._from, self._upto = before or 0, covering if covering is not None else _ENDLESS
        self._earliest = earliest - TRANSACTION_S if earliest is not None else -math.inf
        self._latest = latest + DRIFT_S if latest is not None else math.inf

    def _number(self, number: int) -> Iterator[Finding]:
        if number > self._next:
            yield Finding(_span(self._next, number - 1), "missing: deleted together with the number")
            self._is_comparable = False
        elif number < self._next:
            yield Finding(_span(number, number), "occurs twice")
            self._is_comparable = False
        self._next = number + 1

    def _entry(self, number: int, row: NumberedRow) -> Iterator[Finding]:
        where = _span(number, number)
        entry = self._columns_of(row.id) if row.id is not None else None
        if entry is None:
            yield Finding(where, f"deleted: number and hash are left, the entry (id {row.entry_id}) is gone")
            return
        actual = leaf_hash(entry.text.encode())
        if actual != row.sealed:
            yield Finding(where, f"edited or exchanged: its text does not have the hash that was sealed{_about(entry)}")
        elif actual != entry.leaf:
            yield Finding(where, "the hash beside the text was edited")
        yield from self._columns(where, entry)
        yield from self._time(number, entry)

    def _columns(self, where: str, entry: RawEntry) -> Iterator[Finding]:
        body = _parsed(entry.text)
        if body is None:
            yield Finding(where, "its text is not an entry")
            return
        wrong = [name for name in _COLUMNS if body.get(name) != getattr(entry, name)]
        if body.get("at") != entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"):
            wrong.append("at")
        if wrong:
            yield Finding(where, f"edited: columns differ from the hashed text ({', '.join(wrong)})")
        if body.get("login") != SERVICE_LOGIN:
            yield Finding(where, f"written past the records service, by the database login {body.get('login')!r}")

    def _time(self, number: int, entry: RawEntry) -> Iterator[Finding]:
        before, covering = self._checkpoints.around(number)
        earliest = self._checkpoints.outside[before].time_s if before is not None else None
        latest = self._checkpoints.outside[covering].time_s if covering is not None else None
        at = entry.at.timestamp()
        if earliest is not None and at < earliest - TRANSACTION_S:
            yield Finding(_span(number, number), "back-dated: its time is long before the checkpoint that lacks it")
        if latest is not None and at > latest + DRIFT_S:
            yield Finding(_span(number, number), "its time is after that of the checkpoint that covers it")

    def _grow(self, row: NumberedRow) -> bool:
        """Add a leaf to the tree; tell whether there is a checkpoint over as many."""
        if not self._is_comparable or row.sealed is None:
            return False
        tree = self._tree
        tree.append(row.sealed)
        if row.entry_id is not None:
            if row.entry_id < self._last_id:
                self._out_of_order += [tree.size - 1, tree.size]
            self._last_id = row.entry_id
        return tree.size in self._checkpoints.outside or tree.size in self._checkpoints.kept

    def _root(self) -> Iterator[Finding]:
        yield from self._kept()
        signed = self._checkpoints.outside.get(self._tree.size)
        if signed is None:
            return
        if self._tree.root() != signed.root:
            self._is_comparable = False
            order = ", ".join(str(number) for number in self._out_of_order)
            yield Finding(
                _span(self._proven + 1, self._tree.size),
                f"edited, reordered, inserted or removed with everything recomputed: not what checkpoint {signed.name}"
                f" stands for{f'; out of order: {order}' if order else ''} (later entries cannot be compared)",
            )
        self._proven = self._tree.size
        self._out_of_order = []

    def _kept(self) -> Iterator[Finding]:
        """Compare the tree as far as it has grown with the kept checkpoints over as many entries."""
        size = self._tree.size
        for kept in self._checkpoints.kept.get(size, ()):
            if self._tree.root() == kept.root:
                self.continued.append((size, kept))
                continue
            yield Finding(
                f"kept checkpoint {kept.name}",
                f"not continued: the first {size} entries are not those that it stands for; some were edited, "
                "reordered, inserted or removed after it was signed",
            )

    def _not_reached(self, last: int) -> Iterator[Finding]:
        for size, kept_ones in self._checkpoints.kept.items():
            for kept in kept_ones:
                if size > last:
                    why = f"it stands for {size} entries, the trail has {last}"
                elif size > self._tree.size:
                    why = f"it stands for {size} entries, and the trail is broken before (see there)"
                else:
                    continue
                yield Finding(f"kept checkpoint {kept.name}", f"not continued: {why}")

    def _waiting(self, row: NumberedRow) -> Iterator[Finding]:
        entry = self._columns_of(row.id) if row.id is not None else None
        if entry is None:
            return
        where = f"entry without number (id {entry.id})"
        if not row.is_waiting:
            yield Finding(where, f"its number was taken away{_about(entry)}")
        elif (self._now - entry.at).total_seconds() > PATIENCE_S:
            yield Finding(where, f"has waited for a number since {entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
        if leaf_hash(entry.text.encode()) != entry.leaf:
            yield Finding(where, "edited: its text does not have its hash")
        yield from self._columns(where, entry)


def _span(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"entries {first} to {last}"


def _about(entry: RawEntry) -> str:
    return f" ({entry.action}, {entry.stream})"


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text, object_pairs_hook=_unique)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; one that says a name twice is none, for readers differ in which they believe."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found
