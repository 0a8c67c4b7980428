"""Two people at work: each one's server and kernels run under a user id of their own, and reach nothing of the other's.

What is tried, is tried by a process that has the one's user id, as somebody would who has taken over that server. Each
attempt is also made by the owner, so that none fails for another reason.
"""

from __future__ import annotations

import os
import pwd
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from persons import until
from security.attacking.exchange import through_the_gate
from security.attacking.raw_frames import content, v1
from security.attacking.target import at_work

pytestmark = pytest.mark.needs_root("in an evaluation everything runs as one user")

#: Prints the name of the error that came of it, or that it was done.
TRIES = """
import ctypes, os, socket, sys
given = sys.argv[1:]
try:
    {}
except OSError as error:
    print(type(error).__name__)
else:
    print("done")
"""
PTRACE_SEIZE = 0x4206
SEIZES = (
    "libc = ctypes.CDLL(None, use_errno=True);"
    f"failed = libc.ptrace({PTRACE_SEIZE}, int(given[0]), None, None);"
    "exec(\"if failed: raise OSError(ctypes.get_errno(), 'ptrace')\")"
)
READS, LISTS, CONNECTS = (
    "open(given[0], 'rb').read(1)",
    "os.listdir(given[0])",
    "socket.socket(socket.AF_UNIX).connect(given[0])",
)


@pytest.fixture(scope="module")
def people(running_system):
    """Two people with a server and a kernel each."""
    both = [at_work(running_system, role) for role in ("analyst", "supervisor")]
    for one in both:
        one.start_kernel()
        until(lambda one=one: one.kernel_process, 30)
    yield both
    for one in both:
        one.browser.close()
        one.hub.http.close()


def folder_of(person):
    """Return the folder that the launcher made for a person's server."""
    return Path(person.server.environment["BLOTTER_RUN_DIR"])


def records_socket(person):
    [found] = (folder_of(person) / "r").glob("*.sock")
    return found


def kernel_sockets(person):
    return sorted((person.connection_file.parent / "s").iterdir())


def uid_of(person):
    return ids_of(person.server.pid)["Uid"]


def ids_of(pid):
    """Return user id, group id and groups of a process; the four ids of each kind must be one."""
    lines = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    [uid], [gid] = (set(lines[name].split()) for name in ("Uid", "Gid"))
    return {"Uid": int(uid), "Gid": int(gid), "Groups": lines["Groups"].split()}


def attempt(uid, code, *given):
    """Try something as a user id; returns the name of the error, or ``done``."""
    ran = subprocess.run(
        [sys.executable, "-I", "-c", TRIES.format(code), *map(str, given)],
        user=uid, group=uid, extra_groups=[], cwd="/", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_each_has_a_user_id_of_the_account_for_server_and_kernel(people, running_system):
    launcher = Path(f"/proc/{running_system.pid('launcher')}/cmdline").read_text()
    first = int(re.search(r"--first-uid=(\d+)", launcher)[1])
    with pytest.raises(KeyError):
        pwd.getpwuid(first)
    for person in people:
        with person.client as client:
            number = int(client.session().account.removeprefix("ACC-"))
        for pid in (person.server.pid, person.kernel_process.pid):
            assert ids_of(pid) == {"Uid": first + number, "Gid": first + number, "Groups": []}
    assert uid_of(people[0]) != uid_of(people[1])


TRIED = {
    "token": (READS, lambda one: one.server.environment["BLOTTER_SESSION_TOKEN_FILE"]),
    "environment of the server": (READS, lambda one: f"/proc/{one.server.pid}/environ"),
    "open files of the server": (LISTS, lambda one: f"/proc/{one.server.pid}/fd"),
    "home": (LISTS, lambda one: one.server.environment["HOME"]),
    "folder": (LISTS, folder_of),
    "connection file": (READS, lambda one: one.connection_file),
    "kernel's socket": (CONNECTS, lambda one: kernel_sockets(one)[0]),
    "records socket": (CONNECTS, records_socket),
    "signal to the server": ("os.kill(int(given[0]), 0)", lambda one: one.server.pid),
    "signal to the kernel": ("os.kill(int(given[0]), 0)", lambda one: one.kernel_process.pid),
}


@pytest.mark.parametrize("what", TRIED)
def test_the_one_reaches_nothing_of_the_other(people, what):
    code, place = TRIED[what]
    for owner, other in (people, people[::-1]):
        assert attempt(uid_of(owner), code, place(owner)) == "done", "the owner may"
        assert attempt(uid_of(other), code, place(owner)) == "PermissionError"


def test_the_one_cannot_look_into_the_memory_of_the_other(people):
    """Here the owner is not asked: some machines (Yama) let nobody trace a process but its parent."""
    one, other = people
    assert attempt(uid_of(other), "open(given[0], 'rb')", f"/proc/{one.server.pid}/mem") == "PermissionError"
    assert attempt(uid_of(other), SEIZES, one.server.pid) == "PermissionError"


def test_nobody_sees_the_names_of_the_folders(people, running_system):
    for folder in (running_system.run.parent, running_system.run, running_system.run / "n"):
        assert attempt(uid_of(people[0]), LISTS, folder) == "PermissionError"


def test_the_secrets_of_the_installation_are_out_of_reach(people, running_system):
    uid, data, run = uid_of(people[0]), running_system.data, running_system.run
    for secret in (data / "secrets").iterdir():
        assert attempt(uid, READS, secret) == "PermissionError", secret
    for folder in ("secrets", "postgres", "store", "hub", "logs"):
        assert attempt(uid, LISTS, data / folder) == "PermissionError", folder
    for place in (run / "launcher.sock", run / "pg" / ".s.PGSQL.5432"):
        assert attempt(uid, CONNECTS, place) == "PermissionError", place
    for name, part in running_system.status()["processes"].items():
        assert attempt(uid, READS, f"/proc/{part['pid']}/environ") == "PermissionError", name
        assert attempt(uid, "os.kill(int(given[0]), 0)", part["pid"]) == "PermissionError", name


def test_both_work_a_widget_shows(people):
    for person in people:
        came = through_the_gate(person, [v1(body=content("ImageBrowser()"))])
        [opened] = [one["content"] for one in came.messages if one["msg_type"] == "comm_open"]
        assert opened["data"]["state"]["view"]["state"] == "ready"
        assert [one for one in came.messages if one["msg_type"] == "display_data"]


def test_sockets_are_the_persons_alone(people):
    """Whatever the folder above allows."""
    for socket_file in (records_socket(people[1]), *kernel_sockets(people[1])):
        about = socket_file.lstat()
        assert about.st_uid == uid_of(people[1])
        assert about.st_mode & 0o077 == 0, oct(about.st_mode)


def test_a_server_that_is_killed_leaves_nothing_and_comes_back_under_the_same_id(people):
    """Last: it ends what the tests above look at."""
    one, other = people
    uid, folder, kernel, pid = uid_of(one), folder_of(one), one.kernel_process.pid, one.server.pid
    left = subprocess.Popen(
        [sys.executable, "-I", "-c", "import time; time.sleep(600)"],
        user=uid, group=uid, extra_groups=[], start_new_session=True,
    )  # fmt: skip
    os.kill(pid, signal.SIGKILL)
    assert left.wait(20) == -signal.SIGKILL, "whatever runs under the id of an ended server is ended"
    until(lambda: not folder.exists() and not Path(f"/proc/{kernel}").exists(), 20)
    assert other.kernel_process, "nobody else's"
    until(lambda: one.hub.get(f"/user/{one.user_name}/api").status_code != 503, 30)  # the hub has seen it, too
    one.hub.open_server(one.user_name)
    assert one.server.pid != pid
    assert uid_of(one) == uid
