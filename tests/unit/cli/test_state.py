"""``state.json``: a stale file never points at somebody else's process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from blotter_records.adapters.processes import end, started_ticks
from blotter_records.cli import state as states
from blotter_records.cli.state import Ports, Process, State


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def test_what_is_written_is_read(tmp_path, sleeper):
    state = State(states.myself(), {"hub": states.find(sleeper.pid)}, Ports(1, 2, 3, 4), is_ready=True)
    state.write(tmp_path)
    assert states.read(tmp_path) == state
    assert state.is_running
    assert state.stale == []


@pytest.mark.parametrize("content", ["", "{}", '{"supervisor": 3}', "null", '{"supervisor": null, "processes": []}'])
def test_a_broken_file_is_an_empty_state(tmp_path, content):
    (tmp_path / "state.json").write_text(content)
    assert states.read(tmp_path) == State()


def test_a_pid_that_was_given_to_another_program_is_not_ours(sleeper):
    assert not Process(sleeper.pid, "00000000:1").is_alive
    end([(sleeper.pid, "00000000:1")], within_s=0.2)
    assert sleeper.poll() is None


def test_parts_that_outlived_a_killed_supervisor_are_found_and_ended(sleeper):
    state = State(Process(os.getpid(), "gone"), {"hub": states.find(sleeper.pid)})
    assert not state.is_running
    assert state.stale == [states.find(sleeper.pid)]
    end([(process.pid, process.started) for process in state.stale])
    assert started_ticks(sleeper.pid) is None
