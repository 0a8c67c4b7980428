"""What a backup is made from, and where it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

from blotter_records.domain.backup import FileFact
from blotter_records.ports.sequence import TreeHead


class Snapshot(Protocol):
    """The database at one moment; every method tells of the same one. Raises ``Unavailable`` if it is gone."""

    def now(self) -> datetime:
        """Return the database's time, aware, UTC."""

    def head(self) -> TreeHead:
        """Return the tree."""

    def waiting(self) -> int:
        """Return how many entries have no number yet."""

    def schema(self) -> str:
        """Return the revision of the schema."""

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield SHA-256 and record of every sealed file that a revision names, each once."""

    def dump(self, path: Path) -> None:
        """Write everything into a file that ``pg_restore`` reads."""


class BackupDraft(Protocol):
    """A backup that is being written: nobody takes it for a whole one before :meth:`publish`."""

    def path_of(self, name: str) -> Path:
        """Return where a file of this name belongs."""

    def write(self, name: str, data: bytes) -> FileFact:
        """Write a file. Raises ``Unavailable('backup.write')``."""

    def fact(self, name: str) -> FileFact:
        """Return size and SHA-256 of a file that is there."""

    def keep(self, sha256: str, chunks: Iterable[bytes]) -> int:
        """Keep a sealed file; return its bytes. What ``chunks`` raises goes on, and nothing is kept."""

    def keep_again(self, sha256: str) -> int | None:
        """Keep the copy that an earlier backup has, if there is one that verifies; return its bytes, or None."""

    def publish(self) -> Path:
        """Wait until everything is on the disk, then give the backup its name; return where it is."""
