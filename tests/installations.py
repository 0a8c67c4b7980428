"""An installation without hub and service: database and sequencer run, the demo's people and blots are in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from blotter_records.adapters.installation import Installation, prepare
from blotter_records.adapters.postgres import PostgresLedger
from blotter_records.bootstrap import build, outside
from blotter_records.cli import database
from blotter_records.cli.main import app
from blotter_records.cli.plan import records_environment, sequencer_part
from blotter_records.cli.state import Ports
from blotter_records.domain.policy_table import DEFAULT_VALUES
from blotter_records.errors import BlotterError
from blotter_records.ports.entries import NewEntry, Subject, TrailFilter
from blotter_records.settings import Settings
from blotter_records.vocabulary import Event
from typer.testing import CliRunner


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str


def command(*arguments: object) -> Said:
    """Run a command in this process."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(done.exception, BlotterError):
        return Said(1, done.stdout, str(done.exception))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)


def command_line(*arguments: object) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "blotter_records.cli", *(str(one) for one in arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@dataclass(frozen=True)
class Half:
    """The running half of an installation."""

    installation: Installation
    ledger: PostgresLedger

    @property
    def data(self) -> Path:
        return self.installation.data

    @property
    def checkpoints(self) -> Path:
        return self.data / "checkpoints"

    @property
    def key(self) -> str:
        return (self.checkpoints / "verifier.key").read_text().strip()

    def as_superuser(self, *statements: str) -> None:
        """Run statements as the database's superuser."""
        with psycopg.connect(
            host=self.installation.run / "pg",
            user="postgres",
            dbname="blotter",
            password=self.installation.secret("db-superuser").read_text(),
        ) as superuser:
            for statement in statements:
                superuser.execute(statement)

    def write(self, times: int = 1) -> int:
        """Write entries; return the id of the last."""
        with self.ledger.begin() as work:
            written = [work.note(NewEntry("system", Event.SYSTEM_START, Subject())).id for _ in range(times)]
            work.commit()
        return written[-1]

    def entries(self, event: Event) -> list[dict]:
        """Return the entries of a kind, oldest first."""
        with self.ledger.begin() as work:
            return [dict(one.body) for one in work.entries(TrailFilter(actions=[event]))]

    def sealed(self) -> int:
        """Wait until everything is under a checkpoint; return how many entries it covers."""
        with self.ledger.begin() as work:
            newest = work.entries(TrailFilter(newest_first=True, limit=1))[0].written.id
        deadline = time.monotonic() + 20
        while True:
            with self.ledger.begin() as work:
                entry = work.entries(TrailFilter(newest_first=True, limit=1, before=newest + 1))[0].written
                size = work.tree_size()
            if entry.number is not None and entry.number <= size and self._is_out(size):
                return size
            assert time.monotonic() < deadline, "nothing was sealed"
            time.sleep(0.05)

    def _is_out(self, size: int) -> bool:
        latest = self.checkpoints / "latest"
        return latest.exists() and int(latest.read_text().split("\n")[1]) >= size


@contextmanager
def half_running(data: Path, *, is_new: bool = True) -> Iterator[Half]:
    """Run database and sequencer of an installation for the time of the block; a new one gets the demo's content."""
    installation = prepare(data, is_demo=True)
    postgres = database.server(installation)
    database.initialise(installation, postgres)
    postgres.start()
    sequencer = None
    try:
        database.upgrade(installation, postgres)
        part = sequencer_part(installation)
        sequencer = subprocess.Popen(
            [sys.executable, "-m", "blotter_records.cli.sequencer"],
            env={**part.environment, "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        )
        if is_new:
            _fill(installation)
        url, password = postgres.url("blotter_runtime", "blotter"), installation.secret("db-runtime").read_text()
        half = Half(installation, PostgresLedger(url, password, 4))
        half.sealed()
        yield half
        half.ledger.close()
    finally:
        if sequencer is not None:
            sequencer.send_signal(signal.SIGTERM)
            sequencer.wait(20)
        postgres.stop("immediate")
        shutil.rmtree(installation.run, ignore_errors=True)


def _fill(installation: Installation) -> None:
    environment = records_environment(installation, Ports(1, 2, 3, 4))
    names = {name.removeprefix("BLOTTER_").lower(): value for name, value in environment.items() if "BLOTTER" in name}
    settings = Settings(**names)
    ports = outside(settings)
    build(settings, ports, {**DEFAULT_VALUES, "password.bcrypt_cost": 4}).demo.prepare()
    ports.ledger.close()


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that every system user can reach."""
    path = Path(tempfile.mkdtemp(prefix="bl-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
