"""Every quality flag: what it means, the number behind it, and what it asks for where no policy says otherwise.

A number that is wrong or not supported wants a reason; one that is less certain is noted (requirements C5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blotter_records.vocabulary import FlagRule, QualityFlag

#: The policy above which saturated pixels of a shape ask for what `flag.saturated` says.
SATURATION_POLICY = "saturation.per_mille"


@dataclass(frozen=True)
class FlagMeaning:
    """A flag.

    Parameters
    ----------
    flag : QualityFlag
    meaning : str
        What a reader has to know, one sentence.
    number : str
        The number behind it, and its unit or limit.
    default : FlagRule
    """

    flag: QualityFlag
    meaning: str
    number: str
    default: FlagRule

    @property
    def policy(self) -> str:
        """Name of the policy that says what it asks for."""
        return f"flag.{self.flag.name.lower()}"


F, A = QualityFlag, FlagRule
_ROWS = (
    FlagMeaning(
        F.SATURATED,
        "Pixels are at or above the saturation level: Total and Signal are too small.",
        "saturated pixels",
        A.REASON,
    ),
    FlagMeaning(
        F.OVERLAPPING,
        "A neighbour's signal reaches into the band, as it was found: no background repairs that.",
        "none",
        A.REASON,
    ),
    FlagMeaning(
        F.LOW_SNR, "The signal hardly stands out of its background.", "signal-to-noise ratio, below 3", A.NOTED
    ),
    FlagMeaning(
        F.EDGE,
        "The shape reaches the edge of the image: part of the band may be missing.",
        "px between the shape and the nearest edge",
        A.REASON,
    ),
    FlagMeaning(F.DEBRIS, "Bright specks lie in the band or its background, as it was found.", "none", A.NOTED),
    FlagMeaning(
        F.LANE_UNSURE,
        "The lane was found without a person and stands out little, or fills a gap in the row of lanes.",
        "confidence of the lane, below 0.5",
        A.NOTED,
    ),
    FlagMeaning(
        F.NO_BACKGROUND, "No background was taken, or there are too few pixels for it: no Signal.", "none", A.NOTED
    ),
    FlagMeaning(
        F.BORDER_OVERLAP,
        "Pixels of the border lie in another shape: the background is taken from fewer.",
        "border pixels left out",
        A.NOTED,
    ),
    FlagMeaning(
        F.WEIGHT_EXTRAPOLATED, "The molecular weight lies outside the bands of the ladder.", "weight, kDa", A.REASON
    ),
    FlagMeaning(F.AMOUNT_EXTRAPOLATED, "The amount lies outside the standards.", "amount, unit chosen", A.REASON),
    FlagMeaning(
        F.OUTSIDE_LINEAR_RANGE,
        "The Signal lies outside the range shown to be linear.",
        "Signal, counts·px",
        A.REASON,
    ),
)

#: Every flag with what is known of it.
FLAGS: Mapping[QualityFlag, FlagMeaning] = MappingProxyType({row.flag: row for row in _ROWS})
