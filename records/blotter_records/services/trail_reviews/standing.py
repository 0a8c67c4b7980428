"""Where the review of a result's trail stands: what keeps the review from being signed, and the approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blotter_records.domain.enumerating import first_few
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Json, Result, TrailReview
from blotter_records.domain.trail_review import label_of, missing
from blotter_records.errors import BlotterError, Conflict
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.trail_reviews.listing import Listing, listed, signed_review
from blotter_records.vocabulary import Action, RecordKind

#: Things left to do that a message names.
_NAMED = 4


@dataclass(frozen=True)
class Standing:
    """A review as it stands against the trail of this moment.

    Parameters
    ----------
    listing : Listing
        What is to be reviewed now.
    groups : list of dict
        The same with ticks and comments, as a review record holds them.
    review : Revision or None
        The review that is open.
    """

    listing: Listing
    groups: list[Json]
    review: Revision | None


def standing(work: UnitOfWork, content: Result, policies: Policies) -> Standing:
    """Return where the review of a result stands.

    A tick holds for the entries for which it was set: one more entry of the group, and it is gone; its comment stays
    as a draft. What somebody else has ticked counts for nothing when another person takes the result.
    """
    listing = listed(work, content, policies)
    review = open_review(work, content.result)
    begun = TrailReview.from_json(review.content) if review is not None else None
    held = {one["group"]: one for one in begun.groups} if begun and begun.reviewer == content.reviewer else {}
    groups = []
    for group in listing.groups:
        before = held.get(group.group, {})
        is_ticked = bool(before.get("is_ticked")) and before["sha256"] == group.sha256
        groups.append(group.as_json(is_ticked=is_ticked, comment=before.get("comment", "")))
    return Standing(listing, groups, review)


def open_review(work: UnitOfWork, result: str) -> Revision | None:
    """Return the review of a result that was begun and not signed."""
    keys = (("status:open",), (f"record:{result}",))
    found = work.search(RecordFilter(RecordKind.TRAIL_REVIEW, keys=keys, newest_first=True, limit=1))
    return found[0].revision if found else None


def why_not(work: UnitOfWork, content: Result, action: Action, policies: Policies) -> BlotterError | None:
    """Return why a result cannot be signed as reviewed, or approved, for the sake of its trail; None if it can."""
    if action is Action.RESULT_REVIEW_SIGN:
        now = standing(work, content, policies)
        begun = TrailReview.from_json(now.review.content) if now.review is not None else None
        return unfinished(now, is_begun=begun is not None and begun.reviewer == content.reviewer)
    if action is Action.RESULT_APPROVE:
        return _reopened(work, content, policies)
    return None


def unfinished(now: Standing, *, is_begun: bool) -> BlotterError | None:
    """Return what is missing before a review can be signed, or None."""
    help_ = "Look through the groups in ReviewTrail, tick each, and comment those that are flagged."
    if not is_begun:
        return _not_yet(f"Its audit trail was not reviewed: {_groups(now.groups)} to look through.", help_)
    left = missing(now.groups)
    if left:
        return _not_yet(f"The review of its audit trail is not complete: {first_few(left, _NAMED)}.", help_)
    return None


def _reopened(work: UnitOfWork, content: Result, policies: Policies) -> BlotterError | None:
    again = "A reviewer takes it for review again and looks through what is new."
    if signed_review(work, content) is None:
        return _not_yet("Its audit trail was not reviewed.", again)
    new = listed(work, content, policies).reopening()
    if not new:
        return None
    told = first_few([f"“{label_of(one.action)}” on {one.record} by {', '.join(one.people)}" for one in new], _NAMED)
    return _not_yet(f"Its audit trail went on after the review was signed: {told}.", again)


def _not_yet(message: str, help_: str) -> BlotterError:
    return Conflict("conflict.trail_review", message, help_)


def _groups(groups: Sequence[Json]) -> str:
    entries = sum(one["entries"] for one in groups)
    return f"{entries} entr{'y' if entries == 1 else 'ies'} in {len(groups)} group{'' if len(groups) == 1 else 's'}"
