"""``blotter up`` and ``blotter down`` on the real system: every process starts, comes back, and ends."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from blotter_records.adapters.processes import descendants
from blotter_records.contract.trail import TrailQuestion
from persons import HubPerson, until
from systems import BLOTTER, blotter, logs, new_data_folder, remove, start, status, stop

PARTS = ["postgres", "housekeeper", "sequencer", "records", "launcher", "hub"]
OWNERS = {
    "postgres": "blotter-db",
    "records": "blotter-records",
    "sequencer": "blotter-sequencer",
    "housekeeper": "blotter-records",
    "launcher": "root",
    "hub": "blotter-hub",
}


@pytest.fixture(scope="module")
def system():
    """A system of this module's own: its tests kill parts of it."""
    data = new_data_folder()
    try:
        yield start(data)
    finally:
        remove(data)


def processes_of(data):
    """Return the pids of the supervisor and of everything below it."""
    supervisor = status(data)["supervisor"]
    return [supervisor, *descendants(supervisor)]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_everything_runs_and_is_healthy(system):
    found = system.status()
    assert list(found["processes"]) == PARTS
    assert found["is_healthy"]
    assert found["health"] == {"records": True, "hub": True, "database": True}
    assert found["is_demo"]
    assert found["is_evaluation"] == (os.geteuid() != 0)


@pytest.mark.needs_root("an evaluation has one user")
def test_each_part_runs_as_its_own_user(system):
    pids = {name: system.pid(name) for name in PARTS}
    owners = {name: pwd.getpwuid(Path(f"/proc/{pid}").stat().st_uid).pw_name for name, pid in pids.items()}
    assert owners == OWNERS


def test_no_secret_is_in_arguments_environment_or_logs(system):
    secrets = {path.name: path.read_bytes() for path in (system.data / "secrets").iterdir()}
    secrets |= {role: password.encode() for role, (_, password) in system.accounts.items()}
    public = {path.name: path.read_bytes() for path in (system.data / "logs").iterdir()}
    for pid in processes_of(system.data):
        if is_alive(pid):
            public[f"arguments of {pid}"] = Path(f"/proc/{pid}/cmdline").read_bytes()
            public[f"environment of {pid}"] = Path(f"/proc/{pid}/environ").read_bytes()
    public["state.json"] = (system.data / "state.json").read_bytes()
    seen = [(name, place) for name, secret in secrets.items() for place, text in public.items() if secret in text]
    assert seen == []


def test_secrets_are_0600(system):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (system.data / "secrets").iterdir()}
    assert set(modes.values()) == {0o600}


def test_only_loopback_is_listened_on(system):
    inodes = set()
    for pid in processes_of(system.data):
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                inodes.add(str(link.readlink()))
            except OSError:
                continue
    listening = []
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                listening.append(fields[1].rpartition(":")[0])
    assert len(listening) >= 3
    assert set(listening) <= {"0100007F", "00000000000000000000000001000000"}, listening


def test_the_running_system_verifies(system):
    verified = blotter("verify", "--data", str(system.data))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stdout.startswith("verified: ")
    assert int(verified.stdout.split()[1]) > 0


def test_a_changed_file_is_named(system):
    file = next(path for path in (system.data / "store").rglob("*") if path.is_file())
    content = file.read_bytes()
    mode = stat.S_IMODE(file.stat().st_mode)
    file.chmod(0o600)
    file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    try:
        verified = blotter("verify", "--data", str(system.data))
    finally:
        file.write_bytes(content)
        file.chmod(mode)
    assert verified.returncode == 1
    faults = verified.stdout.splitlines()
    assert len(faults) == 2
    assert file.name in faults[0]
    assert faults[1].startswith("NOT VERIFIED: 1 fault; ")


def test_the_first_person_is_added_by_the_command_line_only_where_that_is_allowed(system):
    """The demo has its two managers, so the command line may add nobody: four eyes from then on."""
    add = blotter(
        "users",
        "add",
        "eve",
        "--name",
        "Eve",
        "--role",
        "system_manager",
        "--reason",
        "x",
        "--identity",
        "passport",
        "--document",
        "P1",
        "--data",
        str(system.data),
    )
    assert add.returncode == 1
    assert len(add.stderr.splitlines()) == 1


def test_a_second_up_says_that_it_runs(system):
    second = blotter("up", "--data", str(system.data), "--demo", "--port", "0")
    assert second.returncode == 1
    assert second.stderr.startswith(f"blotter: it is running already at {system.url}.")
    assert len(second.stderr.splitlines()) == 1


@pytest.mark.parametrize("part", ["records", "sequencer", "housekeeper", "postgres", "launcher", "hub"])
def test_a_killed_part_comes_back(system, part):
    killed = system.pid(part)
    os.kill(killed, signal.SIGKILL)
    until(
        lambda: (found := system.status())["is_healthy"] and found["processes"][part]["pid"] != killed,
        60,
        lambda: json.dumps(system.status()["processes"]) + logs(system.data),
    )
    said = (system.data / "logs" / "supervisor.log").read_text()
    assert f"blotter: {part} ended (killed by SIGKILL); starting it again" in said


def test_a_taken_port_is_named_before_anything_starts(system):
    taken = int(system.url.rpartition(":")[2])
    other = new_data_folder()
    try:
        up = blotter("up", "--data", str(other), "--demo", "--port", str(taken))
        assert up.returncode == 1
        assert up.stderr == (f"blotter: port {taken} is taken. Stop what uses it, or name another one with --port.\n")
        assert list(other.iterdir()) == []
    finally:
        shutil.rmtree(other)


@pytest.mark.needs_root("only root gives people's servers user ids")
def test_user_ids_of_somebody_are_named_before_anything_starts():
    other = new_data_folder()
    nobody = pwd.getpwnam("nobody").pw_uid
    ids = f"{nobody - 4}-{nobody}"
    try:
        up = blotter("up", "--data", str(other), "--demo", "--detach", "--port", "0", "--uids", ids)
        assert up.returncode == 1
        said = (
            f"the id {nobody} belongs to the user nobody, and {ids} are to be nobody's. Name another range with --uids"
        )
        assert up.stderr.startswith(f"blotter: {said}")
        assert len(up.stderr.splitlines()) == 1
        assert list(other.iterdir()) == []
    finally:
        shutil.rmtree(other)


def test_down_leaves_no_process_no_socket_and_the_data(system):
    """Last of this module's tests on ``system``: it ends and starts it."""
    before = status(system.data)
    pids = processes_of(system.data)
    knock_three_times(system)
    stop(system.data)
    assert [pid for pid in pids if is_alive(pid)] == []
    assert [path for path in system.run.rglob("*") if path.is_socket()] == []
    for name in ("url", "signing_url"):
        host, port = before[name].removeprefix("http://").split(":")
        with socket.socket() as probe:
            assert probe.connect_ex((host, int(port))) != 0

    verified = blotter("verify", "--data", str(system.data))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stdout.startswith("verified: ")

    again = start(system.data)
    after = again.status()
    assert after["installation"] == before["installation"]
    assert again.accounts == system.accounts
    assert counts_of_refusals(again) == [1, 2], "what the hub had counted is written before it stops"


def knock_three_times(system):
    """Be refused by the hub three times at a closed door."""
    with HubPerson(system.url) as somebody:
        assert somebody.sign_in(*system.accounts["reviewer"]).status_code == 302
        assert [somebody.get("/hub/admin").status_code for _ in range(3)] == [403, 403, 403]


def counts_of_refusals(system):
    """Return how many refusals of the hub each entry stands for."""
    asked = TrailQuestion(who=system.accounts["reviewer"][0], action=["action.refused"])
    with system.client(*system.accounts["auditor"]) as auditor:
        return [entry.new["count"] for entry in auditor.user_trail(asked=asked).entries]


def test_parts_left_by_a_killed_supervisor_are_ended_by_the_next_up(system):
    """Also after the test above: the supervisor is killed with -9, nothing has been stopped in order."""
    before = status(system.data)
    pids = processes_of(system.data)
    os.kill(before["supervisor"], signal.SIGKILL)
    until(lambda: not status(system.data)["is_running"], 10, lambda: "the supervisor lives")
    again = start(system.data)
    assert again.status()["is_healthy"]
    assert not set(pids) & set(processes_of(system.data))
    assert [pid for pid in pids if is_alive(pid)] == []


def test_ctrl_c_stops_everything():
    data = new_data_folder()
    process = subprocess.Popen(
        [*BLOTTER, "up", "--data", str(data), "--demo", "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "Stop " in line:
                break
        panel = "".join(said)
        assert "Blotter is ready" in panel
        assert "http://localhost:" in panel
        assert str(data) in panel
        pids = [process.pid, *descendants(process.pid)]
        assert len(pids) > len(PARTS)
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        assert rest.splitlines()[-1] == "blotter: stopped"
        assert process.returncode == 0
        assert [pid for pid in pids if is_alive(pid)] == []
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
        remove(data)


@pytest.mark.needs_root("the whole module runs as an ordinary user already")
def test_an_ordinary_user_gets_an_evaluation(tmp_path):
    """The same commands as `nobody`: one user for everything, and it says so."""
    data = new_data_folder()
    nobody = pwd.getpwnam("nobody")
    os.chown(data, nobody.pw_uid, nobody.pw_gid)

    def as_nobody(*arguments):
        return subprocess.run(
            [sys.executable, "-I", "-m", "blotter_records.cli", *arguments, "--data", str(data)],
            env={"PATH": os.environ["PATH"], "HOME": str(data)},
            cwd="/",
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    try:
        refused = as_nobody("up", "--demo", "--detach", "--port", "0", "--uids", "20000-29999")
        assert refused.stderr.startswith("blotter: only root gives people's servers user ids of their own.")
        up = as_nobody("up", "--demo", "--detach", "--port", "0")
        assert up.returncode == 0, up.stdout + up.stderr + logs(data)
        assert "EVALUATION" in up.stdout
        found = json.loads(as_nobody("status", "--json").stdout)
        assert found["is_healthy"]
        assert found["is_evaluation"]
        owners = {Path(f"/proc/{process['pid']}").stat().st_uid for process in found["processes"].values()}
        assert owners == {nobody.pw_uid}
        down = as_nobody("down")
        assert down.returncode == 0, down.stderr
    finally:
        as_nobody("down")
        shutil.rmtree(found["run"], ignore_errors=True)
        shutil.rmtree(data)
