"""Checkpoints as files: one per size, never changed, readable by everybody.

::

    00000000000000000042.note   the checkpoint over 42 entries
    latest                      the newest one again, replaced in one step
    verifier.key                the installation's public key, for whoever wants to check
    continues.note              after a restore: which origin it continues, from which size on; signed
    refused                     only while nothing is signed: why
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from blotter_records.adapters import durable
from blotter_records.errors import IntegrityBroken, Unavailable

_DIGITS = 20
#: Checkpoints are public: everybody may read them.
MODE = 0o644


class FileCheckpointFolder:
    """The folder; written by the sequencer, read by verification and reports.

    Parameters
    ----------
    path : Path
        The folder; it must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self) -> str | None:
        """Return the note of the largest size, or None."""
        names = self._names()
        return (self._path / names[-1]).read_text() if names else None

    def latest(self) -> str | None:
        """Return the note written last, or None: one file, however many there are. Raises ``Unavailable``."""
        try:
            return (self._path / "latest").read_text()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable("unavailable.checkpoints", f"{self._path} cannot be read: {error.strerror}.") from error

    def notes(self) -> Iterator[tuple[str, str]]:
        """Yield name and text of every note, smallest size first."""
        for name in self._names():
            yield name, (self._path / name).read_text(errors="replace")

    def covering(self, number: int) -> str | None:
        """Return the smallest checkpoint that covers an entry's number, or None while there is none."""
        name = next((name for name in self._names() if int(name.removesuffix(".note")) >= number), None)
        return (self._path / name).read_text() if name is not None else None

    def write(self, size: int, note: str) -> None:
        """Write a note durably; one of the same size stays as it is. Raises ``Unavailable``."""
        file = self._path / f"{size:0{_DIGITS}d}.note"
        try:
            if not file.exists():
                durable.put(file, note.encode(), MODE)
            durable.put(self._path / "latest", file.read_bytes(), MODE)
        except OSError as error:
            raise Unavailable("unavailable.checkpoints", f"{file} cannot be written: {error.strerror}.") from error

    def take_over(self, notes: Iterable[tuple[int, str]], statement: str) -> None:
        """Lay the checkpoints of a predecessor into an empty folder, and the statement that continues it.

        Nothing waits for the disk here: whoever restores does that once, at the end.
        """
        for size, note in notes:
            (self._path / f"{size:0{_DIGITS}d}.note").write_text(note)
        (self._path / "continues.note").write_text(statement)

    def publish_key(self, key: str) -> None:
        """Write the public key the first time; raise ``IntegrityBroken`` if another one was published before."""
        file = self._path / "verifier.key"
        try:
            if not file.exists():
                durable.put(file, f"{key}\n".encode(), MODE)
        except OSError as error:
            raise Unavailable("unavailable.checkpoints", f"{file} cannot be written: {error.strerror}.") from error
        if file.read_text().strip() != key:
            raise IntegrityBroken("integrity.key", f"{file} holds another key than the one to sign with.")

    def refuse(self, why: str) -> None:
        """Leave word that nothing more is signed, and why; empty text takes it back."""
        file = self._path / "refused"
        if why:
            durable.put(file, f"{why}\n".encode(), MODE)
        else:
            file.unlink(missing_ok=True)

    def _names(self) -> list[str]:
        return sorted(file.name for file in self._path.glob(f"{'[0-9]' * _DIGITS}.note"))
