"""Searching records, comparing versions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.searching import Comparison, ComparisonQuestion, RecordPage, RecordQuestion
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["records"], responses=PROBLEMS, route_class=CheckedRoute)


@router.get("/records")
@declares(Action.RECORD_SEARCH)
def search_records(caller: Caller, services: Joined, asked: Annotated[RecordQuestion, Query()]) -> RecordPage:
    """Return a page of records by study, sample, target, person, date, status and words."""
    return services.searching.search(caller, asked)


@router.get("/comparison")
@declares(Action.RECORD_COMPARE)
def compare_versions(caller: Caller, services: Joined, asked: Annotated[ComparisonQuestion, Query()]) -> Comparison:
    """Return what differs between two versions."""
    return services.comparing.compare(caller, asked)
