"""Wells of a plate, or dots of a blot, that are found without a person."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from blotter_records.contract.base import IdempotencyKey, Message
from blotter_records.contract.shapes import Ellipse, HalfAxis

#: Most wells of a grid: the shapes that an analysis can have.
MOST_WELLS = 500


class WellGrid(Message):
    """How many rows and columns of wells there are; ``radius``, px, of their ellipses: found where it is not said."""

    rows: int = Field(ge=2, le=26, description="A to Z")
    columns: int = Field(ge=2, le=48)
    radius: HalfAxis | None = None

    @model_validator(mode="after")
    def _is_not_too_many(self) -> Self:
        if self.rows * self.columns > MOST_WELLS:
            raise ValueError(f"{self.rows} rows of {self.columns} wells are more than {MOST_WELLS}")
        return self


class FindWellsRequest(WellGrid):
    """Asks the service to find the wells of a plate, or the dots of a blot, and to make an ellipse of each.

    Shapes of an earlier search that nobody has changed are replaced; all others stay as they are.
    """

    expected_rev: int = Field(ge=1)
    idempotency_key: IdempotencyKey


class FoundWell(Message):
    """A well as it was found, and the shape that was made of it.

    ``is_on_grid``: nothing was seen there by which its own centre could be told, so it has its place in the grid.
    """

    shape: str
    label: str
    row: int = Field(ge=1)
    column: int = Field(ge=1)
    ellipse: Ellipse
    is_on_grid: bool
