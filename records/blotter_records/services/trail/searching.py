"""Searching records by study, sample, target, person, date, status and words."""

from __future__ import annotations

from blotter_records.contract.searching import SEARCHED, RecordPage, RecordQuestion, RecordRow
from blotter_records.domain.records import words_of
from blotter_records.errors import Invalid
from blotter_records.ports.entries import FoundRecord, RecordFilter
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.studies import studies
from blotter_records.vocabulary import Action, RecordKind

#: Membranes, rounds or images through which a sample or target leads to other records.
_MOST = 5_000


class Searching:
    """Searches."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def search(self, actor: Actor, asked: RecordQuestion) -> RecordPage:
        """Return a page of records that this person may see.

        Raises
        ------
        Invalid
            ``search.kind``; ``search.text`` for a text without a word; ``search.many``: a sample or target leads
            through more records than are followed.
        """
        with self._gate.acting(actor, Action.RECORD_SEARCH, "record") as acting, self._ledger.begin() as work:
            if asked.kind not in SEARCHED:
                raise Invalid("search.kind", f"Records of kind {asked.kind} cannot be searched for.")
            seen = studies.visible(work, actor, Action.RECORD_SEARCH)
            acting.is_across = seen is None
            wanted = _filter(work, asked, seen)
            if wanted is None:
                return RecordPage(records=[], total=0)
            found = work.search(wanted)
            shown = found[: asked.limit]
            goes_on = shown[-1].made_id if len(found) > asked.limit else None
            return RecordPage(
                records=[_row(work, one) for one in shown],
                total=work.count_records(wanted),
                next_after=None if asked.newest_first else goes_on,
                next_before=goes_on if asked.newest_first else None,
            )


def _filter(work: UnitOfWork, asked: RecordQuestion, seen: list[str] | None) -> RecordFilter | None:
    """Return the question as the ledger takes it; None where nothing can match."""
    within = seen
    if asked.study is not None:
        within = [asked.study] if seen is None or asked.study in seen else []
    keys: list[tuple[str, ...]] = []
    if asked.person:
        keys.append((f"person:{asked.person}",))
    if asked.status:
        keys.append((f"status:{asked.status}",))
    if asked.text is not None:
        words = words_of(asked.text)
        if not words:
            raise Invalid("search.text", "There is no word in the text to look for.", "Type letters or digits.")
        keys += [(f"word:{word}",) for word in words]
    for led in (_by_sample(work, asked, within), _by_target(work, asked, within)):
        if led is not None and not led:
            return None
        if led:
            keys.append(tuple(led))
    return RecordFilter(
        asked.kind,
        studies=within,
        keys=tuple(keys),
        since=asked.since,
        until=asked.until,
        after=asked.after,
        before=asked.before,
        limit=asked.limit + 1,
        newest_first=asked.newest_first,
    )


def _by_sample(work: UnitOfWork, asked: RecordQuestion, within: list[str] | None) -> list[str] | None:
    """Return the keys that lead from a sample to records of the kind asked for; None where no sample is asked for."""
    if asked.sample is None:
        return None
    sample = [f"sample:{asked.sample}"]
    if asked.kind is RecordKind.MEMBRANE:
        return sample
    membranes = _led(work, RecordKind.MEMBRANE, sample, within, "membrane")
    return _to_kind(work, asked.kind, membranes, within)


def _by_target(work: UnitOfWork, asked: RecordQuestion, within: list[str] | None) -> list[str] | None:
    """Return the keys that lead from a target to records of the kind asked for; None where no target is asked for."""
    if asked.target is None:
        return None
    target = [f"target:{' '.join(words_of(asked.target))}"]
    if asked.kind is RecordKind.PROBING:
        return target
    rounds = _led(work, RecordKind.PROBING, target, within, "probing")
    return _to_kind(work, asked.kind, rounds, within)


def _to_kind(work: UnitOfWork, kind: RecordKind, keys: list[str], within: list[str] | None) -> list[str]:
    """Follow membranes or rounds to images, and those to what was made from them."""
    if kind in (RecordKind.PROBING, RecordKind.ACQUISITION, RecordKind.IMAGE) or not keys:
        return keys
    images = _led(work, RecordKind.IMAGE, keys, within, "image")
    if kind is not RecordKind.EXPORT:
        return images
    return _led(work, RecordKind.RESULT, images, within, "record")


def _led(work: UnitOfWork, kind: RecordKind, keys: list[str], within: list[str] | None, what: str) -> list[str]:
    if not keys:
        return []
    found = work.search(RecordFilter(kind, studies=within, keys=(tuple(keys),), limit=_MOST + 1))
    if len(found) > _MOST:
        raise Invalid("search.many", f"This leads through more than {_MOST} records.", "Name a study.")
    return [f"{what}:{one.revision.record_id}" for one in found]


def _row(work: UnitOfWork, found: FoundRecord) -> RecordRow:
    revision, content = found.revision, found.revision.content
    first = revision if revision.rev == 1 else work.revision(revision.stream, 1) or revision
    status = next((key.removeprefix("status:") for key in found.keys if key.startswith("status:")), "")
    titles = (content.get(name) for name in ("title", "name", "file_name"))
    return RecordRow(
        record=revision.record_id,
        kind=revision.kind,
        study=found.study,
        title=next((title for title in titles if title), ""),
        status=status,
        version=content.get("version") or revision.rev,
        made_by=first.subject.printed_name or (first.subject.service or ""),
        made_at=found.made_at,
        changed_at=revision.entry.at,
    )
