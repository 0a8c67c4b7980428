"""Analyses as tables and charts: to look at, and as files."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.base import AnalysisId
from blotter_records.contract.exports import ExportView
from blotter_records.contract.tables import AnalysisFileRequest, AnalysisTable, LaneProfile
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action, ChartKind

router = APIRouter(tags=["analyses"], responses=PROBLEMS, route_class=CheckedRoute)

Version = Annotated[int | None, Query(ge=1, le=1_000_000, description="of the draft where it is not said")]


@router.get("/analyses/{analysis}/table")
@declares(Action.ANALYSIS_VIEW)
def view_table(caller: Caller, services: Joined, analysis: AnalysisId, version: Version = None) -> AnalysisTable:
    """Return an analysis, or one of its versions, as a table."""
    return services.tables.table(caller, analysis, version)


@router.get(
    "/analyses/{analysis}/charts/{chart}",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}, "description": "The chart"}},
)
@declares(Action.ANALYSIS_VIEW)
def view_chart(
    caller: Caller,
    services: Joined,
    analysis: AnalysisId,
    chart: ChartKind,
    version: Version = None,
    lane: Annotated[
        int | None, Query(ge=1, le=2000, description="of a profile; all lanes where it is not said")
    ] = None,
) -> Response:
    """Return a chart as SVG."""
    drawn = services.tables.chart(caller, analysis, chart, version=version, lane=lane)
    # An SVG can hold scripts; ours holds none, and where one is opened by itself none may run.
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
    return Response(drawn, media_type="image/svg+xml", headers=headers)


@router.get("/analyses/{analysis}/profiles/{lane}")
@declares(Action.ANALYSIS_VIEW)
def view_profile(
    caller: Caller,
    services: Joined,
    analysis: AnalysisId,
    lane: Annotated[int, Path(ge=1, le=2000)],
    version: Version = None,
) -> LaneProfile:
    """Return the profile of a lane that was found, with the limits of its bands."""
    return services.tables.profile(caller, analysis, lane, version)


@router.post("/analyses/{analysis}/versions/{version}/files", status_code=201)
@declares(Action.ANALYSIS_EXPORT)
def make_analysis_file(
    caller: Caller,
    services: Joined,
    analysis: AnalysisId,
    version: Annotated[int, Path(ge=1, le=1_000_000)],
    request: AnalysisFileRequest,
) -> ExportView:
    """Make a file of a version: its table as CSV or XLSX, or a chart as SVG or PNG."""
    return services.tables.make_file(caller, analysis, version, request)
