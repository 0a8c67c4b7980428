"""The viewer in a page of its own, with the records of the bench behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect, sync_playwright
from widget_bench import Records, running_bench

expect.set_options(timeout=20_000)
CELL = 'ImageViewer(image="IMG-000001")'


ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--no-first-run",
]


@contextmanager
def chromium_with_webgl() -> Iterator[Browser]:
    """Run a headless Chromium with WebGL in software."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


class Viewer:
    """A viewer in a page, and the records behind it."""

    def __init__(self, page: Page, url: str, records: Records) -> None:
        self.page, self.url, self.records = page, url, records
        self.stage = page.locator(".bl-stage")
        self.foot = page.locator(".bl-foot")
        self.notice = page.locator(".bl-notice")

    def open(self, cell: str = CELL, query: str = "") -> Viewer:
        # Another query each time: an address that differs only after # would not load the page again.
        self.page.goto(f"{self.url}/?{query}#{quote(cell)}")
        return self

    def ready(self) -> Viewer:
        expect(self.page.locator(".bl-stage[data-missing='0']")).to_be_visible()
        return self

    def started(self) -> Viewer:
        self.open().ready()
        self.press("Start analysis")
        expect(self.foot).to_contain_text("was started")
        return self

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def shape(self, name: str) -> Any:
        return self.page.locator(f"[data-shape='{name}']")

    def with_a_shape(self) -> Viewer:
        self.started()
        self.press("Add rectangle")
        expect(self.foot).to_contain_text("Added Band 1")
        return self

    def rectangle(self) -> dict[str, int]:
        return self.records.shapes[0].rectangle.model_dump()


@contextmanager
def opened(chromium: Browser) -> Iterator[Viewer]:
    """Open a page with records of its own; no script of it may fail."""
    with running_bench() as (url, records):
        page = chromium.new_page(viewport={"width": 1100, "height": 1000}, has_touch=True)
        page.set_default_timeout(15_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield Viewer(page, url, records)
        page.close()
        assert errors == []
