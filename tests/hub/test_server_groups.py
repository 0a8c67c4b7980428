"""The launcher in a delegated control group (the real file system): a group for each server, handed to its user."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from blotter_records.control_groups import SERVICES, ControlGroup, delegated_group, own_group
from hub.test_launcher import FIRST, LAST, LAUNCHER, Caller, grown, is_alive, is_listening
from persons import until

pytestmark = pytest.mark.needs_root("only root is given control groups here")

#: What `blotter up` does before it starts anything.
LEAVES = f"from blotter_records.control_groups import delegated_group; delegated_group({SERVICES!r})\n"


def group_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cgroup").read_text().rpartition("0::")[2].strip()


@pytest.fixture
def group():
    """A group that was delegated to root, as systemd does it for a unit with ``Delegate=yes``."""
    root = own_group(Path("/proc/1"))
    assert root is not None, "this machine has no control groups of version 2"
    made = root.child(f"blotter-unit-{os.getpid()}")
    made.hand_to(0, 0)
    yield made
    until(made.end, 10)


@pytest.fixture
def run_dir():
    with tempfile.TemporaryDirectory(prefix="bl-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def launcher(run_dir, group):
    path = run_dir / "launcher.sock"
    enter = f"echo 0 > {group.path}/cgroup.procs"
    arguments = [
        f"--socket={path}",
        f"--run-dir={run_dir}",
        "--hub-user=0",
        f"--first-uid={FIRST}",
        f"--last-uid={LAST}",
    ]
    words = ["/bin/sh", "-c", f'{enter} && exec "$@"', "sh", sys.executable, "-c", LEAVES + LAUNCHER, *arguments]
    with subprocess.Popen(words) as process:
        until(lambda: is_listening(path), 60)
        yield process
        process.terminate()


@pytest.fixture
def hub(launcher, run_dir):
    caller = Caller(run_dir / "launcher.sock")
    yield caller
    caller.close()


def servers(group: ControlGroup) -> list[ControlGroup]:
    return group.children("n-")


def test_each_server_has_a_group_that_its_user_may_divide(group, launcher, hub):
    pid = hub.start()["value"]
    [made] = servers(group)
    unit = "/" + group.path.name
    assert group_of(launcher.pid) == f"{unit}/{SERVICES}"
    assert {group_of(member) for member in grown(pid)} == {f"{unit}/{made.path.name}"}
    user = FIRST + 42
    for path in (made.path, made.path / "cgroup.procs", made.path / "cgroup.subtree_control"):
        assert path.stat().st_uid == user
    assert (group.path / "cgroup.procs").stat().st_uid == 0, "it cannot move out of its group"
    assert (made.path / "cgroup.type").stat().st_uid == 0
    assert made.is_delegated()


def test_a_group_ends_with_its_server(group, hub):
    people = {"ana": "ACC-000042", "max": "ACC-000043"}
    first, second = (grown(hub.start(name=name, account=account)["value"]) for name, account in people.items())
    assert len(servers(group)) == 2
    hub.ask(call="stop", name="ana")
    until(lambda: len(servers(group)) == 1, 10)
    os.kill(second[0], signal.SIGKILL)
    until(lambda: servers(group) == [], 10)
    until(lambda: not any(is_alive(pid) for pid in (*first, *second)), 10)


def test_groups_of_a_killed_launcher_are_removed_by_the_next(group, launcher, hub, run_dir):
    hub.start()
    launcher.kill()
    launcher.wait(10)
    until(lambda: not any(made.members() for made in servers(group)), 10)
    assert len(servers(group)) == 1
    looks = "import sys; from blotter_hub.server_groups import ServerGroups; ServerGroups()"
    enter = f"echo 0 > {group.path}/{SERVICES}/cgroup.procs"
    subprocess.run(["/bin/sh", "-c", f'{enter} && exec "$@"', "sh", sys.executable, "-c", looks], check=True)
    assert servers(group) == []


def test_this_process_is_delegated_nothing():
    assert delegated_group(SERVICES) is None
