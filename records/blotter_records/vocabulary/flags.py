"""What a reader of a number must be careful about, and what the laboratory asks for when it is so."""

from __future__ import annotations

from enum import StrEnum


class QualityFlag(StrEnum):
    """Flags of a band, a lane or a result. A flag repairs nothing: policy decides what it asks for."""

    SATURATED = "saturated"
    """Pixels at or above the saturation level: total and signal are too small."""

    OVERLAPPING = "overlapping"
    """A neighbour's signal reaches into the band, or two bands have run together: no background repairs that."""

    LOW_SNR = "low SNR"
    """Signal-to-noise ratio below 3 (formula B15), or, of a band found without a person, not defined."""

    EDGE = "cut by the image's edge"
    """The band reaches the edge of the image: part of its signal may be missing."""

    DEBRIS = "debris"
    """Bright specks smaller than a band lie in it or in its background."""

    LANE_UNSURE = "low lane confidence"
    """The lane stands out little or fills a gap in the row of lanes."""

    NO_BACKGROUND = "no background"
    """Too few pixels beside the band: there is no signal."""

    BORDER_OVERLAP = "border overlaps a shape"
    """Pixels of the border lie in another shape: they are left out and counted."""

    WEIGHT_EXTRAPOLATED = "extrapolated weight"
    """The molecular weight lies outside the bands of the ladder."""

    AMOUNT_EXTRAPOLATED = "extrapolated amount"
    """The amount lies outside the standards."""

    OUTSIDE_LINEAR_RANGE = "outside the linear range"
    """The signal lies outside the range shown to be linear."""


class FlagRule(StrEnum):
    """What a flag asks for before a result that carries it is submitted."""

    NOTED = "noted"
    """Nothing: it is shown."""

    REASON = "reason"
    """A reason, given for this flag on this shape or lane."""

    BLOCKS = "blocks"
    """The result cannot be submitted."""
