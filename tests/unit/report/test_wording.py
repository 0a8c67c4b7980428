"""Numbers and times as they are printed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from blotter_records.services.reports.wording import compact, percent, six, utc, utc_zone


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (12345678901, "12345678901"),
        (1234.5675, "1234.57"),
        (1234.565, "1234.56"),  # half to even, in decimal
        (1234.575, "1234.58"),
        (-0.1, "-0.1"),
        (9053720.0, "9053720"),
        (123456789.0, "123457000"),
        (0.000123456789, "0.000123457"),
        (1e-12, "1e-12"),
        (1.5e20, "1.5e+20"),
    ],
)
def test_six_significant_digits(value, shown):
    assert six(value) == shown


def test_times_say_their_zone():
    moment = datetime(2026, 11, 23, 11, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    assert utc(moment) == "2026-11-23 10:30:00"
    assert utc(moment, digits=3) == "2026-11-23 10:30:00.123"
    assert utc_zone(moment.astimezone(UTC)) == "2026-11-23 10:30:00 UTC (UTC+00:00)"


def test_values_of_entries():
    assert compact(None) == "nothing"
    assert compact("typed = text") == "typed = text"
    assert compact({"b": [1, "ü"], "a": None}) == '{"a": null, "b": [1, "ü"]}'
    assert percent(0.006666) == "0.667 %"
