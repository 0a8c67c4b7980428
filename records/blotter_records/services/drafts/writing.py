"""Writing drafts: a new record with its first, and a change of one, or the next beside the effective version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from blotter_records.domain import names
from blotter_records.domain.records import Json
from blotter_records.domain.records.drafted import Drafted
from blotter_records.errors import Conflict
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, newest_of
from blotter_records.services.acting.writing import write
from blotter_records.vocabulary import Action, RecordKind

D = TypeVar("D", bound=Drafted)


def write_first(
    work: UnitOfWork,
    actor: Actor,
    acting: Acting,
    action: Action,
    name: str,
    kind: RecordKind,
    *,
    drafted: Callable[[str], Drafted],
    as_told: Callable[[Json | None], Json | None],
    said: str = "",
) -> Revision:
    """Write a new record with its first draft, by which nothing is made yet.

    Parameters
    ----------
    drafted : callable
        Returns the record with its draft, for its new id.
    as_told : callable
        Returns a version as an entry tells it.
    said : str
        What the summary says of the draft besides.

    Raises
    ------
    Conflict
        ``conflict.<kind>``: there is, or was, one of this name; a name is not used twice, also not after retiring.
    """
    work.lock(f"{kind.value}s")
    record = work.next_id(kind)
    if not work.claim_name(kind.value, names.folded(name), record):
        raise Conflict(f"conflict.{kind.value}", f"There is, or was, a {kind.value} called “{name}”.")
    content = drafted(record)
    return write(
        work,
        actor,
        acting.role,
        action,
        content,
        record_id=record,
        expected_rev=0,
        version=1,
        new=as_told(content.draft),
        summary=f"Wrote {record}.1 “{name}” as a draft{said}",
    )


def write_draft(
    work: UnitOfWork,
    actor: Actor,
    acting: Acting,
    action: Action,
    content: type[D],
    record: str,
    request: Any,
    *,
    drafted: Callable[[D], D],
    as_told: Callable[[Json | None], Json | None],
    said: str = "",
) -> Revision:
    """Change the draft of a record, or begin one beside the effective version, which stays in use.

    Parameters
    ----------
    request : Message
        With ``expected_rev``, ``reason``, ``reason_code``.
    drafted : callable
        Returns the record with its draft.
    as_told, said
        As of :func:`write_first`.

    Raises
    ------
    NotFound, Invalid
        ``not_found.<kind>``; ``reason.*``.
    Conflict
        ``conflict.stale``; ``conflict.<kind>``: retired, or it says this already.
    """
    kind = content.kind.value
    work.lock(f"{kind}s")
    before = newest_of(work, f"{kind}:{record}")
    if before.rev != request.expected_rev:
        raise Conflict("conflict.stale", f"{record} was changed meanwhile.", "Look at it again.")
    old = content.from_json(before.content)
    reason = acting.reason(request.reason, request.reason_code)
    after = drafted(old)
    return write(
        work,
        actor,
        acting.role,
        action,
        after,
        record_id=record,
        expected_rev=before.rev,
        version=before.rev + 1,
        old=as_told(old.draft or old.effective),
        new=as_told(after.draft),
        reason=reason,
        summary=f"Changed the draft {record}.{after.versions} “{old.name}”{said}",
    )
