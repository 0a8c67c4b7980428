"""Numbers, times and names as a reader sees them on paper; stored values are in the attachments."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal

_SIX = Context(prec=6, rounding=ROUND_HALF_EVEN)

#: What a value that is not defined looks like.
NONE = "–"


def six(value: float | None) -> str:
    """Return a number with six significant digits, half to even; integers that are exact stay whole.

    Examples
    --------
    >>> six(1234.5675), six(12345678), six(0.000123456789), six(None)
    ('1234.57', '12345678', '0.000123457', '–')
    """
    if value is None:
        return NONE
    if isinstance(value, int):
        return str(value)
    rounded = Decimal(repr(value)).normalize(_SIX)
    plain = f"{rounded:f}"
    return plain if -7 < rounded.adjusted() < 12 else f"{rounded:e}"


def percent(fraction: float) -> str:
    """Return a fraction as percent, three significant digits."""
    return f"{fraction * 100:.3g} %"


def utc(moment: datetime, *, digits: int = 0) -> str:
    """Return a time in UTC, to the second or with `digits` of the second."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{moment.microsecond:06d}"[: len(text) + 1 + digits] if digits else text


def local(moment: datetime, utc_offset: str) -> datetime:
    """Return a time as the clock on the wall showed it, from the offset that was kept (``+02:00``)."""
    hours, _, minutes = utc_offset[1:].partition(":")
    away = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return moment.astimezone(timezone(-away if utc_offset.startswith("-") else away))


def utc_zone(moment: datetime, zone: str = "UTC", utc_offset: str = "+00:00") -> str:
    """Return a time in UTC and, where it is another, as the clock on the wall showed it (11.50(a)(2)).

    Examples
    --------
    >>> utc_zone(datetime(2026, 7, 1, 12, 0, tzinfo=UTC), "Europe/Berlin", "+02:00")
    '2026-07-01 12:00:00 UTC (2026-07-01 14:00:00 Europe/Berlin, UTC+02:00)'
    """
    if zone == "UTC":
        return f"{utc(moment)} UTC (UTC+00:00)"
    return f"{utc(moment)} UTC ({local(moment, utc_offset):%Y-%m-%d %H:%M:%S} {zone}, UTC{utc_offset})"


def words(value: str) -> str:
    """Return an identifier of the vocabulary as words: ``in_review`` → ``in review``."""
    return value.replace("_", " ")


def compact(value: object) -> str:
    """Return an old or new value on one line: text as it is, anything else as JSON with spaces to break at."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(", ", ": "))
