"""Reviews of the audit trail of results."""

from __future__ import annotations

from blotter_records.client.calls import Calls
from blotter_records.contract.trail_reviews import (
    GroupPage,
    GroupQuestion,
    TrailReviewBegin,
    TrailReviewTick,
    TrailReviewView,
)


class TrailReviewCalls(Calls):
    """Calls about the review of trails."""

    def trail_review(self, result: str, *, skip: int = 0, limit: int = 50) -> TrailReviewView:
        """Return what is to be reviewed of the trail of a result, the riskiest groups first."""
        return self._get(TrailReviewView, f"/results/{result}/trail-review", skip=skip, limit=limit)

    def trail_review_entries(self, result: str, asked: GroupQuestion) -> GroupPage:
        """Return a page of the entries of a group."""
        return self._get(GroupPage, f"/results/{result}/trail-review/entries", **asked.model_dump(exclude_none=True))

    def begin_trail_review(self, result: str, request: TrailReviewBegin) -> TrailReviewView:
        """Begin the review of the trail of a result."""
        return self._send(TrailReviewView, "POST", f"/results/{result}/trail-review", request)

    def tick_trail_group(self, result: str, request: TrailReviewTick) -> TrailReviewView:
        """Tick a group of entries, or take the tick back."""
        return self._send(TrailReviewView, "POST", f"/results/{result}/trail-review/ticks", request)

    def crop(self, analysis: str, before: int, after: int, side: str) -> bytes:
        """Return the part of the image that changed between two revisions of an analysis, as PNG."""
        return self._transport.send("GET", f"/analyses/{analysis}/crops/{before}/{after}/{side}").content
