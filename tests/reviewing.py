"""Looks through the trail of a result as a reviewer does: group by group, with a word on each that is flagged."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Protocol

from blotter_records.contract.trail_reviews import (
    PageQuestion,
    TrailGroupView,
    TrailReviewBegin,
    TrailReviewTick,
    TrailReviewView,
)

#: What is written on a flagged group.
SEEN = "Looked at every entry; the change is explained by its reason"

#: So often is looked again where the trail goes on meanwhile.
_LOOKS = 5


class Reviewing(Protocol):
    """Who reviews: a client has these."""

    def trail_review(self, result: str, *, skip: int = 0, limit: int = 50) -> TrailReviewView:
        """Return what is to be reviewed."""

    def begin_trail_review(self, result: str, request: TrailReviewBegin) -> TrailReviewView:
        """Begin."""

    def tick_trail_group(self, result: str, request: TrailReviewTick) -> TrailReviewView:
        """Tick."""


@dataclass(frozen=True)
class InProcess:
    """A reviewer who asks the services themselves."""

    services: Any
    actor: Any

    def trail_review(self, result: str, *, skip: int = 0, limit: int = 50) -> TrailReviewView:
        """Return what is to be reviewed."""
        return self.services.trail_reviews.view(self.actor, result, PageQuestion(skip=skip, limit=limit))

    def begin_trail_review(self, result: str, request: TrailReviewBegin) -> TrailReviewView:
        """Begin."""
        return self.services.trail_reviews.begin(self.actor, result, request)

    def tick_trail_group(self, result: str, request: TrailReviewTick) -> TrailReviewView:
        """Tick."""
        return self.services.trail_reviews.tick(self.actor, result, request)


def begin(who: Reviewing, result: str) -> TrailReviewView:
    """Begin a review, or go on with it."""
    return who.begin_trail_review(result, TrailReviewBegin(idempotency_key=secrets.token_hex(8)))


def tick(
    who: Reviewing, result: str, group: TrailGroupView, comment: str = "", *, is_ticked: bool = True
) -> TrailReviewView:
    """Tick a group as it was shown."""
    request = TrailReviewTick(
        group=group.group,
        sha256=group.sha256,
        is_ticked=is_ticked,
        comment=comment,
        idempotency_key=secrets.token_hex(8),
    )
    return who.tick_trail_group(result, request)


def look_through(who: Reviewing, result: str) -> TrailReviewView:
    """Review the whole trail: every group that is not ticked yet, with a comment where one is required.

    The end of a burst of refusals is an entry of its own, up to seconds later: whoever reviews looks at it, too.
    """
    view = begin(who, result)
    for _ in range(_LOOKS):
        view = _look_once(who, result, view)
        if not view.missing:
            break
    assert not view.missing
    return view


def _look_once(who: Reviewing, result: str, view: TrailReviewView) -> TrailReviewView:
    skip = 0
    while skip < view.total:
        page = who.trail_review(result, skip=skip)
        for group in page.groups:
            assert group.lines, f"{group.group} shows no entry"
            if not group.is_ticked:
                view = tick(who, result, group, SEEN if group.is_flagged else "")
        skip += len(page.groups)
    return view
