"""What the trail costs: an audited save against a plain INSERT of the same content, one commit each, on disk.

The audited save is the whole of it: entry built and hashed by the trigger, queued for its number, indexes, the revision
with its digest and foreign key, one commit, while a sequencer numbers in the background. The peer is a bare table with
one JSONB column in the same cluster. Both go through SQLAlchemy Core and psycopg.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.adapters.postgres import PostgresLedger
from blotter_records.adapters.postgres.connecting import make_engine
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader
from blotter_records.domain.canonical import canonical
from blotter_records.domain.note import SigningKey
from blotter_records.ports.ledger import NewEntry, Subject
from blotter_records.services.sequencing import Sequencer
from blotter_records.services.verification import verify_installation
from blotter_records.vocabulary import Action, RecordKind
from sqlalchemy import Engine, text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from clusters import Database, running_cluster

Row = dict[str, float | str]
ROUND_S = 1.0
ROUNDS = 5
CONTENT = {"analysis": "ANL-000001", "shapes": [{"shape": f"S{n}", "total": 123456 + n} for n in range(8)]}
ANN = Subject("ACC-000001", "ann", "Ann Analyst", session="SES-000001", address="127.0.0.1")
KEY = SigningKey.make("blotter/0123456789abcdef")


def benchmarks() -> Iterator[Row]:
    """Yield saves per second at one and at four connections, and the time to verify an entry."""
    with running_cluster(is_durable=True) as cluster, TemporaryDirectory() as folder:
        database = cluster.new_database()
        with database.connect("postgres", autocommit=True) as superuser:
            superuser.execute(
                "CREATE TABLE public.plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body jsonb)"
            )
            superuser.execute("GRANT INSERT ON public.plain TO blotter_runtime")
        ledger = database.ledger(pool_size=4)
        engine = make_engine(database.url("blotter_runtime"), database.password("blotter_runtime"), pool_size=4)
        saves = _Saves(ledger)
        with _sequencing(database, FileCheckpointFolder(Path(folder))):
            for connections in (1, 4):
                yield _compared(connections, saves.save, lambda: _plain(engine))
        yield _verified(database, FileCheckpointFolder(Path(folder)))
        ledger.close()
        engine.dispose()


class _Saves:
    """Saves revision after revision, each thread to a stream of its own."""

    def __init__(self, ledger: PostgresLedger) -> None:
        self._ledger = ledger
        self._mine = threading.local()

    def save(self) -> None:
        mine = self._mine
        if not hasattr(mine, "rev"):
            mine.rev, mine.record = 0, f"ANL-{threading.get_native_id():09d}-{time.monotonic_ns()}"
        with self._ledger.begin() as unit:
            unit.change(
                NewEntry(f"analysis:{mine.record}", Action.ANALYSIS_EDIT, ANN, new={"shape": "S1"}),
                expected_rev=mine.rev,
                kind=RecordKind.ANALYSIS,
                record_id=mine.record,
                version=None,
                content=CONTENT,
            )
            unit.commit()
        mine.rev += 1


def _plain(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO public.plain (body) VALUES (CAST(:body AS jsonb))"), {"body": canonical(CONTENT)}
        )


def _rate(work: Callable[[], None], connections: int) -> float:
    end = time.monotonic() + ROUND_S

    def repeat(_: int) -> int:
        done = 0
        while time.monotonic() < end:
            work()
            done += 1
        return done

    with ThreadPoolExecutor(connections) as pool:
        return sum(pool.map(repeat, range(connections))) / ROUND_S


def _compared(connections: int, ours: Callable[[], None], peer: Callable[[], None]) -> Row:
    """Compare rates in rounds that take turns; the ratio is peer / ours, so above 1 we are slower."""
    ours(), peer()
    rates = [(_rate(ours, connections), _rate(peer, connections)) for _ in range(ROUNDS)]
    mine, plain = (statistics.median(column) for column in zip(*rates, strict=True))
    return {
        "name": f"audited save, {connections} connection{'s' if connections > 1 else ''}",
        "ours": 1000 / mine,
        "peer": 1000 / plain,
        "ratio": plain / mine,
        "unit": "ms",
        "peer_name": "plain INSERT of the same JSON",
    }


class _sequencing:  # noqa: N801 - reads as a statement
    """Runs a sequencer beside, as in the product."""

    def __init__(self, database: Database, folder: FileCheckpointFolder) -> None:
        self._sequence = PostgresSequence(database.url("blotter_sequencer"), database.password("blotter_sequencer"))
        self._sequencer = Sequencer(self._sequence, folder, KEY, utc_now)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.wait(0.25):
            self._sequencer.step()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        time.sleep(1.5)  # the last checkpoint
        self._stop.set()
        self._thread.join()
        self._sequence.close()


class _NoFiles:
    """A store without files: what is timed is the trail."""

    def names(self) -> Iterator[str]:
        return iter(())


def _verified(database: Database, folder: FileCheckpointFolder) -> Row:
    """Compare verifying the whole trail with only reading its rows; per entry."""
    times: tuple[list[float], list[float]] = ([], [])
    entries = 0
    for _ in range(3):
        with PostgresTrailReader(database.url("blotter_reader"), database.password("blotter_reader")) as reader:
            start = time.perf_counter()
            report = verify_installation(reader, _NoFiles(), folder.notes(), KEY.verifier())  # type: ignore[arg-type]
            times[0].append(time.perf_counter() - start)
            assert report.is_good, report.findings[:3]
            entries = report.entries
        with PostgresTrailReader(database.url("blotter_reader"), database.password("blotter_reader")) as reader:
            start = time.perf_counter()
            for _row in reader.numbered():
                pass
            for _change in reader.changes():
                pass
            times[1].append(time.perf_counter() - start)
    ours, peer = (1e6 * statistics.median(taken) / entries for taken in times)
    return {
        "name": "verify the trail, per entry",
        "ours": ours,
        "peer": peer,
        "ratio": ours / peer,
        "unit": "µs",
        "peer_name": f"only reading the same rows ({entries} entries)",
    }
