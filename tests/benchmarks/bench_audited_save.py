"""What the trail costs: an audited save against a plain INSERT of the same row, one commit each, on disk.

The audited save is the whole of it: entry built and hashed by the trigger, queued for its number, indexes, the revision
with its digest, one commit, while a sequencer in a process of its own numbers, signs and cuts the words. The peers
write the same revision through the same pool: one into a bare table with the same primary key, the other into a chain
of hashes, each row's over the row before, under one lock that is held to the commit.

Then the same where a commit takes 2 ms more, as on a disk in a cloud (``commit_delay``: who writes out the log waits
that long, and takes with it whoever has come meanwhile).
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
from sqlalchemy import Connection, Engine, TextClause, text

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
CREATE TABLE public.chain (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text NOT NULL, rev integer NOT NULL, kind text NOT NULL,
    record_id text NOT NULL, version integer, content text NOT NULL, sha256 text NOT NULL, hash bytea NOT NULL,
    UNIQUE (stream, rev)
);
GRANT INSERT ON public.plain TO blotter_runtime;
GRANT SELECT, INSERT ON public.chain TO blotter_runtime
"""
SLOW = "ALTER SYSTEM SET commit_delay = 2000", "ALTER SYSTEM SET commit_siblings = 0", "SELECT pg_reload_conf()"
INSERT = text("INSERT INTO public.plain VALUES (:stream, :rev, 'analysis', :record_id, NULL, :content, :sha256)")

LOCK = text("SELECT pg_advisory_xact_lock(1)")
CHAIN = text(
    "INSERT INTO public.chain (stream, rev, kind, record_id, content, sha256, hash)"
    " SELECT :stream, :rev, 'analysis', :record_id, :content, :sha256, sha256(coalesce("
    "(SELECT hash FROM public.chain ORDER BY id DESC LIMIT 1), ''::bytea) || convert_to(:content, 'UTF8'))"
)


def benchmarks() -> Iterator[Benchmark]:
    """Yield the time of a save at 1, 4 and 16 writers, against both peers, on the disk as it is and on a slow one."""
    with running_cluster(is_durable=True) as cluster, TemporaryDirectory() as folder:
        database = cluster.new_database()
        with database.connect("postgres", autocommit=True) as superuser:
            superuser.execute(PLAIN)
        ledger = database.ledger(pool_size=max(WRITERS))
        saves = Saves(ledger)
        with _sequencing(database, Path(folder)):
            for writers in WRITERS:
                yield from _compared(f"audited_save_{writers}", writers, saves)
            with database.connect("postgres", autocommit=True) as superuser:
                for statement in SLOW:
                    superuser.execute(statement)
            for writers in WRITERS:
                yield from _compared(f"audited_save_{writers}, a commit takes 2 ms more", writers, saves)
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
        with self._engine.begin() as connection:
            self._insert(connection, INSERT)

    def chain(self) -> None:
        """Insert the same row into the chain."""
        with self._engine.begin() as connection:
            connection.execute(LOCK)
            self._insert(connection, CHAIN)

    def _insert(self, connection: Connection, statement: TextClause) -> None:
        record, _ = self._next()
        content = canonical(CONTENT)
        connection.execute(
            statement,
            {"stream": f"analysis:{record}", "rev": time.monotonic_ns() % 2**31, "record_id": record,
             "content": content, "sha256": text_digest(content)},
        )  # fmt: skip


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


def _compared(name: str, writers: int, saves: Saves) -> Iterator[Benchmark]:
    """Compare rates in rounds whose order changes; the ratio is that of the times, the median over the rounds."""
    works = (saves.audited, saves.plain, saves.chain)
    for work in works:
        rate(work, writers, 0.3)
    rounds = []
    for at in range(ROUNDS):
        order = [*range(at % 3, 3), *range(at % 3)]
        rates = {which: rate(works[which], writers) for which in order}
        rounds.append([rates[which] for which in range(3)])
    mine, plain, chain = (statistics.median(column) for column in zip(*rounds, strict=True))
    for which, peer, said in ((1, plain, "plain INSERT of the same row"), (2, chain, "a chain under one lock")):
        yield Benchmark(
            name=name if which == 1 else f"{name}, chain",
            ours=1000 / mine,
            peer=1000 / peer,
            ratio=statistics.median(one[which] / one[0] for one in rounds),
            unit="ms",
            peer_name=f"{said} ({mine:.0f}/s against {peer:.0f}/s)",
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
