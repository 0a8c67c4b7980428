"""A whole running system for tests: ``blotter up --demo --detach`` on free ports in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from blotter_records.client import RecordsClient

BLOTTER = [sys.executable, "-I", "-m", "blotter_records.cli"]


@dataclass(frozen=True)
class RunningSystem:
    """A system that runs: where it is and who can sign in."""

    data: Path
    run: Path
    url: str
    signing_url: str
    api_url: str
    accounts: dict[str, tuple[str, str]]
    """User name and password by role (``"analyst"``, ``"reviewer"``, ``"system_manager"`` ...)."""

    def status(self) -> dict[str, Any]:
        """Return what ``blotter status --json`` says."""
        return status(self.data)

    def pid(self, part: str) -> int:
        """Return the process id of a part: postgres, records, sequencer, launcher or hub."""
        return int(self.status()["processes"][part]["pid"])

    def secret(self, name: str) -> str:
        """Return a secret of the installation (``service-hub``, ``db-superuser`` ...)."""
        return (self.data / "secrets" / name).read_text()

    def token(self, user_name: str, password: str) -> str:
        """Sign somebody in, as the hub does; return the session's token."""
        with RecordsClient(self.signing_url, token=f"service:hub:{self.secret('service-hub')}") as hub:
            return hub.open_session(user_name, password, "127.0.0.1").token

    def client(self, user_name: str, password: str) -> RecordsClient:
        """Return a connection to the records service of somebody who has just signed in; close it after use."""
        return RecordsClient(self.signing_url, token=self.token(user_name, password))

    def superuser(self, database: str = "blotter") -> psycopg.Connection:
        """Return a connection of the database's superuser, who sees everything."""
        return psycopg.connect(
            host=self.run / "pg", user="postgres", dbname=database, password=self.secret("db-superuser")
        )


def blotter(*arguments: str, within_s: float = 240) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [*BLOTTER, *arguments], capture_output=True, text=True, timeout=within_s, stdin=subprocess.DEVNULL, check=False
    )


def status(data: Path) -> dict[str, Any]:
    """Return what ``blotter status --json`` says, healthy or not."""
    return json.loads(blotter("status", "--data", str(data), "--json").stdout)


def new_data_folder() -> Path:
    """Return an empty folder that every system user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="bl-"))
    folder.chmod(0o755)
    return folder


def start(data: Path, *more: str) -> RunningSystem:
    """Start a demo on free ports and wait until it is ready."""
    up = blotter("up", "--data", str(data), "--demo", "--detach", "--port", "0", *more)
    assert up.returncode == 0, f"{up.stdout}\n{up.stderr}\n{logs(data)}"
    return found(data)


def found(data: Path) -> RunningSystem:
    """Return the demo that runs on a folder."""
    said = status(data)
    return RunningSystem(
        data=data,
        run=Path(said["run"]),
        url=said["url"],
        signing_url=said["signing_url"],
        api_url=said["api_url"],
        accounts=said["demo_accounts"],
    )


def stop(data: Path) -> None:
    """Stop the system on a folder; it must say that it did."""
    down = blotter("down", "--data", str(data))
    assert down.returncode == 0, down.stderr


def remove(data: Path) -> None:
    """Stop whatever runs and remove its folders."""
    if (data / "instance.json").exists():
        run = Path(status(data)["run"])
        blotter("down", "--data", str(data))
        shutil.rmtree(run, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)


def wait_until_it_answers(system: RunningSystem, within_s: float = 60) -> None:
    """Wait until the records service answers again, with its database behind it."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{system.api_url}/healthz", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the service did not come back\n{logs(system.data)}")


def logs(data: Path, lines: int = 15) -> str:
    """Return the last lines of every log, for a failing test's message."""
    return "\n".join(
        f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
        for path in sorted((data / "logs").glob("*.log"))
    )


@pytest.fixture(scope="session")
def running_system():
    """A demo system for the whole test session."""
    data = new_data_folder()
    try:
        yield start(data)
    finally:
        if os.environ.get("BLOTTER_KEEP_TEST_DATA"):
            print(f"kept: {data}\n{logs(data)}")
            stop(data)
        else:
            remove(data)
