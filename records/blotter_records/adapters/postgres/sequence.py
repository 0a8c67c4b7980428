"""Implements ``ports.sequence.Sequence`` with one psycopg connection that is made again after it was lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from blotter_records.adapters.postgres.connecting import connect
from blotter_records.adapters.postgres.rows import lock_key
from blotter_records.domain.merkle import Frontier
from blotter_records.errors import IntegrityBroken, Unavailable
from blotter_records.ports.sequence import Sequence, TreeHead

_LEADER = lock_key("sequencer")


class PostgresSequence:
    """The numbered entries, as the sequencer's role.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, without a password.
    password : str
        The role's password.
    """

    def __init__(self, url: str, password: str) -> None:
        self._url = url
        self._password = password
        self._connection: psycopg.Connection | None = None
        self._leads = False

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection]:
        """Yield a connection in a transaction that commits at the end of the block."""
        try:
            if self._connection is None or self._connection.closed:
                self._leads = False
                self._connection = connect(self._url, self._password, autocommit=True)
            with self._connection.transaction():
                yield self._connection
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self.close()  # a time-out too: whether we still lead is known best from a new connection
            raise Unavailable("unavailable.database", "The database does not answer.") from error

    def close(self) -> None:
        """Give the connection, and with it the lead, away."""
        self._leads = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def lead(self) -> bool:
        """Become the one sequencer, or tell that another one is."""
        with self._transaction() as connection:
            if not self._leads:  # the lock is counted: take it once
                row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_LEADER]).fetchone()
                self._leads = row is not None and bool(row[0])
        return self._leads

    def head(self) -> TreeHead:
        """Return the tree as stored."""
        with self._transaction() as connection:
            row = connection.execute("SELECT size, root FROM audit.tree").fetchone()
        if row is None:
            raise IntegrityBroken("integrity.tree", "The tree's row is missing.")
        return TreeHead(row[0], row[1])

    def number(self, limit: int) -> int:
        """Give the next numbers to waiting entries, extend the tree, commit; return how many.

        The lock on the tree's row and the unique columns of ``audit.leaf`` make a second leader harmless. The order is
        that in which entries become visible, not that of their ids.
        """
        with self._transaction() as connection:
            row = connection.execute("SELECT size, frontier FROM audit.tree FOR UPDATE").fetchone()
            if row is None:
                raise IntegrityBroken("integrity.tree", "The tree's row is missing.")
            try:
                tree = Frontier.from_bytes(row[0], row[1])
            except ValueError as error:
                raise IntegrityBroken("integrity.tree", f"The stored edge of the tree is broken: {error}.") from error
            waiting = connection.execute(
                "DELETE FROM audit.pending WHERE id IN (SELECT id FROM audit.pending ORDER BY id LIMIT %s)"
                " RETURNING id, leaf",
                [limit],
            ).fetchall()
            if not waiting:
                return 0
            with connection.cursor().copy("COPY audit.leaf (number, entry_id, leaf) FROM STDIN") as copy:
                for entry_id, leaf in sorted(waiting):
                    tree.append(leaf)
                    copy.write_row((tree.size, entry_id, leaf))
            connection.execute("SELECT audit.cut_words(%s)", [[entry_id for entry_id, _ in waiting]])
            connection.execute(
                "UPDATE audit.tree SET size = %s, frontier = %s, root = %s", [tree.size, tree.to_bytes(), tree.root()]
            )
        return len(waiting)

    def leaves(self, after: int, upto: int) -> Iterator[bytes]:
        """Yield the leaf hashes of the numbers ``after + 1`` to ``upto``."""
        last = after
        with self._transaction() as connection, connection.cursor(name="leaves") as cursor:
            cursor.itersize = 10_000
            cursor.execute(
                "SELECT number, leaf FROM audit.leaf WHERE number > %s AND number <= %s ORDER BY number", [after, upto]
            )
            for number, leaf in cursor:
                if number != last + 1:
                    break
                last = number
                yield leaf
        if last != upto:
            raise IntegrityBroken("integrity.gap", f"The entry with number {last + 1} is missing.")

    def newest_note(self) -> str | None:
        """Return the newest checkpoint kept in the database, or None."""
        with self._transaction() as connection:
            row = connection.execute("SELECT note FROM audit.checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        return row[0] if row is not None else None

    def keep_note(self, size: int, note: str) -> None:
        """Keep a checkpoint; one of the same size stays as it is."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO audit.checkpoint (size, note) VALUES (%s, %s) ON CONFLICT (size) DO NOTHING", [size, note]
            )


def _fits_the_port(sequence: PostgresSequence) -> Sequence:
    return sequence
