"""How a checkpoint is called where it is kept: by origin and size, so that many installations may share a place."""

from __future__ import annotations

from blotter_records.errors import IntegrityBroken, Unavailable

_DIGITS = 20


def path_of(size: int, note: str) -> str:
    """Return ``<origin>/<size, 20 digits>.note``."""
    return f"{origin_of(note)}/{size:0{_DIGITS}d}.note"


def origin_of(note: str) -> str:
    """Return the origin of a note."""
    return note.split("\n", 1)[0]


def unavailable(place: str, why: object) -> Unavailable:
    """Return the error of a place that does not take a checkpoint or cannot be read."""
    said = " ".join(str(why).split())[:300] or type(why).__name__
    return Unavailable("anchor.unavailable", f"{place} did not take it: {said}.")


def contradiction(place: str, path: str) -> IntegrityBroken:
    """Return the error of a place that has another checkpoint over as many entries."""
    return IntegrityBroken(
        "anchor.contradiction",
        f"{place} holds another checkpoint as {path}: two histories were signed, or somebody put a file there.",
        "Compare both with blotter verify --since.",
    )
