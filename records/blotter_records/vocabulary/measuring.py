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
    WELLS_FIND = "wells.find"
    QUANTITIES_SET = "quantities.set"
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


class WellUse(StrEnum):
    """What a well of a plate is taken for (formulas B28, B31)."""

    SAMPLE = "sample"
    CONTROL = "control"
    BACKGROUND = "background"
    POSITIVE = "positive"
    NEGATIVE = "negative"


class BandUse(StrEnum):
    """What a band is taken for when quantities are made of signals (formulas B20-B30)."""

    LADDER = "ladder"
    TARGET = "target"
    CONTROL = "control"
    TOTAL = "total"
    STANDARD = "standard"
    BLANK = "blank"


class LadderFit(StrEnum):
    """Curve of log10 MW over relative front (formula B21)."""

    LINEAR = "linear"
    QUADRATIC = "quadratic"
    SPLINE = "cubic spline"
    POINT_TO_POINT = "point to point"


class NormalisationMethod(StrEnum):
    """To what signals are normalised (formulas B25-B27)."""

    HOUSEKEEPING = "housekeeping"
    TOTAL_PROTEIN = "total_protein"
    TWO_STEP = "two_step"


class StandardFit(StrEnum):
    """Curve of signal over amount (formula B22)."""

    LINEAR = "linear"
    QUADRATIC = "quadratic"
    LOG_LOG = "log-log"
    LOGISTIC = "four-parameter logistic"


class StandardWeight(StrEnum):
    """Weights of the squared errors of standards (formula B22)."""

    ONE = "1"
    PER_AMOUNT = "1/C"
    PER_SQUARE = "1/C²"


class ChartKind(StrEnum):
    """What a chart of an analysis shows."""

    GROUPS = "groups"
    LADDER = "ladder"
    STANDARDS = "standards"
    PLATE = "plate"
    PROFILE = "profile"
