"""What is read about control groups, and what is written as limits.

A folder stands for the kernel's file system here, only because few machines that run tests have these controllers in
version 2; groups on the real one: tests/security/test_control_groups.py.
"""

from __future__ import annotations

import pytest
from blotter_guard import kernel_groups
from blotter_guard.sandbox import SandboxUnavailable
from blotter_records.control_groups import ControlGroup, own_group


@pytest.fixture
def group(tmp_path):
    """A folder with the files that a delegated group has, and a child of each name that is asked for."""
    for name, text in {"cgroup.controllers": "cpuset cpu io memory hugetlb pids", "cgroup.subtree_control": ""}.items():
        (tmp_path / name).write_text(text)
    kernel = tmp_path / "k-abc"
    kernel.mkdir()
    return ControlGroup(tmp_path)


def give(folder, *names):
    for name in names:
        (folder / name).write_text("")


TWO = "31 23 0:28 / {} rw shared:4 - cgroup2 cgroup2 rw\n"
FILES = ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.max")


def test_a_kernel_gets_the_limits_that_are_granted(group, monkeypatch):
    monkeypatch.setattr(ControlGroup, "children", lambda *_: [])  # a folder with files cannot be swept as a group
    give(group.path / "k-abc", *FILES)
    made = kernel_groups.KernelGroups(group)
    assert made.granted == {"cpu", "memory", "pids"}
    kernel = made.make("abc")
    assert kernel is not None
    assert {name: (kernel.path / name).read_text() for name in FILES} == {
        "memory.max": "2147483648", "memory.swap.max": "0", "memory.oom.group": "1", "pids.max": "256",
        "cpu.max": "100000 100000",
    }  # fmt: skip


def test_a_limit_that_is_granted_and_cannot_be_set_starts_no_kernel(group, monkeypatch):
    monkeypatch.setattr(ControlGroup, "children", lambda *_: [])
    give(group.path / "k-abc", *(name for name in FILES if name != "pids.max"))
    with pytest.raises(SandboxUnavailable, match="control group"):
        kernel_groups.KernelGroups(group).make("abc")


def test_a_machine_without_swap_has_no_such_limit(group, monkeypatch):
    monkeypatch.setattr(ControlGroup, "children", lambda *_: [])
    give(group.path / "k-abc", *(name for name in FILES if name != "memory.swap.max"))
    assert kernel_groups.KernelGroups(group).make("abc") is not None
    assert not (group.path / "k-abc" / "memory.swap.max").exists()


def test_only_what_is_granted_is_limited(group, monkeypatch):
    monkeypatch.setattr(ControlGroup, "children", lambda *_: [])
    (group.path / "cgroup.controllers").write_text("pids")
    give(group.path / "k-abc", "pids.max")
    made = kernel_groups.KernelGroups(group)
    assert made.granted == {"pids"}
    assert made.make("abc") is not None
    assert sorted(path.name for path in (group.path / "k-abc").iterdir()) == ["pids.max"]


@pytest.mark.parametrize(
    ("cgroup", "mountinfo", "below"),
    [
        ("0::/system.slice/blotter.service\n", TWO, "system.slice/blotter.service"),
        ("4:memory:/x\n0::/a\n", "31 23 0:9 / /m rw - cgroup cgroup rw,memory\n" + TWO, "a"),
        ("0::/\n", TWO, "."),
        ("0::/docker/1/a\n", "31 23 0:28 /docker/1 {} rw - cgroup2 c rw\n", "a"),
        ("0::/elsewhere\n", "31 23 0:28 /docker/1 {} rw - cgroup2 c rw\n", None),
        ("0::/gone\n", TWO, None),
        ("4:memory:/x\n", TWO, None),
        ("0::/a\n", "31 23 0:28 / {} rw - tmpfs tmpfs rw\n", None),
    ],
)  # fmt: skip
def test_the_own_group_is_found_where_version_2_is_mounted(tmp_path, cgroup, mountinfo, below):
    mount = tmp_path / "the mount"
    for name in ("system.slice/blotter.service", "a"):
        (mount / name).mkdir(parents=True)
    process = tmp_path / "process"
    process.mkdir()
    (process / "cgroup").write_text(cgroup)
    (process / "mountinfo").write_text(mountinfo.format(str(mount).replace(" ", r"\040")))
    found = own_group(process)
    assert found == (None if below is None else ControlGroup(mount / below))


def test_a_process_that_is_gone_has_no_group(tmp_path):
    assert own_group(tmp_path / "none") is None
