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


class OutlineKind(StrEnum):
    """What kind of shape a person drew."""

    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    POLYGON = "polygon"
    FREEHAND = "freehand"


class BackgroundMethod(StrEnum):
    """Background of a shape (formulas B7 to B12)."""

    NONE = "none"
    AVERAGE = "average"
    MEDIAN = "median"
    LANE = "lane"
    USER_DEFINED = "user_defined"
    COLUMN_WISE = "column_wise"
    ROLLING_BALL = "rolling_ball"


class BackgroundSides(StrEnum):
    """Which sides of the border are used (formula B7)."""

    ALL = "all"
    TOP_BOTTOM = "top_bottom"
    LEFT_RIGHT = "left_right"
