"""Runs attacks on channel `env`: variables that change how a server or a kernel starts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path

from blotter_hub.servers import ALLOWED_VARIABLES
from security.attacking.attack_set import Attack
from security.attacking.outcome import Outcome, short
from security.attacking.target import NOTEBOOK, Target, processes

#: Asks the launcher as the hub would, from a process of the hub's user.
_ASK = """
import json, socket, sys
path, request = json.load(sys.stdin)
launcher = socket.socket(socket.AF_UNIX)
launcher.settimeout(20)
launcher.connect(path)
launcher.sendall(json.dumps(request).encode() + b"\\n")
print(launcher.makefile().readline(), end="")
"""


def run_variable(target: Target, under: Under, attack: Attack) -> Outcome:
    """Ask for a kernel and for a server with a variable; look into those that run and those that were started."""
    name, value = str(attack.payload["var"]), str(attack.payload["value"])
    made = Outcome(f"{name}={short(value, 60)}")
    _by_rest(target, name, value, made)
    _by_launcher(target, name, value, made)
    for process in processes():
        mine = process.environment.get("BLOTTER_RUN_DIR", "").startswith(str(target.system.run))
        if "blotter_guard.kernel" in process.command and "bwrap" not in process.command:
            made.expect(process.environment.get(name) != value, f"a kernel runs with {name}")
            made.expect("TOKEN" not in " ".join(process.environment), "a kernel has a token in its environment")
        elif mine and "<" not in value:
            made.expect(process.environment.get(name) != value, f"a server runs with {name}")
    made.faults += under.faults_of(name, value)
    return made


def _by_rest(target: Target, name: str, value: str, made: Outcome) -> None:
    browser = target.person.browser
    known = {one["id"] for one in browser.get("api/kernels").json()}
    body = {"name": "blotter", "env": {name: value}}
    session = {
        "path": NOTEBOOK,
        "name": NOTEBOOK,
        "type": "notebook",
        "kernel": {"name": "blotter", "env": {name: value}},
    }
    answers = [browser.post("api/kernels", json=body), browser.post("api/sessions", json=session)]
    made.came_back = " ".join(str(answer.status_code) for answer in answers)
    for process in processes():
        if "blotter_guard.kernel" in process.command and "bwrap" not in process.command:
            made.expect(process.environment.get(name) != value, f"a kernel was started with {name}")
    for one in browser.get("api/kernels").json():
        if one["id"] not in known:
            browser.delete(f"api/kernels/{one['id']}")
    made.stopped_at = "kernel manager: ignored"


def _by_launcher(target: Target, name: str, value: str, made: Outcome) -> None:
    """Ask the launcher for a server with the variable, with the rights of the hub itself."""
    if name in ALLOWED_VARIABLES:
        made.stopped_at += " · a server needs it, a kernel never has it"
        return
    request = {"id": 1, "call": "start", "name": f"attack-{uuid.uuid4().hex[:8]}",
               "account": "ACC-000999", "port": _free_port(),
               "variables": {name: value}, "token": "a-token-of-nobody-at-all"}  # fmt: skip
    owner = Path(f"/proc/{target.pids['hub']}").stat().st_uid
    ran = subprocess.run(
        [sys.executable, "-I", "-c", _ASK], text=True, capture_output=True, timeout=60, check=False,
        input=json.dumps([str(target.system.run / "launcher.sock"), request]),
        **({"user": owner} if os.geteuid() == 0 else {}),
    )  # fmt: skip
    answer = json.loads(ran.stdout or "{}")
    made.expect(answer.get("ok") is False, f"the launcher answered {answer} {ran.stderr[-200:]}")
    made.expect("not on the list" in answer.get("error", ""), f"for another reason: {answer}")
    made.came_back += f" · {short(answer.get('error', ''), 80)}"
    made.stopped_at += " · launcher: list of variables"


class Under:
    """What a kernel said of itself that was started by a process with every variable of the set in its environment."""

    def __init__(self, printed: str) -> None:
        self._environment: dict[str, str] = json.loads(printed)

    def faults_of(self, name: str, value: str) -> list[str]:
        """Return whether the variable came through to the kernel."""
        return [f"{name} reached a kernel"] if self._environment.get(name) == value else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
