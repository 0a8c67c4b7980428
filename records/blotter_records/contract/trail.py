"""The audit trail as it is read."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import Message
from blotter_records.vocabulary import Outcome


class TrailEntryView(Message):
    """An audit entry, readable. ``number`` is None while the sequencer has not numbered it (*pending*)."""

    id: int
    number: int | None
    leaf: str = Field(description="hash of the entry's exact bytes, hexadecimal")
    at: AwareDatetime
    zone: str
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
    stream: str
    rev: int | None
    record_kind: str | None
    record_id: str | None
    record_version: int | None
    old: Any = None
    new: Any = None
    reason: str = ""
    notebook: str | None = None
    notebook_version: int | None = None
    cell: str | None = None
    kernel: str | None = None
    signature: str | None = None
    software: str


class TrailPage(Message):
    """A page of entries, newest last; ``total`` counts every entry that the question matches."""

    entries: list[TrailEntryView]
    total: int
    next_after: int | None = None


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
