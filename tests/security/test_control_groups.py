"""Control groups of kernels, on the real file system of the kernel (version 2).

Groups are made, entered, left, swept and removed for real. Of limits, those are set for real whose controllers this
machine has in version 2; what is written for memory, tasks and processor: tests/unit/guard/test_kernel_groups.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from blotter_guard.kernel_groups import inside
from blotter_records.control_groups import MARK, ControlGroup, own_group
from persons import until
from security.test_kernel_sandbox import HERE, PATH

pytestmark = pytest.mark.needs_root("only root is given control groups here")

ASKS = """
from blotter_records.control_groups import delegated_group
found = delegated_group("server")
print(found.path if found else "none", open("/proc/self/cgroup").read().rpartition("0::")[2])
"""


def name_of(group: ControlGroup) -> str:
    """Return the group as /proc names it."""
    root = own_group(Path("/proc/1"))
    assert root is not None
    return "/" + str(group.path.relative_to(root.path))


@pytest.fixture
def group():
    """A group that this process may do with as it likes, not marked as delegated."""
    root = own_group(Path("/proc/1"))
    assert root is not None, "this machine has no control groups of version 2"
    made = root.child(f"blotter-test-{os.getpid()}")
    yield made
    until(made.end, 10)


def ask(group: ControlGroup) -> list[str]:
    """Ask, as a process in the group, what is delegated to it, and where it is after that."""
    command = inside(group, [sys.executable, "-I", "-c", ASKS])
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_a_group_that_nobody_delegated_is_left_alone(group):
    assert ask(group) == ["none", name_of(group)]
    assert group.children("") == []


def test_a_delegated_group_is_left_for_a_child(group):
    os.setxattr(group.path, MARK, b"1")
    assert ask(group) == [str(group.path), name_of(group) + "/server"]
    assert group.members() == []


def test_a_delegated_group_with_others_in_it_is_left_alone(group):
    os.setxattr(group.path, MARK, b"1")
    with subprocess.Popen(inside(group, ["/usr/bin/sleep", "600"])) as other:
        until(lambda: other.pid in group.members(), 10)
        assert ask(group) == ["none", name_of(group)]
        assert group.members() == [other.pid]
        other.kill()


def test_a_group_with_processes_gives_its_children_no_limits(group):
    kinds = group.controllers()
    with subprocess.Popen(inside(group, ["/usr/bin/sleep", "600"])) as other:
        until(lambda: other.pid in group.members(), 10)
        if kinds:
            with pytest.raises(OSError, match="busy"):
                group.enable(kinds)
        other.kill()
    until(lambda: not group.members(), 10)
    assert group.enable([*kinds, "no-such"]) == kinds
    assert group.child("k-1").controllers() == kinds
    for file in (group.path / "k-1").glob("*.max"):  # of the kinds that there are: the one before is written again
        if not file.name.startswith("cgroup."):
            ControlGroup(group.path / "k-1").limit({file.name: "0"})
            assert file.read_text() == "0\n"


def test_a_program_that_cannot_enter_its_group_is_not_started(group, tmp_path):
    missing = ControlGroup(group.path / "k-none")
    ran = subprocess.run(inside(missing, ["/usr/bin/touch", str(tmp_path / "ran")]), capture_output=True, check=False)
    assert ran.returncode != 0
    assert not (tmp_path / "ran").exists()


def test_a_group_is_ended_with_everything_below_it(group):
    below = group.child("k-1").child("deeper")
    with subprocess.Popen(inside(below, ["/usr/bin/sleep", "600"])) as other:
        until(below.members, 10)
        assert not group.child("k-1").remove()
        assert other.poll() is None, "removing kills nobody"
        until(group.child("k-1").end, 10)
        assert other.wait(10) == -9


@pytest.fixture
def run_kernels(run_dir, ordinary_user, group):
    """Start the script as a person's server whose group was handed to it; returns the process."""
    group.hand_to(ordinary_user.uid, ordinary_user.gid)
    script = run_dir / "run_in_group.py"
    shutil.copy(HERE / script.name, script)
    started = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        become = ["setpriv", f"--reuid={ordinary_user.uid}", f"--regid={ordinary_user.gid}", "--clear-groups"]
        process = subprocess.Popen(
            inside(group, [*become, sys.executable, "-I", str(script), *arguments]),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=run_dir,
            env={"PATH": PATH, "HOME": str(run_dir / "home"), "BLOTTER_RUN_DIR": str(run_dir)},
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_each_kernel_is_in_a_group_of_its_own_as_long_as_it_lives(group, run_kernels, ordinary_user):
    left = group.child("k-left")  # by a server that ended before its kernel
    left.hand_to(ordinary_user.uid, ordinary_user.gid)
    os.chown(left.path / "cgroup.kill", ordinary_user.uid, ordinary_user.gid)  # as in a group of the user's making
    forgotten = subprocess.Popen(inside(left, ["/usr/bin/sleep", "600"]))
    until(left.members, 10)
    printed, log = run_kernels("-").communicate(timeout=200)
    assert printed, log[-3000:]
    assert forgotten.wait(10) == -9
    said = json.loads(printed.splitlines()[-1])
    here = name_of(group)
    assert said["server"] == here + "/server"
    [first], [second] = said["kernels"]
    assert first.startswith(here + "/k-")
    assert second.startswith(here + "/k-")
    assert len({first, second}) == 2
    assert min(said["tasks"]) >= 2, "bubblewrap and what runs in it"
    assert said["restarted"] == [first]
    assert log.count("Each kernel has a control group") == 1
    assert [child.path.name for child in group.children("")] == ["server"]


def test_groups_of_a_killed_server_are_swept_by_the_next(group, run_kernels, run_dir, ordinary_user):
    ready = run_dir / "ready"
    server = run_kernels(str(ready))
    until(lambda: server.poll() is not None or (ready.exists() and ready.read_text()), 90)
    left = [child.path.name for child in group.children("k-")]
    assert len(left) == 2, server.communicate()[1][-3000:]
    server.kill()
    until(lambda: not any(child.members() for child in group.children("k-")), 20)
    printed, log = run_kernels("-").communicate(timeout=200)
    assert printed, log[-3000:]
    assert group.children("k-") == [], log


def test_without_a_delegated_group_the_server_says_so_once(group, run_kernels):
    os.removexattr(group.path, MARK)
    printed, log = run_kernels("-").communicate(timeout=200)
    assert printed, log[-3000:]
    said = json.loads(printed.splitlines()[-1])
    assert {said["server"], *said["kernels"][0], *said["kernels"][1]} == {name_of(group)}
    assert log.count("No control group is delegated") == 1
