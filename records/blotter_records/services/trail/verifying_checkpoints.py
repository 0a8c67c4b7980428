"""Verification, step 1: the checkpoints outside the database, and what the database says about them.

Besides the installation's own checkpoints there may be *kept* ones: notes that somebody took away earlier (from a
report, a bundle, the folder). The trail of today must continue each of them, whatever lies in the folder now.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from blotter_records.domain.keys import KeyHistory
from blotter_records.domain.note import BadNote, Checkpoint

#: So long an entry may wait for its number, a checkpoint of the database for its file.
PATIENCE_S = 60


@dataclass(frozen=True)
class Finding:
    """A fault: which entry, record, checkpoint or file, and what is wrong with it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Signed:
    """A checkpoint that verified: name of its file, root, and the signed time in seconds since 1970."""

    name: str
    root: bytes
    time_s: int | None


class Checkpoints:
    """The checkpoints that verify, by size."""

    def __init__(self, keys: KeyHistory) -> None:
        self._keys = keys
        self.outside: dict[int, Signed] = {}
        self.kept: dict[int, list[Signed]] = {}
        self._sizes: list[int] = []

    def read(self, notes: Iterable[tuple[str, str]]) -> Iterator[Finding]:
        """Take in the notes from outside the database."""
        for name, note in notes:
            opened = self._opened(f"checkpoint {name}", note)
            if isinstance(opened, Finding):
                yield opened
                continue
            checkpoint, time_s = opened
            known = self.outside.setdefault(checkpoint.size, Signed(name, checkpoint.root, time_s))
            if known.root != checkpoint.root:
                yield Finding(
                    f"checkpoint {name}",
                    f"contradicts {known.name}: two histories of {checkpoint.size} entries were signed",
                )
        self._sizes = sorted(self.outside)
        if not self._sizes:
            yield Finding("checkpoints", "there is none outside the database, so nothing shows that it is unchanged")

    def keep(self, notes: Iterable[tuple[str, str]]) -> Iterator[Finding]:
        """Take in the notes that somebody kept; the trail is compared with them while it is walked through."""
        for name, note in notes:
            opened = self._opened(f"kept checkpoint {name}", note)
            if isinstance(opened, Finding):
                yield opened
                continue
            checkpoint, time_s = opened
            self.kept.setdefault(checkpoint.size, []).append(Signed(name, checkpoint.root, time_s))

    def _opened(self, where: str, note: str) -> tuple[Checkpoint, int | None] | Finding:
        try:
            return self._keys.open(note)
        except BadNote as error:
            return Finding(where, str(error))

    def compare(self, kept: Iterable[tuple[int, str]], now: datetime) -> Iterator[Finding]:
        """Compare with the checkpoints that the database keeps."""
        for size, note in kept:
            where = f"checkpoint over {size} entries in the database"
            try:
                checkpoint, time_s = self._keys.open(note)
            except BadNote as error:
                yield Finding(where, str(error))
                continue
            outside = self.outside.get(size)
            if checkpoint.size != size:
                yield Finding(where, f"is over {checkpoint.size} entries")
            elif outside is not None and outside.root != checkpoint.root:
                yield Finding(where, f"contradicts {outside.name}: two histories were signed")
            elif outside is None and (time_s is None or now.timestamp() - time_s > PATIENCE_S):
                yield Finding(where, "is missing outside the database")

    @property
    def largest(self) -> int:
        """The size of the largest checkpoint, 0 without any."""
        return self._sizes[-1] if self._sizes else 0

    def around(self, number: int) -> tuple[int | None, int | None]:
        """Return the sizes of the last checkpoint without and the first checkpoint with this number."""
        at = bisect_left(self._sizes, number)
        before = self._sizes[at - 1] if at > 0 else None
        covering = self._sizes[at] if at < len(self._sizes) else None
        return before, covering
