"""Implements ``ports.seals``: what the sequencer has written, read with the records service's own role."""

from __future__ import annotations

from sqlalchemy import select

from blotter_records.adapters.postgres import tables
from blotter_records.adapters.postgres.ledger import PostgresLedger
from blotter_records.ports.seals import Seal, Seals


class PostgresSeals:
    """Reads leaves and checkpoints.

    Parameters
    ----------
    ledger : PostgresLedger
        Its connections are used.
    """

    def __init__(self, ledger: PostgresLedger) -> None:
        self._ledger = ledger

    def newest(self) -> Seal | None:
        """Return the newest signed checkpoint, or None."""
        kept = tables.checkpoint
        with self._ledger.begin() as work:
            row = work.row(select(kept.c.note, kept.c.size).order_by(kept.c.size.desc()).limit(1))
        return Seal(row.note, row.size) if row is not None else None

    def leaves(self, size: int) -> list[bytes]:
        """Return the hashes of the entries 1 to `size`."""
        leaf = tables.leaf
        with self._ledger.begin() as work:
            found = work.rows(select(leaf.c.leaf).where(leaf.c.number <= size).order_by(leaf.c.number))
        return [bytes(row.leaf) for row in found]


def _fits_the_port(seals: PostgresSeals) -> Seals:
    return seals
