"""Fixtures: ``chromium`` (a browser), ``pictures`` (where screenshots go), ``running_system`` (tests/systems.py)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from systems import running_system  # noqa: F401 - a fixture

ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    # Pages are painted without the software GPU, which takes twice as long for it; WebGL still has it.
    "--disable-gpu-compositing",
    "--disable-gpu-rasterization",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium with WebGL in software; ended with the module, since it holds the thread's event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pictures():
    """The folder for screenshots: that of the documentation where it is asked for, else build/screenshots."""
    root = Path(__file__).parents[2]
    folder = root / os.environ.get("BLOTTER_SCREENSHOTS", "build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
