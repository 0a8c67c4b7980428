"""Bundles of other installations: brought in, and read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.api.routes.files import attached, tile_answer
from blotter_records.api.routes.images import Position
from blotter_records.contract.base import AnalysisId, AnyId, CopyId, Digest, ImageId, ResultId
from blotter_records.contract.copies import (
    CopiedAnalysis,
    CopiedHistory,
    CopiedImage,
    CopiedRecord,
    CopiedResult,
    CopiedTrail,
    CopyNumbers,
    CopyView,
)
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action, RecordKind

router = APIRouter(tags=["copies"], responses=PROBLEMS, route_class=CheckedRoute)


@router.post("/copies", status_code=201)
@declares(Action.BUNDLE_IMPORT)
async def import_bundle(
    request: Request,
    caller: Caller,
    services: Joined,
    file_name: Annotated[str, Query(max_length=400)],
    verifier_key: Annotated[
        str, Query(max_length=1000, description="the other laboratory's, got by another way than the bundle")
    ] = "",
    reason: Annotated[str, Query(max_length=2000)] = "",
    reason_code: Annotated[str, Query(max_length=40)] = "",
) -> CopyView:
    """Bring in a bundle of another installation; the body is the file. Nothing of it is kept unless it verifies."""
    importing = services.importing
    asked = await run_in_threadpool(importing.begin, caller, file_name, verifier_key, reason, reason_code)
    async with importing.receive(request.stream()) as path:
        return await run_in_threadpool(importing.bring_in, caller, asked, path)


@router.get("/copies")
@declares(Action.COPY_VIEW)
def list_copies(caller: Caller, services: Joined) -> list[CopyView]:
    """Return the copies that you may see, newest first."""
    return services.copies.list(caller)


@router.get("/copies/{copy}")
@declares(Action.COPY_VIEW)
def view_copy(caller: Caller, services: Joined, copy: CopyId) -> CopyView:
    """Return what a copy is."""
    return services.copies.view(caller, copy)


@router.get("/copies/{copy}/file", response_class=StreamingResponse)
@declares(Action.EXPORT_DOWNLOAD)
def download_copy(caller: Caller, services: Joined, copy: CopyId) -> StreamingResponse:
    """Return the bundle as it was brought in, byte for byte."""
    view, pieces = services.copies.file(caller, copy)
    return attached(pieces, view.file_name, "application/zip", view.bundle_bytes, view.bundle_sha256)


@router.get("/copies/{copy}/records")
@declares(Action.COPY_VIEW)
def list_copied_records(caller: Caller, services: Joined, copy: CopyId) -> list[CopiedRecord]:
    """Return every record of a copy."""
    return services.copies.records(caller, copy)


@router.get("/copies/{copy}/records/{kind}/{record}")
@declares(Action.COPY_VIEW)
def view_copied_record(
    caller: Caller, services: Joined, copy: CopyId, kind: RecordKind, record: AnyId
) -> CopiedHistory:
    """Return every revision of a record of a copy, as it was hashed."""
    return services.copies.history(caller, copy, kind, record)


@router.get("/copies/{copy}/images/{image}")
@declares(Action.COPY_VIEW)
def view_copied_image(caller: Caller, services: Joined, copy: CopyId, image: ImageId) -> CopiedImage:
    """Return an image of a copy, whose pixels are verified."""
    return services.copies.image(caller, copy, image)


@router.get("/copies/{copy}/images/{image}/tiles/{pixels_sha256}/{level}/{row}/{column}", response_class=Response)
@declares(Action.COPY_VIEW)
def view_copied_tile(
    caller: Caller,
    services: Joined,
    copy: CopyId,
    image: ImageId,
    pixels_sha256: Digest,
    level: Position,
    row: Position,
    column: Position,
) -> Response:
    """Return the counts of one tile of an image of a copy: little-endian uint16, row by row."""
    tile = services.copies.tile(caller, copy, image, pixels_sha256, level=level, row=row, column=column)
    return tile_answer(tile)


@router.get("/copies/{copy}/analyses/{analysis}")
@declares(Action.COPY_VIEW)
def view_copied_analysis(caller: Caller, services: Joined, copy: CopyId, analysis: AnalysisId) -> CopiedAnalysis:
    """Return an analysis of a copy with the numbers of each saved version."""
    return services.copies.analysis(caller, copy, analysis)


@router.get("/copies/{copy}/results/{result}")
@declares(Action.COPY_VIEW)
def view_copied_result(caller: Caller, services: Joined, copy: CopyId, result: ResultId) -> CopiedResult:
    """Return a result of a copy with its signatures."""
    return services.copies.result(caller, copy, result)


@router.get("/copies/{copy}/trail")
@declares(Action.COPY_VIEW)
def view_copied_trail(
    caller: Caller,
    services: Joined,
    copy: CopyId,
    after: Annotated[int, Query(ge=0, le=2**62, description="only entries with a larger number")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> CopiedTrail:
    """Return a page of the trail of a copy, by its own numbers."""
    return services.copies.trail(caller, copy, after=after, limit=limit)


@router.post("/copies/{copy}/recomputation")
@declares(Action.ANALYSIS_RECOMPUTE)
def recompute_copy(caller: Caller, services: Joined, copy: CopyId) -> CopyNumbers:
    """Compute the numbers of a copy again from its pixels."""
    return services.copies.recompute(caller, copy)
