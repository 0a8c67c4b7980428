"""What becomes of an analysis protocol: Draft, Effective, Retired, as of a notebook template (requirements A2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from blotter_records.domain.canonical import digest
from blotter_records.domain.records import AnalysisProtocol, Json
from blotter_records.errors import Conflict


def with_draft(protocol: AnalysisProtocol, method: Json, author: str, author_name: str) -> AnalysisProtocol:
    """Return a protocol with a draft that says this: the draft that is there changed, or a new version begun.

    Raises
    ------
    Conflict
        ``conflict.protocol``: it is retired, or says this already.
    """
    _check_in_use(protocol)
    said = protocol.draft or protocol.effective
    if said is not None and said["method"] == method:
        raise Conflict("conflict.protocol", f"The protocol “{protocol.name}” says this already.")
    before = protocol.draft or {"version": protocol.versions + 1, "authors": [], "author_names": []}
    draft = {
        "version": before["version"],
        "method": method,
        "authors": list(dict.fromkeys([*before["authors"], author])),
        "author_names": list(dict.fromkeys([*before["author_names"], author_name])),
        "signers": [],
        "signatures": [],
    }
    return replace(protocol, draft=draft, versions=draft["version"])


def made_effective(protocol: AnalysisProtocol, signers: Sequence[str], signatures: Sequence[str]) -> AnalysisProtocol:
    """Return a protocol whose draft is in use from now on. Raises as :func:`draft_of`."""
    made = {**draft_of(protocol), "signers": list(signers), "signatures": list(signatures)}
    return replace(protocol, effective=made, draft=None)


def retired(protocol: AnalysisProtocol) -> AnalysisProtocol:
    """Return a protocol that is applied no more. Raises ``Conflict('conflict.protocol')`` if it is so already."""
    _check_in_use(protocol)
    return replace(protocol, is_retired=True, draft=None)


def draft_of(protocol: AnalysisProtocol) -> Json:
    """Return the draft. Raises ``Conflict('conflict.protocol')`` if there is none, or the protocol is retired."""
    _check_in_use(protocol)
    if protocol.draft is None:
        raise Conflict("conflict.protocol", f"The protocol “{protocol.name}” has no draft.")
    return protocol.draft


def effective_of(protocol: AnalysisProtocol, version: int) -> Json:
    """Return the version in use, which has to be the one that was seen.

    Raises
    ------
    Conflict
        ``conflict.protocol``: it is retired, no version is effective, or another one is by now.
    """
    _check_in_use(protocol)
    if protocol.effective is None:
        raise Conflict("conflict.protocol", f"The protocol “{protocol.name}” has no effective version yet.")
    if protocol.effective["version"] != version:
        raise Conflict(
            "conflict.protocol",
            f"Version {protocol.effective['version']} of “{protocol.name}” is in use, not {version}.",
            "Look at it again.",
        )
    return protocol.effective


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


def _check_in_use(protocol: AnalysisProtocol) -> None:
    if protocol.is_retired:
        raise Conflict("conflict.protocol", f"The protocol “{protocol.name}” is retired.")
