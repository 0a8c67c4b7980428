"""The sequencer: no gap, no double, also when it is killed; and nothing is signed that does not continue the signed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.domain.merkle import root_of
from blotter_records.domain.note import SigningKey, open_checkpoint
from blotter_records.errors import IntegrityBroken
from blotter_records.ports.entries import NewEntry, Subject, TrailFilter
from blotter_records.services.trail.sequencing import Sequencer
from blotter_records.vocabulary import Event

START = NewEntry("system", Event.SYSTEM_START, Subject())
INSTALLATION = "0123456789abcdef"
KEY = SigningKey.make(f"blotter/{INSTALLATION}")


class Bench:
    """A fresh database with its ledger and checkpoint folder."""

    def __init__(self, database, folder):
        self.database = database
        self.path = folder
        self.folder = FileCheckpointFolder(folder)
        self.ledger = database.ledger()

    def write(self, times=1, *, is_kept=True):
        with self.ledger.begin() as unit:
            written = [unit.note(START).id for _ in range(times)]
            if is_kept:
                unit.commit()
        return written

    def sequencer(self, *, key=KEY, now=utc_now):
        sequence = PostgresSequence(self.database.url("blotter_sequencer"), self.database.password("blotter_sequencer"))
        return Sequencer(sequence, self.folder, key, now), sequence

    def as_superuser(self, *statements):
        with self.database.connect("postgres") as superuser:
            for statement in statements:
                superuser.execute(statement)

    def leaves(self):
        with self.database.connect("postgres") as superuser:
            return superuser.execute("SELECT number, entry_id, leaf FROM audit.leaf ORDER BY number").fetchall()

    def start(self, tmp_path):
        (tmp_path / "password").write_text(self.database.password("blotter_sequencer"))
        (tmp_path / "key").write_bytes(KEY.to_pem())
        return subprocess.Popen(
            [sys.executable, "-m", "blotter_records.cli.sequencer"],
            env={
                "BLOTTER_DATABASE_URL": self.database.url("blotter_sequencer"),
                "BLOTTER_DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
                "BLOTTER_SIGNING_KEY_FILE": str(tmp_path / "key"),
                "BLOTTER_CHECKPOINT_DIR": str(self.path),
                "BLOTTER_INSTALLATION": INSTALLATION,
            },
        )


@pytest.fixture
def bench(postgres, tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    bench = Bench(postgres.new_database(), folder)
    yield bench
    bench.ledger.close()


def wait_until(condition, within_s=20):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_numbers_follow_and_the_checkpoint_covers_them(bench):
    ids = bench.write(3)
    bench.write(2, is_kept=False)
    ids += bench.write()
    sequencer, sequence = bench.sequencer()
    assert sequencer.step()
    with bench.ledger.begin() as unit:
        assert [(one.written.number, one.written.id) for one in unit.entries(TrailFilter())] == list(enumerate(ids, 1))
        assert unit.tree_size() == 4
    checkpoint, time_s = open_checkpoint(bench.folder.newest(), KEY.verifier())
    assert (checkpoint.size, checkpoint.root) == (4, root_of([leaf for _, _, leaf in bench.leaves()]))
    assert abs(time_s - utc_now().timestamp()) < 60
    assert (bench.path / "latest").read_text() == bench.folder.newest() == sequence.newest_note()
    assert [name for name, _ in bench.folder.notes()] == [f"{0:020d}.note", f"{4:020d}.note"]
    assert bench.folder.covering(1) == bench.folder.newest()
    assert bench.folder.covering(5) is None
    sequence.close()


def test_only_one_leads_and_the_next_takes_over(bench):
    first, first_sequence = bench.sequencer()
    second, second_sequence = bench.sequencer()
    assert first.step()
    assert not second.step()
    first_sequence.close()
    bench.write()
    assert second.step()
    assert second.size == 1
    second_sequence.close()


def test_under_load_there_is_one_checkpoint_a_second(bench):
    from datetime import timedelta

    moment = [utc_now()]
    sequencer, sequence = bench.sequencer(now=lambda: moment[0])
    sequencer.step()  # signs the empty tree
    bench.write()
    sequencer.step()
    assert sequencer.size == 1  # at once
    for _ in range(3):
        bench.write()
        moment[0] += timedelta(milliseconds=300)
        sequencer.step()
        assert sequencer.size == 1
    with bench.ledger.begin() as unit:
        assert unit.tree_size() == 1  # numbered, not yet sealed
        assert unit.entries(TrailFilter())[-1].written.number == 4
    sequencer.step(is_last=True)
    assert sequencer.size == 4
    bench.write()
    sequencer.step()
    assert sequencer.size == 4
    moment[0] += timedelta(seconds=1)
    sequencer.step()
    assert sequencer.size == 5
    sequence.close()


@pytest.mark.parametrize(
    ("attack", "message"),
    [
        (["DELETE FROM audit.leaf WHERE number = 2"], "number 2 is missing"),
        (["UPDATE audit.leaf SET leaf = sha256('x') WHERE number = 2"], "not those of the signed checkpoint"),
        (
            ["DELETE FROM audit.leaf WHERE number > 2", "UPDATE audit.tree SET size = 2"],
            "has 2 numbered entries, but a checkpoint over 3 was signed",
        ),
        (
            ["DELETE FROM audit.leaf", "DELETE FROM audit.checkpoint", "UPDATE audit.tree SET size = 0, frontier = ''"],
            "has 0 numbered entries, but a checkpoint over 3",
        ),
    ],
)
def test_nothing_is_signed_that_does_not_continue_the_signed(bench, attack, message):
    bench.write(3)
    sequencer, sequence = bench.sequencer()
    sequencer.step()
    sequence.close()
    disable = [f"ALTER TABLE audit.{table} DISABLE TRIGGER ALL" for table in ("leaf", "tree", "checkpoint")]
    bench.as_superuser(*disable, *attack)
    bench.write()
    again, sequence = bench.sequencer()
    for _ in range(2):
        with pytest.raises(IntegrityBroken, match=message):
            again.step()
    assert open_checkpoint(bench.folder.newest(), KEY.verifier())[0].size == 3
    sequence.close()


def test_a_tree_changed_while_it_runs_is_not_signed(bench):
    from datetime import timedelta

    moment = [utc_now()]
    bench.write(3)
    sequencer, sequence = bench.sequencer(now=lambda: moment[0])
    sequencer.step()
    bench.as_superuser("UPDATE audit.tree SET root = sha256('x'), frontier = sha256('x') || sha256('y')")
    bench.write()
    moment[0] += timedelta(seconds=2)
    with pytest.raises(IntegrityBroken, match="not the one over its leaves"):
        sequencer.step()
    sequence.close()


def test_another_key_or_a_lost_folder_is_noticed(bench):
    bench.write(2)
    sequencer, sequence = bench.sequencer()
    sequencer.step()
    sequence.close()
    other, sequence = bench.sequencer(key=SigningKey.make(KEY.name))
    with pytest.raises(IntegrityBroken, match="not ours"):
        other.step()
    sequence.close()
    bench.as_superuser("ALTER TABLE audit.checkpoint DISABLE TRIGGER ALL", "DELETE FROM audit.checkpoint")
    for file in bench.path.iterdir():
        file.unlink()
    again, sequence = bench.sequencer()
    with pytest.raises(IntegrityBroken, match="no checkpoint was ever signed"):
        again.step()
    sequence.close()


def test_the_process_numbers_and_seals_survives_a_crash_of_the_database_and_ends_when_told(bench, tmp_path, postgres):
    process = bench.start(tmp_path)
    try:
        bench.write(2)
        wait_until(lambda: bench.folder.covering(2))
        assert (bench.path / "verifier.key").read_text().strip() == str(KEY.verifier())
        postgres.server.stop("immediate")
        time.sleep(0.6)
        postgres.server.start()
        bench.write(3)
        wait_until(lambda: bench.folder.covering(5))
        assert not (bench.path / "refused").exists()
    finally:
        last = bench.write()
        process.terminate()
        assert process.wait(10) == 0
    assert bench.folder.covering(6), last


def test_rivals_killed_in_the_middle_leave_no_gap_and_no_double(bench, tmp_path):
    """Two processes want to lead, one of them is killed with -9 again and again, writers roll back a third."""
    stop = threading.Event()
    kept: list[int] = []

    def keep_writing(which):
        turn = 0
        while not stop.is_set():
            turn += 1
            written = bench.write(1 + (turn + which) % 4, is_kept=(turn + which) % 3 != 0)
            if (turn + which) % 3 != 0:
                kept.extend(written)

    writers = [threading.Thread(target=keep_writing, args=(which,)) for which in range(3)]
    rivals = [bench.start(tmp_path) for _ in range(2)]
    try:
        for writer in writers:
            writer.start()
        for turn in range(6):
            goal = len(kept) + 20
            wait_until(lambda goal=goal: len(kept) > goal)
            rivals[turn % 2].send_signal(signal.SIGKILL)
            rivals[turn % 2].wait()
            rivals[turn % 2] = bench.start(tmp_path)
        stop.set()
        for writer in writers:
            writer.join()
        wait_until(lambda: bench.folder.covering(len(kept)))
    finally:
        stop.set()
        for rival in rivals:
            os.kill(rival.pid, signal.SIGKILL)
            rival.wait()
    leaves = bench.leaves()
    assert [number for number, _, _ in leaves] == list(range(1, len(kept) + 1))
    assert sorted(entry for _, entry, _ in leaves) == sorted(kept)
    hashes = [leaf for _, _, leaf in leaves]
    for _, note in bench.folder.notes():
        checkpoint, _ = open_checkpoint(note, KEY.verifier())
        assert checkpoint.root == root_of(hashes[: checkpoint.size])
    with bench.ledger.begin() as unit:
        text = unit.entries(TrailFilter(limit=1))[0].text
    assert json.loads(text)["stream"] == "system"
