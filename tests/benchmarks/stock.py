"""What we are compared with: Jupyter's own server with ipykernel; how much memory processes have; the ordinary user."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from blotter_records.adapters.user_ids import FIRST
from security.kernel_channel import V1, Channel
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

PATH = f"{Path(sys.executable).parent}:/usr/bin:/bin"


#: An ordinary user that nobody else is, as the users of people's servers: just below their range.
UID = FIRST - 1


def as_notebook_user() -> dict[str, Any]:
    """Arguments for `Popen` that start something as the user of people's servers."""
    if os.geteuid() != 0:
        return {}
    return {"user": UID, "group": UID, "extra_groups": []}


@contextlib.contextmanager
def folder_of_notebook_user() -> Iterator[Path]:
    """Give an empty folder of that user, with a short name."""
    folder = Path(tempfile.mkdtemp(prefix="bk", dir="/tmp"))
    if os.geteuid() == 0:
        os.chown(folder, UID, UID)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def memory_mb(pids: list[int]) -> float:
    """Return the proportional set size of processes and all that they have started, in MB."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
    family = list(pids)
    for one in family:
        family += [child for child, parent in parents.items() if parent == one and child not in family]
    total = 0
    for pid in family:
        with contextlib.suppress(OSError):  # it ended meanwhile
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1000


@dataclass
class Stock:
    """A running `jupyter_server` with one ipykernel."""

    process: subprocess.Popen[bytes]
    url: str
    token: str
    kernel: str

    async def open(self) -> Channel:
        """Open the kernel's websocket as JupyterLab does."""
        url = (
            self.url.replace("http://", "ws://")
            + f"api/kernels/{self.kernel}/channels?session_id={secrets.token_hex(8)}"
        )
        request = HTTPRequest(url, headers={"Authorization": f"token {self.token}"})
        return Channel(await websocket_connect(request, subprotocols=[V1]), V1)


@contextlib.contextmanager
def stock_server() -> Iterator[Stock]:
    """Run Jupyter's server as it comes, with one kernel."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    with folder_of_notebook_user() as folder:
        words = ["-I", "-m", "jupyter_server", "--ServerApp.open_browser=False", f"--ServerApp.port={port}"]
        words += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]
        process = subprocess.Popen(
            [sys.executable, *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"HOME": str(folder), "PATH": PATH, "LANG": "C.UTF-8"}, start_new_session=True, **as_notebook_user(),
        )  # fmt: skip
        try:
            made = Stock(process, f"http://127.0.0.1:{port}/", token, "")
            client = httpx.Client(
                base_url=made.url, headers={"Authorization": f"token {token}"}, timeout=60, trust_env=False
            )
            deadline = time.monotonic() + 120
            while True:
                try:
                    client.get("api").raise_for_status()
                    break
                except httpx.HTTPError:
                    assert process.poll() is None
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
            answer = client.post("api/kernels", json={"name": "python3"})
            assert answer.status_code == 201, answer.text
            made.kernel = answer.json()["id"]
            yield made
            client.delete(f"api/kernels/{made.kernel}")
            client.close()
        finally:
            process.terminate()
            process.wait(30)
