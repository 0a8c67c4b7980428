"""What the commands say and how they end when there is nothing to work on."""

from __future__ import annotations

import shutil

import pytest
from blotter_records.adapters.installation import prepare, run_folder
from systems import blotter, new_data_folder


@pytest.fixture(scope="module")
def stopped():
    data = new_data_folder()
    prepare(data, is_demo=False)
    yield data
    shutil.rmtree(run_folder(data))
    shutil.rmtree(data)


ADD = ["users", "add", "ada", "--name", "Ada", "--role", "system_manager", "--reason", "first"]
ADD += ["--identity", "passport", "--document", "P 1"]


@pytest.mark.parametrize("command", [["status"], ["down"], ADD])
def test_a_folder_without_blotter_is_one_line_and_status_1(command, tmp_path):
    done = blotter(*command, "--data", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"blotter: there is no Blotter in {tmp_path}. Name its folder with --data."]


def test_verify_of_nothing_is_cannot_check(tmp_path):
    assert blotter("verify").returncode == 2
    done = blotter("verify", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "no Blotter" in done.stderr


def test_status_of_a_stopped_system(stopped):
    done = blotter("status", "--data", str(stopped))
    assert done.returncode == 1
    assert done.stdout == f"not running: {stopped}\n"


def test_down_on_a_stopped_system_is_no_fault(stopped):
    done = blotter("down", "--data", str(stopped))
    assert (done.returncode, done.stdout) == (0, "it was not running\n")


def test_people_are_added_by_a_running_system_only(stopped):
    done = blotter(*ADD, "--data", str(stopped))
    assert done.returncode == 1
    assert done.stderr.startswith("blotter: Blotter is not running. Start it first: ")
    assert f" up --data {stopped}." in done.stderr


def test_a_demo_is_refused_on_data_made_without(stopped):
    done = blotter("up", "--demo", "--port", "0", "--data", str(stopped))
    assert done.returncode == 1
    assert "without --demo, for good" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_commands_of_other_packages_are_there_and_end_in_one_line():
    done = blotter("instrument", "simulate", "--secret-file", "secret")
    assert done.returncode == 1
    assert done.stderr == "blotter: Say --link FILE or --tcp PORT, one of them.\n"
