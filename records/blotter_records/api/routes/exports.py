"""Reports, bundles, and their bytes."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from blotter_records.api.authentication import Caller, Joined
from blotter_records.contract.base import ExportId, ResultId
from blotter_records.contract.exports import ExportView
from blotter_records.services.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["exports"])


@router.post("/results/{result}/report", status_code=201)
@declares(Action.REPORT_GENERATE)
def make_report(caller: Caller, services: Joined, result: ResultId) -> ExportView:
    """Make the PDF report of a result."""
    return services.reports.make(caller, result)


@router.post("/results/{result}/bundle", status_code=201)
@declares(Action.BUNDLE_EXPORT)
def make_bundle(caller: Caller, services: Joined, result: ResultId) -> ExportView:
    """Make the export bundle of a result."""
    return services.bundles.make(caller, result)


@router.get("/exports/{export}")
@declares(Action.EXPORT_DOWNLOAD)
def view_export(caller: Caller, services: Joined, export: ExportId) -> ExportView:
    """Return what an export is."""
    return services.exports.view(caller, export)


@router.get("/exports/{export}/file", response_class=StreamingResponse)
@declares(Action.EXPORT_DOWNLOAD)
def download_export(caller: Caller, services: Joined, export: ExportId) -> StreamingResponse:
    """Return the bytes of an export."""
    view, pieces = services.exports.open(caller, export)
    return StreamingResponse(
        pieces,
        media_type=view.media_type,
        headers={
            "Content-Length": str(view.bytes),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(view.file_name)}",
            "ETag": f'"{view.sha256}"',
        },
    )
