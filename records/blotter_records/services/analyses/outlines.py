"""Shapes and backgrounds of a record as densitometry takes them, and in words."""

from __future__ import annotations

import math

from blotter_records import densitometry
from blotter_records.contract import shapes as given
from blotter_records.contract.analyses import Background
from blotter_records.densitometry.masks import Ellipse, Polygon
from blotter_records.densitometry.regions import Outline, extent
from blotter_records.domain.records import Json
from blotter_records.vocabulary import BackgroundMethod, OutlineKind

#: By how much corners may differ from a shift and still be moved only, px: rounding of doubles.
_ROUNDING = 1e-6


def outline_of(shape: given.Shape) -> Outline:
    """Return the outline that is measured."""
    outline = shape.outline
    if isinstance(outline, given.Rectangle):
        return densitometry.Rectangle(**outline.model_dump())
    if isinstance(outline, given.Ellipse):
        return Ellipse(**outline.model_dump())
    return Polygon(tuple(outline.corners))


def stored_outline(shape: Json) -> Outline:
    """Return the outline of a stored shape."""
    return outline_of(given.Shape.model_validate(shape))


def stored_kind(shape: Json) -> OutlineKind:
    """Return what kind of shape a stored one is."""
    return next(kind for kind in OutlineKind if kind.value in shape)


def background_of(background: Background) -> densitometry.Background:
    """Return how background is taken. Raises ``Invalid`` as :class:`blotter_records.densitometry.Background`."""
    return densitometry.Background(
        background.method,
        background.width,
        background.sides,
        radius=background.radius,
        reach=background.reach,
        shapes=tuple(background.shapes or ()),
    )


def middle(shape: Json) -> tuple[float, float]:
    """Return row and column of the middle of a stored shape's bounds, px; the centre of a pixel is a whole number."""
    outline = stored_outline(shape)
    if isinstance(outline, densitometry.Rectangle):
        return (outline.row0 + outline.row1 - 1) / 2, (outline.column0 + outline.column1 - 1) / 2
    top, left, bottom, right = extent(outline)
    return (top + bottom) / 2, (left + right) / 2


def rows_of(shape: Json) -> tuple[int, int]:
    """Return the rows of pixel centres that a stored shape reaches, half-open; at least one row."""
    outline = stored_outline(shape)
    if isinstance(outline, densitometry.Rectangle):
        return outline.row0, outline.row1
    top, _, bottom, _ = extent(outline)
    first = max(0, math.ceil(top))
    return first, max(first, math.floor(bottom)) + 1


def where(shape: Json) -> str:
    """Return in words where a stored shape is."""
    outline = stored_outline(shape)
    if isinstance(outline, densitometry.Rectangle):
        return f"rows {outline.row0}–{outline.row1}, columns {outline.column0}–{outline.column1}"
    top, left, bottom, right = (f"{bound:.6g}" for bound in extent(outline))
    kind = stored_kind(shape).value
    more = ""
    if isinstance(outline, Ellipse) and outline.turned:
        more = f", turned {outline.turned:g}°"
    if isinstance(outline, Polygon):
        more = f", {len(outline.corners)} corners"
    return f"{kind} over rows {top}–{bottom}, columns {left}–{right}{more}"


def is_moved_only(old: Json, new: Json) -> bool:
    """Tell whether a stored shape only lies elsewhere: same kind, same size, same corners but for one shift."""
    before, after = stored_outline(old), stored_outline(new)
    if isinstance(before, densitometry.Rectangle) and isinstance(after, densitometry.Rectangle):
        return (before.height, before.width) == (after.height, after.width)
    if isinstance(before, Ellipse) and isinstance(after, Ellipse):
        return _form(before) == _form(after)
    if isinstance(before, Polygon) and isinstance(after, Polygon):
        if len(before.corners) != len(after.corners):
            return False
        shifts = [
            (row1 - row0, column1 - column0)
            for (row0, column0), (row1, column1) in zip(before.corners, after.corners, strict=True)
        ]
        return all(max(abs(one[0] - shifts[0][0]), abs(one[1] - shifts[0][1])) < _ROUNDING for one in shifts)
    return False


def _form(ellipse: Ellipse) -> tuple[float, float, float]:
    return ellipse.half_height, ellipse.half_width, ellipse.turned


#: How each method is said; a method that is not here has no words and fails at once.
_METHODS = {
    BackgroundMethod.NONE: "none",
    BackgroundMethod.AVERAGE: "average",
    BackgroundMethod.MEDIAN: "median",
    BackgroundMethod.LANE: "lane",
    BackgroundMethod.USER_DEFINED: "user-defined",
    BackgroundMethod.COLUMN_WISE: "column-wise linear",
    BackgroundMethod.ROLLING_BALL: "rolling ball",
}


def background_words(background: Json) -> str:
    """Return in words how background is taken."""
    taken = Background.model_validate(background)
    method = _METHODS[taken.method]
    border = f"{taken.width} px, {taken.sides.value.replace('_', ' and ')}"
    match taken.method:
        case BackgroundMethod.NONE:
            return method
        case BackgroundMethod.LANE:
            return f"{method}, {taken.reach} px beyond its bands"
        case BackgroundMethod.USER_DEFINED:
            return f"{method}, {', '.join(taken.shapes or ())}"
        case BackgroundMethod.COLUMN_WISE:
            return f"{method}, {taken.width} px above and below"
        case BackgroundMethod.ROLLING_BALL:
            return f"{method}, radius {taken.radius:g} px (noise of a border of {border})"
        case _:
            return f"{method}, {border}"
