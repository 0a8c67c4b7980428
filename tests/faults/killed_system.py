"""A running system whose parts are killed: who is killed, when all is back, people who save in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psycopg
import systems
from blotter_records.adapters.image_files import to_tiff
from blotter_records.adapters.installation import Installation, open_existing
from blotter_records.cli import state as states
from blotter_records.client import RecordsClient
from blotter_records.densitometry.synthetic import Recipe, make_blot
from crowd import PASSWORD

PROGRAM = Path(__file__).with_name("supervised.py")
#: Within this time a killed part is back and everything that waited has its number (s); the machine may be busy.
BACK_WITHIN_S = 90.0


@dataclass
class KilledSystem:
    """The system, and what a test needs to hurt it and to look inside."""

    installation: Installation
    url: str

    @property
    def data(self) -> Path:
        return self.installation.data

    def superuser(self) -> psycopg.Connection:
        """Return a connection of the database's superuser, who sees everything."""
        return psycopg.connect(
            host=self.installation.run / "pg",
            user="postgres",
            dbname="blotter",
            password=self.installation.secret("db-superuser").read_text(),
            connect_timeout=5,
        )

    def pid(self, part: str) -> int:
        """Return the process id of a part as the supervisor knows it."""
        return states.read(self.data).processes[part].pid

    def backends(self) -> list[int]:
        """Return the database's processes that serve the records service."""
        postmaster = self.pid("postgres")
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [int(one) for one in children if _title(one).startswith("postgres: blotter_runtime")]

    def kill(self, part: str, dice: np.random.Generator) -> int:
        """``kill -9`` a part, or for ``backend`` a process of the database that serves the service; return its pid."""
        victim = int(dice.choice(self.backends())) if part == "backend" else self.pid(part)
        os.kill(victim, signal.SIGKILL)
        return victim

    def wait_until_back(self, part: str, killed: int) -> None:
        """Wait until the supervisor has started a part again and the service saves."""
        deadline = time.monotonic() + BACK_WITHIN_S
        while not (self._runs(part, killed) and self._answers()):
            assert time.monotonic() < deadline, f"{part} did not come back\n{systems.logs(self.data)}"
            time.sleep(0.05)

    def _runs(self, part: str, killed: int) -> bool:
        if part == "backend":
            return killed not in self.backends()
        process = states.read(self.data).processes[part]
        return process.pid != killed and process.is_alive

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v1/healthz", timeout=5, trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def sign_in(self, user_name: str) -> RecordsClient:
        """Sign somebody in, as the hub does."""
        secret = self.installation.secret("service-hub").read_text()
        with RecordsClient(self.url, token=f"service:hub:{secret}") as hub:
            token = hub.open_session(user_name, PASSWORD, "127.0.0.1").token
        return RecordsClient(self.url, token=token)


def _title(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@contextmanager
def killed_system() -> Iterator[KilledSystem]:
    """Run a system for the time of the block."""
    data = systems.new_data_folder()
    log = data / "logs" / "supervisor.log"
    log.parent.mkdir()
    with log.open("wb") as file:
        program = subprocess.Popen(
            [sys.executable, "-I", str(PROGRAM), str(data)],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            cwd="/",
        )
    try:
        deadline = time.monotonic() + BACK_WITHIN_S
        while not (state := states.read(data)).is_ready:
            assert program.poll() is None, log.read_text() + systems.logs(data)
            assert time.monotonic() < deadline, log.read_text() + systems.logs(data)
            time.sleep(0.05)
        yield KilledSystem(open_existing(data), state.signing_url)
    finally:
        program.terminate()
        program.wait(60)
        systems.remove(data)


def small_blot() -> bytes:
    """Return an image file."""
    counts, _ = make_blot(Recipe(seed=8))
    return to_tiff(counts)
