"""The audit trail as it is read."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import Message, Moment
from blotter_records.vocabulary import Outcome


class TrailEntryView(Message):
    """An audit entry, readable. ``number`` is None while the sequencer has not numbered it (*pending*)."""

    id: int
    number: int | None
    leaf: str = Field(description="hash of the entry's exact bytes, hexadecimal")
    at: AwareDatetime
    zone: str
    utc_offset: str = Field(description="what the laboratory's clock was ahead of UTC, as the entry keeps it")
    action: str
    outcome: Outcome
    summary: str = Field(description="one readable line, old and new values included")
    account: str | None
    user_name: str | None
    printed_name: str | None
    role: str | None
    service: str | None
    session: str | None
    address: str | None
    process: str | None
    os_user: str | None
    initiator: str | None
    configuration: int | None
    stream: str
    rev: int | None
    record_kind: str | None
    record_id: str | None
    record_version: int | None
    old: Any = None
    new: Any = None
    reason: str = ""
    reason_code: str = ""
    notebook: str | None = None
    notebook_version: int | None = None
    notebook_sha256: str | None = None
    cell: str | None = None
    kernel: str | None = None
    instrument: str | None = None
    signature: str | None = None
    proposer: Any = None
    authoriser: Any = None
    software: str


class TrailQuestion(Message):
    """Which entries of a log, in which order; what is not said does not matter.

    A page ends with the id where the next one goes on: ``next_after`` when the oldest come first, ``next_before`` when
    the newest do.
    """

    after: int | None = Field(default=None, ge=0, le=2**63 - 1, description="only entries with a larger id")
    before: int | None = Field(default=None, ge=0, le=2**63 - 1, description="only entries with a smaller id")
    limit: int = Field(default=500, ge=1, le=1000)
    newest_first: bool = False
    who: str | None = Field(default=None, max_length=256, description="user name, or account id")
    action: list[str] | None = Field(default=None, max_length=100, description="any of these actions")
    outcome: Outcome | None = None
    record: str | None = Field(default=None, max_length=64, description="id of the record that the entry is about")
    since: Moment | None = Field(default=None, description="at this time or later")
    until: Moment | None = Field(default=None, description="before this time")
    text: str | None = Field(default=None, max_length=200, description="beginnings of words of summary and reason")


class TrailPage(Message):
    """A page of entries in the order asked for; ``total`` counts every entry that the filters match."""

    entries: list[TrailEntryView]
    total: int
    next_after: int | None = None
    next_before: int | None = None


class SystemView(Message):
    """What this installation is, shown in banners and reports."""

    name: str = "Blotter"
    software: str
    installation: str = Field(description="origin of the installation's checkpoints")
    is_demo: bool
    is_evaluation: bool
    signing_origin: str
    tree_size: int
    checkpoint_key: str = Field(description="verifier key of the installation, C2SP signed-note form")
