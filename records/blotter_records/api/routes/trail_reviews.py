"""Reviews of the audit trail of results."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.base import AnalysisId, ResultId
from blotter_records.contract.trail_reviews import (
    GroupPage,
    GroupQuestion,
    PageQuestion,
    TrailReviewBegin,
    TrailReviewTick,
    TrailReviewView,
)
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["results"], responses=PROBLEMS, route_class=CheckedRoute)

Revision = Annotated[int, Path(ge=1, le=1_000_000)]


@router.get("/results/{result}/trail-review")
@declares(Action.RESULT_VIEW)
def view_trail_review(
    caller: Caller, services: Joined, result: ResultId, asked: Annotated[PageQuestion, Query()]
) -> TrailReviewView:
    """Return what is to be reviewed of the trail of a result, the riskiest groups first."""
    return services.trail_reviews.view(caller, result, asked)


@router.get("/results/{result}/trail-review/entries")
@declares(Action.RESULT_VIEW)
def list_group_entries(
    caller: Caller, services: Joined, result: ResultId, asked: Annotated[GroupQuestion, Query()]
) -> GroupPage:
    """Return a page of the entries of a group."""
    return services.trail_reviews.entries(caller, result, asked)


@router.post("/results/{result}/trail-review")
@declares(Action.AUDIT_REVIEW_START)
def begin_trail_review(
    caller: Caller, services: Joined, result: ResultId, request: TrailReviewBegin
) -> TrailReviewView:
    """Begin the review of the trail of a result that you have taken for review."""
    return services.trail_reviews.begin(caller, result, request)


@router.post("/results/{result}/trail-review/ticks")
@declares(Action.AUDIT_REVIEW_TICK)
def tick_group(caller: Caller, services: Joined, result: ResultId, request: TrailReviewTick) -> TrailReviewView:
    """Tick a group of entries as looked through, with a comment; or take the tick back."""
    return services.trail_reviews.tick(caller, result, request)


@router.get(
    "/analyses/{analysis}/crops/{before}/{after}/{side}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "The picture"}},
)
@declares(Action.ANALYSIS_VIEW)
def view_crop(
    caller: Caller,
    services: Joined,
    analysis: AnalysisId,
    before: Revision,
    after: Revision,
    side: Literal["before", "after"],
) -> Response:
    """Return the part of the image that changed between two revisions, with the shapes of one of them, as PNG."""
    data = services.crops.png(caller, analysis, before, after, side)
    return Response(data, media_type="image/png", headers={"X-Content-Type-Options": "nosniff"})
