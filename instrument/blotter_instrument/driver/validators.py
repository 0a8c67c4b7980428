"""What a value must be before it is sent. All strict: a clipped number would be a false record."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from blotter_records.errors import Invalid

T = TypeVar("T")
Validator = Callable[[T], None]


def strict_range(low: float, high: float, unit: str) -> Validator[float]:
    """Return a validator of numbers from ``low`` to ``high``, both allowed."""

    def check(value: float) -> None:
        if not low <= value <= high:  # also what is not a number
            raise Invalid("instrument.limits", f"{value} {unit} is not between {low:g} and {high:g} {unit}.")

    return check


def strict_set(allowed: Collection[T], unit: str = "") -> Validator[T]:
    """Return a validator of one of some values."""

    def check(value: T) -> None:
        if value not in allowed:
            listed = ", ".join(map(str, allowed))
            raise Invalid("instrument.limits", f"{value} is none of {listed} {unit}".rstrip() + ".")

    return check


def strict_subset(allowed: Collection[T], unit: str = "") -> Validator[tuple[T, ...]]:
    """Return a validator of one or more of some values, each once, in the order in which they are listed."""

    def check(values: tuple[T, ...]) -> None:
        if not values or list(values) != [one for one in allowed if one in values]:
            listed = ", ".join(map(str, allowed))
            raise Invalid(
                "instrument.limits", f"{values} are not some of {listed} {unit}".rstrip() + ", in this order."
            )

    return check


def strict_rectangle(bottom: int, right: int, unit: str) -> Validator[tuple[int, int, int, int]]:
    """Return a validator of half-open rectangles (top, left, bottom, right) with an inside, from 0, 0 on."""

    def check(value: tuple[int, int, int, int]) -> None:
        if not (0 <= value[0] < value[2] <= bottom and 0 <= value[1] < value[3] <= right):
            raise Invalid("instrument.limits", f"{value} {unit} is no rectangle within 0, 0, {bottom}, {right} {unit}.")

    return check
