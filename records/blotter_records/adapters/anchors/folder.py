"""A folder on another disk or machine, best one that lets nobody change a file (WORM)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from blotter_records.adapters import durable
from blotter_records.adapters.anchors.configuration import FolderPlace
from blotter_records.adapters.anchors.naming import contradiction, path_of, unavailable
from blotter_records.ports.anchors import AnchorPlace


class FolderAnchor:
    """Writes each checkpoint into a file of its own that is never changed."""

    kind = "folder"

    def __init__(self, settings: FolderPlace, origins: Sequence[str]) -> None:
        self.name = settings.name
        self.every = timedelta(hours=settings.every_hours)
        self._path = settings.path
        self._origins = origins

    def send(self, size: int, note: str) -> None:
        """Write a checkpoint; the same one again changes nothing."""
        file = self._path / path_of(size, note)
        try:
            if not self._path.is_dir():
                raise unavailable(self.name, f"{self._path} is not there (not mounted?)")
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.exists():
                if file.read_text() != note:
                    raise contradiction(self.name, str(file))
                return
            durable.put(file, note.encode(), 0o444)
        except OSError as error:
            raise unavailable(self.name, f"{file}: {error.strerror}") from error

    def kept(self) -> Iterator[tuple[str, str]]:
        """Yield the checkpoints that are there."""
        try:
            for origin in self._origins:
                for file in sorted((self._path / origin).glob("*.note")):
                    yield f"{self.name} {file.name}", file.read_text(errors="replace")
        except OSError as error:
            raise unavailable(self.name, error) from error


def _fits_the_port(place: FolderAnchor) -> AnchorPlace:
    return place
