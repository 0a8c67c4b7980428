"""Relative quantities and normalisation to a loading control (formulas B17, B18, B25-B27)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from blotter_records.errors import Invalid


def relative_quantity(signal: float, reference: float) -> float | None:
    """Return Signal / Signal(reference) (B17); None where the reference is 0."""
    return signal / reference if reference else None


def percent_of_lane(signals: Sequence[float], lane: float | None = None) -> list[float | None]:
    """Return 100 · Signal / Σ Signal of the lane's bands, or of the lane's own signal if given (B18); None over 0.

    Examples
    --------
    >>> percent_of_lane([1, 3])
    [25.0, 75.0]
    """
    whole = math.fsum(signals) if lane is None else lane
    return [100 * signal / whole if whole else None for signal in signals]


def lane_factors(controls: Sequence[float]) -> list[float]:
    """Return lane normalisation factors ``LNFᵢ = Lᵢ / max_j L_j`` (B25).

    Parameters
    ----------
    controls : sequence of float
        Signal of the internal control in each lane: a housekeeping band, or the lane's total protein. Counts·px.

    Raises
    ------
    Invalid
        ``normalisation.control``: a control that is 0, negative or not finite. Leave such a lane out, with a reason.

    Examples
    --------
    >>> lane_factors([50, 100, 80])
    [0.5, 1.0, 0.8]
    """
    if not controls or not all(math.isfinite(one) and one > 0 for one in controls):
        raise Invalid("normalisation.control", "The signal of an internal control is not above 0 in every lane.")
    largest = max(controls)
    return [one / largest for one in controls]


def normalised(signals: Sequence[float], controls: Sequence[float]) -> list[float]:
    """Return normalised signals ``Nᵢ = Sᵢ / LNFᵢ`` (B26), counts·px.

    Raises
    ------
    Invalid
        ``normalisation.control``; ``normalisation.lanes``: not one control for each signal.

    Examples
    --------
    >>> normalised([10, 10], [50, 100])
    [20.0, 10.0]
    """
    if len(signals) != len(controls):
        raise Invalid("normalisation.lanes", f"{len(signals)} signals and {len(controls)} controls: one for each lane.")
    return [signal / factor for signal, factor in zip(signals, lane_factors(controls), strict=True)]


def two_step(
    modified: Sequence[float],
    total: Sequence[float],
    modified_controls: Sequence[float],
    total_controls: Sequence[float] | None = None,
) -> list[float | None]:
    """Return modified / total protein, each normalised first (B27): ``(Sₘ / LNF) / (Sₜ / LNF')``; None over 0.

    Parameters
    ----------
    modified, total : sequence of float
        Signals of the modified form (as a phosphoprotein) and of the whole protein, lane by lane.
    modified_controls, total_controls : sequence of float
        Internal controls of the two membranes; the second is left out where both are on one membrane, and then the
        factors cancel.

    Raises
    ------
    Invalid
        ``normalisation.control``, ``normalisation.lanes``.
    """
    above = normalised(modified, modified_controls)
    below = normalised(total, modified_controls if total_controls is None else total_controls)
    if len(above) != len(below):
        raise Invalid(
            "normalisation.lanes",
            f"{len(above)} modified and {len(below)} total signals: one for each lane.",
        )
    return [relative_quantity(one, other) for one, other in zip(above, below, strict=True)]
