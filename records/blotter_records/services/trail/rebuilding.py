"""Making the list of records again from the records."""

from __future__ import annotations

from collections.abc import Iterator

from blotter_records.ports.entries import NewEntry, Subject
from blotter_records.ports.ledger import Ledger
from blotter_records.ports.trail_reader import CurrentRow, RawRevision, RecordList, TrailReader
from blotter_records.services.trail.projecting import Projecting
from blotter_records.vocabulary import Event


def rebuild(reader: TrailReader, listing: RecordList, ledger: Ledger, subject: Subject) -> tuple[int, int]:
    """Write the list of records anew; the entry says how many rows were otherwise.

    Returns
    -------
    (int, int)
        Records, and rows that were otherwise.

    Raises
    ------
    Unavailable
        The database does not answer.
    """
    rows = list(_rows(reader))
    different = listing.write(rows)
    with ledger.begin() as work:
        work.note(
            NewEntry(
                stream="system",
                action=Event.SYSTEM_REBUILD.value,
                subject=subject,
                new={"records": len(rows), "different": different},
                summary=f"Made the list of {len(rows)} records again; {different} were listed otherwise",
            )
        )
        work.commit()
    return len(rows), different


def _rows(reader: TrailReader) -> Iterator[CurrentRow]:
    projecting = Projecting()
    newest: RawRevision | None = None
    made_id: int | None = None
    for change in reader.changes():
        if newest is not None and change.stream != newest.stream:
            yield from _row(projecting, newest, made_id)
            newest, made_id = None, None
        made_id = change.entry_id if made_id is None else made_id
        newest = change.revision or newest
    if newest is not None:
        yield from _row(projecting, newest, made_id)
    yield from projecting.images()


def _row(projecting: Projecting, newest: RawRevision, made_id: int | None) -> Iterator[CurrentRow]:
    row = projecting.row(newest, made_id) if made_id is not None else None
    if row is not None:
        yield row
