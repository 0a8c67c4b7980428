"""The system of record: one append-only trail, and in the same transaction the revision of the record it changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from blotter_records.ports.entries import (
    FoundRecord,
    NewEntry,
    RecordFilter,
    Revision,
    StoredEntry,
    TrailFilter,
    WrittenEntry,
)
from blotter_records.vocabulary import RecordKind


class UnitOfWork(Protocol):
    """One transaction on the system of record; rolls back unless ``commit`` was called.

    ``as_of`` is the time that is read; None: now. A unit of work of an earlier time writes nothing.
    """

    as_of: datetime | None

    def __enter__(self) -> Self:
        """Open the transaction."""

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Roll back whatever was not committed."""

    def commit(self) -> None:
        """Commit. Raises ``Unavailable`` if the database is gone, ``Conflict('conflict.stale')`` if a rev was taken."""

    def lock(self, name: str) -> None:
        """Hold the advisory lock ``name`` until the transaction ends (two approvals at once: one waits)."""

    def next_id(self, kind: RecordKind) -> str:
        """Return the next identifier of a kind (``IMG-000042``), without gaps, under an advisory lock."""

    def change(
        self,
        entry: NewEntry,
        *,
        expected_rev: int,
        kind: RecordKind,
        record_id: str,
        version: int | None,
        content: Mapping[str, Any],
        study: str = "",
        keys: Sequence[str] = (),
    ) -> Revision:
        """Append a changing entry and the record's new content as revision ``expected_rev + 1``.

        ``expected_rev`` 0 makes a new record. The entry's text carries the SHA-256 of the canonical content; the
        record is found by its study and ``keys`` from now on. Raises ``Conflict('conflict.stale')`` if that revision
        exists already.
        """

    def index(self, stream: str, *, study: str, keys: Sequence[str]) -> None:
        """Find a record by these keys from now on; changes no record. Keys follow from contents and can be rebuilt."""

    def note(self, entry: NewEntry) -> WrittenEntry:
        """Append an entry that changes no record."""

    def latest(self, stream: str) -> Revision | None:
        """Return the newest revision of a stream, or None."""

    def newest_rev(self, stream: str) -> int:
        """Return the number of the newest revision of a stream; 0: there is none."""

    def revision(self, stream: str, rev: int) -> Revision | None:
        """Return one revision of a stream, or None."""

    def history(self, stream: str, revs: Collection[int] | None = None) -> list[Revision]:
        """Return every revision of a stream, or those of some numbers, oldest first."""

    def records(self, kind: RecordKind) -> list[Revision]:
        """Return the newest revision of every record of a kind, in the order in which they were made."""

    def search(self, wanted: RecordFilter) -> list[FoundRecord]:
        """Return records in the order in which they were made, or newest first."""

    def in_study(self, study: str, kinds: Iterable[RecordKind]) -> list[str]:
        """Return the streams of every record of some kinds that is in a study now, in the order in which it came."""

    def count_records(self, wanted: RecordFilter) -> int:
        """Return how many records match, whatever ``after``, ``before`` and ``limit`` say."""

    def entries(self, wanted: TrailFilter) -> list[StoredEntry]:
        """Return entries by id, oldest first, or newest first."""

    def count(self, wanted: TrailFilter) -> int:
        """Return how many entries match, whatever ``after``, ``before`` and ``limit`` say."""

    # Secrets and what is of the moment; no part of a record's content, none of it is in the trail.
    def put_secret(
        self, account: str, hashed: str, *, is_temporary: bool, ends_at: datetime | None, entry_id: int
    ) -> None:
        """Store a new password hash of an account (earlier ones stay for the history rule)."""

    def put_rehash(self, secret: StoredSecret, account: str, hashed: str, entry_id: int) -> None:
        """Store a hash of the same password at another cost; the password's age stays what it was."""

    def secrets(self, account: str) -> list[StoredSecret]:
        """Return an account's password hashes, newest first; each as it was hashed last."""

    def open_session(
        self, session: str, account: str, token_sha256: str, address: str, *, configuration: int = 0
    ) -> None:
        """Store a session, with the configuration that holds for it."""

    def signed_in(self, *, token_sha256: str = "", session: str = "") -> SignedIn | None:
        """Return the session of a token, or with an id, ended or not, with its owner as it stands now; or None."""

    def all_signed_in(self) -> list[SignedIn]:
        """Return every session that has not ended, of the last two days (none may last longer), with its owner."""

    def ended_sessions(self, since: datetime) -> list[StoredSession]:
        """Return the sessions that ended at or after a time, in the order in which they ended."""

    def has_used_address(self, account: str, address: str) -> bool:
        """Tell whether an account has ever had a session from an address."""

    def sessions_of(self, account: str) -> list[StoredSession]:
        """Return an account's sessions that have not ended."""

    def touch_session(self, session: str) -> None:
        """Note user input in a session now."""

    def end_session(self, session: str, cause: str) -> bool:
        """End a session; False if it had ended before."""

    def put_intent(self, intent: str, content: Mapping[str, Any], ends_at: datetime) -> None:
        """Store a signing intent."""

    def intent(self, intent: str) -> StoredIntent | None:
        """Return a signing intent, or None."""

    def touch_intent(self, intent: str) -> None:
        """Note user input on the signing page now (``StoredIntent.last_input_at``)."""

    def use_intent(self, intent: str, outcome: str) -> bool:
        """Use an intent up; False if it was used before (single use)."""

    def remember(self, key: str, account: str, response: Mapping[str, Any]) -> None:
        """Keep the answer to an idempotent request; the same key again raises ``Conflict``."""

    def remembered(self, key: str, account: str) -> Mapping[str, Any] | None:
        """Return the answer kept under a key, or None."""

    def claim_name(self, space: str, folded: str, record_id: str) -> bool:
        """Take a name for ever (account names are never reused); False if it is taken."""

    def record_of_name(self, space: str, folded: str) -> str | None:
        """Return the record that holds a name, or None."""

    def count_attempt(self, account: str, *, is_good: bool, is_sign_in: bool) -> None:
        """Count an attempt with a password now; sign-in and signing share one counter (11.300(d))."""

    def failures(self, account: str) -> Failures:
        """Return the failed attempts of an account since its last good one, or since it was unlocked."""

    def unlock(self, account: str, entry_id: int) -> None:
        """Count no attempt of an account any more that there was until now."""

    def note_address_failure(self, address: str, *, is_known: bool) -> None:
        """Note a failed sign-in from an address; ``is_known``: the name is somebody's."""

    def address_failures(self, address: str) -> AddressFailures:
        """Return the failed sign-ins from an address, of late."""

    def put_totp(self, account: str, secret: str, state: str, entry_id: int) -> None:
        """Store what becomes of a second factor: ``offered``, ``held``, ``removed``."""

    def totp(self, account: str) -> StoredTotp | None:
        """Return the newest word on an account's second factor, or None."""

    def held_totp(self, account: str) -> str | None:
        """Return the secret of the second factor that an account holds, or None; one that is offered is not held."""

    def use_code(self, account: str, step: int) -> bool:
        """Use up the code of a step of 30 seconds; False if it was used before."""

    def put_delivery(self, notification: str, channel: str, stage: str, *, is_done: bool) -> None:
        """Note that a notification was sent (``stage`` ``raised`` or ``escalated``), or could not be."""

    def deliveries(self, notification: str) -> list[Delivery]:
        """Return what was sent of a notification, oldest first."""

    def derive(self, parent: str, child: str) -> None:
        """Note that the record of stream ``child`` was made from that of ``parent``; again changes nothing.

        An index for finding records; it follows from their contents and can be built again from them.
        """

    def derived(self, parent: str) -> list[str]:
        """Return the streams of the records that were made directly from a record, oldest first."""

    def descendants(self, stream: str) -> list[str]:
        """Return the stream and those of everything made from it, directly or not, each once."""

    def tree_size(self) -> int:
        """Return how many entries the newest signed checkpoint covers: an entry up to this number is sealed."""

    def trail_head(self) -> TrailHead:
        """Return the newest checkpoint and what waits for the next one."""

    def database_version(self) -> str:
        """Return the version of the database's server."""


@dataclass(frozen=True)
class TrailHead:
    """How far the trail is sealed.

    Parameters
    ----------
    size : int
        Entries under the newest checkpoint; 0: there is none.
    at : datetime or None
        When it was signed.
    waiting : int
        Entries that it does not cover, numbered or not.
    waits_since : datetime or None
        Time of the oldest entry that has no number yet.
    """

    size: int
    at: datetime | None
    waiting: int
    waits_since: datetime | None


@dataclass(frozen=True)
class Failures:
    """Failed attempts with a password since the last good one."""

    count: int
    last_at: datetime | None
    last_good_at: datetime | None
    last_sign_in_at: datetime | None = None


@dataclass(frozen=True)
class AddressFailures:
    """Failed sign-ins from one address: within the last hour, and with names that nobody has within ten minutes."""

    hour: int
    unknown: int


@dataclass(frozen=True)
class StoredSecret:
    """A password hash with its scheme tag; ``set_at`` is when the password was set."""

    hashed: str
    is_temporary: bool
    set_at: datetime
    ends_at: datetime | None
    id: int = 0


@dataclass(frozen=True)
class StoredTotp:
    """A word on a second factor: ``offered``, ``held`` or ``removed``."""

    secret: str
    state: str
    at: datetime


@dataclass(frozen=True)
class Delivery:
    """A try to send a notification."""

    channel: str
    stage: str
    is_done: bool
    at: datetime


@dataclass(frozen=True)
class StoredSession:
    """A session as stored."""

    session: str
    account: str
    address: str
    opened_at: datetime
    last_input_at: datetime
    ended_at: datetime | None
    cause: str | None
    configuration: int = 0


@dataclass(frozen=True)
class SignedIn:
    """A session with its owner's newest revision and password hash, and the database's time at which that was so."""

    session: StoredSession
    account: Revision
    secret: StoredSecret | None
    now: datetime


@dataclass(frozen=True)
class StoredIntent:
    """A signing intent as stored."""

    intent: str
    content: Mapping[str, Any]
    created_at: datetime
    ends_at: datetime
    used_at: datetime | None
    outcome: str | None
    last_input_at: datetime | None = None


class Ledger(Protocol):
    """Opens units of work, and tells the time of the database."""

    def begin(self, *, as_of: datetime | None = None) -> UnitOfWork:
        """Return a unit of work; use it in a ``with`` block. Raises ``Unavailable`` if the database is gone.

        With ``as_of`` it reads records as they stood at that time, and writes nothing.
        """

    def now(self) -> datetime:
        """Return the database's time, aware, UTC (implements ``Clock``)."""
