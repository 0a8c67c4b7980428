"""The reviews of a result's audit trail on paper: who, when, how much there was, and what the reviewer wrote."""

from __future__ import annotations

from blotter_records.domain.records import Json, TrailReview
from blotter_records.domain.trail_review import RISKS
from blotter_records.ports.entries import Revision
from blotter_records.ports.rendering import Column, Fact, ReviewPart, Table
from blotter_records.services.reports.dossier import Dossier
from blotter_records.services.reports.wording import NONE, utc_zone
from blotter_records.vocabulary import RecordKind, TrailRisk

_COLUMNS = (
    Column("Record", is_number=False, share=17),
    Column("Action, outcome", is_number=False, share=20),
    Column("Entries", share=9),
    Column("Flagged because", is_number=False, share=26),
    Column("Reviewer's comment", is_number=False, share=28),
)


def review_parts(dossier: Dossier) -> tuple[ReviewPart, ...]:
    """Return the signed reviews of the result's trail, oldest first."""
    newest: dict[str, Revision] = {one.stream: one for one in dossier.revisions if one.kind is RecordKind.TRAIL_REVIEW}
    signed = [(one, TrailReview.from_json(one.content)) for one in newest.values()]
    return tuple(
        _part(revision, review)
        for revision, review in signed
        if review.signature is not None and review.result == dossier.content.result
    )


def _part(revision: Revision, review: TrailReview) -> ReviewPart:
    flagged = sum(bool(one["risks"]) for one in review.groups)
    told = [one for one in review.groups if one["risks"] or one["comment"]]
    plain = len(review.groups) - len(told)
    since = (
        f"what came after {review.follows['record']}" if review.follows else "everything; nothing was reviewed before"
    )
    return ReviewPart(
        title=f"{review.review}, version {revision.rev - 1}, of {review.result}, version {review.version}",
        facts=(
            Fact("Reviewed by", f"{review.reviewer_name} ({review.reviewer})"),
            Fact("Signed", f"{utc_zone(revision.entry.at)}, {review.signature}"),
            Fact("Looked through", f"{review.entries} entries in {len(review.groups)} groups, {flagged} flagged"),
            Fact("Listed", since),
        ),
        table=Table(
            "Groups that were flagged or commented",
            _COLUMNS,
            tuple(_row(one) for one in told),
            notes=(f"{plain} other groups were looked through without a comment.",) if plain else (),
        ),
    )


def _row(group: Json) -> tuple[str, ...]:
    risks = ", ".join(RISKS[TrailRisk(one)][1] for one in group["risks"])
    return (
        group["record"],
        f"{group['action']}, {group['outcome']}",
        str(group["entries"]),
        risks or NONE,
        group["comment"] or NONE,
    )
