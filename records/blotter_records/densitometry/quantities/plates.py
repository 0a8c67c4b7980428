"""Plates of wells: their grid, In-Cell Western ratios, and Z' (formulas B28, B31)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType

from blotter_records.densitometry.quantities.replicates import replicates
from blotter_records.errors import Invalid

#: Wells of a plate, and its rows and columns (ANSI/SLAS 4; 6 to 48 wells as sold).
PLATES = MappingProxyType({6: (2, 3), 12: (3, 4), 24: (4, 6), 48: (6, 8), 96: (8, 12), 384: (16, 24)})


def well_name(row: int, column: int) -> str:
    """Return the name of a well, counted from 0: letter of its row, number of its column.

    Examples
    --------
    >>> well_name(7, 11)
    'H12'
    """
    return f"{chr(ord('A') + row)}{column + 1}"


def well_centres(
    wells: int, first: tuple[float, float], last_in_row: tuple[float, float], last: tuple[float, float]
) -> dict[str, tuple[float, float]]:
    """Return the centre (row, column) of every well, from three corners of the plate, px.

    Parameters
    ----------
    wells : int
        6, 12, 24, 48, 96 or 384.
    first, last_in_row, last : (row, column)
        Centres of the wells at top left, top right and bottom right, px. The plate may lie askew.

    Raises
    ------
    Invalid
        ``plate.wells``.

    Examples
    --------
    >>> well_centres(6, (0, 0), (0, 20), (10, 20))["B3"]
    (10.0, 20.0)
    """
    if wells not in PLATES:
        raise Invalid("plate.wells", f"A plate of {wells} wells: there are {', '.join(map(str, PLATES))}.")
    rows, columns = PLATES[wells]
    across = [(b - a) / (columns - 1) for a, b in zip(first, last_in_row, strict=True)]
    down = [(b - a) / (rows - 1) for a, b in zip(last_in_row, last, strict=True)]
    return {
        well_name(row, column): (
            first[0] + row * down[0] + column * across[0],
            first[1] + row * down[1] + column * across[1],
        )
        for row in range(rows)
        for column in range(columns)
    }


def in_cell_ratios(
    target: Sequence[float],
    stain: Sequence[float],
    target_blanks: Sequence[float],
    stain_blanks: Sequence[float],
) -> list[float | None]:
    """Return In-Cell Western ratios ``S'₈₀₀ / S'₇₀₀`` (B28).

    ``S' = S − mean(S of the wells without first antibody)``, in each channel.

    Parameters
    ----------
    target, stain : sequence of float
        Signals of the target's and the cell stain's channel, well by well, counts·px.
    target_blanks, stain_blanks : sequence of float
        Signals of the background wells in the two channels.

    Returns
    -------
    list of float or None
        None where the stain is not above its background.

    Raises
    ------
    Invalid
        ``plate.channels``: not one stain for each target; ``replicates.values`` without background wells.

    Examples
    --------
    >>> in_cell_ratios([110, 60], [60, 110], [10, 10], [5, 15])
    [2.0, 0.5]
    """
    if len(target) != len(stain):
        raise Invalid("plate.channels", f"{len(target)} wells of the target and {len(stain)} of the stain.")
    of_target, of_stain = replicates(target_blanks).mean, replicates(stain_blanks).mean
    return [
        (one - of_target) / (other - of_stain) if other > of_stain else None
        for one, other in zip(target, stain, strict=True)
    ]


def percent_of_control(ratios: Sequence[float | None], controls: Sequence[float]) -> list[float | None]:
    """Return 100 · ratio / mean(ratios of the control wells) (B28), %; None where either is not defined.

    Examples
    --------
    >>> percent_of_control([1.0, None], [2.0, 2.0])
    [50.0, None]
    """
    mean = replicates(controls).mean
    return [100 * one / mean if one is not None and mean else None for one in ratios]


def z_prime(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Return ``Z' = 1 − 3 (SD₊ + SD₋) / |x̄₊ − x̄₋|`` (B31; Zhang, Chung & Oldenburg, J. Biomol. Screen. 4 (1999) 67).

    None where the means are equal, or one side has fewer than two wells.

    Examples
    --------
    >>> z_prime([99, 100, 101], [9, 10, 11])  # 1 - 3 * 2 / 90
    0.9333333333333333
    """
    above, below = replicates(positive), replicates(negative)
    apart = abs(above.mean - below.mean)
    if not apart or above.standard_deviation is None or below.standard_deviation is None:
        return None
    spread = math.fsum((above.standard_deviation, below.standard_deviation))
    return 1 - 3 * spread / apart
