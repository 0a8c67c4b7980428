"""What is to be reviewed of a result: changing entries and refusals since the last signed review, in groups.

An entry's id is given before its transaction commits, so a later one may be seen first. That none is ever missed, a
review remembers the newest revision of each stream that it covers, and reads again from where nothing can appear any
more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Analysis, Json, Result, TrailReview
from blotter_records.domain.trail_review import REOPENING, TrailEntry, TrailGroup, grouped, is_listed, ranked
from blotter_records.ports.entries import Revision, TrailFilter
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.analyses.edits import finding_view
from blotter_records.services.results import pinning
from blotter_records.vocabulary import Action, Outcome, RecordKind, TrailRisk

#: Entries that one question asks for.
_AT_ONCE = 1000
#: No transaction of the service lasts longer (``transaction_timeout``).
_SETTLES = timedelta(minutes=10)
#: What an entry of an analysis may have done to what was found in it.
_EDITS = f"/{Action.ANALYSIS_EDIT.value}/{Outcome.DONE.value}"
_SAVES = f"/{Action.ANALYSIS_SAVE.value}/{Outcome.DONE.value}"


@dataclass(frozen=True)
class Listing:
    """What is to be reviewed.

    Parameters
    ----------
    groups : list of TrailGroup
        The riskiest first.
    covered, settled, recent
        As :class:`~blotter_records.domain.records.TrailReview` keeps them.
    """

    groups: list[TrailGroup]
    covered: dict[str, int]
    settled: int
    recent: list[int]

    @property
    def entries(self) -> int:
        """How many entries the groups have."""
        return sum(one.entries for one in self.groups)

    def reopening(self) -> list[TrailGroup]:
        """Return the groups that would reopen a review: data that changed, or may not be used any more."""
        return [one for one in self.groups if one.outcome is Outcome.DONE and one.action in REOPENING]


def streams_of(work: UnitOfWork, content: Result) -> list[str]:
    """Return the streams that are reviewed: the result and everything that it pins, as pinned and as it is now."""
    layers = [*content.layers, *pinning.layers_of(work, content.images)]
    pinned = {
        f"{'sample' if name == 'samples' else name}:{pin['record']}"
        for layer in layers
        for name, pins in layer.items()
        for pin in (pins if isinstance(pins, list) else [pins])
        if pin
    }
    analyses = {f"{RecordKind.ANALYSIS}:{pin['analysis']}" for pin in content.pins}
    return sorted({f"{RecordKind.RESULT}:{content.result}", *analyses, *pinned})


def signed_review(work: UnitOfWork, content: Result) -> Revision | None:
    """Return the review of the trail of a result that was signed last, as it was signed."""
    pin = content.trail_review
    return work.revision(f"{RecordKind.TRAIL_REVIEW}:{pin['record']}", pin["rev"]) if pin else None


def listed(work: UnitOfWork, content: Result, policies: Policies) -> Listing:
    """Return what is to be reviewed of a result since its last signed review; all of it, the first time."""
    signed = signed_review(work, content)
    former = TrailReview.from_json(signed.content) if signed is not None else None
    streams = streams_of(work, content)
    covered = {stream: former.covered.get(stream, 0) if former else 0 for stream in streams}
    settled, known = (former.settled, {*former.recent}) if former else (0, set())
    entries = sorted(_read(work, streams, former), key=lambda one: one.id)
    fresh = [one for one in entries if (one.rev > covered[one.stream] if one.rev is not None else one.id not in known)]
    for one in entries:
        covered[one.stream] = max(covered[one.stream], one.rev or 0)
    groups = grouped((one for one in fresh if is_listed(one)), policies)
    _judge(work, groups.values(), policies)
    if entries:
        since = max(one.at for one in entries) - _SETTLES
        settled = max([settled, *(one.id for one in entries if one.at < since)])
    recent = [one.id for one in entries if one.rev is None and one.id > settled]
    return Listing(ranked(groups.values()), covered, settled, recent)


def _read(work: UnitOfWork, streams: list[str], former: TrailReview | None) -> Iterator[TrailEntry]:
    """Yield the entries that change something or were refused: of streams that were reviewed, from there on."""
    known = [one for one in streams if former is not None and one in former.covered]
    new = [one for one in streams if one not in known]
    if known and former is not None:
        yield from _pages(work, known, former.settled)
    if new:
        yield from _pages(work, new, 0)


def _pages(work: UnitOfWork, streams: list[str], after: int) -> Iterator[TrailEntry]:
    while True:
        page = work.entries(TrailFilter(streams=streams, after=after, limit=_AT_ONCE, is_material=True))
        for one in page:
            written = one.written
            yield TrailEntry(written.id, written.stream, written.rev, written.at, written.leaf, one.body)
        if len(page) < _AT_ONCE:
            return
        after = page[-1].written.id


def _judge(work: UnitOfWork, groups: Iterable[TrailGroup], policies: Policies) -> None:
    """Add the risks that only the analysis itself shows, as the group's last entry left it."""
    for group in groups:
        if group.last_rev is None or not group.group.startswith(f"{RecordKind.ANALYSIS}:"):
            continue
        if not group.group.endswith((_EDITS, _SAVES)):
            continue
        revision = work.revision(group.stream, group.last_rev)
        if revision is None:
            continue
        analysis = Analysis.from_json(revision.content)
        if group.group.endswith(_SAVES):
            if len(analysis.versions) >= policies.analysis_versions:
                group.risks[TrailRisk.MANY_VERSIONS] = len(analysis.versions)
            continue
        finding = finding_view(analysis)
        if finding is not None and finding.edits:
            group.risks[TrailRisk.OVERRIDE] = len(finding.edits)
        left_out = _left_out(analysis.quantities)
        if left_out:
            group.risks[TrailRisk.EXCLUSION] = left_out


def _left_out(quantities: Json | None) -> int:
    chosen = (quantities or {}).get("chosen") or {}
    return len(chosen.get("left_out") or [])
