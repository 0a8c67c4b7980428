"""The sequencer, beside a test."""

from __future__ import annotations

import threading
from pathlib import Path

from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.domain.note import SigningKey
from blotter_records.services.trail.sequencing import Sequencer


class Sequencing:
    """A sequencer that runs beside the test until it is stopped."""

    def __init__(self, database, folder: Path, key: SigningKey) -> None:
        sequence = PostgresSequence(database.url("blotter_sequencer"), database.password("blotter_sequencer"))
        self._sequencer = Sequencer(sequence, FileCheckpointFolder(folder), key, utc_now)
        self._sequence = sequence
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self._sequencer.step()
        self._sequence.close()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
