"""A real person's server, as an ordinary user, with a real sandboxed kernel behind it.

Fixtures: `run_dir`, `hub` and `records` (fakes of the two neighbours), `server` (the process), `browser` (cookies).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from security.fakes import FakeHub, FakeRecords

BASE = "/user/alice/"


@dataclass(frozen=True)
class OrdinaryUser:
    """Who runs servers and kernels in the tests: as in a regulated system, a user id that /etc/passwd does not know."""

    uid: int
    gid: int

    def drop(self) -> dict[str, object]:
        """Arguments for `subprocess.Popen`."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.fixture(scope="session")
def ordinary_user() -> OrdinaryUser:
    if os.geteuid() != 0:
        return OrdinaryUser(os.geteuid(), os.getegid())
    uid = 2_147_000_000  # no installation's
    return OrdinaryUser(uid, uid)


@pytest.fixture(scope="session")
def run_dir(ordinary_user) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="bs", dir="/tmp"))
    (folder / "home").mkdir()
    if os.geteuid() == 0:
        for path in (folder, folder / "home"):
            os.chown(path, ordinary_user.uid, ordinary_user.gid)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    fake = FakeHub()
    yield fake
    fake.close()


@pytest.fixture
def records() -> Iterator[FakeRecords]:
    fake = FakeRecords()
    yield fake
    fake.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """The running process."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


@pytest.fixture
def server(hub, records, run_dir, ordinary_user) -> Iterator[Server]:
    with running_server(hub, records, run_dir, ordinary_user) as made:
        yield made


@contextlib.contextmanager
def running_server(
    hub, records, run_dir, ordinary_user, program=("-m", "blotter_extension.server"), python=sys.executable, **more: str
) -> Iterator[Server]:
    """Run `python -I -m blotter_extension.server` for alice until the block ends, with more in its environment."""
    port = free_port()
    environment = {
        "HOME": str(run_dir / "home"),
        "LANG": "C.UTF-8",
        "PATH": f"{Path(python).parent}:/usr/bin:/bin",
        "TMPDIR": str(run_dir),
        "BLOTTER_API_URL": f"http://127.0.0.1:{records.port}",
        "BLOTTER_IS_DEMO": "1",
        "BLOTTER_RUN_DIR": str(run_dir),
        "BLOTTER_SESSION_TOKEN": "session-token-of-alice",
        "BLOTTER_SIGNING_ORIGIN": "http://127.0.0.1:8001",
        "JUPYTERHUB_API_TOKEN": "token-of-the-server",
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{hub.port}/hub/api",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-alice",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:servers!server=alice/"]',
        "JUPYTERHUB_OAUTH_SCOPES": '["access:servers!server=alice/"]',
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{BASE}oauth_callback",
        "JUPYTERHUB_PUBLIC_URL": f"http://blotter.example.org{BASE}",
        "JUPYTERHUB_SERVICE_PREFIX": BASE,
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}{BASE}",
        "JUPYTERHUB_USER": "alice",
        **more,
    }
    log = Path(tempfile.mkstemp(prefix="server", suffix=".log")[1])
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, "-I", *program],
            env=environment, cwd=run_dir / "home", stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, **ordinary_user.drop(),
        )  # fmt: skip
    made = Server(f"http://127.0.0.1:{port}{BASE}", process, log)
    try:
        _wait_until_up(made)
        yield made
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        log.unlink(missing_ok=True)


def _wait_until_up(server: Server) -> None:
    end = time.monotonic() + 40
    while time.monotonic() < end:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(server.url + "api", timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{server.log.read_text()[-4000:]}")


def sign_in(server: Server, name: str) -> httpx.Client:
    """Go through the hub's OAuth as a browser does; return its cookies, with the XSRF header of a page's fetch."""
    browser = httpx.Client(base_url=server.url, timeout=30, headers={"Sec-Fetch-Mode": "navigate"})
    redirect = browser.get("lab")
    assert redirect.status_code == 302
    state = dict(pair.split("=", 1) for pair in redirect.headers["location"].split("?", 1)[1].split("&"))["state"]
    browser.get(f"oauth_callback?code={name}&state={state}")
    browser.get("lab")
    browser.headers["Sec-Fetch-Mode"] = "cors"
    browser.headers["Sec-Fetch-Site"] = "same-origin"
    browser.headers["X-XSRFToken"] = browser.cookies.get("_xsrf") or ""
    return browser


@pytest.fixture
def browser(server) -> Iterator[httpx.Client]:
    client = sign_in(server, "alice")
    yield client
    client.close()
