"""Bursts of refusals: nothing that was counted is lost, whoever stops first (11.10(d), 11.10(e))."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from blotter_records.client.refusals import Context, RefusalReporter
from blotter_records.contract.notebooks import GateRefusal
from blotter_records.errors import Unavailable

Told = list[GateRefusal]


def told_by(work: Callable[[RefusalReporter], Coroutine[Any, Any, Any]], *, burst_s: float = 3600) -> Told:
    """Return what a reporter sends during some work with it; its bursts last an hour, if nothing else is said."""
    told: Told = []

    async def send(refusal: GateRefusal, _context: Context) -> int:
        await asyncio.sleep(0)
        told.append(refusal)
        return len(told)

    async def run() -> None:
        await work(RefusalReporter(send, burst_s))

    asyncio.run(run())
    return told


def test_flush_writes_what_is_counted_behind_the_opening_entry() -> None:
    async def work(reporter: RefusalReporter) -> None:
        for number in range(5):
            reporter.report("cell", f"cell {number}", f"x{number}")
        await reporter.flush()
        await reporter.flush()

    opening, closing = told_by(work)
    assert (opening.count, opening.summary) == (1, "cell 0")
    assert (closing.count, closing.summary) == (4, "4 more of this kind followed; the last: cell 4")
    assert len(closing.hashes) == 4


def test_one_refusal_is_one_entry_and_after_a_flush_the_next_one_opens_anew() -> None:
    async def work(reporter: RefusalReporter) -> None:
        reporter.report("cell", "first")
        await reporter.flush()
        reporter.report("cell", "second")
        await reporter.flush()

    assert [(one.count, one.summary) for one in told_by(work)] == [(1, "first"), (1, "second")]


def test_quiet_closes_a_burst_that_nothing_follows() -> None:
    async def work(reporter: RefusalReporter) -> None:
        reporter.report("route", "a")
        reporter.report("route", "b")
        await asyncio.wait(reporter._watching)

    assert [one.count for one in told_by(work, burst_s=0.05)] == [1, 1]


def test_each_of_a_burst_is_told_the_first_ones_entry_and_others_stand_apart() -> None:
    ids: list[int] = []

    async def work(reporter: RefusalReporter) -> None:
        ids.extend([await reporter.tell("route", door, {}, door) for door in ("a", "a", "b", "a")])
        await reporter.flush()

    told = told_by(work)
    assert ids == [1, 1, 2, 1]
    assert [(one.summary[-1], one.count) for one in told] == [("a", 1), ("b", 1), ("a", 2)]


def test_very_many_different_ones_are_counted_together() -> None:
    async def work(reporter: RefusalReporter) -> None:
        for number in range(300):
            reporter.report("route", f"door {number}", apart=str(number))
        await reporter.flush()

    told = told_by(work)
    assert len(told) == 102, "a hundred apart, and one burst of all others"
    assert sum(one.count for one in told) == 300


def test_where_nobody_can_write_it_none_is_told() -> None:
    async def nobody(_refusal: GateRefusal, _context: Context) -> None:
        raise Unavailable("unavailable.records", "The records service does not answer.")

    async def run() -> Any:
        return await RefusalReporter(nobody).tell("route", "a", {}, "a")

    assert asyncio.run(run()) is None
