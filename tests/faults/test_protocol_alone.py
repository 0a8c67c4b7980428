"""A protocol on the images of a study when things go wrong: a lost answer, an image that it does not fit, a cancel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.parse import quote

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.client import RecordsClient
from blotter_records.vocabulary import Role
from playwright.sync_api import Page, expect, sync_playwright
from protocol_gels import METHOD, WHY, effective, gel, membrane_of, written
from service_over_http import STUDY, Service
from widget_bench import Losing, running_bench

expect.set_options(timeout=20_000)


class Holding(Losing):
    """A connection whose ``apply_protocol`` waits while ``may_go`` is not set."""

    def __init__(self, client: RecordsClient) -> None:
        super().__init__(client)
        self.may_go = threading.Event()
        self.may_go.set()

    def apply_protocol(self, *given: object) -> object:
        assert self.may_go.wait(30)
        return self.__getattr__("apply_protocol")(*given)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def analyses(anna: RecordsClient, image: str) -> int:
    return len(anna.analyses_of_image(image))


def test_images_are_analysed_one_by_one_and_what_was_done_stays(service: Service, chromium) -> None:
    anna, samir, paul = (service.signed_in(role) for role in (Role.ANALYST, Role.SUPERVISOR, Role.APPROVER))
    protocol = effective(service, samir, paul, written(samir, "Target over housekeeping", METHOD))
    membrane = membrane_of(service, anna)
    plain = to_tiff(np.full((200, 200), 500, np.uint16))
    files = {"batch-1.tif": gel(), "batch-2.tif": plain, "batch-3.tif": gel()}
    first, unfit, third = (
        anna.import_image(name, WHY, content, study=STUDY, membrane=membrane).image for name, content in files.items()
    )
    records = Holding(anna)
    cell = f'RunProtocol(study="{STUDY}", protocol="{protocol.protocol}")'
    with running_bench(records) as (url, _):
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url}/#{quote(cell)}")
        page.get_by_role("searchbox", name="Images").fill("batch-")
        records.lose = "apply_protocol after"
        page.get_by_role("button", name="Run on 3 images").click()
        notice = page.locator(".bl-notice")
        expect(notice).to_contain_text("what was done is not done twice")
        notice.get_by_role("button", name="Try again").click()
        foot = page.locator(".bl-foot")
        expect(foot).to_contain_text("2 of 3 images analysed, 1 not: the list says why")
        expect(row(page, unfit)).to_contain_text("not analysed: No band was found.")
        expect(row(page, first)).to_contain_text("by version 1")
        expect(row(page, third)).to_contain_text("as the protocol made it; draft, not saved")
        assert [analyses(anna, one) for one in (first, unfit, third)] == [1, 0, 1]

        # The page is loaded again: what was made is read from the records.
        page.reload()
        expect(row(page, first)).to_contain_text("by version 1")
        page.get_by_role("searchbox", name="Images").fill("batch-")
        expect(page.get_by_role("button", name="Run on 1 image")).to_be_visible()

        # Cancelled while the first of three is being analysed: that one is whole, the others are as they were.
        page.get_by_label("also those").check()
        records.may_go.clear()
        page.get_by_role("button", name="Run on 3 images").click()
        expect(row(page, first)).to_contain_text("being analysed")
        expect(page.get_by_role("progressbar")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("Cancelling after this image")).to_be_visible()
        records.may_go.set()
        expect(notice).to_contain_text("1 of 3 images analysed. What was done stays")
        assert [analyses(anna, one) for one in (first, unfit, third)] == [2, 0, 1]
        page.close()
    assert errors == []
    assert len(service.entries(action="analysis.start")) == 3


def row(page: Page, image: str):
    return page.locator(f"[data-image={image}]")
