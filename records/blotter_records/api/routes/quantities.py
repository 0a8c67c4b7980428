"""Quantities of analyses: what can be chosen, and setting them."""

from __future__ import annotations

from fastapi import APIRouter

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.base import AnalysisId
from blotter_records.contract.quantities import QuantitiesHelp, QuantitiesRequest
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["analyses"], responses=PROBLEMS, route_class=CheckedRoute)


@router.get("/analyses/{analysis}/quantities")
@declares(Action.ANALYSIS_VIEW)
def view_choices(caller: Caller, services: Joined, analysis: AnalysisId) -> QuantitiesHelp:
    """Return what can be chosen: ladders, lanes of the membrane, a proposal of bands."""
    return services.quantities.help(caller, analysis)


@router.post("/analyses/{analysis}/quantities")
@declares(Action.ANALYSIS_EDIT)
def set_quantities(caller: Caller, services: Joined, analysis: AnalysisId, request: QuantitiesRequest) -> AnalysisView:
    """Set the quantities of an analysis, or take them away; the numbers come back."""
    return services.quantities.set(caller, analysis, request)
