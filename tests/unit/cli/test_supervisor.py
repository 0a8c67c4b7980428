"""The supervisor starts, revives and stops real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

# The supervisor takes over signals and orphans of its whole process, so each test gives it one of its own.
DRIVER = """
import json, os, signal, sys, threading, time
from pathlib import Path
from blotter_records.adapters.processes import Part, Supervisor, started_ticks
from blotter_records.errors import Unavailable

folder = Path(sys.argv[1])
said = []

def pids(running):
    (folder / "pids.new").write_text(json.dumps({name: part.process.pid for name, part in running.items()}))
    (folder / "pids.new").replace(folder / "pids.json")

supervisor = Supervisor(folder, lambda line: (said.append(line), print(line, flush=True)), pids)

def part(name, code, **settings):
    settings.setdefault("is_ready", lambda: True)
    return Part(name, [sys.executable, "-I", "-c", code], {"PATH": "/usr/bin:/bin"}, folder=folder, **settings)

SLEEP = "import time; time.sleep(600)"
"""


@pytest.fixture
def drive(tmp_path):
    """Run code after DRIVER in a process of its own; end it afterwards."""
    started = []

    def run(code):
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER + textwrap.dedent(code), str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(condition, within_s=15.0):
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
    return value


def pids(folder):
    try:
        return json.loads((folder / "pids.json").read_text())
    except FileNotFoundError:
        return {}


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


WATCH = """
supervisor.start(part("first", SLEEP))
supervisor.start(part("second", SLEEP))
try:
    supervisor.watch()
finally:
    supervisor.stop()
print("left", flush=True)
"""


def test_a_killed_part_comes_back_and_is_said(drive, tmp_path):
    process = drive(WATCH)
    before = until(lambda: len(found := pids(tmp_path)) == 2 and found)
    os.kill(before["first"], signal.SIGKILL)
    after = until(lambda: (found := pids(tmp_path))["first"] != before["first"] and found)
    assert is_alive(after["first"])
    assert after["second"] == before["second"]
    process.terminate()
    said, _ = process.communicate(timeout=15)
    assert said.splitlines() == ["first ended (killed by SIGKILL); starting it again", "first is back", "left"]
    assert not is_alive(after["first"])
    assert not is_alive(after["second"])


def test_stopping_reaches_what_a_part_left_behind_in_a_session_of_its_own(drive, tmp_path):
    escaped = "import os,time; print(os.getpid(), flush=True); time.sleep(600)"
    process = drive(f"""
    code = "import subprocess, sys, time; "
    code += "subprocess.Popen([sys.executable, '-c', {escaped!r}], start_new_session=True); time.sleep(600)"
    supervisor.start(part("parent", code, is_ready=lambda: supervisor.log_of("parent").read_text() != ""))
    try:
        supervisor.watch()
    finally:
        supervisor.stop()
    """)
    orphan = int(until(lambda: (tmp_path / "parent.log").exists() and (tmp_path / "parent.log").read_text()))
    os.kill(until(lambda: pids(tmp_path).get("parent")), signal.SIGKILL)  # the orphan is the supervisor's now
    until(lambda: len((tmp_path / "parent.log").read_text().split()) == 2)
    process.terminate()
    process.communicate(timeout=15)
    assert not is_alive(orphan)


def test_a_part_that_keeps_dying_ends_blotter_and_names_its_log(drive, tmp_path):
    process = drive("""
    count = folder / "count"
    count.write_text("")
    code = f"open({str(count)!r}, 'a').write('x'); import time; time.sleep(0.2); raise SystemExit('out of paper')"
    supervisor.start(part("printer", code, is_ready=lambda: count.read_text() != "", restarts=2))
    try:
        supervisor.watch()
    except Unavailable as fault:
        print(fault.code, fault.message, fault.diagnostics(), sep="|", flush=True)
    finally:
        supervisor.stop()
    """)
    said, _ = process.communicate(timeout=20)
    last = said.splitlines()[-1].split("|")
    assert last[0] == "part.failed"
    assert last[1] == "printer ended 3 times within 60 s: out of paper"
    assert str(tmp_path / "printer.log") in last[2]


def test_a_part_that_is_not_ready_in_time_fails_the_start(drive):
    process = drive("""
    try:
        supervisor.start(part("slow", SLEEP, is_ready=lambda: False, ready_within_s=0.5))
    except Unavailable as fault:
        print(fault.message)
    supervisor.stop()
    """)
    said, _ = process.communicate(timeout=15)
    assert said.strip() == "slow was not ready within 0 s: nothing in its log"


def test_a_part_that_ignores_its_stop_signal_is_killed(drive, tmp_path):
    process = drive("""
    code = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    is_up = lambda: supervisor.log_of("deaf").read_text() != ""
    supervisor.start(part("deaf", code, is_ready=is_up, stop_within_s=0.5))
    print("ready", flush=True)
    begun = time.monotonic()
    supervisor.stop()
    print(time.monotonic() - begun < 5)
    """)
    said, _ = process.communicate(timeout=15)
    assert said.split() == ["ready", "True"]
    assert not is_alive(pids(tmp_path)["deaf"])


def test_a_part_gets_its_environment_and_nothing_else(drive, tmp_path, monkeypatch):
    monkeypatch.setenv("A_SECRET_OF_THE_STARTER", "x")
    process = drive("""
    code = "import os,time; print(sorted(os.environ), flush=True); time.sleep(600)"
    supervisor.start(part("bare", code, is_ready=lambda: supervisor.log_of("bare").read_text() != ""))
    supervisor.stop()
    """)
    process.communicate(timeout=15)
    assert (tmp_path / "bare.log").read_text().strip() in ("['PATH']", "['LC_CTYPE', 'PATH']")
