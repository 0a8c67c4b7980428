"""Optimistic locking: a save of what is no longer the newest is refused, with what has changed meanwhile."""

from __future__ import annotations

from blotter_records.domain.comparing import differences
from blotter_records.domain.enumerating import first_few
from blotter_records.errors import Conflict
from blotter_records.ports.entries import Revision, TrailFilter
from blotter_records.ports.ledger import UnitOfWork

#: Differences, and entries, that the message names.
_NAMED = 6
_DONE = 3
#: Fields that change with every save and say nothing of what somebody did.
_BY_ITSELF = frozenset({"contributors", "digest", "is_saved", "measurements", "next_shape", "reason", "versions"})


def check_current(work: UnitOfWork, newest: Revision, expected_rev: int) -> None:
    """Check that a person saw the newest revision.

    Raises
    ------
    Conflict
        ``conflict.stale``: who changed what since the revision that the person saw; nothing is merged.
    """
    if expected_rev == newest.rev:
        return
    record = newest.record_id
    seen = work.revision(newest.stream, expected_rev) if 0 < expected_rev < newest.rev else None
    if seen is None:
        raise Conflict("conflict.stale", f"{record} has no revision {expected_rev}, or it is new.", "Read it again.")
    found = [
        str(one)
        for one in differences(seen.content, newest.content)
        if one.path.partition("[")[0].partition(".")[0] not in _BY_ITSELF
    ]
    told = first_few(found, _NAMED) or "numbers only"
    raise Conflict(
        "conflict.stale",
        f"{record} has changed since you looked at it; your change was not written.",
        f"Meanwhile: {_entries(work, newest, seen)}. What differs: {told}.",
    )


def _entries(work: UnitOfWork, newest: Revision, seen: Revision) -> str:
    """Return in words what was done since the person looked."""
    since = work.entries(TrailFilter(streams=[newest.stream], after=seen.entry.id, limit=50))
    done = [
        f"{one.body.get('printed_name') or 'the service'}: {one.body.get('summary', '')}"
        for one in since
        if one.written.rev is not None
    ]
    return "; ".join(done[-_DONE:])
