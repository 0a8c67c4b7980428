"""Everything that the records hold about a result: what reports are made of, never a widget's state."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from blotter_records.domain.records import Analysis, Image, Notebook, Result
from blotter_records.ports.entries import Revision, StoredEntry, TrailFilter
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.ports.seals import Seal, Seals
from blotter_records.services.results import pinning, showing
from blotter_records.vocabulary import RecordKind

#: More entries than any trail has: they are read by one statement, so that they are of one moment.
_ALL = 2**31 - 1


@dataclass(frozen=True)
class Dossier:
    """A result and everything that it rests on, as of one moment.

    Parameters
    ----------
    result : Revision
        The newest revision.
    content : Result
    pinned : tuple of Revision
        The revisions of analyses that it pins, in the order of the pins.
    images : tuple of Revision
    entries : tuple of StoredEntry
        Every entry about the images and whatever was made from them, oldest first.
    revisions : tuple of Revision
        Every revision that one of these entries made.
    notebooks : mapping of str to str
        Name of each notebook from which one of these entries came, and from what it was made, by its id.
    """

    result: Revision
    content: Result
    pinned: tuple[Revision, ...]
    images: tuple[Revision, ...]
    entries: tuple[StoredEntry, ...]
    revisions: tuple[Revision, ...]
    notebooks: Mapping[str, str]

    def is_numbered(self) -> bool:
        """Tell whether the sequencer has numbered every entry."""
        return all(one.written.number is not None for one in self.entries)

    def highest(self) -> int:
        """Return the highest number of an entry, 0 if none has one."""
        return max((one.written.number or 0 for one in self.entries), default=0)


def gather(work: UnitOfWork, result: str) -> Dossier:
    """Read a result, its images and everything made from them. Raises ``NotFound('not_found.result')``."""
    newest = showing.found(work, result)
    content = Result.from_json(newest.content)
    streams: dict[str, None] = {}
    for image in content.images:
        streams.update(dict.fromkeys(work.descendants(f"image:{image}")))
    # What the version pins of its images besides, each with its whole history.
    streams.update(dict.fromkeys(one.stream for one in pinning.pinned_layers(work, content)))
    entries = _entries(work, list(streams))
    known = {one.written.id for one in entries}
    revisions = [one for stream in streams for one in work.history(stream) if one.entry.id in known]
    # The newest revision that the entries know: another one may have been written while they were read.
    newest = [one for one in revisions if one.stream == newest.stream][-1]
    content = Result.from_json(newest.content)
    pins = {(f"analysis:{pin['analysis']}", pin["rev"]): None for pin in content.pins}
    by_place = {(one.stream, one.rev): one for one in revisions}
    last = {one.stream: one for one in revisions}
    return Dossier(
        result=newest,
        content=content,
        pinned=tuple(by_place[place] for place in pins),
        images=tuple(last[f"image:{image}"] for image in content.images),
        entries=tuple(entries),
        revisions=tuple(revisions),
        notebooks=_notebook_names(work, entries),
    )


def _notebook_names(work: UnitOfWork, entries: list[StoredEntry]) -> dict[str, str]:
    named = sorted({one.body["notebook"] for one in entries if one.body.get("notebook")})
    found = {notebook: work.latest(f"{RecordKind.NOTEBOOK}:{notebook}") for notebook in named}
    return {one: Notebook.from_json(revision.content).called for one, revision in found.items() if revision is not None}


def _entries(work: UnitOfWork, streams: list[str]) -> list[StoredEntry]:
    return work.entries(TrailFilter(streams=streams, limit=_ALL))


def settled(
    ledger: Ledger,
    seals: Seals,
    result: str,
    *,
    wait_s: float,
    sleep: Callable[[float], None] = time.sleep,
    step_s: float = 0.1,
) -> tuple[Dossier, Seal | None]:
    """Gather a result, again and again until every entry has a number under a checkpoint, or the time is over.

    Returns
    -------
    (Dossier, Seal or None)
        As it stands at the end; the caller decides whether entries without a number will do.
    """
    for _ in range(max(1, round(wait_s / step_s))):
        with ledger.begin() as work:
            dossier = gather(work, result)
        seal = seals.newest()
        if dossier.is_numbered() and seal is not None and seal.size >= dossier.highest():
            break
        sleep(step_s)
    return dossier, seal


def analysis_of(revision: Revision) -> Analysis:
    """Return the content of an analysis' revision."""
    return Analysis.from_json(revision.content)


def image_of(revision: Revision) -> Image:
    """Return the content of an image's revision."""
    return Image.from_json(revision.content)
