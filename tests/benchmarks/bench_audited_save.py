"""What the trail costs: an audited save against a plain INSERT of the same row, one commit each, on disk.

The audited save is the whole of it: entry built and hashed by the trigger, queued for its number, indexes (that of the
words too), the revision with its digest and foreign key, one commit, while a sequencer in a process of its own numbers
and signs. The peer writes the same revision into a bare table with the same primary key, through the same pool.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.adapters.postgres import PostgresLedger
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.domain.canonical import canonical, text_digest
from blotter_records.domain.note import SigningKey
from blotter_records.ports.entries import NewEntry, Subject
from blotter_records.services.trail.sequencing import Sequencer
from blotter_records.vocabulary import Action, RecordKind
from run import Benchmark
from sqlalchemy import Engine, text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from clusters import Database, running_cluster

WRITERS = (1, 4, 16)
ROUND_S = 1.0
ROUNDS = 7
CONTENT = {"analysis": "ANL-000001", "shapes": [{"shape": f"S{n}", "total": 123456 + n} for n in range(8)]}
ANN = Subject("ACC-000001", "ann", "Ann Analyst", session="SES-000001", address="127.0.0.1")
KEY = SigningKey.make("blotter/0123456789abcdef")
PLAIN = """
CREATE TABLE public.plain (
    stream text NOT NULL, rev integer NOT NULL, kind text NOT NULL, record_id text NOT NULL, version integer,
    content text NOT NULL, sha256 text NOT NULL, PRIMARY KEY (stream, rev)
);
GRANT INSERT ON public.plain TO blotter_runtime
"""
INSERT = text("INSERT INTO public.plain VALUES (:stream, :rev, 'analysis', :record_id, NULL, :content, :sha256)")


def benchmarks() -> Iterator[Benchmark]:
    """Yield the time of a save at 1, 4 and 16 writers."""
    with running_cluster(is_durable=True) as cluster, TemporaryDirectory() as folder:
        database = cluster.new_database()
        with database.connect("postgres", autocommit=True) as superuser:
            superuser.execute(PLAIN)
        ledger = database.ledger(pool_size=max(WRITERS))
        saves = Saves(ledger)
        with _sequencing(database, Path(folder)):
            for writers in WRITERS:
                yield _compared(writers, saves.audited, saves.plain)
        ledger.close()


class Saves:
    """Saves revision after revision, each thread to a stream of its own."""

    def __init__(self, ledger: PostgresLedger) -> None:
        self._ledger = ledger
        self._engine: Engine = ledger._engine  # the same pool
        self._mine = threading.local()

    def _next(self) -> tuple[str, int]:
        mine = self._mine
        if not hasattr(mine, "rev"):
            mine.rev, mine.record = 0, f"ANL-{threading.get_native_id():09d}-{time.monotonic_ns()}"
        return mine.record, mine.rev

    def audited(self) -> None:
        """Save through the ledger."""
        record, rev = self._next()
        with self._ledger.begin() as unit:
            unit.change(
                NewEntry(
                    f"analysis:{record}", Action.ANALYSIS_EDIT, ANN, new={"shape": "S1"}, summary=f"Added {record}"
                ),
                expected_rev=rev, kind=RecordKind.ANALYSIS, record_id=record, version=None, content=CONTENT,
            )  # fmt: skip
            unit.commit()
        self._mine.rev += 1

    def plain(self) -> None:
        """Insert the same row into a bare table."""
        record, rev = self._next()
        content = canonical(CONTENT)
        with self._engine.begin() as connection:
            connection.execute(
                INSERT,
                {"stream": f"analysis:{record}", "rev": time.monotonic_ns() % 2**31, "record_id": record,
                 "content": content, "sha256": text_digest(content)},
            )  # fmt: skip
        del rev


def rate(work: Callable[[], None], writers: int, seconds: float = ROUND_S) -> float:
    """Return how often per second `writers` threads do the work together."""
    end = time.monotonic() + seconds

    def repeat(_: int) -> int:
        done = 0
        while time.monotonic() < end:
            work()
            done += 1
        return done

    with ThreadPoolExecutor(writers) as pool:
        return sum(pool.map(repeat, range(writers))) / seconds


def _compared(writers: int, ours: Callable[[], None], peer: Callable[[], None]) -> Benchmark:
    """Compare rates in rounds whose order changes; the ratio is that of the times, the median over the rounds."""
    rate(ours, writers, 0.3), rate(peer, writers, 0.3)
    pairs = []
    for at in range(ROUNDS):
        if at % 2:
            plain = rate(peer, writers)
            pairs.append((rate(ours, writers), plain))
        else:
            mine = rate(ours, writers)
            pairs.append((mine, rate(peer, writers)))
    mine, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Benchmark(
        name=f"audited_save_{writers}",
        ours=1000 / mine,
        peer=1000 / plain,
        ratio=statistics.median(plain / mine for mine, plain in pairs),
        unit="ms",
        peer_name=f"plain INSERT of the same row ({mine:.0f}/s against {plain:.0f}/s)",
    )


@contextmanager
def _sequencing(database: Database, folder: Path) -> Iterator[None]:
    """Run a sequencer beside, as in the product."""
    context = multiprocessing.get_context("fork")
    stop = context.Event()

    def run() -> None:
        sequence = PostgresSequence(database.url("blotter_sequencer"), database.password("blotter_sequencer"))
        sequencer = Sequencer(sequence, FileCheckpointFolder(folder), KEY, utc_now)
        while not stop.wait(0.25):
            sequencer.step()

    process = context.Process(target=run)
    process.start()
    try:
        yield
    finally:
        stop.set()
        process.join(10)
    assert process.exitcode == 0, "the sequencer ended"
