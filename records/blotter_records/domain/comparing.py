"""What differs between two contents of records: paths with the values on both sides.

Items of a list that have a name of their own (a shape, a lane, a member) are compared by that name, wherever they
stand; other lists item by item.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: Fields that name an item of a list, the first that all items have.
_NAMES = ("shape", "mark", "lane", "account", "role", "analysis", "image", "version", "target")
_ABSENT: Any = object()


@dataclass(frozen=True)
class Difference:
    """One place that differs: ``measurements[S1].total``."""

    path: str
    change: Literal["added", "removed", "changed"]
    first: Any = None
    second: Any = None

    def __str__(self) -> str:
        match self.change:
            case "added":
                return f"{self.path} added{_valued(self.second)}"
            case "removed":
                return f"{self.path} removed{_valued(self.first)}"
            case _:
                return f"{self.path}: {_short(self.first)} → {_short(self.second)}"


def differences(first: Any, second: Any, path: str = "") -> Iterator[Difference]:
    """Yield what differs between two JSON values, in the order of the paths.

    Examples
    --------
    >>> [str(one) for one in differences({"a": 1, "b": [{"shape": "S1", "x": 2}]}, {"a": 1, "b": []})]
    ['b[S1] removed']
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        yield from _of_mappings(first, second, path)
    elif isinstance(first, list) and isinstance(second, list):
        yield from _of_lists(first, second, path)
    elif type(first) is not type(second) or first != second:
        yield Difference(path or "value", "changed", first, second)


def _of_mappings(first: Mapping[str, Any], second: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for name in sorted({*first, *second}):
        yield from _at(f"{path}.{name}" if path else name, first.get(name, _ABSENT), second.get(name, _ABSENT))


def _of_lists(first: list[Any], second: list[Any], path: str) -> Iterator[Difference]:
    name = next((name for name in _NAMES if _is_name(name, first) and _is_name(name, second)), None)
    if name is not None and (first or second):
        before, after = ({str(item[name]): item for item in items} for items in (first, second))
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _at(f"{path}[{key}]", before.get(key, _ABSENT), after.get(key, _ABSENT))
        kept = [key for key in before if key in after]
        if kept != [key for key in after if key in before]:
            yield Difference(f"{path} (order)", "changed", list(before), list(after))
        return
    for at in range(max(len(first), len(second))):
        yield from _at(f"{path}[{at}]", _item(first, at), _item(second, at))


def _at(path: str, first: Any, second: Any) -> Iterator[Difference]:
    if first is _ABSENT:
        yield Difference(path, "added", None, second)
    elif second is _ABSENT:
        yield Difference(path, "removed", first, None)
    else:
        yield from differences(first, second, path)


def _item(items: Sequence[Any], at: int) -> Any:
    return items[at] if at < len(items) else _ABSENT


def _is_name(name: str, items: list[Any]) -> bool:
    """Tell whether a field names each item of a list, once."""
    values = [item.get(name) for item in items if isinstance(item, Mapping)]
    return len(values) == len(items) and None not in values and len({str(value) for value in values}) == len(values)


def _valued(value: Any) -> str:
    return "" if isinstance(value, Mapping | list) else f" ({_short(value)})"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
