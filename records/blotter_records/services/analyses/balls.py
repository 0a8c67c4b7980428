"""Rolled balls, kept for a while: each gesture under a rolling ball would else roll the same one again."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from blotter_records.densitometry.backgrounds.choosing import Ball
from blotter_records.densitometry.backgrounds.rolling_ball import rolling_ball
from blotter_records.densitometry.shapes import Counts

#: How many are kept; one is as large as its image in 32-bit floats.
_KEPT = 2


class Balls:
    """Keeps the backgrounds of the newest images and radii. Nothing that is recomputed is taken from here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planes: OrderedDict[tuple[str, float], NDArray[np.float32]] = OrderedDict()

    def of(self, pixels_sha256: str) -> Ball:
        """Return what rolls a ball under the counts with this digest."""

        def roll(counts: Counts, radius: float) -> NDArray[np.float32]:
            key = (pixels_sha256, radius)
            with self._lock:
                plane = self._planes.get(key)
                if plane is not None:
                    self._planes.move_to_end(key)
                    return plane
            plane = rolling_ball(counts, radius)
            plane.setflags(write=False)
            with self._lock:
                self._planes[key] = plane
                while len(self._planes) > _KEPT:
                    self._planes.popitem(last=False)
            return plane

        return roll
