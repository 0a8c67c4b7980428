"""Engines, and what the database's errors mean for the person who asked."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import errors as pg
from psycopg.abc import PQGen
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from blotter_records.errors import BlotterError, Conflict, Invalid, Unavailable

#: Raised by our own triggers (migrations): a revision whose predecessor is missing, a table that is append-only, an
#: entry or revision that contradicts itself.
NO_PREDECESSOR, APPEND_ONLY, CONTRADICTION = "BL001", "BL002", "BL003"
_REV_CONSTRAINTS = frozenset({"entry_stream_rev_key", "revision_pkey"})
_BUSY = (pg.LockNotAvailable, pg.QueryCanceled, pg.DeadlockDetected, pg.SerializationFailure)
# Shut down, crashed, starting, out of connections; a broken socket comes without any state.
_GONE_CLASSES = ("08", "57P", "53", "25P03")

#: Longer than the database lets a statement of the service run (cluster.py): who waits longer waits for a database that
#: is there and answers nothing, because its machine or its disk stands still (s).
ANSWERS_WITHIN_S = 35.0
#: A connection of the pool is looked at before it is lent; that takes no work (s).
ALIVE_WITHIN_S = 5.0

_T = TypeVar("_T")


class ImpatientConnection(psycopg.Connection[Any]):
    """A connection that is given up when the database does not answer: on a socket no time-out of the network helps."""

    def wait(self, gen: PQGen[_T], interval: float = 0.1, timeout: float | None = None) -> _T:
        """Wait for the answer to what was sent. Raises ``OperationalError`` without a state when there is none."""
        # Only while the pool looks at it, the connection is in autocommit.
        limit = ALIVE_WITHIN_S if self.autocommit else ANSWERS_WITHIN_S
        try:
            return super().wait(gen, interval, limit if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:
                self.pgconn.finish()  # an answer that comes later must not be taken for that to another question
            raise


def make_engine(url: str, password: str, *, pool_size: int) -> Engine:
    """Return an engine whose pool looks at each connection before it lends it, so that a restart heals by itself."""
    engine = create_engine(
        make_url(url).set(password=password),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # what people typed does not belong into a log
        connect_args={"connect_timeout": 5},
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, cargs: list[Any], cparams: dict[str, Any]) -> ImpatientConnection:
        return ImpatientConnection.connect(*cargs, **cparams)

    return engine


def connect(url: str, password: str, *, autocommit: bool = False) -> psycopg.Connection:
    """Return one plain connection, for what runs for a long time or reads a lot."""
    parts = make_url(url)
    return psycopg.connect(
        user=parts.username,
        password=password,
        dbname=parts.database,
        host=parts.host or str(parts.query.get("host", "")) or None,
        port=parts.port or str(parts.query.get("port", "")) or None,
        connect_timeout=5,
        autocommit=autocommit,
    )


@contextmanager
def translated(during: str = "") -> Iterator[None]:
    """Turn the database's errors into ours.

    Parameters
    ----------
    during : str
        ``"commit"``: a connection that is lost then leaves open whether the transaction was committed.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise Unavailable("unavailable.busy", "The database is busy.", "Try again in a moment.") from error
    except DBAPIError as error:
        found = _meaning(error.orig, during, is_gone=error.connection_invalidated)
        if found is None:
            raise
        raise found from error
    except psycopg.Error as error:  # of a call past SQLAlchemy
        found = _meaning(error, during)
        if found is None:
            raise
        raise found from error


def _meaning(cause: BaseException | None, during: str, *, is_gone: bool = False) -> BlotterError | None:
    state = getattr(cause, "sqlstate", None) or ""
    if state == NO_PREDECESSOR or (
        isinstance(cause, pg.UniqueViolation) and cause.diag.constraint_name in _REV_CONSTRAINTS
    ):
        return Conflict(
            "conflict.stale",
            "Somebody else has changed this record since you opened it.",
            "Look at what has changed, then do it again.",
        )
    if isinstance(cause, _BUSY):
        return Unavailable("unavailable.busy", "The database is busy; nothing was written.", "Try again in a moment.")
    if isinstance(cause, pg.CheckViolation) and cause.diag.constraint_name == "entry_entry_check":
        return Invalid("invalid.entry_size", "The audit entry would be longer than 65,535 bytes.")
    # A new connection needs room as well; why it could not be made stands in its text alone.
    if isinstance(cause, pg.DiskFull) or os.strerror(errno.ENOSPC) in str(cause):
        return Unavailable(
            "unavailable.full",
            "The database's disk is full; nothing was written.",
            "Tell the System Manager; do it again once there is room.",
        )
    if is_gone or state.startswith(_GONE_CLASSES) or _is_lost(cause):
        if during == "commit":
            return Unavailable(
                "unavailable.in_doubt",
                "The database went away while it was saving.",
                "Look whether the change is there before you do it again.",
            )
        return Unavailable("unavailable.database", "The database does not answer; nothing was written.")
    return None


def _is_lost(cause: BaseException | None) -> bool:
    """Tell whether the connection could not be made or broke off (psycopg gives no state then)."""
    return isinstance(cause, pg.OperationalError | pg.InterfaceError) and not getattr(cause, "sqlstate", None)
