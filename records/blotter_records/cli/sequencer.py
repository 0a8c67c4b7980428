"""The sequencer's process: numbers entries and signs checkpoints, four times a second, until it is told to stop.

Settings (environment): ``BLOTTER_DATABASE_URL``, ``BLOTTER_DATABASE_PASSWORD_FILE``, ``BLOTTER_SIGNING_KEY_FILE``
(PKCS #8 PEM, made by :func:`blotter_records.domain.note.SigningKey.make`), ``BLOTTER_CHECKPOINT_DIR``,
``BLOTTER_INSTALLATION``; the origin of the checkpoints is ``blotter/<installation>``. ``BLOTTER_INSTANCE_FILE``
(optional) is the ``instance.json`` that says which other origins the installation continues.

It never ends by itself when the database is gone or does not continue what was signed: it says so once, leaves word in
the checkpoint folder, and looks again.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.domain.keys import Predecessor
from blotter_records.domain.note import SigningKey
from blotter_records.errors import BlotterError, IntegrityBroken
from blotter_records.installed.checking import of_this_process
from blotter_records.services.trail.sequencing import Sequencer

INTERVAL_S = 0.25
AFTER_FAULT_S = 1.0
_log = logging.getLogger("blotter.sequencer")


def origin_of(installation: str) -> str:
    """Return the origin (C2SP) of an installation's checkpoints, which is also the name of its key."""
    return f"blotter/{installation}"


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        of_this_process()
        key = SigningKey.from_pem(
            origin_of(os.environ["BLOTTER_INSTALLATION"]), Path(os.environ["BLOTTER_SIGNING_KEY_FILE"]).read_bytes()
        )
        before = _predecessors(os.environ.get("BLOTTER_INSTANCE_FILE"))
        folder = FileCheckpointFolder(Path(os.environ["BLOTTER_CHECKPOINT_DIR"]))
        folder.publish_key(str(key.verifier()))
        sequence = PostgresSequence(
            os.environ["BLOTTER_DATABASE_URL"], Path(os.environ["BLOTTER_DATABASE_PASSWORD_FILE"]).read_text().strip()
        )
    except (KeyError, ValueError, OSError, BlotterError) as error:  # a BadNote is a ValueError
        sys.exit(f"sequencer: cannot start: {error!r}")
    run(Sequencer(sequence, folder, key, utc_now, before), folder, stop)
    sequence.close()


def _predecessors(file: str | None) -> list[Predecessor]:
    content = json.loads(Path(file).read_text()) if file else {}
    return [Predecessor.from_json(one) for one in content.get("predecessors", [])]


def run(sequencer: Sequencer, folder: FileCheckpointFolder, stop: threading.Event) -> None:
    """Step until told to stop; a fault is told once, not four times a second."""
    said = ""
    folder.refuse("")
    while not stop.is_set():
        try:
            sequencer.step()
        except BlotterError as error:
            sequencer.forget()
            if error.message != said:
                _log.error("%s %s", error.code, error.message)
            if isinstance(error, IntegrityBroken):
                folder.refuse(error.message)
            said = error.message
            stop.wait(AFTER_FAULT_S)
        else:
            if said:
                _log.info("works again")
                folder.refuse("")
            said = ""
            stop.wait(INTERVAL_S)
    try:
        sequencer.step(is_last=True)  # what was written while the system was stopping gets number and seal too
    except BlotterError as error:
        _log.error("at the end: %s %s", error.code, error.message)


if __name__ == "__main__":
    main()
