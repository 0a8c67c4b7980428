"""Shapes on an image, as requests and answers give them."""

from __future__ import annotations

from pydantic import Field

from blotter_records.contract.base import Message


class Rectangle(Message):
    """Half-open pixel bounds: rows ``row0 <= r < row1``, columns ``column0 <= c < column1``."""

    row0: int = Field(ge=0)
    column0: int = Field(ge=0)
    row1: int = Field(gt=0)
    column1: int = Field(gt=0)


class Shape(Message):
    """A shape of an analysis. ``shape`` is its id within the analysis (``S1``, ``S2``...; never reused)."""

    shape: str = Field(pattern=r"^S\d{1,5}$")
    label: str = Field(max_length=80)
    rectangle: Rectangle
