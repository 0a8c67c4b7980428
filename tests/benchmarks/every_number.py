"""Prints every number that densitometry makes of one blot, as JSON: run with other libraries or threads and compared.

``python every_number.py BLOT.npy``; floats are written in full, so that equal text is equal bits.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import numpy as np
import scipy
from blotter_records.densitometry import Background, Rectangle, measure_shapes
from blotter_records.densitometry.finding import find_blot
from blotter_records.densitometry.finding.spots import find_spots
from blotter_records.densitometry.quantities.molecular_weight import fitted_ladder
from blotter_records.densitometry.quantities.replicates import fold_change
from blotter_records.densitometry.quantities.standards import fitted_standards
from blotter_records.densitometry.shapes import Counts
from blotter_records.vocabulary import BackgroundMethod, LadderFit, StandardFit, StandardWeight

_MORE: dict[BackgroundMethod, dict[str, object]] = {
    BackgroundMethod.ROLLING_BALL: {"radius": 50.0},
    BackgroundMethod.LANE: {"reach": 40},
    BackgroundMethod.USER_DEFINED: {"shapes": ("B1", "B2")},
}


def measured(counts: Counts) -> dict[str, object]:
    """Return the numbers of 40 rectangles under every background; each of them can be recomputed to the bit."""
    rows, columns = counts.shape
    places = np.random.default_rng(7).integers(60, (rows - 90, columns - 90), size=(40, 2))
    shapes = [(f"S{at}", Rectangle(int(r), int(c), int(r) + 17, int(c) + 31)) for at, (r, c) in enumerate(places)]
    shapes += [("B1", Rectangle(5, 5, 25, 45)), ("B2", Rectangle(rows - 30, 5, rows - 5, 45))]
    found: dict[str, object] = {}
    for method in BackgroundMethod:
        background = Background(method, **_MORE.get(method, {}))  # type: ignore[arg-type]
        found[method.value] = [asdict(one) for one in measure_shapes(counts, shapes, background, 65535)]
    return found


def fitted(counts: Counts) -> dict[str, object]:
    """Return what is found without a person, and what is fitted; equal to a part in 10^9."""
    blot, spots = find_blot(counts), find_spots(counts, 4, 6)
    amounts, signals = [0.5, 1, 2, 4, 8, 16, 32], [130.0, 251, 480, 930, 1650, 2600, 3500]
    fronts, weights = [0.1, 0.22, 0.31, 0.47, 0.6, 0.78, 0.9], [250.0, 150, 100, 75, 50, 37, 25]
    return {
        "lanes": [asdict(one) for one in blot.lanes],
        "bands": [asdict(one) for one in blot.bands],
        "spots": [asdict(one) for one in spots],
        "standards": {
            f"{fit}, {weight}": fitted_standards(amounts, signals, fit, weight).coefficients
            for fit in StandardFit
            for weight in ([StandardWeight.ONE] if fit is StandardFit.LOG_LOG else StandardWeight)
        },
        "ladders": {
            fit: [asdict(fitted_ladder(fronts, weights, fit).at(0.04 * at)) for at in range(25)] for fit in LadderFit
        },
        "fold": asdict(fold_change([3.1, 3.4, 2.9, 3.3], [1.1, 0.9, 1.05, 0.98])),
    }


if __name__ == "__main__":
    blot = np.load(sys.argv[1])
    numbers = {"exact": measured(blot), "fitted": fitted(blot)}
    print(json.dumps({"numpy": np.__version__, "scipy": scipy.__version__, **numbers}, default=str))
