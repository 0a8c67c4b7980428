"""Implements ``ports.ledger`` on PostgreSQL: SQLAlchemy Core and psycopg, synchronous, a pool of connections.

Call it from worker threads: each unit of work holds one connection from ``begin`` to the end of its block.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError

from blotter_records.adapters.postgres.connecting import make_engine, translated
from blotter_records.adapters.postgres.moment import MomentPart
from blotter_records.adapters.postgres.seals import PostgresSeals
from blotter_records.adapters.postgres.searching import Totals
from blotter_records.ports.ledger import Ledger, UnitOfWork


class PostgresUnitOfWork(MomentPart):
    """One transaction, READ COMMITTED; rolls back unless ``commit`` was called."""

    def __init__(self, engine: Engine, totals: Totals, as_of: datetime | None = None) -> None:
        self._engine = engine
        self.totals = totals
        self.as_of = as_of
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:  # type: ignore[override]
        """The connection of the transaction."""
        if self._connection is None:
            raise RuntimeError("a unit of work is used inside its with block")
        return self._connection

    def __enter__(self) -> Self:
        """Open the transaction. Raises ``Unavailable`` if the database is gone."""
        with translated():
            self._connection = self._engine.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Roll back whatever was not committed."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        # Rolls back. If that fails the database is gone, and with it the transaction; the pool drops the connection.
        with suppress(DBAPIError):
            connection.close()

    def commit(self) -> None:
        """Commit."""
        with translated("commit"):
            self.connection.commit()


class PostgresLedger:
    """The system of record.

    Parameters
    ----------
    url : str
        SQLAlchemy URL (``postgresql+psycopg://role@/database?host=...``), without a password.
    password : str
        The role's password.
    pool_size : int
        Connections at most; who wants one more waits up to 10 s.
    """

    def __init__(self, url: str, password: str, pool_size: int = 8) -> None:
        self._engine = make_engine(url, password, pool_size=pool_size)
        self._totals = Totals()

    def begin(self, *, as_of: datetime | None = None) -> PostgresUnitOfWork:
        """Return a unit of work; use it in a ``with`` block. With ``as_of`` it reads what was true then."""
        return PostgresUnitOfWork(self._engine, self._totals, as_of)

    def now(self) -> datetime:
        """Return the database's time, aware, UTC. Raises ``Unavailable`` if the database is gone."""
        with translated(), self._engine.connect() as connection:
            moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            return moment

    def told(self, moment: datetime) -> datetime:
        """Return the present time, where it was read along with something else."""
        return moment

    def seals(self) -> PostgresSeals:
        """Return what proves entries, over the same pool."""
        return PostgresSeals(self._engine)

    def close(self) -> None:
        """Close the pool's connections."""
        self._engine.dispose()


def _fits_the_port(ledger: PostgresLedger) -> Ledger:
    return ledger


def _unit_fits_the_port(unit: PostgresUnitOfWork) -> UnitOfWork:
    return unit
