"""Two people at work: each one's server and kernels run under a user id of their own, and reach nothing of the other's.

What is tried, is tried by a process that has the one's user id, as somebody would who has taken over that server. Each
attempt is also made by the owner, so that none fails for another reason.
"""

from __future__ import annotations

import json
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

#: Prints of each attempt the name of the error that came of it, or that it was done.
TRIES = """
import ctypes, json, os, socket, sys
for code, given in json.load(sys.stdin):
    try:
        exec(code)
    except OSError as error:
        print(type(error).__name__)
    else:
        print("done")
"""
PTRACE_SEIZE = 0x4206
SEIZES = (
    "libc = ctypes.CDLL(None, use_errno=True);"
    f"failed = libc.ptrace({PTRACE_SEIZE}, int(given), None, None)\n"
    "if failed: raise OSError(ctypes.get_errno(), 'ptrace')"
)
READS, LISTS = "open(given, 'rb').read(1)", "os.listdir(given)"
CONNECTS, SIGNALS = "socket.socket(socket.AF_UNIX).connect(given)", "os.kill(int(given), 0)"


@pytest.fixture(scope="module")
def people(running_system):
    """Two people with a server and a kernel each."""
    both = [at_work(running_system, role) for role in ("analyst", "supervisor")]
    for one in both:
        one.start_kernel()
        until(lambda one=one: one.kernel_process, 30)
    yield both
    for one in both:
        one.hub.get("/hub/logout")
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


def attempt(uid, tries):
    """Try things, ``name: (code, given)``, as a user id; returns the name of the error, or ``done``, of each."""
    ran = subprocess.run(
        [sys.executable, "-I", "-c", TRIES],
        input=json.dumps([(code, str(given)) for code, given in tries.values()]), text=True,
        user=uid, group=uid, extra_groups=[], cwd="/", capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return dict(zip(tries, ran.stdout.split(), strict=True))


def all_are(answer, tries):
    return dict.fromkeys(tries, answer)


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


def of(owner):
    """Return what a person's server has, and how somebody would try to get at it."""
    return {
        "token": (READS, owner.server.environment["BLOTTER_SESSION_TOKEN_FILE"]),
        "environment of the server": (READS, f"/proc/{owner.server.pid}/environ"),
        "open files of the server": (LISTS, f"/proc/{owner.server.pid}/fd"),
        "home": (LISTS, owner.server.environment["HOME"]),
        "folder": (LISTS, folder_of(owner)),
        "connection file": (READS, owner.connection_file),
        "socket of the kernel": (CONNECTS, kernel_sockets(owner)[0]),
        "records socket": (CONNECTS, records_socket(owner)),
        "signal to the server": (SIGNALS, owner.server.pid),
        "signal to the kernel": (SIGNALS, owner.kernel_process.pid),
    }


def test_the_one_reaches_nothing_of_the_other(people):
    for owner, other in (people, people[::-1]):
        tries = of(owner)
        assert attempt(uid_of(owner), tries) == all_are("done", tries), "the owner may"
        assert attempt(uid_of(other), tries) == all_are("PermissionError", tries)


def test_the_one_cannot_look_into_the_memory_of_the_other(people):
    """Here the owner is not asked: some machines (Yama) let nobody trace a process but its parent."""
    one, other = people
    tries = {"memory": (READS, f"/proc/{one.server.pid}/mem"), "ptrace": (SEIZES, one.server.pid)}
    assert attempt(uid_of(other), tries) == all_are("PermissionError", tries)


def test_nobody_sees_the_names_of_the_folders(people, running_system):
    run = running_system.run
    tries = {str(folder): (LISTS, folder) for folder in (run.parent, run, run / "n")}
    assert attempt(uid_of(people[0]), tries) == all_are("PermissionError", tries)


def test_the_secrets_of_the_installation_are_out_of_reach(people, running_system):
    data, run = running_system.data, running_system.run
    tries = {f"secret {path.name}": (READS, path) for path in (data / "secrets").iterdir()}
    tries |= {folder: (LISTS, data / folder) for folder in ("secrets", "postgres", "store", "hub", "logs")}
    tries |= {str(path): (CONNECTS, path) for path in (run / "launcher.sock", run / "pg" / ".s.PGSQL.5432")}
    for name, part in running_system.status()["processes"].items():
        tries |= {f"environment of {name}": (READS, f"/proc/{part['pid']}/environ")}
        tries |= {f"signal to {name}": (SIGNALS, part["pid"])}
    assert attempt(uid_of(people[0]), tries) == all_are("PermissionError", tries)


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
    # The proxy says 502 until the hub has seen it, too.
    until(lambda: one.hub.get(f"/user/{one.user_name}/api").status_code != 502, 30)
    one.hub.open_server(one.user_name)
    assert one.server.pid != pid
    assert uid_of(one) == uid
