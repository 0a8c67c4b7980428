"""A review of a trail as the contract shows it: groups with values before and after, and what is missing."""

from __future__ import annotations

from itertools import islice

from blotter_records.contract.trail_reviews import (
    FormerReview,
    GroupPictures,
    PageQuestion,
    RiskView,
    TrailGroupView,
    TrailReviewView,
    ValueChange,
)
from blotter_records.domain.authority import Verdict
from blotter_records.domain.comparing import differences
from blotter_records.domain.records import Account, Json, Result, TrailReview
from blotter_records.domain.trail_review import RISKS, TrailGroup, label_of, missing
from blotter_records.ports.entries import TrailFilter
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.trail.reading import entry_view
from blotter_records.services.trail_reviews.listing import signed_review
from blotter_records.services.trail_reviews.standing import Standing
from blotter_records.vocabulary import Event, Outcome, RecordKind, ResultStatus

#: Changes and entries that a group shows at once.
_CHANGES, _LINES = 24, 12
#: Fields that follow from others, or that every save changes.
_BY_ITSELF = frozenset({"contributors", "digest", "is_saved", "next_shape", "reason", "versions", "measurements"})
_ANALYSES = f"{RecordKind.ANALYSIS}:"


def review_view(
    work: UnitOfWork, content: Result, now: Standing, verdict: Verdict, asked: PageQuestion
) -> TrailReviewView:
    """Return a review as this person sees it; ``verdict`` is whether he or she may tick."""
    review = TrailReview.from_json(now.review.content) if now.review is not None else None
    is_begun = review is not None and review.reviewer == content.reviewer
    by_name = {one.group: one for one in now.listing.groups}
    shown = now.groups[asked.skip : asked.skip + asked.limit]
    left = missing(now.groups)
    return TrailReviewView(
        result=content.result,
        version=content.version,
        review=review.review if review else None,
        rev=now.review.rev if now.review else 0,
        reviewer=_name(work, content.reviewer),
        is_mine=verdict.is_allowed,
        is_begun=is_begun,
        why_not=verdict.why_not,
        former=_former(work, content),
        is_reopened=content.status == ResultStatus.REVIEWED and bool(now.listing.reopening()),
        entries=now.listing.entries,
        total=len(now.groups),
        ticked=sum(one["is_ticked"] for one in now.groups),
        flagged=sum(bool(one["risks"]) for one in now.groups),
        skip=asked.skip,
        groups=[_group(work, by_name[one["group"]], one) for one in shown],
        missing=left if is_begun else ["the review was not begun", *left],
        entry=entry_ref(now.review.entry) if now.review is not None else None,
    )


def _name(work: UnitOfWork, account: str | None) -> str:
    revision = work.latest(f"{RecordKind.ACCOUNT}:{account}") if account else None
    return Account.from_json(revision.content).printed_name if revision is not None else ""


def _former(work: UnitOfWork, content: Result) -> FormerReview | None:
    revision = signed_review(work, content)
    if revision is None:
        return None
    former = TrailReview.from_json(revision.content)
    return FormerReview(
        review=former.review,
        version=former.version,
        reviewer=former.reviewer_name,
        signed_at=(work.revision(revision.stream, revision.rev + 1) or revision).entry.at,
        entries=former.entries,
        groups=len(former.groups),
    )


def _group(work: UnitOfWork, group: TrailGroup, held: Json) -> TrailGroupView:
    changes, is_cut = _changes(work, group)
    lines = work.entries(
        TrailFilter(
            streams=[group.stream], actions=[recorded(group)], after=group.first - 1, limit=_LINES, is_material=True
        )
    )
    return TrailGroupView(
        group=group.group,
        record=group.record,
        record_kind=group.stream.partition(":")[0],
        action=group.action,
        label=label_of(group.action),
        outcome=group.outcome,
        entries=group.entries,
        sha256=group.sha256,
        first_at=group.first_at,
        last_at=group.last_at,
        people=list(group.people),
        risks=[RiskView(risk=one, text=RISKS[one][1], count=group.risks[one]) for one in group.ranked_risks()],
        is_flagged=group.is_flagged,
        changes=changes,
        is_cut=is_cut,
        pictures=pictures_of(group),
        lines=[entry_view(one) for one in lines if one.written.id <= group.last],
        is_ticked=held["is_ticked"],
        comment=held["comment"],
    )


def recorded(group: TrailGroup) -> str:
    """Return under which action the entries of a group stand: refusals are events of their own."""
    if group.outcome is Outcome.REFUSED:
        return Event.ACTION_REFUSED.value
    return Event.SIGNATURE_FAILED.value if group.outcome is Outcome.FAILED else group.action


def pictures_of(group: TrailGroup) -> GroupPictures | None:
    """Return between which revisions pictures tell something: of an analysis that had a revision before."""
    if not group.stream.startswith(_ANALYSES) or not group.last_rev or not group.before_rev:
        return None
    return GroupPictures(analysis=group.record, before=group.before_rev, after=group.last_rev)


def _changes(work: UnitOfWork, group: TrailGroup) -> tuple[list[ValueChange], bool]:
    """Return what a group changed all together; nothing of what was only made, which its entries tell."""
    if not group.last_rev or not group.before_rev:
        return [], False
    before = work.revision(group.stream, group.before_rev)
    after = work.revision(group.stream, group.last_rev)
    if before is None or after is None:
        return [], False
    told = (one for one in differences(before.content, after.content) if not _follows(one.path))
    found = list(islice(told, _CHANGES + 1))
    return (
        [ValueChange(path=one.path, change=one.change, before=one.first, after=one.second) for one in found[:_CHANGES]],
        len(found) > _CHANGES,
    )


def _follows(path: str) -> bool:
    """Tell whether a field follows from others, or was found without a person: what people made of it is told."""
    first = path.partition("[")[0].partition(".")[0]
    return (
        first in _BY_ITSELF or path == "finding" or path.startswith(("finding.bands", "finding.lanes", "finding.wells"))
    )
