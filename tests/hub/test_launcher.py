"""The launcher alone: who may ask, what may be asked, who runs as whom, and that nothing outlives hub or launcher.

Only the fixed command is replaced, by one that waits and has a child of its own; the child leaves the server's group
where the variable JUPYTERHUB_SERVER_NAME is set.
"""

from __future__ import annotations

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from persons import until

SLEEPS = "import time; time.sleep(600)"
WAITS = (
    "import os, subprocess, sys; leaves = 'JUPYTERHUB_SERVER_NAME' in os.environ;"
    f"subprocess.Popen([sys.executable, '-c', {SLEEPS!r}], start_new_session=leaves); {SLEEPS}"
)
COMMAND = (sys.executable, "-I", "-c", WAITS)
LAUNCHER = f"from blotter_hub import launcher, servers; servers.COMMAND = {COMMAND!r}; launcher.main()"
TOKEN = "a-session-token-of-somebody"
AS_ROOT = os.geteuid() == 0
#: Of no installation, and of no other run of these tests on this machine.
FIRST = 2_140_000_000 + os.getpid() % 60_000 * 100
LAST = FIRST + 99


def is_listening(path):
    """Tell whether somebody takes connections: the file is there a moment earlier."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


class Caller:
    """A connection to the launcher."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rwb")

    def ask(self, **request):
        self.file.write(json.dumps({"id": 1, **request}).encode() + b"\n")
        self.file.flush()
        return json.loads(self.file.readline())

    def start(self, name="ana", account="ACC-000042", port=20000, token=TOKEN, **variables):
        return self.ask(call="start", name=name, account=account, port=port, variables=variables, token=token)

    def close(self):
        self.file.close()
        self.socket.close()


@pytest.fixture
def run_dir():
    with tempfile.TemporaryDirectory(prefix="bl-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def run_launcher(run_dir, first=FIRST, last=LAST):
    path = run_dir / "launcher.sock"
    return subprocess.Popen(
        [
            *(sys.executable, "-c", LAUNCHER, f"--socket={path}", f"--run-dir={run_dir}", f"--log-dir={run_dir}"),
            *(f"--hub-user={os.getuid()}", f"--first-uid={first}", f"--last-uid={last}"),
        ]
    )


@pytest.fixture
def launcher(run_dir):
    process = run_launcher(run_dir)
    try:
        until(lambda: is_listening(run_dir / "launcher.sock"), 20)
        yield process
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def hub(launcher, run_dir):
    caller = Caller(run_dir / "launcher.sock")
    yield caller
    caller.close()


def family(pid):
    """Return a process and its children that are alive."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, *_ = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in "ZX" and (int(folder.name) == pid or int(parent) == pid):
            found.append(int(folder.name))
    return found


def is_alive(pid):
    return pid in family(pid)


def grown(pid):
    return until(lambda: pids if len(pids := family(pid)) == 2 else None, 10)


def ids_of(pid):
    """Return user ids, group ids and supplementary groups of a process, each as a set."""
    lines = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return [{int(word) for word in lines[name].split()} for name in ("Uid", "Gid", "Groups")]


def test_starts_with_nothing_inherited(hub):
    pid = hub.start(JUPYTERHUB_USER="ana")["value"]
    grown(pid)
    pairs = Path(f"/proc/{pid}/environ").read_bytes().rstrip(b"\0").split(b"\0")
    names = {pair.split(b"=", 1)[0].decode() for pair in pairs}
    assert names - {"LC_CTYPE"} == {
        "BLOTTER_RUN_DIR",
        "BLOTTER_SESSION_TOKEN_FILE",
        "HOME",
        "JUPYTERHUB_USER",
        "LANG",
        "LOGNAME",
        "PATH",
        "TMPDIR",
        "TZ",
        "USER",
    }


@pytest.mark.needs_root("an ordinary user has no other ids to give")
def test_each_account_has_a_user_id_of_its_own_for_good(hub):
    ana = hub.start()["value"]
    max_ = hub.start(name="max", account="ACC-000043")["value"]
    for pid, uid in ((ana, FIRST + 42), (max_, FIRST + 43)):
        for one in grown(pid):
            assert ids_of(one) == [{uid}, {uid}, set()]
        with pytest.raises(KeyError):
            pwd.getpwuid(uid)
    hub.ask(call="stop", name="ana")
    assert ids_of(hub.start()["value"])[0] == {FIRST + 42}


@pytest.mark.needs_root("an ordinary user has no other ids to give")
def test_one_account_has_one_server(hub):
    assert hub.start()["ok"]
    assert "already running as ana" in hub.start(name="anna")["error"]
    assert hub.ask(call="stop", name="ana")["ok"]
    assert hub.start(name="anna")["ok"]


def test_what_is_no_account_is_refused(hub):
    for account in ("", "ACC-000000", "ACC-42", "ACC-00004x", "ACC--00042", "SES-000042", "0", "ACC-000042\n"):
        assert hub.start(account=account)["error"] == "no account was named", account


@pytest.mark.needs_root("an ordinary user has no other ids to give")
def test_an_account_beyond_the_range_is_refused(hub):
    for account in ("ACC-000100", "ACC-999999999999"):
        assert f"no user id for {account}" in hub.start(account=account)["error"]
    assert hub.start(account="ACC-000099")["ok"]


@pytest.mark.needs_root("an ordinary user has no other ids to give")
def test_the_id_of_a_user_of_the_machine_is_refused(run_dir):
    nobody = pwd.getpwnam("nobody").pw_uid
    process = run_launcher(run_dir, nobody - 2, nobody + 5)
    try:
        until(lambda: is_listening(run_dir / "launcher.sock"), 20)
        caller = Caller(run_dir / "launcher.sock")
        assert (
            caller.start(account="ACC-000002")["error"]
            == f"the id {nobody} of ACC-000002 is user nobody on this machine"
        )
        caller.close()
    finally:
        process.terminate()
        process.wait(20)


def test_token_is_in_a_private_file_only(hub):
    pid = hub.start()["value"]
    grown(pid)
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert TOKEN.encode() not in environment
    assert TOKEN.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    pairs = dict(pair.split(b"=", 1) for pair in environment.rstrip(b"\0").split(b"\0"))
    file = Path(pairs[b"BLOTTER_SESSION_TOKEN_FILE"].decode())
    assert file.read_text() == TOKEN
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert pairs[b"BLOTTER_RUN_DIR"].decode() == str(file.parent), "sockets and connection files come into it"
    if AS_ROOT:
        assert {path.stat().st_uid for path in (file.parent, *file.parent.iterdir())} == {FIRST + 42}
        assert {path.stat().st_gid for path in (file.parent, *file.parent.iterdir())} == {FIRST + 42}


def test_stop_ends_the_server_its_children_and_its_files(hub, run_dir):
    pids = grown(hub.start()["value"])
    assert hub.ask(call="poll", name="ana") == {"id": 1, "ok": True, "value": None}
    assert hub.ask(call="stop", name="ana")["ok"]
    until(lambda: not any(is_alive(pid) for pid in pids), 5)
    assert hub.ask(call="poll", name="ana")["value"] == 0
    assert list((run_dir / "n").iterdir()) == []


@pytest.mark.needs_root("to an ordinary user it is one of many processes")
@pytest.mark.parametrize("how", ["stopped", "killed", "hub gone"])
def test_what_left_its_group_is_ended_with_the_server(launcher, run_dir, how):
    hub = Caller(run_dir / "launcher.sock")
    pid = hub.start(JUPYTERHUB_SERVER_NAME="x")["value"]
    other = grown(hub.start(name="max", account="ACC-000043")["value"])
    pids = grown(pid)
    assert {os.getpgid(one) for one in pids} == set(pids), "it has left"
    if how == "stopped":
        assert hub.ask(call="stop", name="ana")["ok"]
    elif how == "killed":
        os.kill(pid, signal.SIGKILL)
    else:
        hub.close()
    until(lambda: not any(is_alive(one) for one in pids), 10)
    if how != "hub gone":
        assert all(is_alive(one) for one in other), "nobody else's"
        hub.close()


def test_hub_that_goes_away_leaves_no_server(launcher, run_dir):
    hub = Caller(run_dir / "launcher.sock")
    pids = grown(hub.start()["value"]) + grown(hub.start(name="max", account="ACC-000043")["value"])
    hub.close()
    until(lambda: not any(is_alive(pid) for pid in pids), 10)
    assert launcher.poll() is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_launcher_that_goes_away_leaves_no_server(launcher, hub, number):
    pid = hub.start()["value"]
    grown(pid)
    launcher.send_signal(number)
    until(lambda: not is_alive(pid), 15)


def test_what_a_killed_launcher_left_is_cleared_at_the_next_start(run_dir):
    left = run_dir / "n" / "s1" / "session_token"
    left.parent.mkdir(parents=True)
    left.write_text(TOKEN)
    process = run_launcher(run_dir)
    try:
        until(lambda: is_listening(run_dir / "launcher.sock"), 20)
        assert not left.parent.exists()
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.needs_root("an ordinary user has no other ids to give")
def test_processes_that_outlived_a_killed_launcher_are_ended_at_the_next_start(run_dir):
    code = [sys.executable, "-I", "-c", SLEEPS]
    left = subprocess.Popen(code, user=FIRST + 7, group=FIRST + 7, extra_groups=[])
    not_ours = subprocess.Popen(code, user=LAST + 1, group=LAST + 1, extra_groups=[])
    process = run_launcher(run_dir)
    try:
        assert left.wait(20) == -signal.SIGKILL
        until(lambda: is_listening(run_dir / "launcher.sock"), 20)
        assert not_ours.poll() is None
    finally:
        process.terminate()
        process.wait(20)
        not_ours.kill()
        not_ours.wait(20)


def test_server_that_ends_by_itself_is_known(hub):
    pid = hub.start()["value"]
    pids = grown(pid)
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: hub.ask(call="poll", name="ana")["value"], 5) == -signal.SIGKILL
    until(lambda: not any(is_alive(pid) for pid in pids), 5)
    assert hub.start()["ok"], "and it can be started again"


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "-x", "x" * 200, "a\n"])
def test_strange_name_is_refused(hub, name):
    assert "name" in hub.start(name=name)["error"]


@pytest.mark.parametrize(
    "variable", ["LD_PRELOAD", "PYTHONPATH", "PATH", "HOME", "USER", "BLOTTER_RUN_DIR", "BLOTTER_SESSION_TOKEN_FILE"]
)
def test_variable_that_is_not_listed_is_refused(hub, variable):
    assert variable in hub.start(**{variable: "x"})["error"]


def test_other_requests_are_refused(hub):
    assert not hub.ask(call="run", name="ana", command=["/bin/sh"])["ok"]
    assert not hub.start(token="short")["ok"]
    assert not hub.start(port=80)["ok"]
    assert not hub.ask(call="start", name="ana")["ok"]
    hub.start()
    assert "already" in hub.start()["error"]


@pytest.mark.needs_root("an ordinary user has no second one")
def test_another_user_is_not_answered(launcher, run_dir):
    (run_dir / "launcher.sock").chmod(0o777)  # even if the file's mode allowed it
    code = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
        's.sendall(b\'{"id": 1, "call": "poll", "name": "ana"}\\n\'); print(s.recv(100))'
    )
    asked = subprocess.run(
        [sys.executable, "-I", "-c", code, str(run_dir / "launcher.sock")],
        user="nobody",
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert '"ok"' not in asked.stdout
    assert launcher.poll() is None


@pytest.mark.needs_root("it is about root")
@pytest.mark.parametrize("ids", [[], ["0", "99"], ["-1", "99"], ["500", "2000"], ["2100000000", "2100000000"]])
def test_never_runs_servers_as_root_or_as_the_system(run_dir, ids):
    refused = subprocess.run(
        [
            *(sys.executable, "-I", "-m", "blotter_hub.launcher", f"--socket={run_dir}/l.sock"),
            *(f"--run-dir={run_dir}", "--hub-user=0"),
            *(f"--{name}-uid={uid}" for name, uid in zip(("first", "last"), ids, strict=False)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert refused.returncode == 2
    assert "never run as root" in refused.stderr or "not a range of user ids for people" in refused.stderr
