"""The background of each shape of an analysis, by the method that was chosen for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.background import (
    FEWEST_PIXELS,
    Background,
    Estimate,
    border_pixels,
    estimate,
    too_few,
)
from blotter_records.densitometry.backgrounds.columns import column_background
from blotter_records.densitometry.backgrounds.lane import lane_under
from blotter_records.densitometry.backgrounds.rolling_ball import rolling_ball
from blotter_records.densitometry.backgrounds.shapes import pooled_standard_deviation, user_background
from blotter_records.densitometry.intensity import Ratio, standard_deviation, sums
from blotter_records.densitometry.regions import Region
from blotter_records.densitometry.shapes import Counts
from blotter_records.errors import Invalid
from blotter_records.vocabulary import BackgroundMethod

#: Pixels of the largest image under which a ball is rolled: it needs a few times the image's memory.
LARGEST_UNDER_A_BALL = 50_000_000

#: Rolls a ball of a radius (px) under counts; gives the background, counts, of the same shape.
Ball = Callable[[Counts, float], NDArray[np.float32]]

#: The background of a shape: its name and the names of the shapes that come near it.
Estimator = Callable[[str, Sequence[str]], Estimate]


def estimator(
    counts: Counts, regions: Mapping[str, Region], background: Background, ball: Ball = rolling_ball
) -> Estimator:
    """Return what tells the background of each shape.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    regions : mapping of str to Region
        Every shape of the analysis by its name.
    background : Background
    ball : callable
        Rolls a ball; one that is kept may be given.

    Raises
    ------
    Invalid
        ``background.shapes`` where a background shape is not there, ``background.image`` where the image is too large
        for a rolling ball.
    """
    match background.method:
        case BackgroundMethod.LANE:
            return _lane(counts, regions, background)
        case BackgroundMethod.COLUMN_WISE:
            return _column_wise(counts, regions, background)
        case BackgroundMethod.USER_DEFINED:
            return _user_defined(counts, regions, background)
        case BackgroundMethod.ROLLING_BALL:
            return _rolling_ball(counts, regions, background, ball)
        case _:
            return lambda name, near: estimate(counts, regions[name], background, [regions[one] for one in near])


def _lane(counts: Counts, regions: Mapping[str, Region], background: Background) -> Estimator:
    assert background.reach is not None
    reach = background.reach

    def of(name: str, _near: Sequence[str]) -> Estimate:
        region = regions[name]
        under = lane_under(counts, region, [one for other, one in regions.items() if other != name], reach)
        if under.total is None:
            why = "No background: the lane has no row outside its bands. There is no signal and no SNR."
            return Estimate(None, None, 0, 0, why)
        if under.used < FEWEST_PIXELS:
            why = (
                f"No background: the lowest rows of the lane have {under.used} pixels, {FEWEST_PIXELS} are needed. "
                "There is no signal and no SNR."
            )
            return Estimate(None, None, under.used, 0, why)
        return Estimate(Ratio(under.total, region.area), under.standard_deviation, under.used, 0)

    return of


def _column_wise(counts: Counts, regions: Mapping[str, Region], background: Background) -> Estimator:
    def of(name: str, near: Sequence[str]) -> Estimate:
        region = regions[name]
        under = column_background(counts, region, background.width, [regions[one] for one in near])
        if under.total is None:
            why = (
                too_few(under.used, under.excluded)
                if under.used < FEWEST_PIXELS
                else "No background: a column has no usable pixel above or below. There is no signal and no SNR."
            )
            return Estimate(None, None, under.used, under.excluded, why)
        level = Ratio(Fraction(under.total), region.area)
        return Estimate(level, under.standard_deviation, under.used, under.excluded)

    return of


def _user_defined(counts: Counts, regions: Mapping[str, Region], background: Background) -> Estimator:
    missing = [name for name in background.shapes if name not in regions]
    if missing:
        raise Invalid(
            "background.shapes",
            f"{', '.join(missing)} is background, but there is no such shape.",
            "Choose other background shapes first.",
        )
    taken = [sums(regions[name].values(counts)) for name in background.shapes]
    used = sum(one.area for one in taken)
    if used < FEWEST_PIXELS:
        why = (
            f"No background: the background shapes have {used} pixels, {FEWEST_PIXELS} are needed. There is no signal "
            "and no SNR."
        )
        nothing = Estimate(None, None, used, 0, why)
        return lambda _name, _near: nothing
    same = Estimate(user_background(taken), pooled_standard_deviation(taken), used, 0)
    return lambda _name, _near: same


def _rolling_ball(counts: Counts, regions: Mapping[str, Region], background: Background, ball: Ball) -> Estimator:
    assert background.radius is not None
    if counts.size > LARGEST_UNDER_A_BALL:
        raise Invalid(
            "background.image",
            f"An image of {counts.size:,} pixels is too large for a rolling ball: {LARGEST_UNDER_A_BALL:,} at most.",
            "Crop it, or choose another background.",
        )
    plane = ball(counts, background.radius) if regions else None

    def of(name: str, near: Sequence[str]) -> Estimate:
        assert plane is not None
        region = regions[name]
        around = border_pixels(counts, region, background.width, background.sides, [regions[one] for one in near])
        spread = standard_deviation(sums(around.values)) if around.values.size >= FEWEST_PIXELS else None
        under = Ratio(sums(region.values(plane)).total, region.area)
        return Estimate(under, spread, around.values.size, around.excluded)

    return of
