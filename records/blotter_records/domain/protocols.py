"""What an analysis protocol says, and what an analysis keeps of it; what becomes of it is in ``domain.drafts``."""

from __future__ import annotations

from blotter_records.domain import drafts
from blotter_records.domain.canonical import digest
from blotter_records.domain.records import AnalysisProtocol, Json


def with_draft(protocol: AnalysisProtocol, method: Json, author: str, author_name: str) -> AnalysisProtocol:
    """Return a protocol with a draft that says this. Raises as :func:`blotter_records.domain.drafts.with_draft`."""
    return drafts.with_draft(protocol, {"method": method}, method_digest, author, author_name)


def pin_of(protocol: AnalysisProtocol, version: Json) -> Json:
    """Return what an analysis keeps of the version by which it was made."""
    return {
        "protocol": protocol.protocol,
        "version": version["version"],
        "name": protocol.name,
        "sha256": method_digest(version),
    }


def method_digest(version: Json) -> str:
    """Return the digest of what a version says, whoever wrote it."""
    return digest(version["method"])
