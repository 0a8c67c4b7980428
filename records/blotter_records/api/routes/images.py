"""Images, their tiles and their log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from blotter_records.api.authentication import Caller, Joined
from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.base import Digest, ImageId
from blotter_records.contract.images import ImageView
from blotter_records.contract.trail import TrailPage, TrailQuestion
from blotter_records.services.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["images"])

Position = Annotated[int, Path(ge=0, le=1_000_000)]


@router.post("/images", status_code=201)
@declares(Action.IMAGE_IMPORT)
async def import_image(
    request: Request,
    caller: Caller,
    services: Joined,
    file_name: Annotated[str, Query(max_length=400)],
    reason: Annotated[str, Query(max_length=2000)] = "",
) -> ImageView:
    """Import an image file; the body is the file, streamed into the store."""
    name, why = await run_in_threadpool(services.images.begin_import, caller, file_name, reason)
    stored = await services.images.receive(request.stream())
    return await run_in_threadpool(services.images.seal, caller, name, why, stored)


@router.get("/images")
@declares(Action.IMAGE_LIST)
def list_images(caller: Caller, services: Joined) -> list[ImageView]:
    """Return every image."""
    return services.images.list(caller)


@router.get("/images/{image}")
@declares(Action.IMAGE_VIEW)
def view_image(caller: Caller, services: Joined, image: ImageId) -> ImageView:
    """Return one image."""
    return services.images.view(caller, image)


@router.get("/images/{image}/tiles/{pixels_sha256}/{level}/{row}/{column}", response_class=Response)
@declares(Action.IMAGE_VIEW)
def view_tile(
    caller: Caller,
    services: Joined,
    image: ImageId,
    pixels_sha256: Digest,
    level: Position,
    row: Position,
    column: Position,
) -> Response:
    """Return the counts of one tile: little-endian uint16, row by row."""
    tile = services.images.tile(caller, image, pixels_sha256, level=level, row=row, column=column)
    return Response(
        tile.data,
        media_type="application/octet-stream",
        headers={
            "X-Blotter-Rows": str(tile.rows),
            "X-Blotter-Columns": str(tile.columns),
            "Cache-Control": "private, max-age=31536000, immutable",
        },
    )


@router.get("/images/{image}/trail")
@declares(Action.LOG_IMAGE_VIEW)
def view_trail(caller: Caller, services: Joined, image: ImageId, asked: Annotated[TrailQuestion, Query()]) -> TrailPage:
    """Return a page of the image log: the image and everything made from it."""
    return services.trail.of_image(caller, image, asked)


@router.get("/images/{image}/analyses")
@declares(Action.ANALYSIS_VIEW)
def list_analyses(caller: Caller, services: Joined, image: ImageId) -> list[AnalysisView]:
    """Return every analysis of an image."""
    return services.analyses.of_image(caller, image)
