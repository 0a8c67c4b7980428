"""The one place where a record's content becomes a changing entry and a revision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from blotter_records.contract.base import EntryRef
from blotter_records.domain.canonical import canonical, digest
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import RecordContent
from blotter_records.ports.entries import NewEntry, Revision, WrittenEntry
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.vocabulary import Action, Event

#: Old and new values longer than this (bytes of JSON) stand in the entry by their digest; the revision has them.
LONGEST_VALUE = 24_000


def write(
    work: UnitOfWork,
    actor: Actor,
    role: str | None,
    action: Action | Event,
    content: RecordContent,
    *,
    record_id: str,
    expected_rev: int,
    summary: str,
    version: int | None = None,
    old: Any = None,
    new: Any = None,
    reason: Reason | None = None,
    signature: str | None = None,
    proposer: Any = None,
    authoriser: Any = None,
    keys: Iterable[str] = (),
) -> Revision:
    """Append a changing entry and the record's whole new content.

    Parameters
    ----------
    work : UnitOfWork
    actor : Actor
    role : str or None
        The role in effect.
    action : Action or Event
    content : RecordContent
    record_id : str
    expected_rev : int
        Revision that this one follows; 0 makes the record.
    summary : str
        One readable line, old and new values included.
    version : int, optional
        Version of the record, where it has versions of its own; the revision otherwise.
    old, new : JSON value, optional
        What changed.
    reason : Reason, optional
    signature : str, optional
        The signature under which it was done.
    proposer, authoriser : JSON value, optional
        Where a second person was needed.
    keys : iterable of str
        Search keys besides those of the content.

    Raises
    ------
    Conflict
        ``conflict.stale``.
    """
    given = reason or Reason()
    entry = NewEntry(
        stream=f"{content.kind.value}:{record_id}",
        action=action.value,
        subject=actor.subject(role),
        context=actor.context,
        record_kind=content.kind,
        record_id=record_id,
        record_version=version,
        old=_short(old),
        new=_short(new),
        reason=given.text,
        reason_code=given.code,
        summary=summary,
        signature=signature,
        proposer=proposer,
        authoriser=authoriser,
    )
    return work.change(
        entry,
        expected_rev=expected_rev,
        kind=content.kind,
        record_id=record_id,
        version=version,
        content=content.as_json(),
        study=study_of(content),
        keys=sorted({*content.keys(), *keys}),
    )


def study_of(content: RecordContent) -> str:
    """Return the study to which a record belongs; empty for what belongs to none."""
    return str(getattr(content, "study", "") or "")


def _short(value: Any) -> Any:
    size = len(canonical(value).encode())
    return value if size <= LONGEST_VALUE else {"sha256": digest(value), "bytes": size}


def entry_ref(written: WrittenEntry) -> EntryRef:
    """Return an entry as the contract names it."""
    return EntryRef(id=written.id, at=written.at, number=written.number)
