"""What is attacked: a whole running system, two people with servers and kernels of their own, and a manager."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from blotter_records.client import RecordsClient
from persons import HubPerson, until
from systems import RunningSystem

NOTEBOOK = "Quantify a gel.ipynb"


@dataclass(frozen=True)
class Process:
    """A process of the system, as the machine shows it to root (or to the user that runs everything)."""

    pid: int
    command: list[str]
    environment: dict[str, str]
    parent: int


def processes() -> list[Process]:
    """Return the processes that can be looked into."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            environment = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        pairs = dict(pair.split("=", 1) for pair in environment if "=" in pair)
        found.append(Process(int(folder.name), command, pairs, parent))
    return found


@dataclass
class AtWork:
    """A person with a browser, a server and a kernel."""

    system: RunningSystem
    user_name: str
    password: str
    hub: HubPerson
    browser: httpx.Client
    kernel: str = ""
    connection_file: Path = Path()

    @property
    def server(self) -> Process:
        """The process of the person's server."""
        mine = [
            one
            for one in processes()
            if one.environment.get("JUPYTERHUB_USER") == self.user_name
            and one.environment.get("BLOTTER_RUN_DIR", "").startswith(str(self.system.run))
        ]
        return min(mine, key=lambda one: one.pid)

    @property
    def client(self) -> RecordsClient:
        """The records API with the token of the person's own server."""
        token = Path(self.server.environment["BLOTTER_SESSION_TOKEN_FILE"]).read_text().strip()
        return RecordsClient(self.system.signing_url, token=token)

    @property
    def kernel_process(self) -> Process:
        """The kernel itself, inside the sandbox."""
        wanted = str(self.connection_file)
        return max(
            (one for one in processes() if "blotter_guard.kernel" in one.command and wanted in one.command),
            key=lambda one: one.pid,
        )

    def start_kernel(self, **body: Any) -> None:
        """Start a kernel for the first notebook; keeps its id and its connection file."""
        run_dir = Path(self.server.environment["BLOTTER_RUN_DIR"]) / "k"
        before = set(run_dir.glob("*/c.json"))
        given = {"path": NOTEBOOK, "name": NOTEBOOK, "type": "notebook", "kernel": {"name": "blotter"}, **body}
        answer = self.browser.post("api/sessions", json=given)
        assert answer.status_code == 201, answer.text
        self.kernel = answer.json()["kernel"]["id"]
        made = set(run_dir.glob("*/c.json")) - before
        if made:  # a session that was there keeps its kernel
            [self.connection_file] = made

    def stop_kernels(self) -> None:
        """End every kernel."""
        for one in self.browser.get("api/sessions").json():
            self.browser.delete(f"api/sessions/{one['id']}")
        for one in self.browser.get("api/kernels").json():
            self.browser.delete(f"api/kernels/{one['id']}")

    def heartbeat(self) -> None:
        """Give input, as somebody at the keyboard."""
        answer = self.browser.post("blotter/heartbeat")
        assert answer.is_success, answer.text


def at_work(system: RunningSystem, role: str) -> AtWork:
    """Sign somebody in and start the server."""
    user_name, password = system.accounts[role]
    hub = HubPerson(system.url)
    assert hub.sign_in(user_name, password).status_code == 302
    hub.open_server(user_name)
    base = f"/user/{user_name}/"
    browser = httpx.Client(base_url=system.url + base, timeout=60, trust_env=False)
    for cookie in hub.http.cookies.jar:
        if cookie.path in ("/", base):
            browser.cookies.set(cookie.name, cookie.value or "", path=cookie.path)
    browser.headers.update(
        {
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Site": "same-origin",
            "X-XSRFToken": hub.cookie("_xsrf", base),
        }
    )
    return AtWork(system, user_name, password, hub, browser)


@dataclass
class Target:
    """The running system and who is at work in it."""

    system: RunningSystem
    person: AtWork
    other: AtWork
    manager: HubPerson
    #: Process ids of the system's parts: records, hub and others.
    pids: dict[str, int]
    first_entry: int = 0
    #: Records that the runners made themselves, so that they are not counted as an attack's.
    own_work: list[str] = field(default_factory=list)

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the trail's entries as stored, oldest first, with their row id as ``row``."""
        with self.system.superuser() as superuser:
            rows = superuser.execute("SELECT id, entry FROM audit.entry WHERE id > %s ORDER BY id", [after]).fetchall()
        return [{**json.loads(text), "row": row} for row, text in rows]

    def newest(self) -> int:
        """Return the row id of the newest entry."""
        with self.system.superuser() as superuser:
            [(newest,)] = superuser.execute("SELECT coalesce(max(id), 0) FROM audit.entry")
        return int(newest)

    def logs(self) -> str:
        """Return everything that the processes logged."""
        return "\n".join(path.read_text(errors="replace") for path in sorted((self.system.data / "logs").glob("*.log")))

    def close(self) -> None:
        """Close what is open."""
        for one in (self.person, self.other):
            one.browser.close()
            one.hub.http.close()
        self.manager.http.close()


def open_target(system: RunningSystem) -> Target:
    """Sign three people in; two of them start a server and a kernel."""
    person, other = at_work(system, "analyst"), at_work(system, "supervisor")
    manager = HubPerson(system.url)
    assert manager.sign_in(*system.accounts["system_manager"]).status_code == 302
    for one in (person, other):
        one.start_kernel()
        until(lambda one=one: one.kernel_process, 30)
    pids = {name: int(one["pid"]) for name, one in system.status()["processes"].items()}
    made = Target(system, person, other, manager, pids)
    made.first_entry = made.newest()
    return made
