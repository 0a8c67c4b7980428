"""What people made of the bands and wells that were found without them."""

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
    if not content.finding:
        return {}
    return {one["shape"]: one for one in (*content.finding["bands"], *content.finding.get("wells", []))}


def _is_changed(shape: Json, as_found: Json) -> bool:
    kind = "rectangle" if "rectangle" in as_found else "ellipse"
    return bool(shape.get(kind) != as_found[kind] or shape["label"] != as_found["label"])


def _edits(content: Analysis) -> Iterator[ManualEdit]:
    there = {one["shape"]: one for one in content.shapes}
    for one in _found(content).values():
        shape = there.pop(one["shape"], None)
        if shape is None:
            yield ManualEdit(shape=one["shape"], label=one["label"], what="deleted")
        elif _is_changed(shape, one):
            yield ManualEdit(shape=shape["shape"], label=shape["label"], what="changed")
    for shape in there.values():
        yield ManualEdit(shape=shape["shape"], label=shape["label"], what="drawn")
