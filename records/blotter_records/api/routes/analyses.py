"""Analyses: gestures and versions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.api.routes.questions import AsOf
from blotter_records.contract.analyses import (
    AnalysisStart,
    AnalysisVersionView,
    AnalysisView,
    GestureRequest,
    Recomputation,
    SaveRequest,
)
from blotter_records.contract.base import AnalysisId
from blotter_records.contract.finding import FindRequest
from blotter_records.contract.wells import FindWellsRequest
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["analyses"], responses=PROBLEMS, route_class=CheckedRoute)


@router.post("/analyses", status_code=201)
@declares(Action.ANALYSIS_START)
def start_analysis(caller: Caller, services: Joined, request: AnalysisStart) -> AnalysisView:
    """Start an analysis of an image."""
    return services.analyses.start(caller, request)


@router.get("/analyses/{analysis}")
@declares(Action.ANALYSIS_VIEW)
def view_analysis(caller: Caller, services: Joined, analysis: AnalysisId, as_of: AsOf = None) -> AnalysisView:
    """Return an analysis as it stands, or stood."""
    return services.analyses.view(caller, analysis, as_of=as_of)


@router.post("/analyses/{analysis}/gestures")
@declares(Action.ANALYSIS_EDIT)
def edit_analysis(caller: Caller, services: Joined, analysis: AnalysisId, request: GestureRequest) -> AnalysisView:
    """Take one finished gesture; the numbers come back."""
    return services.analyses.edit(caller, analysis, request)


@router.post("/analyses/{analysis}/finding")
@declares(Action.ANALYSIS_EDIT)
def find_bands(caller: Caller, services: Joined, analysis: AnalysisId, request: FindRequest) -> AnalysisView:
    """Find lanes and bands without a person; a shape is made of each band."""
    return services.finding.find(caller, analysis, request)


@router.post("/analyses/{analysis}/wells")
@declares(Action.ANALYSIS_EDIT)
def find_wells(caller: Caller, services: Joined, analysis: AnalysisId, request: FindWellsRequest) -> AnalysisView:
    """Find the wells of a plate, or the dots of a blot, without a person; an ellipse is made of each."""
    return services.wells.find(caller, analysis, request)


@router.post("/analyses/{analysis}/versions")
@declares(Action.ANALYSIS_SAVE)
def save_analysis(caller: Caller, services: Joined, analysis: AnalysisId, request: SaveRequest) -> AnalysisView:
    """Save the draft as the next version."""
    return services.analyses.save(caller, analysis, request)


@router.get("/analyses/{analysis}/versions/{version}")
@declares(Action.ANALYSIS_VIEW)
def view_version(
    caller: Caller, services: Joined, analysis: AnalysisId, version: Annotated[int, Path(ge=1, le=1_000_000)]
) -> AnalysisVersionView:
    """Return one immutable version."""
    return services.analyses.version(caller, analysis, version)


@router.post("/analyses/{analysis}/recomputation")
@declares(Action.ANALYSIS_RECOMPUTE)
def recompute_analysis(
    caller: Caller,
    services: Joined,
    analysis: AnalysisId,
    version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Recomputation:
    """Measure an analysis, or one of its versions, again from the sealed pixels."""
    return services.again.recompute(caller, analysis, version)
