"""Engines, and what the database's errors mean for the person who asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg
from sqlalchemy import Engine, create_engine, make_url
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


def make_engine(url: str, password: str, *, pool_size: int) -> Engine:
    """Return an engine whose pool looks at each connection before it lends it, so that a restart heals by itself."""
    return create_engine(
        make_url(url).set(password=password),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # what people typed does not belong into a log
        connect_args={"connect_timeout": 5},
    )


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
        found = _meaning(error, during)
        if found is None:
            raise
        raise found from error


def _meaning(error: DBAPIError, during: str) -> BlotterError | None:
    cause = error.orig
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
    if error.connection_invalidated or state.startswith(_GONE_CLASSES) or _is_lost(cause):
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
