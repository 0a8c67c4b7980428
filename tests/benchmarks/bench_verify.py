"""Verification of a whole trail against reading and hashing the same bytes; how much memory it takes.

``BLOTTER_BENCH_ENTRIES`` says how many entries (1,000,000), half of which change a record. The peer reads each entry's
text and each revision's content in the same order through the same driver and computes one SHA-256 of each.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator

from blotter_records.adapters.postgres.connecting import connect
from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader
from blotter_records.domain.keys import KeyHistory
from blotter_records.services.trail.verification import verify_installation
from filled_trail import KEY, FilledTrail, filled_trail
from run import Benchmark

ENTRIES = int(os.environ.get("BLOTTER_BENCH_ENTRIES", "1000000"))
RUNS = 2


def benchmarks() -> Iterator[Benchmark]:
    """Yield the time of both, per million entries in seconds, and the memory of the verification."""
    start = time.monotonic()
    with filled_trail(ENTRIES, is_indexed=False) as trail:
        filled_s = time.monotonic() - start
        pairs = [(_alone(_verified, trail), _alone(_hashed, trail)) for _ in range(RUNS)]
    (ours, memory), (peer, plain_memory) = (min(column) for column in zip(*pairs, strict=True))
    name = "verify_million" if ENTRIES == 1_000_000 else f"verify_million (with {ENTRIES} entries)"
    yield Benchmark(
        name=name, ours=ours, peer=peer, ratio=ours / peer, unit="s",
        peer_name=f"read and SHA-256 {trail.text_bytes / 1e6:.0f} MB of text (filled in {filled_s:.0f} s)",
    )  # fmt: skip
    yield Benchmark(
        name=f"{name}, peak memory", ours=memory, peer=plain_memory, ratio=memory / plain_memory, unit="MB",
        peer_name="the same reading program",
    )  # fmt: skip


class _NoFiles:
    """A store without files: what is timed is the trail."""

    def names(self) -> Iterator[str]:
        return iter(())


def _verified(trail: FilledTrail) -> None:
    password = trail.database.password("blotter_reader")
    with PostgresTrailReader(trail.database.url("blotter_reader"), password) as reader:
        report = verify_installation(reader, _NoFiles(), trail.folder.notes(), KeyHistory(KEY.verifier()))  # type: ignore[arg-type]
    # Of the checkpoints only the last are in the folder, so that the others are told to be missing there.
    assert all("missing outside the database" in str(one) for one in report.findings), report.findings[:3]
    assert report.entries == trail.entries


def _hashed(trail: FilledTrail) -> None:
    with connect(trail.database.url("blotter_reader"), trail.database.password("blotter_reader")) as connection:
        for question in (
            "SELECT entry FROM audit.entry ORDER BY id",
            "SELECT content FROM records.revision ORDER BY stream, rev",
        ):
            with connection.cursor(name="rows", binary=True) as cursor:
                cursor.itersize = 2000
                cursor.execute(question)
                for (text,) in cursor:
                    hashlib.sha256(text.encode()).digest()


def _alone(work: Callable[[FilledTrail], None], trail: FilledTrail) -> tuple[float, float]:
    """Return seconds and peak memory (MB) of work done in a process of its own."""
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()

    def run() -> None:
        start = time.perf_counter()
        work(trail)
        answer.put((time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))

    process = context.Process(target=run)
    process.start()
    process.join()
    assert process.exitcode == 0, f"{work.__name__} failed"
    return answer.get()  # type: ignore[no-any-return]
