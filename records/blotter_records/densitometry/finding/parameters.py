"""What automatic finding is told; saved with its result, so that the same pixels give the same lanes and bands."""

from __future__ import annotations

from dataclasses import dataclass

from blotter_records.errors import Invalid


@dataclass(frozen=True, slots=True)
class FindingParameters:
    """Parameters of automatic lanes, bands and background.

    Parameters
    ----------
    lanes : int, optional
        How many lanes there are, if the person says so; otherwise it is found.
    largest_lean : float
        Largest lean of the lanes looked for, columns per row.
    largest_rise : float
        Largest slope of the bands looked for (smile, tilt), rows per column.
    sensitivity : float
        Prominence of a band, in standard deviations of the noise of the smoothed lane profile.
    smallest_share : float
        Prominence of a band, as a part of the height it stands on.
    reach : float
        Where a band ends: this many half widths at half maximum from its centre. 3.6 are 4.2 standard deviations of
        a Gaussian, beyond which it has 0.003 % of its signal.
    flank : int
        Rows of the lane above and below a band from which its background line is made.
    saturation_level : int
        Count from which a pixel is saturated.

    Raises
    ------
    Invalid
        ``finding.parameters``.
    """

    lanes: int | None = None
    largest_lean: float = 0.12
    largest_rise: float = 0.25
    sensitivity: float = 5.0
    smallest_share: float = 0.02
    reach: float = 3.6
    flank: int = 20
    saturation_level: float = 65535

    def __post_init__(self) -> None:
        positive = (self.sensitivity, self.reach, self.flank, self.saturation_level, self.lanes or 1)
        at_least_zero = (self.largest_lean, self.largest_rise, self.smallest_share)
        if min(positive) <= 0 or min(at_least_zero) < 0 or max(self.largest_lean, self.largest_rise) > 1:
            raise Invalid(
                "finding.parameters",
                "A parameter of automatic finding is zero, negative, or steeper than 1.",
                "Leave it out to take the usual value.",
            )
