"""The housekeeper's process: looks at clock, backups, drills and accounts, sends checkpoints and notifications away.

Settings (environment): ``BLOTTER_DATABASE_URL``, ``BLOTTER_DATABASE_PASSWORD_FILE`` (the run-time role: what it notices
becomes entries and notifications), ``BLOTTER_CHECKPOINT_DIR``, ``BLOTTER_INSTANCE_FILE``, ``BLOTTER_ANCHORS_FILE``,
``BLOTTER_NOTIFY_FILE``,
``BLOTTER_HOUSEKEEPING_DIR``.

It is started before the sequencer and so stopped after it: the checkpoint that the sequencer signs at the end goes out
too. Sending has a thread of its own, since a place may take its time, and the clock does not wait. It never ends by
itself when the database is gone.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from blotter_records.adapters.anchors.places import make_places
from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.installation import write_json
from blotter_records.adapters.notifying.messengers import make_messengers
from blotter_records.adapters.postgres import PostgresLedger
from blotter_records.adapters.postgres.election import PostgresElection
from blotter_records.cli.noticed import STATE, read_state
from blotter_records.errors import BlotterError
from blotter_records.installed.checking import of_this_process
from blotter_records.services.operating.delivering import Delivering
from blotter_records.services.operating.housekeeping import Housekeeping
from blotter_records.services.trail.anchoring import Anchoring, Sent

INTERVAL_S = 1.0
AFTER_FAULT_S = 2.0
_log = logging.getLogger("blotter.housekeeper")


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        of_this_process()
        housekeeper = _make()
    except (KeyError, ValueError, OSError, BlotterError) as error:
        sys.exit(f"housekeeper: cannot start: {error!r}")
    housekeeper.run(stop)


def _make() -> Housekeeper:
    url = os.environ["BLOTTER_DATABASE_URL"]
    password = Path(os.environ["BLOTTER_DATABASE_PASSWORD_FILE"]).read_text().strip()
    folder = Path(os.environ["BLOTTER_HOUSEKEEPING_DIR"])
    instance = json.loads(Path(os.environ["BLOTTER_INSTANCE_FILE"]).read_text())
    origins = [instance["origin"], *(one["origin"] for one in instance.get("predecessors", []))]
    checkpoints = FileCheckpointFolder(Path(os.environ["BLOTTER_CHECKPOINT_DIR"]))
    ledger = PostgresLedger(url, password, pool_size=4)
    anchoring = Anchoring(
        ledger,
        ledger,
        make_places(Path(os.environ["BLOTTER_ANCHORS_FILE"]), origins, folder / "time-stamps"),
        checkpoints.latest,
        sent={name: Sent.from_json(one) for name, one in read_state(folder).get("anchors", {}).items()},
    )
    housekeeping = Housekeeping(ledger, ledger, uptime, anchoring)
    messengers = make_messengers(Path(os.environ["BLOTTER_NOTIFY_FILE"]))
    return Housekeeper(
        housekeeping,
        anchoring,
        Delivering(ledger, ledger, uptime, messengers, instance["origin"]),
        PostgresElection(url, password, "housekeeper"),
        ledger,
        folder,
    )


def uptime() -> float:
    """Return the seconds since the machine was started, sleep included: nobody can set this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass
class Housekeeper:
    """The process: who looks, who sends, who is elected."""

    housekeeping: Housekeeping
    anchoring: Anchoring
    delivering: Delivering
    election: PostgresElection
    ledger: PostgresLedger
    folder: Path

    def run(self, stop: threading.Event) -> None:
        """Look around until told to stop; a fault is told once, not every second."""
        self._write()
        sending = [
            threading.Thread(target=self._again, args=(stop, "anchors", self.housekeeping.anchor), daemon=True),
            threading.Thread(target=self._again, args=(stop, "notifications", self._deliver), daemon=True),
        ]
        for one in sending:
            one.start()
        said = ""
        while not stop.is_set():
            try:
                if self.election.lead():
                    self.housekeeping.step()
                    self._write()
            except BlotterError as error:
                if error.message != said:
                    _log.error("%s %s", error.code, error.message)
                said = error.message
                stop.wait(AFTER_FAULT_S)
            else:
                said = ""
                stop.wait(INTERVAL_S)
        for one in sending:
            one.join(timeout=AFTER_FAULT_S)
        try:
            if self.election.lead() and self.housekeeping.anchor(is_last=True):
                self._write()
        except BlotterError as error:
            _log.error("at the end: %s %s", error.code, error.message)
        self.election.close()
        self.ledger.close()

    def _again(self, stop: threading.Event, what: str, send: Callable[[], object]) -> None:
        """Send what is due, once a second, as long as this is the process that works."""
        while not stop.wait(INTERVAL_S):
            try:
                if self.election.is_leading:
                    send()
            except BlotterError as error:
                _log.error("%s: %s %s", what, error.code, error.message)
                stop.wait(AFTER_FAULT_S)

    def _deliver(self) -> None:
        self.housekeeping.deliver(self.delivering)

    def _write(self) -> None:
        """Leave word for ``blotter status``."""
        anchors = {name: sent.as_json() for name, sent in self.anchoring.sent().items()}
        write_json(self.folder / STATE, {**self.housekeeping.noticed.as_json(), "anchors": anchors})


if __name__ == "__main__":
    main()
