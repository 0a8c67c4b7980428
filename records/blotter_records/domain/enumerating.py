"""Long lists in short sentences."""

from __future__ import annotations

from collections.abc import Sequence


def first_few(names: Sequence[str], most: int, between: str = "; ") -> str:
    """Return the first names, and how many more there are.

    Examples
    --------
    >>> first_few(["A", "B", "C"], 2, ", ")
    'A, B, and 1 more'
    """
    more = [f"and {len(names) - most} more"] if len(names) > most else []
    return between.join([*names[:most], *more])
