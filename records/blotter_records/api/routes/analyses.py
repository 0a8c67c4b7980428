"""Analyses: gestures and versions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from blotter_records.api.authentication import Caller, Joined
from blotter_records.contract.analyses import (
    AnalysisStart,
    AnalysisVersionView,
    AnalysisView,
    GestureRequest,
    SaveRequest,
)
from blotter_records.contract.base import AnalysisId
from blotter_records.services.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["analyses"])


@router.post("/analyses", status_code=201)
@declares(Action.ANALYSIS_START)
def start_analysis(caller: Caller, services: Joined, request: AnalysisStart) -> AnalysisView:
    """Start an analysis of an image."""
    return services.analyses.start(caller, request.image)


@router.get("/analyses/{analysis}")
@declares(Action.ANALYSIS_VIEW)
def view_analysis(caller: Caller, services: Joined, analysis: AnalysisId) -> AnalysisView:
    """Return an analysis as it stands."""
    return services.analyses.view(caller, analysis)


@router.post("/analyses/{analysis}/gestures")
@declares(Action.ANALYSIS_EDIT)
def edit_analysis(caller: Caller, services: Joined, analysis: AnalysisId, request: GestureRequest) -> AnalysisView:
    """Take one finished gesture; the numbers come back."""
    return services.analyses.edit(caller, analysis, request)


@router.post("/analyses/{analysis}/versions")
@declares(Action.ANALYSIS_SAVE)
def save_analysis(caller: Caller, services: Joined, analysis: AnalysisId, request: SaveRequest) -> AnalysisView:
    """Save the draft as the next version."""
    return services.analyses.save(caller, analysis, request)


@router.get("/analyses/{analysis}/versions/{version}")
@declares(Action.ANALYSIS_VIEW)
def view_version(
    caller: Caller, services: Joined, analysis: AnalysisId, version: Annotated[int, Path(ge=1)]
) -> AnalysisVersionView:
    """Return one immutable version."""
    return services.analyses.version(caller, analysis, version)
