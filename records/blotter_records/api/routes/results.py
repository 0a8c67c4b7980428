"""Results and their workflow."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.api.routes.questions import AsOf
from blotter_records.contract.base import ImageId, ResultId
from blotter_records.contract.flags import FlagReasonRequest
from blotter_records.contract.results import (
    ResultRequest,
    ResultVersionRequest,
    ResultView,
    ResumeRequest,
)
from blotter_records.contract.unused import UnusedReasonRequest
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["results"], responses=PROBLEMS, route_class=CheckedRoute)


@router.post("/results", status_code=201)
@declares(Action.RESULT_CREATE)
def create_result(caller: Caller, services: Joined, request: ResultRequest) -> ResultView:
    """Make a result that pins analysis versions."""
    return services.results.create(caller, request)


@router.get("/results")
@declares(Action.RESULT_VIEW)
def list_results(
    caller: Caller, services: Joined, image: Annotated[ImageId | None, Query()] = None
) -> list[ResultView]:
    """Return every result that you may see, of an image or of all."""
    return services.results.list(caller, image=image)


@router.get("/results/{result}")
@declares(Action.RESULT_VIEW)
def view_result(caller: Caller, services: Joined, result: ResultId, as_of: AsOf = None) -> ResultView:
    """Return one result with its signatures and the steps that this person may take; as it stands, or stood."""
    return services.results.view(caller, result, as_of=as_of)


@router.post("/results/{result}/versions")
@declares(Action.RESULT_VERSION_ADD)
def create_version(caller: Caller, services: Joined, result: ResultId, request: ResultVersionRequest) -> ResultView:
    """Make the next version of a result."""
    return services.results.add_version(caller, result, request)


@router.post("/results/{result}/flags")
@declares(Action.RESULT_FLAG_ANSWER)
def give_flag_reason(caller: Caller, services: Joined, result: ResultId, request: FlagReasonRequest) -> ResultView:
    """Give a reason for quality flags of a result, before it is submitted."""
    return services.flag_reasons.give(caller, result, request)


@router.post("/results/{result}/unused")
@declares(Action.RESULT_UNUSED_ANSWER)
def give_unused_reason(caller: Caller, services: Joined, result: ResultId, request: UnusedReasonRequest) -> ResultView:
    """Say why a result does not use a scan or an analysis, before it is submitted."""
    return services.unused_reasons.give(caller, result, request)


@router.post("/results/{result}/review")
@declares(Action.RESULT_REVIEW_START)
def start_review(caller: Caller, services: Joined, result: ResultId) -> ResultView:
    """Take a submitted result for review."""
    return services.results.start_review(caller, result)


@router.post("/results/{result}/resumption")
@declares(Action.RESULT_RESUME)
def resume_result(caller: Caller, services: Joined, result: ResultId, request: ResumeRequest) -> ResultView:
    """Take a returned result back into analysis."""
    return services.results.resume(caller, result, request)
