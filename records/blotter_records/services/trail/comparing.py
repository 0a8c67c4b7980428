"""Comparing any two versions of a record, superseded and invalidated ones included (11.10(e))."""

from __future__ import annotations

from itertools import islice

from blotter_records.contract.searching import Comparison, ComparisonQuestion, VersionSide
from blotter_records.contract.searching import Difference as Shown
from blotter_records.domain.comparing import differences
from blotter_records.domain.records import Analysis, Image
from blotter_records.errors import Invalid
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate, newest_of, no_such
from blotter_records.services.analyses.showing import version_revision
from blotter_records.services.images.images import SIGNED
from blotter_records.services.images.lineage import status_of
from blotter_records.vocabulary import PREFIX, Action, RecordKind

_KIND = {prefix: kind for kind, prefix in PREFIX.items()}
#: Kinds whose versions can be compared: what belongs to a study.
COMPARED = frozenset(
    {
        RecordKind.ACQUISITION,
        RecordKind.ANALYSIS,
        RecordKind.ANNOTATION,
        RecordKind.DISPLAY,
        RecordKind.IMAGE,
        RecordKind.MEMBRANE,
        RecordKind.PROBING,
        RecordKind.RESULT,
        RecordKind.SAMPLE,
        RecordKind.STUDY,
    }
)
#: Differences that an answer lists.
_MOST = 2000


class Comparing:
    """Compares versions."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def compare(self, actor: Actor, asked: ComparisonQuestion) -> Comparison:
        """Return what differs between two versions.

        Versions of analyses and results are those that people saved; of every other record each change is one.

        Raises
        ------
        NotFound
            A record or version that is not there, or not to see.
        Invalid
            ``compare.kind``: two kinds of record, or one that is not compared.
        """
        kind = _kind(asked.first)
        stream = f"{kind.value}:{asked.first.partition('.')[0]}"
        with self._gate.acting(actor, Action.RECORD_COMPARE, stream) as acting, self._ledger.begin() as work:
            if kind is not _kind(asked.second) or kind not in COMPARED:
                raise Invalid("compare.kind", "Two versions of the same kind of record can be compared.")
            first = _version(work, acting, kind, asked.first)
        # Each of the two is a reading of its own: of another record, perhaps in another study.
        stream = f"{kind.value}:{asked.second.partition('.')[0]}"
        with self._gate.acting(actor, Action.RECORD_COMPARE, stream) as acting, self._ledger.begin() as work:
            second = _version(work, acting, kind, asked.second)
        found = list(islice(differences(first.content, second.content), _MOST + 1))
        return Comparison(
            kind=kind,
            first=_side(asked.first, first),
            second=_side(asked.second, second),
            is_same=not found,
            differences=[
                Shown(path=one.path, change=one.change, first=one.first, second=one.second) for one in found[:_MOST]
            ],
            is_cut=len(found) > _MOST,
        )


def _kind(name: str) -> RecordKind:
    kind = _KIND.get(name.partition("-")[0])
    if kind is None:
        raise Invalid("compare.kind", f"{name} names no record.")
    return kind


def _version(work: UnitOfWork, acting: Acting, kind: RecordKind, name: str) -> Revision:
    """Return a version of a record that the person may see. Raises ``NotFound``."""
    record, _, number = name.partition(".")
    stream = f"{kind.value}:{record}"
    newest = newest_of(work, stream)
    acting.on(work, newest.content["study"])
    acting.is_of_signed = _is_of_signed(work, newest)
    version = int(number)
    match kind:
        case RecordKind.ANALYSIS:
            return version_revision(work, record, version)
        case RecordKind.RESULT:
            found = _of_result(work, stream, version)
        case _:
            found = work.revision(stream, version)
    if found is None:
        raise no_such(f"{kind.value}:{name}")
    return found


def _is_of_signed(work: UnitOfWork, newest: Revision) -> bool:
    """Tell whether a record is, or is part of, what somebody has signed: as the views of these kinds do."""
    if newest.kind is RecordKind.IMAGE:
        return status_of(work, Image.from_json(newest.content)) in SIGNED
    return bool(newest.content.get("signatures"))


def _of_result(work: UnitOfWork, stream: str, version: int) -> Revision | None:
    """Return the newest revision of a version of a result."""
    return next((one for one in reversed(work.history(stream)) if one.content["version"] == version), None)


def _side(name: str, revision: Revision) -> VersionSide:
    content = revision.content
    status = content.get("status") or ("saved" if revision.kind is RecordKind.ANALYSIS else "")
    if revision.kind is RecordKind.ANALYSIS:
        status = "saved" if Analysis.from_json(content).is_saved else "draft"
    return VersionSide(
        id=name,
        rev=revision.rev,
        status=status,
        saved_by=revision.subject.printed_name or (revision.subject.service or ""),
        saved_at=revision.entry.at,
        reason=content.get("reason", ""),
        sha256=revision.sha256,
    )
