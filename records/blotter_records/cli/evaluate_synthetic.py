"""``blotter evaluate-synthetic``: how well automatic lanes, bands and background do on blots whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blotter_records.errors import Invalid

if TYPE_CHECKING:
    from blotter_records.densitometry.finding.scores import TrueBlot


def command(
    files: Annotated[list[Path], typer.Argument(help="images (.tif), each with its truth (.json)", metavar="FILE...")],
) -> None:
    """Find lanes and bands of made blots and print how well that went, as one JSON object.

    lane_recall, band_recall (of plain bands), band_precision, flagged_saturated and flagged_overlap are fractions;
    lane_centre_error_px is the largest error of a found lane's centre at the middle row; volume_error_strong (peak
    above 3000 counts) and volume_error_weak are medians of |signal / true volume - 1| over the plain bands that were
    found; null where there was nothing to judge.
    """
    from blotter_records.adapters.image_files import ImageFiles  # noqa: PLC0415
    from blotter_records.densitometry.finding import FindingParameters, find_blot  # noqa: PLC0415
    from blotter_records.densitometry.finding.scores import Scores  # noqa: PLC0415

    scores = Scores()
    for image, truth in pairs(files):
        read = ImageFiles().read(image.read_bytes(), file_name=image.name).channels[0]
        found = find_blot(read.counts, FindingParameters(saturation_level=read.saturation_level))
        scores.add(true_blot(json.loads(truth.read_text(encoding="utf-8"))), found)
    print(json.dumps(scores.summary()))


def pairs(files: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Return each image with the truth of the same name; or with that of the same place, if no names agree.

    Raises
    ------
    Invalid
        ``evaluate.files``: an image without truth, or a truth without image.
    """
    truths = [path for path in files if path.suffix.lower() == ".json"]
    images = [path for path in files if path.suffix.lower() != ".json"]
    by_name = {path.with_suffix(""): path for path in truths}
    if len(images) == len(truths) and all(image.with_suffix("") in by_name for image in images):
        return [(image, by_name[image.with_suffix("")]) for image in images]
    if not images or len(images) != len(truths):
        raise Invalid(
            "evaluate.files",
            f"There are {len(images)} images and {len(truths)} truths.",
            "Give one .json file for each .tif file.",
        )
    return list(zip(images, truths, strict=True))


def true_blot(truth: dict[str, Any]) -> TrueBlot:
    """Return what a truth file of the blot maker says.

    Raises
    ------
    Invalid
        ``evaluate.truth``: it lacks something.
    """
    from blotter_records.densitometry.finding.scores import TrueBand, TrueBlot  # noqa: PLC0415

    try:
        rows, columns = truth["shape"]
        bands = tuple(
            TrueBand(band["y"], band["x"], band["sigma"], band["peak"], band["volume"], band["kind"])
            for band in truth["bands"]
        )
        return TrueBlot(rows, columns, tuple(truth["lane_centres"]), truth["lane_half_width"], bands)
    except (KeyError, TypeError, ValueError) as fault:
        raise Invalid("evaluate.truth", f"A truth file does not say what was made: {fault!r}.") from fault
