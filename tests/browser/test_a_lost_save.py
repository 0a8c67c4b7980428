"""kill -9 of kernel, records service and PostgreSQL in the middle of a save: the widget says what became of it."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
import systems
from people import LONG_MS, Person
from playwright.sync_api import Locator, expect

RESTART_MS = 90_000


@pytest.fixture(scope="module")
def system():
    data = systems.new_data_folder()
    try:
        yield systems.start(data)
    finally:
        systems.remove(data)


def pids(system: systems.RunningSystem, part: str) -> list[int]:
    if part != "kernel":
        return [system.pid(part)]
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended
        if b"blotter_guard.kernel" in arguments and str(system.run).encode() in b" ".join(arguments):
            found.append(int(process.name))
    return found


def saved_versions(system: systems.RunningSystem, analysis: str) -> int:
    """Ask the records, as an auditor who looks from outside."""
    systems.wait_until_it_answers(system)
    with system.client(*system.accounts["auditor"]) as client:
        return len(client.analysis(analysis).versions)


def draft(viewer: Locator, *, reason: str) -> None:
    """Add a rectangle, wait until it is recorded, and type a reason."""
    viewer.get_by_role("button", name="Add rectangle").click()
    expect(viewer.locator(".bl-foot")).to_contain_text("Added", timeout=LONG_MS)
    expect(viewer.locator(".bl-waits")).to_have_count(0, timeout=LONG_MS)
    viewer.get_by_role("group", name="Save").get_by_label("Reason", exact=True).fill(reason)


@pytest.mark.parametrize("part", ["kernel", "records", "postgres"])
def test_the_widget_says_whether_it_was_saved(part, system, chromium, tmp_path):
    systems.wait_until_it_answers(system)
    anna = Person(chromium, system.url, *system.accounts["analyst"], tmp_path)
    anna.sign_in()
    anna.open_notebook()
    image = {"kernel": "IMG-000001", "records": "IMG-000002", "postgres": "IMG-000003"}[part]
    anna.run("ImageViewer", f'ImageViewer(image="{image}")')
    viewer = anna.widget("Image viewer", image)
    viewer.get_by_role("button", name="Start analysis").click()
    draft(viewer, reason="kept although a part was killed")
    victims = pids(system, part)
    assert victims
    viewer.get_by_role("button", name="Save version 1").click(no_wait_after=True)
    for victim in victims:
        kill(victim)
    said = viewer.locator(".bl-notice, .bl-foot").filter(has_text=re.compile("Version 1 was saved|Nothing was saved"))
    expect(said.first).to_be_visible(timeout=RESTART_MS)
    is_saved = "Nothing" not in said.first.inner_text()
    analysis = re.search(r"ANL-\d+", viewer.locator(".bl-version").inner_text())
    assert analysis
    assert saved_versions(system, analysis.group()) == int(is_saved)
    if not is_saved:
        dialog = anna.page.get_by_role("dialog")  # JupyterLab tells that a kernel was restarted
        if dialog.is_visible():
            dialog.get_by_role("button", name="Ok").click()
        viewer.get_by_role("button", name="Save again").click()
        expect(viewer.locator(".bl-foot")).to_contain_text("Version 1 was saved", timeout=RESTART_MS)
        assert saved_versions(system, analysis.group()) == 1
    anna.close()


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it ended with its parent
