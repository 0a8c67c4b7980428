"""Searching the trail at 10,000, 100,000 and 1,000,000 entries: the time of a page must stay flat.

A page is 100 entries, newest first, with its exact total, as the pages of the product ask for it. The peer is the same
question at the smallest size. ``BLOTTER_BENCH_SEARCH_SIZES`` names other sizes.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from blotter_records.adapters.postgres import PostgresLedger
from blotter_records.ports.entries import TrailFilter
from filled_trail import filled_trail
from run import Benchmark

SIZES = [int(size) for size in os.environ.get("BLOTTER_BENCH_SEARCH_SIZES", "10000 100000 1000000").split()]
RUNS = 15
_EARLY = datetime(2026, 1, 1, 12, tzinfo=UTC)


def questions(size: int) -> dict[str, TrailFilter]:
    """Return what is asked of a trail of some size."""
    newest = {"newest_first": True, "limit": 101}
    user_log = ["session.login", "action.refused", "session.logout", "user.create", "system.start"]
    return {
        "newest page": TrailFilter(**newest),
        "user log": TrailFilter(actions=user_log, **newest),
        "user log, page in the middle": TrailFilter(actions=user_log, before=size // 2, **newest),
        "one image": TrailFilter(streams=["image:IMG-000001", "analysis:ANL-000003", "analysis:ANL-000004"], **newest),
        "one person": TrailFilter(account="ACC-000007", **newest),
        "refused": TrailFilter(outcome="refused", **newest),
        "one early hour": TrailFilter(since=_EARLY, until=_EARLY + timedelta(hours=1), **newest),
        "a rare word": TrailFilter(words=(str(size // 3),), **newest),
        "a common word": TrailFilter(words=("session",), **newest),
        "one person, refused, in half of the time": TrailFilter(
            account="ACC-000007", outcome="refused", since=_EARLY, until=_EARLY + timedelta(seconds=10 * size), **newest
        ),
    }


def benchmarks() -> Iterator[Benchmark]:
    """Yield each question's time at each size; the ratio is that to the smallest."""
    smallest: dict[str, float] = {}
    for size in SIZES:
        with filled_trail(size) as trail:
            ledger = trail.database.ledger()
            for name, wanted in questions(size).items():
                first, median = _timed(ledger, wanted)
                yield Benchmark(
                    name=f"trail_search, {name}, {size}",
                    ours=median,
                    peer=smallest.setdefault(name, median),
                    ratio=median / smallest[name],
                    unit="ms",
                    peer_name=f"at {SIZES[0]} entries (first time {first:.1f} ms)",
                )
            ledger.close()


def _timed(ledger: PostgresLedger, wanted: TrailFilter) -> tuple[float, float]:
    """Return the time of the first page, which counts all, and the median of the next ones, in ms."""
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        with ledger.begin() as unit:
            unit.entries(wanted)
            unit.count(wanted)
        times.append(1000 * (time.perf_counter() - start))
    return times[0], statistics.median(times[1:])
