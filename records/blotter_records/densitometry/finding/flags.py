"""What a reader of a number must be careful about. A flag repairs nothing: policy decides whether it blocks."""

from __future__ import annotations

from enum import StrEnum


class QualityFlag(StrEnum):
    """Flags of a band or a result."""

    SATURATED = "saturated"
    """Pixels at or above the saturation level: total and signal are too small."""

    OVERLAPPING = "overlapping"
    """A neighbour's signal reaches into the band, or two bands have run together: no background repairs that."""

    LOW_SNR = "low SNR"
    """Signal-to-noise ratio below 3 (formula B15), or not defined."""

    EDGE = "cut by the image's edge"
    """The band reaches over the edge of the image: part of its signal is missing."""

    DEBRIS = "debris"
    """Bright specks smaller than a band lie in it or in its background."""

    LANE_UNSURE = "low lane confidence"
    """The lane stands out little or fills a gap in the row of lanes."""

    NO_BACKGROUND = "no background"
    """Too few pixels beside the band: there is no signal."""

    BORDER_OVERLAP = "border overlaps a shape"
    """Pixels of the border lie in another shape: they are left out and counted."""

    EXTRAPOLATED = "extrapolated"
    """The value lies outside the standards or the ladder."""

    OUTSIDE_LINEAR_RANGE = "outside the linear range"
    """The signal lies outside the range shown to be linear."""


#: Signal-to-noise ratio from which a band is read as reliable.
RELIABLE_SNR = 3.0

#: Lane confidence below which its bands are flagged.
SURE_LANE = 0.5
