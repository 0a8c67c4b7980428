"""Results when things go wrong: lost answers, somebody faster, a result that came back."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from blotter_records.contract.analyses import Background
from blotter_records.contract.flags import ResultFlag
from blotter_records.contract.shapes import Rectangle, Shape
from blotter_records.contract.unused import InventoryItem
from playwright.sync_api import Locator, Page, expect, sync_playwright
from widget_bench import Records, running_bench

expect.set_options(timeout=20_000)
CELL = 'Result(image="IMG-000001")'


@pytest.fixture
def bench() -> Iterator[tuple[Page, Records]]:
    """A page with the results of an image that has two saved analysis versions."""
    with running_bench() as (url, records), sync_playwright() as playwright:
        records.start_analysis("IMG-000001")
        for number in (1, 2):
            box = Rectangle(row0=10, column0=10, row1=40, column1=40 + number)
            shapes = [Shape(shape="S1", label="Band", rectangle=box)]
            key = f"gesture-{number}"
            request = {"expected_rev": records.rev, "shapes": shapes, "background": Background()}
            records.gesture("ANL-000001", SimpleNamespace(**request, idempotency_key=key))
            records.save_analysis("ANL-000001", SimpleNamespace(reason="Right edge"))
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 1000})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url}/#{quote(CELL)}")
        yield page, records
        browser.close()
        assert errors == []


def make(page: Page) -> None:
    page.get_by_role("checkbox", name="Pin ANL-000001.1").check()
    page.get_by_role("button", name="Make result").click()


def form(page: Page) -> Locator:
    page.get_by_role("button", name="New version of RES-000001").click()
    return page.get_by_role("group", name="New version of RES-000001")


def press(place: Locator | Page, name: str) -> None:
    place.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("when", ["result before", "result after"])
def test_a_result_whose_answer_was_lost_is_made_once(bench: tuple[Page, Records], when: str) -> None:
    page, records = bench
    records.lose = when
    make(page)
    expect(page.locator(".bl-notice")).to_contain_text("it is made once, however often it is asked for")
    press(page, "Try again")
    expect(page.locator(".bl-foot")).to_contain_text("RES-000001 version 1 was made")
    expect(page.locator("[data-result]")).to_have_count(1)
    assert records.made is not None
    assert [one.id for one in records.made.analyses] == ["ANL-000001.1"]


def test_flags_that_want_a_reason_get_one_and_what_only_is_noted_does_not_ask(bench: tuple[Page, Records]) -> None:
    page, records = bench
    make(page)
    place = {"analysis": "ANL-000001.1", "shape": "S1", "lane": None}
    flags = [
        ResultFlag(**place, flag="saturated", text="3 of 336 px are at or above 65535 counts", rule="reason"),
        ResultFlag(**place, flag="low SNR", text="the signal-to-noise ratio is 2.1, below 3", rule="noted"),
    ]
    expect(page.locator("[data-result]")).to_contain_text("No quality flag.")
    records.change_result(flags=flags, status="in_analysis")
    press(page, "Refresh")
    group = page.get_by_role("group", name="Quality flags of RES-000001")
    saturated = group.locator("tr[data-flag='saturated']")
    expect(saturated).to_contain_text("3 of 336 px are at or above 65535 counts")
    expect(saturated).to_contain_text("missing")
    expect(group.locator("tr[data-flag='low SNR']")).not_to_contain_text("missing")
    give = group.get_by_role("button", name="Give this reason")
    expect(give).to_have_attribute("aria-disabled", "true")
    group.get_by_role("checkbox", name="saturated on S1 of ANL-000001.1").check()
    group.get_by_label("Reason", exact=True).fill("Only the weak bands are quantified")
    expect(give).not_to_have_attribute("aria-disabled", "true")
    give.click()
    expect(saturated).to_contain_text("Only the weak bands are quantified (Ana Lyst)")
    expect(page.locator(".bl-foot")).to_contain_text("The reason is kept with RES-000001")
    # Later there is nothing to tick.
    records.change_result(status="submitted")
    press(page, "Refresh")
    expect(group.get_by_role("checkbox")).to_have_count(0)
    expect(saturated).to_contain_text("wants a reason")


def test_what_is_not_used_gets_a_reason_and_an_exposure_is_told_by_its_images(
    bench: tuple[Page, Records],
) -> None:
    page, records = bench
    make(page)
    told = {"made_at": "2026-11-27T07:30:00Z", "made_by": "Ana Lyst", "status": "acquired"}
    inventory = [
        InventoryItem(
            kind="acquisition", record="ACQ-000002", name="ACQ-000002", used=False, standing="listed", **told
        ),
        InventoryItem(kind="image", record="IMG-000001", name="IMG-000001", used=True, **told),
        InventoryItem(kind="image", record="IMG-000002", name="IMG-000002", used=False, rule="reason", **told),
    ]
    records.change_result(inventory=inventory, status="in_analysis")
    press(page, "Refresh")
    group = page.get_by_role("group", name="Scans and analyses of RES-000001")
    faint = group.locator("tr[data-item='image IMG-000002 ']")
    expect(faint).to_contain_text("missing")
    expect(group.get_by_role("checkbox")).to_have_count(1)
    give = group.get_by_role("button", name="Give this reason for the unused")
    expect(give).to_have_attribute("aria-disabled", "true")
    group.get_by_role("checkbox", name="IMG-000002 is not used").check()
    group.get_by_label("Reason", exact=True).fill("Exposed too short")
    give.click()
    expect(faint).to_contain_text("Exposed too short (Ana Lyst)")
    expect(page.locator(".bl-foot")).to_contain_text("The reason is kept with RES-000001")
    records.change_result(status="submitted")
    press(page, "Refresh")
    expect(group.get_by_role("checkbox")).to_have_count(0)


def test_a_returned_result_gets_a_new_version_with_a_reason(bench: tuple[Page, Records]) -> None:
    page, records = bench
    make(page)
    expect(page.locator("[data-result]")).to_be_visible()
    records.change_result(status="submitted")
    press(page, "Refresh")
    expect(page.locator("[data-result]")).to_contain_text("Submitted")
    expect(page.get_by_role("button", name="New version of RES-000001")).to_have_count(0)
    records.change_result(status="returned")
    press(page, "Refresh")
    new = form(page)
    button = new.get_by_role("button", name="Make version 2")
    expect(button).to_have_attribute("aria-disabled", "true")
    new.get_by_label("Pin ANL-000001.1 in RES-000001").uncheck()
    new.get_by_label("Pin ANL-000001.2 in RES-000001").check()
    expect(button).to_have_attribute("title", "Say why there is a new version.")
    new.get_by_label("Reason", exact=True).fill("Right edge of the band included")
    records.lose = "result after"
    button.click()
    expect(page.locator(".bl-notice")).to_contain_text("Your choice and reason are kept")
    press(page, "Try again")
    expect(page.locator(".bl-foot")).to_contain_text("RES-000001 version 2 was made")
    expect(new).to_have_count(0)
    assert records.made is not None
    assert (records.made.version, [one.id for one in records.made.analyses]) == (2, ["ANL-000001.2"])
    assert records.reasons == ["Right edge of the band included"]


def test_a_new_version_on_top_of_a_stale_one_is_refused_and_says_what_changed(bench: tuple[Page, Records]) -> None:
    page, records = bench
    make(page)
    new = form(page)
    new.get_by_label("Reason", exact=True).fill("Both versions belong in")
    new.get_by_label("Pin ANL-000001.2 in RES-000001").check()
    records.change_result(version=2, analyses=["ANL-000001.2"])
    press(new, "Make version 2")
    notice = page.locator(".bl-notice")
    expect(notice).to_contain_text("has changed since you looked at it")
    press(notice, "Reload and show what changed")
    expect(notice).to_contain_text("RES-000001 is now: version 2, in analysis, pins ANL-000001.2.")
    expect(notice).to_contain_text("You had seen: version 1, in analysis, pins ANL-000001.1.")
    expect(new.get_by_label("Reason", exact=True)).to_have_value("Both versions belong in")
    press(new, "Make version 3")
    expect(page.locator(".bl-foot")).to_contain_text("RES-000001 version 3 was made")
    assert records.made is not None
    assert [one.id for one in records.made.analyses] == ["ANL-000001.1", "ANL-000001.2"]
