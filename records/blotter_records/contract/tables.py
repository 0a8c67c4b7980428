"""An analysis as a table, and the files that are made of it: tables and charts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from blotter_records.contract.base import AnalysisId, Message
from blotter_records.contract.shapes import ShapeId
from blotter_records.vocabulary import ChartKind

Cell = str | bool | int | float | None


class TableColumn(Message):
    """A column: key of its values, name and unit as people read them."""

    key: str
    name: str
    unit: str


class AnalysisTable(Message):
    """Every shape of an analysis with all that is stored of it, as stored; ``version`` None: of the draft."""

    analysis: AnalysisId
    version: int | None
    columns: list[TableColumn]
    rows: list[list[Cell]]
    charts: list[ChartKind] = Field(description="charts that can be drawn of it")
    lanes: list[int] = Field(description="lanes whose profile can be drawn")


class ProfileBand(Message):
    """A band on a profile: its rows, half-open, and the row where the profile is largest between them.

    ``is_movable``: its shape is a rectangle, whose first and last row can be moved.
    """

    shape: ShapeId
    label: str
    start: int
    stop: int
    peak: int
    is_movable: bool


class LaneProfile(Message):
    """The profile of a lane (formula B19), and the line that its bands are found over, counts by row.

    ``values`` and ``background`` are points (row, counts); of a long profile the least and the largest of each piece.
    ``version`` None: of the draft.
    """

    analysis: AnalysisId
    version: int | None
    lane: int
    rows: int
    values: list[tuple[float, float]]
    background: list[tuple[float, float]]
    bands: list[ProfileBand]


class AnalysisFileRequest(Message):
    """Asks for a file of a saved version: its table, or a chart of it; ``lane`` is of a profile (None: all lanes)."""

    form: Literal["csv", "xlsx", "svg", "png"]
    chart: ChartKind | None = None
    lane: int | None = Field(default=None, ge=1, le=2000)
