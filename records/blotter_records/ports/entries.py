"""Entries of the trail, revisions of records, and how both are looked for.

Two kinds of entry exist (architecture, section 8):

* a **change** carries the next ``rev`` of its stream and the record's whole new content; the unique ``(stream, rev)``
  is the optimistic lock;
* a **note** (view, export, session event, refusal) carries no rev and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blotter_records.vocabulary import Outcome, RecordKind, ServiceIdentity


@dataclass(frozen=True)
class Subject:
    """Who acts, as the service has established it; never taken from a request body.

    Parameters
    ----------
    role : str or None
        The role in effect: the one that allowed it.
    process, os_user, initiator : str or None
        Of a service or the command line: program and process id, operating-system user, and on whose behalf.
    configuration : int or None
        Revision of the configuration that held for the session.
    zone : str
        The laboratory's time zone (IANA), kept with the entry.
    """

    account: str | None = None
    user_name: str | None = None
    printed_name: str | None = None
    role: str | None = None
    service: ServiceIdentity | None = None
    session: str | None = None
    address: str | None = None
    process: str | None = None
    os_user: str | None = None
    initiator: str | None = None
    configuration: int | None = None
    zone: str = "UTC"


@dataclass(frozen=True)
class Context:
    """From where: set by the person's server, not by the kernel; the notebook's digest is the service's own."""

    notebook: str | None = None
    notebook_version: int | None = None
    cell: str | None = None
    kernel: str | None = None
    instrument: str | None = None
    notebook_sha256: str | None = None


@dataclass(frozen=True)
class NewEntry:
    """What the service supplies of an entry; number, time and hash come from the database.

    Parameters
    ----------
    stream : str
        ``image:IMG-000001``, ``account:ACC-000001``, ``session:...``, ``system``.
    action : str
        An ``Action`` or ``Event`` value.
    old, new : JSON value
        What changed, readable; long content by its digest (an entry has at most 65,535 bytes).
    proposer, authoriser : JSON value
        Where a second person was needed: who signed first, and who confirmed (PI 041).
    """

    stream: str
    action: str
    subject: Subject
    context: Context = field(default_factory=Context)
    outcome: Outcome = Outcome.DONE
    record_kind: RecordKind | None = None
    record_id: str | None = None
    record_version: int | None = None
    old: Any = None
    new: Any = None
    reason: str = ""
    summary: str = ""
    signature: str | None = None
    reason_code: str = ""
    proposer: Any = None
    authoriser: Any = None


@dataclass(frozen=True)
class WrittenEntry:
    """An entry that is in the database. ``number`` is None until the sequencer has given one.

    ``zone`` and ``utc_offset`` are what the laboratory's clock on the wall showed.
    """

    id: int
    at: datetime
    stream: str
    rev: int | None
    leaf: str
    number: int | None = None
    zone: str = "UTC"
    utc_offset: str = "+00:00"


@dataclass(frozen=True)
class Revision:
    """The content of a record after one changing entry."""

    stream: str
    rev: int
    kind: RecordKind
    record_id: str
    version: int | None
    content: Mapping[str, Any]
    sha256: str
    entry: WrittenEntry
    subject: Subject


@dataclass(frozen=True)
class StoredEntry:
    """An entry as it is read back: ``body`` is the parsed entry text, ``text`` the exact bytes that were hashed."""

    written: WrittenEntry
    body: Mapping[str, Any]
    text: str


@dataclass(frozen=True)
class TrailFilter:
    """Which entries; None means any.

    ``after`` and ``before`` are ids of entries already seen (keyset pagination), ``since <= at < until``; each of
    ``words`` (letters and digits) begins a word of the summary. ``is_material``: only entries that change a record, and
    whatever was refused or failed.
    """

    streams: Sequence[str] | None = None
    record_ids: Sequence[str] | None = None
    actions: Sequence[str] | None = None
    account: str | None = None
    after: int | None = None
    limit: int = 500
    before: int | None = None
    newest_first: bool = False
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: tuple[str, ...] = ()
    is_material: bool = False


@dataclass(frozen=True)
class RecordFilter:
    """Which records, by what ``records.current`` says of them; None means any.

    Parameters
    ----------
    kind : RecordKind
    studies : sequence of str or None
        In one of these.
    keys : tuple of tuple of str
        Search keys (``what:value``): of each group at least one.
    since, until : datetime or None
        Made at ``since <= at < until``.
    after, before : int or None
        ``made_id`` of records already seen (keyset pagination).
    """

    kind: RecordKind
    studies: Sequence[str] | None = None
    keys: tuple[tuple[str, ...], ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None
    before: int | None = None
    limit: int = 500
    newest_first: bool = False


@dataclass(frozen=True)
class FoundRecord:
    """A record as lists show it: its newest revision, when it was made, under which keys it is found."""

    revision: Revision
    study: str
    made_id: int
    made_at: datetime
    keys: tuple[str, ...]
