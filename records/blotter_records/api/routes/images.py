"""Images, their tiles and their log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.api.routes.files import attached, tile_answer
from blotter_records.api.routes.questions import AsOf
from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.base import Digest, IdempotencyKey, ImageId, MembraneId, ProbingId, StudyId
from blotter_records.contract.images import (
    AnnotationRequest,
    AnnotationView,
    CropRequest,
    DenoiseRequest,
    DisplayRequest,
    DisplayView,
    FlipRequest,
    ImageView,
    MetadataRequest,
    RotateRequest,
    StudyAssignment,
)
from blotter_records.contract.trail import TrailPage, TrailQuestion
from blotter_records.services.acting.declaring import declares
from blotter_records.services.images.images import ImportPlace
from blotter_records.vocabulary import Action

router = APIRouter(tags=["images"], responses=PROBLEMS, route_class=CheckedRoute)

Position = Annotated[int, Path(ge=0, le=1_000_000)]


@router.post("/images", status_code=201)
@declares(Action.IMAGE_IMPORT)
async def import_image(
    request: Request,
    caller: Caller,
    services: Joined,
    file_name: Annotated[str, Query(max_length=400)],
    study: Annotated[StudyId, Query(description="to which study the image belongs")],
    idempotency_key: Annotated[IdempotencyKey, Query()],
    membrane: Annotated[MembraneId | None, Query()] = None,
    probing: Annotated[ProbingId | None, Query()] = None,
    reason: Annotated[str, Query(max_length=2000)] = "",
    reason_code: Annotated[str, Query(max_length=40)] = "",
) -> ImageView:
    """Import an image file; the body is the file, streamed into the store."""
    place = ImportPlace(study, membrane, probing)
    asked = await run_in_threadpool(
        services.images.begin_import, caller, file_name, place, reason, reason_code, idempotency_key
    )
    stored = await services.images.receive(request.stream())
    return await run_in_threadpool(services.images.seal, caller, asked, stored)


@router.get("/images")
@declares(Action.IMAGE_LIST)
def list_images(caller: Caller, services: Joined) -> list[ImageView]:
    """Return every image that you may see."""
    return services.images.list(caller)


@router.get("/images/{image}")
@declares(Action.IMAGE_VIEW)
def view_image(caller: Caller, services: Joined, image: ImageId, as_of: AsOf = None) -> ImageView:
    """Open an image, whose sealed file is verified; as it stands, or stood."""
    return services.images.view(caller, image, as_of=as_of)


@router.get("/images/{image}/file", response_class=StreamingResponse)
@declares(Action.IMAGE_EXPORT)
def download_image(caller: Caller, services: Joined, image: ImageId) -> StreamingResponse:
    """Return the sealed file of an image, byte for byte."""
    view, pieces = services.images.file(caller, image)
    kind = "image/tiff" if view.format in {"tiff", "ome-tiff"} else "application/octet-stream"
    return attached(pieces, view.file_name, kind, view.file_bytes, view.file_sha256)


@router.post("/images/{image}/metadata")
@declares(Action.IMAGE_METADATA_EDIT)
def edit_metadata(caller: Caller, services: Joined, image: ImageId, request: MetadataRequest) -> ImageView:
    """Set title and channel of an image."""
    return services.editing.edit_metadata(caller, image, request)


@router.post("/images/{image}/study")
@declares(Action.IMAGE_ASSIGN_STUDY)
def assign_study(caller: Caller, services: Joined, image: ImageId, request: StudyAssignment) -> ImageView:
    """Put an image, from which nothing was made yet, into another study."""
    return services.editing.assign_study(caller, image, request)


@router.post("/images/{image}/flip", status_code=201)
@declares(Action.IMAGE_TRANSFORM_FLIP)
def flip_image(caller: Caller, services: Joined, image: ImageId, request: FlipRequest) -> ImageView:
    """Make a flipped image."""
    return services.transforms.make(caller, Action.IMAGE_TRANSFORM_FLIP, image, request)


@router.post("/images/{image}/rotate", status_code=201)
@declares(Action.IMAGE_TRANSFORM_ROTATE)
def rotate_image(caller: Caller, services: Joined, image: ImageId, request: RotateRequest) -> ImageView:
    """Make a rotated image."""
    return services.transforms.make(caller, Action.IMAGE_TRANSFORM_ROTATE, image, request)


@router.post("/images/{image}/crop", status_code=201)
@declares(Action.IMAGE_TRANSFORM_CROP)
def crop_image(caller: Caller, services: Joined, image: ImageId, request: CropRequest) -> ImageView:
    """Make a cropped image."""
    return services.transforms.make(caller, Action.IMAGE_TRANSFORM_CROP, image, request)


@router.post("/images/{image}/denoise", status_code=201)
@declares(Action.IMAGE_TRANSFORM_DENOISE)
def denoise_image(caller: Caller, services: Joined, image: ImageId, request: DenoiseRequest) -> ImageView:
    """Make an image with less noise."""
    return services.transforms.make(caller, Action.IMAGE_TRANSFORM_DENOISE, image, request)


@router.get("/images/{image}/annotations")
@declares(Action.IMAGE_LIST)
def view_annotations(caller: Caller, services: Joined, image: ImageId) -> AnnotationView | None:
    """Return the newest annotations of an image, null where there are none."""
    return services.layers.annotation(caller, image)


@router.post("/images/{image}/annotations", status_code=201)
@declares(Action.IMAGE_ANNOTATE)
def annotate(caller: Caller, services: Joined, image: ImageId, request: AnnotationRequest) -> AnnotationView:
    """Save the first version of the annotation layer."""
    return services.layers.annotate(caller, Action.IMAGE_ANNOTATE, image, request)


@router.post("/images/{image}/annotations/versions")
@declares(Action.IMAGE_ANNOTATION_EDIT)
def edit_annotations(caller: Caller, services: Joined, image: ImageId, request: AnnotationRequest) -> AnnotationView:
    """Save the next version of the annotation layer."""
    return services.layers.annotate(caller, Action.IMAGE_ANNOTATION_EDIT, image, request)


@router.get("/images/{image}/display")
@declares(Action.IMAGE_LIST)
def view_display(caller: Caller, services: Joined, image: ImageId) -> DisplayView | None:
    """Return how an image is shown, null where nothing was saved."""
    return services.layers.display(caller, image)


@router.post("/images/{image}/display", status_code=201)
@declares(Action.IMAGE_DISPLAY_SAVE)
def save_display(caller: Caller, services: Joined, image: ImageId, request: DisplayRequest) -> DisplayView:
    """Save how an image is shown."""
    return services.layers.save_display(caller, image, request)


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
    return tile_answer(tile)


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
