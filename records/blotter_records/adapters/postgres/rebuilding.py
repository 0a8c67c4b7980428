"""Writes the list of records anew, as the owner: the service itself can neither add nor take rows."""

from __future__ import annotations

from collections.abc import Iterable

from blotter_records.adapters.postgres.connecting import connect
from blotter_records.ports.trail_reader import CurrentRow, RecordList

_ROW = """
INSERT INTO records.current AS known (stream, kind, record_id, study, made_id, made_at, keys)
SELECT %s, %s, %s, %s, entry.id, entry.at, %s FROM audit.entry AS entry WHERE entry.id = %s
ON CONFLICT (stream) DO UPDATE SET kind = EXCLUDED.kind, record_id = EXCLUDED.record_id, study = EXCLUDED.study,
    made_id = EXCLUDED.made_id, made_at = EXCLUDED.made_at, keys = EXCLUDED.keys
WHERE (known.kind, known.record_id, known.study, known.made_id, known.made_at)
   <> (EXCLUDED.kind, EXCLUDED.record_id, EXCLUDED.study, EXCLUDED.made_id, EXCLUDED.made_at)
   OR NOT (known.keys @> EXCLUDED.keys AND known.keys <@ EXCLUDED.keys)
"""


class PostgresList:
    """The list of records.

    Parameters
    ----------
    url : str
        SQLAlchemy URL (role ``blotter_owner``), without a password.
    password : str
    """

    def __init__(self, url: str, password: str) -> None:
        self._url = url
        self._password = password

    def write(self, rows: Iterable[CurrentRow]) -> int:
        """Set every row, take away what belongs to no record; return how many rows were otherwise."""
        with connect(self._url, self._password) as connection:
            # Nobody saves meanwhile: a row of a record that is being made would be taken away.
            connection.execute("LOCK TABLE records.current IN EXCLUSIVE MODE")
            connection.execute("CREATE TEMP TABLE kept (stream text PRIMARY KEY) ON COMMIT DROP")
            changed = 0
            for row in rows:
                given = [row.stream, row.kind, row.record_id, row.study, list(row.keys), row.made_id]
                changed += connection.execute(_ROW, given).rowcount
                connection.execute("INSERT INTO kept VALUES (%s)", [row.stream])
            gone = connection.execute(
                "DELETE FROM records.current WHERE stream NOT IN (SELECT stream FROM kept)"
                " AND stream NOT IN (SELECT stream FROM records.revision)"
            )
            return changed + gone.rowcount


def _fits_the_port(listing: PostgresList) -> RecordList:
    return listing
