"""Plates that tests draw: spots of known height on a noisy ground."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

#: Pixels from spot to spot, and radius of a spot.
PITCH, RADIUS = 30, 9


def drawn_plate(heights: NDArray[np.float64], seed: int = 5) -> NDArray[np.uint16]:
    """Return an image of spots with these heights (counts), shape (wells down, wells across); 0: no spot is there.

    The plate leans by one degree.
    """
    rows, columns = heights.shape
    y, x = np.mgrid[: PITCH * (rows + 2), : PITCH * (columns + 2)].astype(np.float64)
    counts = 400 + np.random.default_rng(seed).normal(0, 10, y.shape)
    down, across = PITCH * math.cos(math.radians(1)), PITCH * math.sin(math.radians(1))
    for i, j in np.ndindex(rows, columns):
        row, column = 1.4 * PITCH + i * down + j * across, 1.6 * PITCH + j * down - i * across
        counts += heights[i, j] * (np.hypot(y - row, x - column) < RADIUS)
    drawn: NDArray[np.uint16] = np.clip(np.rint(counts), 0, 65535).astype(np.uint16)
    return drawn
