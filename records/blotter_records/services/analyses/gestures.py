"""What a gesture changed: only the shapes that differ, and one readable line with old and new (11.10(e))."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from blotter_records.domain.records import Analysis, Json
from blotter_records.errors import Invalid
from blotter_records.services.analyses.outlines import background_words, is_moved_only, stored_kind, where
from blotter_records.vocabulary import Gesture

_VERBS = {
    Gesture.SHAPE_ADD: "Added",
    Gesture.SHAPE_MOVE: "Moved",
    Gesture.SHAPE_RESIZE: "Resized",
    Gesture.SHAPE_RENAME: "Renamed",
    Gesture.SHAPE_DELETE: "Deleted",
    Gesture.BACKGROUND_SET: "Set background",
    Gesture.BANDS_FIND: "Found bands:",
    Gesture.WELLS_FIND: "Found wells:",
    Gesture.QUANTITIES_SET: "Set quantities:",
    Gesture.UNDO: "Undid a change of",
}

#: Shapes named in the readable line; the entry itself has all of them.
_NAMED = 4


@dataclass(frozen=True)
class Change:
    """Old and new of what differs: shapes by id, and the background if it differs."""

    shapes: dict[str, tuple[Json | None, Json | None]]
    background: Json
    old: Json
    new: Json


def changed_shapes(before: Analysis, shapes: list[Json], background: Json, gesture: Gesture) -> Change:
    """Return what differs between the analysis and the shapes after a gesture.

    Raises
    ------
    Invalid
        ``gesture.nothing`` if nothing differs; ``gesture.other`` if something differs that the gesture's name does
        not say; ``shape.reused`` if a deleted shape's id comes back other than by undo.
    """
    old = {shape["shape"]: shape for shape in before.shapes}
    new = {shape["shape"]: shape for shape in shapes}
    if len(new) != len(shapes):
        raise Invalid("shape.duplicate", "Two shapes have the same id.")
    different = {name: (old.get(name), new.get(name)) for name in [*old, *new] if old.get(name) != new.get(name)}
    is_background = background != before.background
    order = [shape["shape"] for shape in shapes] != [shape["shape"] for shape in before.shapes]
    if not different and not is_background and not order:
        raise Invalid("gesture.nothing", "This gesture changes nothing.")
    if gesture in {Gesture.BANDS_FIND, Gesture.WELLS_FIND}:
        raise Invalid("gesture.other", "Bands and wells are found by the service; ask it to find them.")
    if gesture is Gesture.QUANTITIES_SET:
        raise Invalid("gesture.other", "Quantities are computed by the service; ask it to set them.")
    if gesture is not Gesture.UNDO:
        _check_said(before, different, gesture, is_background=is_background)
    shown_old: dict[str, Any] = {"shapes": [pair[0] for pair in different.values() if pair[0]]}
    shown_new: dict[str, Any] = {"shapes": [pair[1] for pair in different.values() if pair[1]]}
    if is_background:
        shown_old["background"], shown_new["background"] = before.background, background
    return Change(different, background, shown_old, shown_new)


def _check_said(
    before: Analysis, different: dict[str, tuple[Json | None, Json | None]], gesture: Gesture, *, is_background: bool
) -> None:
    """Check that a gesture did what its name says and nothing beside."""
    right = is_background == (gesture is Gesture.BACKGROUND_SET)
    for name, (old, new) in different.items():
        if old is None:
            right = right and gesture is Gesture.SHAPE_ADD
            if int(name[1:]) < before.next_shape:
                raise Invalid("shape.reused", f"The id {name} belonged to another shape.")
        elif new is None:
            right = right and gesture is Gesture.SHAPE_DELETE
        else:
            renamed, moved = old["label"] != new["label"], _outline(old) != _outline(new)
            wanted = Gesture.SHAPE_RENAME if renamed else _kind_of_move(old, new)
            right = right and renamed != moved and gesture is wanted and stored_kind(old) is stored_kind(new)
    if not right:
        raise Invalid("gesture.other", f"What changed is not what {gesture.value} says; nothing was written.")


def _outline(shape: Json) -> Json:
    return {name: value for name, value in shape.items() if name not in {"shape", "label"}}


def _kind_of_move(old: Json, new: Json) -> Gesture:
    return Gesture.SHAPE_MOVE if is_moved_only(old, new) else Gesture.SHAPE_RESIZE


def next_shape(before: Analysis, shapes: list[Json]) -> int:
    """Return the number of the next new shape; ids are never used again."""
    return max([before.next_shape, *(int(shape["shape"][1:]) + 1 for shape in shapes)])


def summary_of(gesture: Gesture, before: Analysis, after: Analysis, change: Change) -> str:
    """Return the readable line of a gesture: what, where, and how Signal (or Total) moved."""
    verb = _VERBS[gesture]
    parts = []
    if before.background != after.background:
        parts.append(f"{background_words(before.background)} → {background_words(after.background)}")
    numbers_before = {one["shape"]: one for one in before.measurements}
    numbers_after = {one["shape"]: one for one in after.measurements}
    for name, (old, new) in list(change.shapes.items())[:_NAMED]:
        shown = new or old
        assert shown is not None
        if old and new and old["label"] != new["label"]:
            parts.append(f"{name}: “{old['label']}” → “{new['label']}”")
            continue
        places = " → ".join(where(one) for one in (old, new) if one)
        number = " → ".join(_number(one) for one in (numbers_before.get(name), numbers_after.get(name)) if one)
        label = f" “{shown['label']}”" if shown["label"] else ""
        parts.append(f"{name}{label} {places}; {number}")
    if len(change.shapes) > _NAMED:
        parts.append(f"and {len(change.shapes) - _NAMED} more")
    return f"{verb} {', '.join(parts) or 'the order of shapes'}"


def _number(measurement: Json) -> str:
    if measurement["signal"] is None:
        return f"Total {measurement['total']}"
    return f"Signal {measurement['signal']:.6g}"
