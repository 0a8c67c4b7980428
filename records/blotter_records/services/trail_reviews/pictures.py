"""Crops of an image before and after an analysis changed: the same pixels twice, with the shapes of each time."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from blotter_records.densitometry import Rectangle
from blotter_records.densitometry.masks import Ellipse, Polygon
from blotter_records.densitometry.regions import Outline, drawn
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.errors import NotFound
from blotter_records.ports.entries import Revision
from blotter_records.ports.files import Pictures
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate, newest_of
from blotter_records.services.analyses.outlines import stored_outline
from blotter_records.services.images import images
from blotter_records.services.images.pixels import Pixels
from blotter_records.vocabulary import Action

_LONGEST_SIDE = 480
#: Around what changed: part of its size, and at least so many px.
_MARGIN, _LEAST = 0.35, 16

Shapes = dict[str, tuple[str, Outline]]


class Crops:
    """Draws what an analysis looked like between two of its revisions."""

    def __init__(self, ledger: Ledger, *, gate: Gate, pixels: Pixels, pictures: Pictures) -> None:
        self._ledger = ledger
        self._gate = gate
        self._pixels = pixels
        self._pictures = pictures

    def png(self, actor: Actor, analysis: str, before: int, after: int, side: Literal["before", "after"]) -> bytes:
        """Return PNG of the part of the image where shapes differ; of all shapes, where none does.

        Raises
        ------
        NotFound
            ``not_found.analysis``, also for who may not see it; ``not_found.picture``: no such revision, or no shape.
        IntegrityBroken
            The sealed file does not verify.
        """
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_VIEW, stream) as acting, self._ledger.begin() as work:
            acting.on(work, newest_of(work, stream).content["study"])
            first, second = (_shapes(_revision(work, stream, rev)) for rev in (before, after))
            image = Image.from_json(images.found(work, _revision(work, stream, after).content["image"]).content)
        counts = self._pixels.counts(image, actor)
        frame = _frame(first, second, counts.shape)
        shown = first if side == "before" else second
        return self._pictures.png(
            counts[frame.row0 : frame.row1, frame.column0 : frame.column1],
            (image.percentile_0_1, image.percentile_99_9),
            longest_side=_LONGEST_SIDE,
            shapes=[(name, _shifted(one, frame)) for name, (_, one) in shown.items() if _is_within(one, frame)],
        )


def _revision(work: UnitOfWork, stream: str, rev: int) -> Revision:
    revision = work.revision(stream, rev)
    if revision is None:
        raise NotFound("not_found.picture", "There is no such picture.")
    return revision


def _shapes(revision: Revision) -> Shapes:
    """Return the shapes of a revision with their labels, by their ids."""
    stored: list[Json] = Analysis.from_json(revision.content).shapes
    return {one["shape"]: (one["label"], stored_outline(one)) for one in stored}


def _frame(first: Shapes, second: Shapes, size: tuple[int, ...]) -> Rectangle:
    """Return the part of the image that is shown both times."""
    differ = {name for name in {*first, *second} if first.get(name) != second.get(name)} or {*first, *second}
    outlines = [one for shapes in (first, second) for name, (_, one) in shapes.items() if name in differ]
    if not outlines:
        raise NotFound("not_found.picture", "There is no shape to show.")
    rows, columns = zip(*(corner for one in outlines for corner in drawn(one)), strict=True)
    down = max(_LEAST, round(_MARGIN * (max(rows) - min(rows))))
    across = max(_LEAST, round(_MARGIN * (max(columns) - min(columns))))
    return Rectangle(
        max(0, int(min(rows)) - down),
        max(0, int(min(columns)) - across),
        min(size[0], int(max(rows)) + down + 1),
        min(size[1], int(max(columns)) + across + 1),
    )


def _is_within(outline: Outline, frame: Rectangle) -> bool:
    return all(
        frame.row0 <= row <= frame.row1 and frame.column0 <= column <= frame.column1 for row, column in drawn(outline)
    )


def _shifted(outline: Outline, frame: Rectangle) -> Outline:
    """Return an outline as it lies in a frame."""
    down, across = frame.row0, frame.column0
    match outline:
        case Ellipse():
            return replace(outline, row=outline.row - down, column=outline.column - across)
        case Polygon():
            return Polygon(tuple((row - down, column - across) for row, column in outline.corners))
        case _:
            return Rectangle(
                outline.row0 - down, outline.column0 - across, outline.row1 - down, outline.column1 - across
            )
