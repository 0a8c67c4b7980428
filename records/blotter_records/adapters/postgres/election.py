"""One of many: a named advisory lock of the database, held as long as its connection lives."""

from __future__ import annotations

import psycopg

from blotter_records.adapters.postgres.connecting import connect
from blotter_records.adapters.postgres.rows import lock_key
from blotter_records.errors import Unavailable


class PostgresElection:
    """Makes one process the only one that does a job.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, without a password.
    password : str
    name : str
        The job.
    """

    def __init__(self, url: str, password: str, name: str) -> None:
        self._url = url
        self._password = password
        self._key = lock_key(name)
        self._connection: psycopg.Connection | None = None
        self._leads = False

    @property
    def is_leading(self) -> bool:
        """True when it was the one at the last look; asks nobody."""
        return self._leads

    def lead(self) -> bool:
        """Become the one, or tell that another one is. Raises ``Unavailable`` if the database is gone."""
        try:
            if self._connection is None or self._connection.closed:
                self._leads = False
                self._connection = connect(self._url, self._password, autocommit=True)
            if self._leads:  # the lock is counted: it is taken once; but is the connection alive?
                self._connection.execute("SELECT")
            else:
                row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", [self._key]).fetchone()
                self._leads = row is not None and bool(row[0])
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self.close()
            raise Unavailable("unavailable.database", "The database does not answer.") from error
        return self._leads

    def close(self) -> None:
        """Give the job away."""
        self._leads = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None
