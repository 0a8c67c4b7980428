"""Implements ``ports.seals`` for the services: what proves an entry, as the run-time role may read it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine, exists, func, select

from blotter_records.adapters.postgres import tables
from blotter_records.adapters.postgres.connecting import translated
from blotter_records.ports.seals import Seal, Seals

#: Rows that are fetched at a time.
_PAGE = 10_000


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

    def leaves(self, size: int) -> Iterator[bytes]:
        """Yield the hashes of the entries 1 to ``size``, 32 bytes each. Raises ``Unavailable``."""
        kept = tables.leaf
        wanted = select(kept.c.leaf).where(kept.c.number <= size).order_by(kept.c.number)
        with translated(), self._engine.connect() as connection:
            for row in connection.execution_options(yield_per=_PAGE).execute(wanted):
                yield bytes(row.leaf)

    def newest_entry(self) -> int:
        """Return the id of the newest entry, numbered or not; 0 if there is none. Raises ``Unavailable``."""
        with translated(), self._engine.connect() as connection:
            return int(connection.scalar(select(func.coalesce(func.max(tables.entry.c.id), 0))) or 0)

    def numbered_until(self, entry_id: int) -> int | None:
        """Return the highest number given, once every entry with an id up to this one has its number; None before."""
        waiting = select(tables.pending.c.id).where(tables.pending.c.id <= entry_id).limit(1)
        highest = select(func.coalesce(func.max(tables.leaf.c.number), 0))
        with translated(), self._engine.connect() as connection:
            # One statement, one snapshot: what is not pending in it is numbered in it.
            row = connection.execute(select(exists(waiting), highest.scalar_subquery())).one()
        return None if row[0] else int(row[1])


def _fits_the_port(seals: PostgresSeals) -> Seals:
    return seals
