"""From where on a number is sure enough to carry no flag (`vocabulary.QualityFlag`)."""

from __future__ import annotations

#: Signal-to-noise ratio from which a band is read as reliable.
RELIABLE_SNR = 3.0

#: Lane confidence below which its bands are flagged.
SURE_LANE = 0.5
