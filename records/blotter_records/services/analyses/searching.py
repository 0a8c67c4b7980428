"""What every search without a person does with what it found: shapes, numbers, and what the entry tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blotter_records import densitometry
from blotter_records.contract.analyses import Background
from blotter_records.contract.finding import Finding
from blotter_records.contract.shapes import Shape
from blotter_records.densitometry.shapes import Counts
from blotter_records.domain.records import Analysis, Json
from blotter_records.errors import Invalid
from blotter_records.services.acting.gate import Acting
from blotter_records.services.analyses.changing import Draft
from blotter_records.services.analyses.edits import kept_shapes
from blotter_records.services.analyses.measuring import numbers_of
from blotter_records.services.quantities.keeping import requantified
from blotter_records.vocabulary import Gesture

#: Most shapes of an analysis, as its gestures have it.
MOST_SHAPES = 500


def with_shapes(
    draft: Draft, acting: Acting, counts: Counts, made: Sequence[Json], finding: Finding, what: str
) -> Analysis:
    """Return the analysis with the shapes `made` in place of those that an earlier search left, measured.

    Raises
    ------
    Invalid
        ``finding.many``: more than an analysis can have; a shape that is not on the image.
    """
    content = draft.content
    kept = kept_shapes(content)
    if len(kept) + len(made) > MOST_SHAPES:
        raise Invalid(
            "finding.many",
            f"{len(made)} {what} were found; with {len(kept)} other shapes they are more than {MOST_SHAPES}.",
            "Raise the sensitivity, or delete shapes.",
        )
    shapes = [*kept, *made]
    given = [Shape.model_validate(one) for one in shapes]
    after = draft.changed(
        acting,
        shapes=shapes,
        measurements=numbers_of(counts, draft.image, given, Background.model_validate(content.background)),
        formula_set=densitometry.FORMULA_SET,
        next_shape=content.next_shape + len(made),
        finding=finding.model_dump(mode="json"),
    )
    return requantified(after)


def shown(content: Analysis, other: Analysis, gesture: Gesture) -> dict[str, Any]:
    """Return what an entry tells of one side: the shapes that the other has not, and what was found by what."""
    there = {one["shape"] for one in other.shapes}
    finding = content.finding and {"parameters": content.finding["parameters"], "lanes": content.finding["lanes"]}
    return {
        "gesture": gesture.value,
        "shapes": [one for one in content.shapes if one["shape"] not in there],
        "finding": finding,
    }


def ids_and_replaced(before: Analysis, after: Analysis, made: Sequence[Json]) -> str:
    """Return the ids of the new shapes, and how many earlier ones they replace, in words."""
    gone = len(before.shapes) - (len(after.shapes) - len(made))
    replaced = f"; {gone} found earlier and not changed are replaced" if gone else ""
    return f"{made[0]['shape']} to {made[-1]['shape']}{replaced}"
