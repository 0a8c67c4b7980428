"""What a digest covers: an analysis version, and what a signature on a result binds (11.70).

Both are SHA-256 over the canonical JSON of the structures built here, so a reader with the exported records and no
program of ours can compute them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blotter_records.domain.canonical import digest
from blotter_records.domain.records import Analysis, Json


def version_content(analysis: Analysis) -> Json:
    """Return what the digest of an analysis version covers: image, shapes, background, numbers, formulas.

    Where lanes and bands were found without a person, what was found is covered, too; so are quantities that were set,
    and the protocol by which it was made.
    """
    found = {} if analysis.finding is None else {"finding": analysis.finding}
    quantities = {} if analysis.quantities is None else {"quantities": analysis.quantities}
    protocol = {} if analysis.protocol is None else {"protocol": analysis.protocol}
    return {
        "image": analysis.image,
        "file_sha256": analysis.file_sha256,
        "pixels_sha256": analysis.pixels_sha256,
        "shapes": analysis.shapes,
        "background": analysis.background,
        "measurements": analysis.measurements,
        "formula_set": analysis.formula_set,
        **found,
        **quantities,
        **protocol,
    }


def version_digest(analysis: Analysis) -> str:
    """Return the digest of an analysis version."""
    return digest(version_content(analysis))


def bound_content(
    result: str,
    version: int,
    title: str,
    study: str,
    pinned: Sequence[tuple[str, int, Analysis]],
    layers: Sequence[Json],
    overrides: Sequence[Json] = (),
    unused: Sequence[Json] = (),
) -> Json:
    """Return what a signature on a version of a result binds.

    Parameters
    ----------
    result, version, title, study
        The result, and which version of it.
    pinned : sequence of (analysis id, version, Analysis)
        Each pinned version with its whole content, in the order of the pins.
    layers : sequence of dict
        For each image the revision and digest of what the version pins of it besides (see ``records.Result``).
    overrides : sequence of dict
        Reasons given for quality flags, each of one of the pinned versions (``analysis``: ``ANL-000001.1``).
    unused : sequence of dict
        Reasons why something that was scanned or analysed beside it is not used; bound where there are any.

    Returns
    -------
    dict
        Lanes, exclusions, charts and protocol are part of the structure from the beginning, empty while nothing makes
        them, so that an old signature and a new one bind the same things.
    """
    nothing: list[Any] = []
    return {
        "result": result,
        "version": version,
        "title": title,
        "study": study,
        "analyses": [
            {
                "analysis": analysis,
                "version": number,
                **version_content(content),
                "lanes": nothing,
                "exclusions": nothing,
                "overrides": [one for one in overrides if one["analysis"] == f"{analysis}.{number}"],
                "charts": nothing,
            }
            for analysis, number, content in pinned
        ],
        "layers": list(layers),
        "protocol": None,
        **({"unused": list(unused)} if unused else {}),
    }


def result_digest(
    result: str,
    version: int,
    title: str,
    study: str,
    pinned: Sequence[tuple[str, int, Analysis]],
    layers: Sequence[Json],
    overrides: Sequence[Json] = (),
    unused: Sequence[Json] = (),
) -> str:
    """Return the digest that a signature on a version of a result binds."""
    return digest(bound_content(result, version, title, study, pinned, layers, overrides, unused))
