"""Numbers of shapes from counts, in the form in which a record keeps them; the one way to every stored number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from blotter_records import densitometry
from blotter_records.contract.analyses import Background, Measurement
from blotter_records.contract.shapes import Shape
from blotter_records.densitometry.backgrounds.choosing import Ball
from blotter_records.densitometry.backgrounds.rolling_ball import rolling_ball
from blotter_records.densitometry.shapes import Counts
from blotter_records.domain.records import Image, Json
from blotter_records.services.analyses.outlines import background_of, outline_of


def numbers_of(
    counts: Counts, image: Image, shapes: Sequence[Shape], background: Background, ball: Ball = rolling_ball
) -> list[Json]:
    """Return the numbers of shapes on an image with these counts, shape (rows, columns). Raises ``Invalid``."""
    measured = densitometry.measure_shapes(
        counts,
        [(one.shape, outline_of(one)) for one in shapes],
        background_of(background),
        image.saturation_level,
        ball=ball,
    )
    # Through the contract's model, so that what is stored is what is shown.
    return [
        Measurement.model_validate({**asdict(one), "notes": list(one.notes)}).model_dump(mode="json")
        for one in measured
    ]
