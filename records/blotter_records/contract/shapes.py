"""Shapes on an image, as requests and answers give them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from blotter_records.contract.base import Message
from blotter_records.vocabulary import OutlineKind

#: Most corners of a polygon.
MOST_CORNERS = 1000

#: Rows and columns of pixels' centres are whole numbers; the first pixel begins half a pixel before its centre.
Position = Annotated[float, Field(ge=-0.5, le=100_000, allow_inf_nan=False, description="px; centres are whole")]
#: Half of the axis of an ellipse.
HalfAxis = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False, description="px")]


#: Of a shape within its analysis.
ShapeId = Annotated[str, Field(pattern=r"^S\d{1,5}$")]


class Rectangle(Message):
    """Half-open pixel bounds: rows ``row0 <= r < row1``, columns ``column0 <= c < column1``."""

    row0: int = Field(ge=0)
    column0: int = Field(ge=0)
    row1: int = Field(gt=0)
    column1: int = Field(gt=0)


class Ellipse(Message):
    """Centre and half axes; ``turned``: degrees that the row axis is turned towards the columns.

    It holds a pixel when ``(down / half_height)² + (across / half_width)² < 1`` for the pixel's centre.
    """

    row: Position
    column: Position
    half_height: HalfAxis
    half_width: HalfAxis
    turned: float = Field(0.0, ge=-180, le=180, allow_inf_nan=False, description="degrees")


class Polygon(Message):
    """Corners (row, column) in order; the last is joined to the first.

    It holds a pixel when its lines go around the pixel's centre an odd number of times (even-odd rule): what a line
    that crosses itself encloses twice is outside.
    """

    corners: list[tuple[Position, Position]] = Field(min_length=3, max_length=MOST_CORNERS)


class Shape(Message):
    """A shape of an analysis: a rectangle, or an ellipse, or a polygon, or one drawn freehand.

    ``shape`` is its id within the analysis (``S1``, ``S2``...; never reused). Of the four kinds exactly one is given;
    the others are left out of what is stored.
    """

    shape: ShapeId
    label: str = Field(max_length=80)
    rectangle: Rectangle | None = Field(None, exclude_if=lambda value: value is None)
    ellipse: Ellipse | None = Field(None, exclude_if=lambda value: value is None)
    polygon: Polygon | None = Field(None, exclude_if=lambda value: value is None)
    freehand: Polygon | None = Field(None, exclude_if=lambda value: value is None)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self._given()) != 1:
            raise ValueError("a shape is one of rectangle, ellipse, polygon and freehand")
        return self

    def _given(self) -> list[OutlineKind]:
        return [kind for kind in OutlineKind if getattr(self, kind.value) is not None]

    @property
    def kind(self) -> OutlineKind:
        """What kind of shape it is."""
        return self._given()[0]

    @property
    def outline(self) -> Rectangle | Ellipse | Polygon:
        """The one of the four that is given."""
        found = self.rectangle or self.ellipse or self.polygon or self.freehand
        assert found is not None
        return found
