"""Results, their workflow, and signing intents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from blotter_records.api.authentication import Caller, Joined
from blotter_records.contract.base import ResultId
from blotter_records.contract.results import (
    ResultRequest,
    ResultVersionRequest,
    ResultView,
    SigningIntentRequest,
    SigningIntentView,
)
from blotter_records.services.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["results"])


@router.post("/results", status_code=201)
@declares(Action.RESULT_CREATE)
def create_result(caller: Caller, services: Joined, request: ResultRequest) -> ResultView:
    """Make a result that pins analysis versions."""
    return services.results.create(caller, request)


@router.get("/results")
@declares(Action.RESULT_VIEW)
def list_results(caller: Caller, services: Joined) -> list[ResultView]:
    """Return every result."""
    return services.results.list(caller)


@router.get("/results/{result}")
@declares(Action.RESULT_VIEW)
def view_result(caller: Caller, services: Joined, result: ResultId) -> ResultView:
    """Return one result with its signatures and the steps that this person may take."""
    return services.results.view(caller, result)


@router.post("/results/{result}/versions")
@declares(Action.RESULT_CREATE)
def create_version(caller: Caller, services: Joined, result: ResultId, request: ResultVersionRequest) -> ResultView:
    """Make the next version of a result."""
    return services.results.add_version(caller, result, request)


@router.post("/results/{result}/review")
@declares(Action.RESULT_REVIEW_START)
def start_review(caller: Caller, services: Joined, result: ResultId) -> ResultView:
    """Take a submitted result for review."""
    return services.results.start_review(caller, result)


@router.post("/signing-intents", status_code=201)
@declares(Action.SIGNATURE_INTEND)
def create_intent(caller: Caller, services: Joined, request: SigningIntentRequest) -> SigningIntentView:
    """Prepare a signing page."""
    return services.signatures.intend(caller, request)


@router.get("/signing-intents/{intent}")
@declares(Action.SIGNATURE_INTEND)
def view_intent(
    caller: Caller, services: Joined, intent: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,100}$")]
) -> SigningIntentView:
    """Return how a signing page ended."""
    return services.signatures.intent(caller, intent)
