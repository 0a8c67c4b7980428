"""Implements ``ports.seals`` for the services: what proves an entry, as the run-time role may read it."""

from __future__ import annotations

from sqlalchemy import Engine, select

from blotter_records.adapters.postgres import tables
from blotter_records.adapters.postgres.connecting import translated
from blotter_records.ports.seals import Seal, Seals


class PostgresSeals:
    """Leaves and checkpoints; made by :meth:`PostgresLedger.seals`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(self) -> Seal | None:
        """Return the newest signed checkpoint, or None if there is none yet. Raises ``Unavailable``."""
        kept = tables.checkpoint
        with translated(), self._engine.connect() as connection:
            row = connection.execute(select(kept.c.size, kept.c.note).order_by(kept.c.size.desc()).limit(1)).first()
        return Seal(note=row.note, size=row.size) if row is not None else None

    def leaves(self, size: int) -> list[bytes]:
        """Return the hashes of the entries 1 to ``size``, 32 bytes each. Raises ``Unavailable``."""
        kept = tables.leaf
        with translated(), self._engine.connect() as connection:
            found = connection.execute(select(kept.c.leaf).where(kept.c.number <= size).order_by(kept.c.number))
            return [bytes(row.leaf) for row in found]


def _fits_the_port(seals: PostgresSeals) -> Seals:
    return seals
