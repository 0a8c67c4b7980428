"""Annotations as they are printed over the picture of their image: the version that the result pins, if it is shown."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from blotter_records.domain.records import Annotation, Image, Json
from blotter_records.ports.entries import Revision
from blotter_records.ports.rendering import ImagePart, Picture, PictureMark, Stroke
from blotter_records.services.reports.dossier import Dossier

#: An arrow's head and a bracket's feet, as a part of the picture's longer side, and half of the head's width.
_HEAD, _WING = 1 / 90, 0.45


def with_marks(part: ImagePart, image: Image, dossier: Dossier) -> ImagePart:
    """Return an image's part with its annotations over every picture; as it is where there are none to be shown."""
    revision = _pinned(image, dossier)
    if revision is None:
        return part
    layer = Annotation.from_json(revision.content)
    if not layer.is_shown or not layer.marks:
        return part
    head = _HEAD * max(image.rows, image.columns)
    marks = tuple(_mark(one, head) for one in layer.marks)
    name = f"{layer.annotation}.{revision.rev}"
    return replace(
        part,
        analyses=tuple(replace(one, picture=_over(one.picture, marks, name, layer.marks)) for one in part.analyses),
    )


def _pinned(image: Image, dossier: Dossier) -> Revision | None:
    """Return the annotations of an image that the result pins, None where it pins none."""
    pins = [one["annotation"] for one in dossier.content.layers if one["image"]["record"] == image.image]
    pin = pins[0] if pins else None
    if pin is None:
        return None
    return next(one for one in dossier.revisions if (one.record_id, one.rev) == (pin["record"], pin["rev"]))


def _over(picture: Picture, marks: tuple[PictureMark, ...], name: str, given: list[Json]) -> Picture:
    texts = [one["text"] for one in given if one["text"]]
    return replace(
        picture,
        marks=marks,
        caption=f"{picture.caption} Over it the annotations {name}.",
        alternative_text=f"{picture.alternative_text}; annotations {', '.join(texts) or 'without words'}",
    )


def _mark(mark: Json, head: float) -> PictureMark:
    is_centred = mark["kind"] == "bracket"
    row, column = mark["row"], mark["column"]
    if is_centred:
        row, column = (row + mark["row1"]) / 2, (column + mark["column1"]) / 2
    return PictureMark(tuple(_strokes(mark, head)), mark["text"], row, column, is_centred)


def _strokes(mark: Json, head: float) -> Iterator[Stroke]:
    """Yield the straight lines of a mark, as the viewer draws them."""
    if mark["kind"] == "text":
        return
    row, column, row1, column1 = (float(mark[name]) for name in ("row", "column", "row1", "column1"))
    if mark["kind"] == "rectangle":
        corners = ((row, column), (row, column1), (row1, column1), (row1, column))
        for at, corner in enumerate(corners):
            yield (*corner, *corners[(at + 1) % 4])
        return
    yield row, column, row1, column1
    length = math.hypot(row1 - row, column1 - column) or 1.0
    down, along = (row1 - row) / length, (column1 - column) / length
    if mark["kind"] == "arrow":
        for side in (_WING, -_WING):
            yield row1, column1, row1 - head * (down - side * along), column1 - head * (along + side * down)
    elif mark["kind"] == "bracket":
        for end in ((row, column), (row1, column1)):
            yield (*end, end[0] + head * along, end[1] - head * down)
