"""Reports, bundles, and their bytes."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.api.routes.files import attached
from blotter_records.contract.base import ExportId, ImageId, ResultId, StudyId
from blotter_records.contract.exports import BundleVerified, ExportView, UserLogFileRequest, UserLogRequest
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["exports"], responses=PROBLEMS, route_class=CheckedRoute)


@router.post("/results/{result}/report", status_code=201)
@declares(Action.REPORT_GENERATE)
def make_report(caller: Caller, services: Joined, result: ResultId) -> ExportView:
    """Make the PDF report of a result."""
    return services.reports.make(caller, result)


@router.post("/results/{result}/bundle", status_code=201)
@declares(Action.BUNDLE_EXPORT)
def make_bundle(caller: Caller, services: Joined, result: ResultId) -> ExportView:
    """Make the export bundle of a result."""
    return services.bundles.of_result(caller, result)


@router.post("/images/{image}/bundle", status_code=201)
@declares(Action.BUNDLE_EXPORT)
def make_image_bundle(caller: Caller, services: Joined, image: ImageId) -> ExportView:
    """Make the export bundle of an image: everything made from it, and what its results pin."""
    return services.bundles.of_image(caller, image)


@router.post("/studies/{study}/bundle", status_code=201)
@declares(Action.BUNDLE_EXPORT)
def make_study_bundle(caller: Caller, services: Joined, study: StudyId) -> ExportView:
    """Make the export bundle of a study, all of it."""
    return services.bundles.of_study(caller, study)


@router.post("/trail/users/bundle", status_code=201)
@declares(Action.LOG_USER_EXPORT)
def make_user_log_bundle(caller: Caller, services: Joined, request: UserLogRequest) -> ExportView:
    """Make the export bundle of the user log, or of what a filter leaves of it."""
    return services.bundles.of_users(caller, request)


@router.post("/trail/users/file", status_code=201)
@declares(Action.LOG_USER_EXPORT)
def make_user_log_file(caller: Caller, services: Joined, request: UserLogFileRequest) -> ExportView:
    """Make the user log, or what a filter leaves of it, as CSV, JSON or PDF."""
    return services.user_log_files.make(caller, request)


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
    return attached(pieces, view.file_name, view.media_type, view.bytes, view.sha256)


@router.post("/exports/{export}/verification")
@declares(Action.BUNDLE_VERIFY)
def verify_bundle(caller: Caller, services: Joined, export: ExportId) -> BundleVerified:
    """Let the bundle's own verifier check a bundle that was made here."""
    return services.archiving.verify(caller, export)
