"""Colours of a display: 256 steps from dark to light, the same as in the viewer (``viewer/colours.js``)."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

#: Points of matplotlib's maps (CC0), evenly spaced; between them colours are mixed.
POINTS = {
    "viridis": "440154 482878 3e4a89 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
    "magma": "000004 180f3d 440f76 721f81 9e2f7f cd4071 f1605d fd9668 feca8d fcfdbf",
    "cividis": "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838",
    "green": "000000 00ff00",
    "magenta": "000000 ff00ff",
    "red": "000000 ff0000",
}


@cache
def colours(name: str) -> npt.NDArray[np.uint8]:
    """Return the colours of a map, shape (256, 3). Raises ``KeyError`` for a name that is not in ``POINTS``."""
    points = np.array([[int(one[at : at + 2], 16) for at in (0, 2, 4)] for one in POINTS[name].split()], dtype=float)
    places = np.arange(256) / 255 * (len(points) - 1)
    first = np.minimum(places.astype(int), len(points) - 2)
    mixed = points[first] + (points[first + 1] - points[first]) * (places - first)[:, None]
    rounded: npt.NDArray[np.uint8] = np.floor(mixed + 0.5).astype(np.uint8)  # as JavaScript rounds
    return rounded
