"""Places outside the database to which signed checkpoints go besides the installation's own folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol


class AnchorPlace(Protocol):
    """One place; what was sent there is never changed or taken back."""

    @property
    def name(self) -> str:
        """Return what people call it."""

    @property
    def kind(self) -> str:
        """Return what it is: ``folder``, ``object_store``, ``mail``, ``time_stamp``."""

    @property
    def every(self) -> timedelta:
        """Return how often it wants one at most; zero: as often as the policy says."""

    def send(self, size: int, note: str) -> None:
        """Send a checkpoint; the same one again changes nothing.

        Raises ``Unavailable('anchor.unavailable')`` if it cannot be reached or does not take it, and
        ``IntegrityBroken('anchor.contradiction')`` if it holds another checkpoint over as many entries.
        """

    def kept(self) -> Iterator[tuple[str, str]]:
        """Yield name and text of the checkpoints that can be read back there. Raises ``Unavailable``."""
