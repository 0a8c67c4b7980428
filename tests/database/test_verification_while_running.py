"""Verification looks at one moment: nothing is a fault only because work goes on."""

import threading

from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader
from blotter_records.adapters.store import ObjectStore
from blotter_records.domain.keys import KeyHistory
from blotter_records.domain.note import SigningKey
from blotter_records.ports.entries import NewEntry, Subject
from blotter_records.services.trail.sequencing import Sequencer
from blotter_records.services.trail.verification import verify_installation
from blotter_records.vocabulary import Action, Event, RecordKind

KEY = SigningKey.make("blotter/0123456789abcdef")
ANN = Subject("ACC-000001", "ann")


def test_a_busy_installation_verifies_again_and_again(database, ledger, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    folder = FileCheckpointFolder(tmp_path / "checkpoints")
    store = ObjectStore((tmp_path / "store").as_uri())
    sequence = PostgresSequence(database.url("blotter_sequencer"), database.password("blotter_sequencer"))
    sequencer = Sequencer(sequence, folder, KEY, utc_now)
    sequencer.step()
    stop = threading.Event()

    def keep_saving(which):
        rev = 0
        while not stop.is_set():
            with ledger.begin() as unit:
                unit.note(NewEntry("system", Event.SYSTEM_HEARTBEAT, ANN))
                unit.change(
                    NewEntry(f"image:IMG-00000{which}", Action.IMAGE_IMPORT, ANN),
                    expected_rev=rev, kind=RecordKind.IMAGE, record_id=f"IMG-00000{which}", version=None,
                    content={"image": f"IMG-00000{which}", "file_sha256": store.put(f"{which} {rev}".encode()).sha256},
                )  # fmt: skip
                unit.commit()
            rev += 1

    def keep_numbering():
        while not stop.wait(0.02):
            sequencer.step()

    threads = [threading.Thread(target=keep_saving, args=(which,)) for which in range(3)]
    threads.append(threading.Thread(target=keep_numbering))
    for thread in threads:
        thread.start()
    entries = []
    try:
        while len(entries) < 8:
            with PostgresTrailReader(database.url("blotter_reader"), database.password("blotter_reader")) as reader:
                report = verify_installation(reader, store, folder.notes(), KeyHistory(KEY.verifier()))
            assert report.findings == []
            entries.append(report.entries)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        sequence.close()
    assert entries[0] < entries[-1]
