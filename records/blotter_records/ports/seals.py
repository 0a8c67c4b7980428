"""What the sequencer has sealed: the tree's leaves and the newest signed checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Seal:
    """A signed checkpoint: ``note`` is its text with signatures, ``size`` the number of entries that it covers."""

    note: str
    size: int


class Seals(Protocol):
    """Reads what proves an entry."""

    def newest(self) -> Seal | None:
        """Return the newest signed checkpoint, or None if there is none yet. Raises ``Unavailable``."""

    def leaves(self, size: int) -> Iterator[bytes]:
        """Yield the hashes of the entries 1 to ``size``, 32 bytes each. Raises ``Unavailable``."""

    def newest_entry(self) -> int:
        """Return the id of the newest entry, numbered or not; 0 if there is none. Raises ``Unavailable``."""

    def numbered_until(self, entry_id: int) -> int | None:
        """Return the highest number given, once every entry with an id up to this one has its number; None before."""
