"""Rows read back as what the port promises, checked on the way: what does not verify is never shown as data."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Row

from blotter_records.domain.canonical import canonical, text_digest
from blotter_records.domain.merkle import leaf_hash
from blotter_records.errors import IntegrityBroken
from blotter_records.ports.entries import (
    Context,
    FoundRecord,
    NewEntry,
    Revision,
    StoredEntry,
    Subject,
    WrittenEntry,
)
from blotter_records.vocabulary import RecordKind, ServiceIdentity


def details_of(entry: NewEntry, software: str) -> str:
    """Return what the service says in an entry, as canonical JSON; absent fields are left out."""
    subject, context = entry.subject, entry.context
    said: dict[str, Any] = {
        "user_name": subject.user_name,
        "printed_name": subject.printed_name,
        "role": subject.role,
        "service": subject.service,
        "session": subject.session,
        "address": subject.address,
        "process": subject.process,
        "os_user": subject.os_user,
        "initiator": subject.initiator,
        "notebook": context.notebook,
        "notebook_version": context.notebook_version,
        "notebook_sha256": context.notebook_sha256,
        "cell": context.cell,
        "kernel": context.kernel,
        "instrument": context.instrument,
        "old": entry.old,
        "new": entry.new,
        "reason": entry.reason,
        "reason_code": entry.reason_code or None,
        "summary": entry.summary,
        "signature": entry.signature,
        "proposer": entry.proposer,
        "authoriser": entry.authoriser,
        "configuration": subject.configuration,
        "software": software,
    }
    return canonical({name: value for name, value in said.items() if value is not None})


def subject_of(body: dict[str, Any]) -> Subject:
    """Return who acted, from an entry's parsed text."""
    service = body.get("service")
    return Subject(
        account=body["account"],
        user_name=body.get("user_name"),
        printed_name=body.get("printed_name"),
        role=body.get("role"),
        service=ServiceIdentity(service) if service is not None else None,
        session=body.get("session"),
        address=body.get("address"),
        process=body.get("process"),
        os_user=body.get("os_user"),
        initiator=body.get("initiator"),
        configuration=body.get("configuration"),
        zone=body.get("zone", "UTC"),
    )


def context_of(body: dict[str, Any]) -> Context:
    """Return from where somebody acted, from an entry's parsed text."""
    names = ("notebook", "notebook_version", "notebook_sha256", "cell", "kernel", "instrument")
    return Context(**{name: body.get(name) for name in names})


def written(row: Row[Any]) -> WrittenEntry:
    """Return the facts of an entry that the database has given."""
    return WrittenEntry(
        id=row.entry_id,
        at=row.at,
        stream=row.stream,
        rev=row.rev,
        leaf=bytes(row.leaf).hex(),
        number=row.number,
        zone=row.zone,
        utc_offset=row.utc_offset,
    )


def stored_entry(row: Row[Any]) -> StoredEntry:
    """Return an entry; raise ``IntegrityBroken('integrity.entry')`` if its text is not what was hashed."""
    return StoredEntry(written(row), _body(row), row.entry)


def revision(row: Row[Any]) -> Revision:
    """Return a revision; raise ``IntegrityBroken`` if content, digest and entry do not fit each other."""
    body = _body(row)
    if not row.sha256 == body["content_sha256"] == text_digest(row.content):
        raise IntegrityBroken(
            "integrity.digest",
            f"Revision {row.rev} of {row.stream} is not what was recorded.",
            "Do not use it. Tell a System Manager, who can run blotter verify.",
        )
    return Revision(
        stream=row.stream,
        rev=row.rev,
        kind=RecordKind(row.kind),
        record_id=row.record_id,
        version=row.version,
        content=json.loads(row.content),
        sha256=row.sha256,
        entry=written(row),
        subject=subject_of(body),
    )


def found_record(row: Row[Any]) -> FoundRecord:
    """Return a record as lists show it; raise ``IntegrityBroken`` as :func:`revision`."""
    return FoundRecord(revision(row), row.study, row.made_id, row.made_at, tuple(row.keys))


def _body(row: Row[Any]) -> dict[str, Any]:
    if leaf_hash(row.entry.encode()) != bytes(row.leaf):
        raise IntegrityBroken(
            "integrity.entry",
            f"Audit entry {row.number or row.entry_id} is not what was recorded.",
            "Do not rely on it. Tell a System Manager, who can run blotter verify.",
        )
    body: dict[str, Any] = json.loads(row.entry)
    return body


def lock_key(name: str) -> int:
    """Return the 64-bit advisory lock key of a name (signed, as PostgreSQL wants it)."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
