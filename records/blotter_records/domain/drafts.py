"""What becomes of a notebook template or an analysis protocol: Draft, Effective, Retired (requirements A2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from blotter_records.domain.records import Json
from blotter_records.domain.records.drafted import Drafted
from blotter_records.errors import Conflict

D = TypeVar("D", bound=Drafted)


def with_draft(record: D, said: Json, digest_of: Callable[[Json], str], author: str, author_name: str) -> D:
    """Return a record with a draft that says this: the draft that is there changed, or a new version begun.

    Parameters
    ----------
    record : Drafted
    said : dict
        What the draft says.
    digest_of : callable
        Returns the digest of what a version says, whoever wrote it.
    author, author_name : str
        Account and printed name.

    Raises
    ------
    Conflict
        ``conflict.<kind>``: it is retired, or says this already.
    """
    check_in_use(record)
    newest = record.draft or record.effective
    if newest is not None and digest_of(newest) == digest_of(said):
        raise conflict(record, "says this already.")
    before = record.draft or {"version": record.versions + 1, "authors": [], "author_names": []}
    draft = {
        **said,
        "version": before["version"],
        "authors": list(dict.fromkeys([*before["authors"], author])),
        "author_names": list(dict.fromkeys([*before["author_names"], author_name])),
        "signers": [],
        "signatures": [],
    }
    return record.with_changes(draft=draft, versions=draft["version"])


def made_effective(record: D, signers: Sequence[str], signatures: Sequence[str]) -> D:
    """Return a record whose draft is in use from now on; the version before it is superseded. Raises as `draft_of`."""
    made = {**draft_of(record), "signers": list(signers), "signatures": list(signatures)}
    return record.with_changes(effective=made, draft=None)


def retired(record: D) -> D:
    """Return a record that is used no more; its draft goes no further. Raises ``Conflict`` if it is so already."""
    check_in_use(record)
    return record.with_changes(is_retired=True, draft=None)


def draft_of(record: Drafted) -> Json:
    """Return the draft. Raises ``Conflict('conflict.<kind>')`` if there is none, or the record is retired."""
    check_in_use(record)
    if record.draft is None:
        raise conflict(record, "has no draft.")
    return record.draft


def effective_of(record: Drafted, version: int) -> Json:
    """Return the version in use, which has to be the one that was seen.

    Raises
    ------
    Conflict
        ``conflict.<kind>``: it is retired, no version is effective, or another one is by now.
    """
    check_in_use(record)
    if record.effective is None:
        raise conflict(record, "has no effective version yet.")
    if record.effective["version"] != version:
        raise Conflict(
            f"conflict.{record.kind.value}",
            f"Version {record.effective['version']} of “{record.name}” is in use, not {version}.",
            "Look at it again.",
        )
    return record.effective


def check_in_use(record: Drafted) -> None:
    """Check that a record is not retired. Raises ``Conflict('conflict.<kind>')``."""
    if record.is_retired:
        raise conflict(record, "is retired; nothing changes it any more.")


def conflict(record: Drafted, why: str, advice: str = "") -> Conflict:
    """Return the error that says so of a record."""
    return Conflict(f"conflict.{record.kind.value}", f"The {record.kind.value} “{record.name}” {why}", advice)
