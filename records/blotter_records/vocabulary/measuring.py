"""What is done on an image."""

from __future__ import annotations

from enum import StrEnum


class Gesture(StrEnum):
    """What a person did to the shapes of an analysis; the verb of an ``analysis.edit`` entry."""

    SHAPE_ADD = "shape.add"
    SHAPE_MOVE = "shape.move"
    SHAPE_RESIZE = "shape.resize"
    SHAPE_RENAME = "shape.rename"
    SHAPE_DELETE = "shape.delete"
    BACKGROUND_SET = "background.set"
    BANDS_FIND = "bands.find"
    UNDO = "undo"


class BackgroundMethod(StrEnum):
    """Background of a shape (formulas B7, B8, B11)."""

    NONE = "none"
    AVERAGE = "average"
    MEDIAN = "median"


class BackgroundSides(StrEnum):
    """Which sides of the border are used (formula B7)."""

    ALL = "all"
    TOP_BOTTOM = "top_bottom"
    LEFT_RIGHT = "left_right"
