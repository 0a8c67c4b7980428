"""What the sequencer needs: the numbered leaves in the database, and the folder of checkpoints outside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class TreeHead:
    """The tree as the database has it: how many leaves, and the root over them (32 bytes)."""

    size: int
    root: bytes


class Sequence(Protocol):
    """The numbered entries. Every method raises ``Unavailable`` if the database is gone."""

    def lead(self) -> bool:
        """Become the one sequencer, or tell that another one is; it lasts as long as the connection."""

    def head(self) -> TreeHead:
        """Return the tree as stored."""

    def number(self, limit: int) -> int:
        """Give the next numbers to at most ``limit`` waiting entries, extend the tree, commit; return how many."""

    def leaves(self, after: int, upto: int) -> Iterator[bytes]:
        """Yield the leaf hashes of the numbers ``after + 1`` to ``upto``.

        Raises ``IntegrityBroken('integrity.gap')`` if a number is missing.
        """

    def newest_note(self) -> str | None:
        """Return the newest checkpoint kept in the database, or None."""

    def keep_note(self, size: int, note: str) -> None:
        """Keep a checkpoint; one of the same size stays as it is."""


class CheckpointFolder(Protocol):
    """Checkpoints outside the database; what is there is never changed."""

    def newest(self) -> str | None:
        """Return the note of the largest size, or None."""

    def notes(self) -> Iterator[tuple[str, str]]:
        """Yield name and text of every note, smallest size first."""

    def write(self, size: int, note: str) -> None:
        """Write a note durably; one of the same size stays as it is. Raises ``Unavailable``."""

    def refuse(self, why: str) -> None:
        """Leave word that nothing more is signed, and why; empty text takes it back."""
