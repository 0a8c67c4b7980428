"""What people made of the bands that were found without them."""

from __future__ import annotations

from collections.abc import Iterator

from blotter_records.contract.finding import FindingView, ManualEdit
from blotter_records.domain.records import Analysis, Json


def finding_view(content: Analysis) -> FindingView | None:
    """Return what was found, and each shape with which people went another way; None where nothing was found."""
    if content.finding is None:
        return None
    return FindingView.model_validate({**content.finding, "edits": list(_edits(content))})


def kept_shapes(content: Analysis) -> list[Json]:
    """Return the shapes that people drew or changed: those that another search leaves as they are."""
    found = _found(content)
    return [one for one in content.shapes if one["shape"] not in found or _is_changed(one, found[one["shape"]])]


def _found(content: Analysis) -> dict[str, Json]:
    return {one["shape"]: one for one in content.finding["bands"]} if content.finding else {}


def _is_changed(shape: Json, band: Json) -> bool:
    return bool(shape.get("rectangle") != band["rectangle"] or shape["label"] != band["label"])


def _edits(content: Analysis) -> Iterator[ManualEdit]:
    there = {one["shape"]: one for one in content.shapes}
    for band in _found(content).values():
        shape = there.pop(band["shape"], None)
        if shape is None:
            yield ManualEdit(shape=band["shape"], label=band["label"], what="deleted")
        elif _is_changed(shape, band):
            yield ManualEdit(shape=shape["shape"], label=shape["label"], what="changed")
    for shape in there.values():
        yield ManualEdit(shape=shape["shape"], label=shape["label"], what="drawn")
