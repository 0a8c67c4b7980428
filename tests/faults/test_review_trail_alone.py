"""The trail of a result, reviewed in a browser: what is risky first, what is missing, a lost answer, a later change."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.client import RecordsClient
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.finding import FindRequest
from blotter_records.contract.flags import FlagPlace, FlagReasonRequest
from blotter_records.contract.results import ResultRequest
from blotter_records.contract.studies import LaneLoad, MembraneRequest, SampleRequest
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.errors import Conflict
from blotter_records.vocabulary import Action, Gesture, LoadKind, MembraneKind, Role
from playwright.sync_api import Locator, Page, expect, sync_playwright
from service_over_http import STUDY, Service
from widget_bench import Losing, running_bench

expect.set_options(timeout=20_000)
SAID = "Both edits follow the edge of the band; S2 was a speck"
WHY = "Edge of the band was cut"


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def submitted(service: Service, anna: RecordsClient) -> tuple[str, str]:
    """Return a result whose bands were found, of which two were changed by hand; and its sample."""
    sample = anna.save_sample(
        SampleRequest(study=STUDY, name="HeLa lysate 3", group="treated", idempotency_key=service.key(), reason=WHY)
    ).sample
    lane = LaneLoad(lane=1, load=LoadKind.SAMPLE, sample=sample, micrograms=20)
    membrane = anna.save_membrane(
        MembraneRequest(
            study=STUDY,
            name="Blot of Tuesday",
            kind=MembraneKind.MEMBRANE,
            lanes=[lane],
            reason=WHY,
            idempotency_key=service.key(),
        )
    ).membrane
    counts, _ = make_blot(Recipe(seed=12, rows=420, columns=560))
    image = anna.import_image("blot of tuesday.tif", WHY, to_tiff(counts), study=STUDY, membrane=membrane).image
    view = anna.start_analysis(image)
    view = anna.find_bands(view.analysis, FindRequest(expected_rev=view.rev, idempotency_key=service.key()))
    first, second, *rest = view.shapes
    box = first.rectangle
    wider = first.model_copy(
        update={"rectangle": box.model_copy(update={"row1": box.row1 + 4, "column1": box.column1 + 9})}
    )
    view = anna.gesture(view.analysis, service.gesture(view, [wider, second, *rest], Gesture.SHAPE_RESIZE))
    view = anna.gesture(view.analysis, service.gesture(view, [wider, *rest], Gesture.SHAPE_DELETE))
    view = anna.save_analysis(
        view.analysis, SaveRequest(expected_rev=view.rev, reason=WHY, idempotency_key=service.key())
    )
    pins = [view.versions[-1].id]
    made = anna.create_result(
        ResultRequest(title="β-actin, three lysates", analyses=pins, idempotency_key=service.key())
    )
    flags = [one for one in made.flags if one.rule == "reason"]
    if flags:
        places = [
            FlagPlace(analysis=one.analysis, flag=one.flag, shape=one.shape, lane=None if one.shape else one.lane)
            for one in flags
        ]
        request = FlagReasonRequest(
            flags=places, expected_rev=made.rev, reason="The control is strong", idempotency_key=service.key()
        )
        anna.give_flag_reason(made.result, request)
    service.step(anna, made.result, Action.RESULT_SUBMIT)
    with pytest.raises(Conflict):
        anna.gesture(view.analysis, service.gesture(view, rest, Gesture.SHAPE_DELETE))
    return made.result, sample


def open_trail(chromium, url: str, result: str, errors: list[str]) -> Page:
    page = chromium.new_page(viewport={"width": 1100, "height": 1300})
    page.on("pageerror", lambda error: errors.append(str(error)))
    cell = f'ReviewTrail(result="{result}")'
    page.goto(f"{url}/#{quote(cell)}")
    expect(page.get_by_role("region", name=f"Review trail {result}", exact=True)).to_be_visible()
    return page


def sign_elsewhere(page: Page, service: Service, user_name: str) -> None:
    """Sign on the page that the widget shows, as its own frame would."""
    address = page.locator("iframe").get_attribute("src")
    intent = type("Intent", (), {"url": address})
    assert service.post(intent, user_name, service.password(user_name)).status_code == 200


def look_at_the_others(groups: Locator, count: int) -> None:
    """Tick every group but the first, with a word on each that is flagged."""
    for at in range(1, count):
        group = groups.nth(at)
        if "bl-flagged" in (group.get_attribute("class") or ""):
            group.get_by_label(re.compile("^Comment")).fill("Explained by its reason")
        group.get_by_role("button", name="Looked through").click()
        expect(group.get_by_role("button", name="Take the tick back")).to_be_visible()


def test_a_reviewer_is_led_through_the_trail_and_a_later_change_opens_it_again(chromium, service: Service) -> None:
    anna, rosa = service.signed_in(Role.ANALYST), service.signed_in(Role.REVIEWER)
    result, sample = submitted(service, anna)
    records, errors = Losing(rosa), []
    with running_bench(records) as (url, _):
        page = open_trail(chromium, url, result, errors)
        groups = page.locator("[data-group]")
        page.locator(f"button[data-action='{Action.RESULT_REVIEW_START}']").click()
        page.get_by_role("button", name="Begin the review").click()
        expect(page.locator(".bl-foot")).to_contain_text("the review was begun")

        # The riskiest first, each with what it changed, and pictures before and after.
        first = page.locator("[data-group]").first
        expect(first.locator("[data-risk='override']")).to_contain_text(
            "what was found automatically was changed by hand"
        )
        expect(first.get_by_role("img", name=re.compile("^Before"))).to_be_visible()
        expect(first.get_by_role("img", name=re.compile("^After"))).to_be_visible()
        expect(first.get_by_role("region", name=re.compile("^What changed"))).to_contain_text("shapes[S1]")
        expect(page.locator("[data-group$='/analysis.edit/refused']")).to_contain_text("Refused: Change the analysis")
        sign = page.locator(f"button[data-action='{Action.RESULT_REVIEW_SIGN}']")
        expect(sign).to_have_attribute("aria-disabled", "true")
        count = page.locator("[data-group]").count()
        expect(page.get_by_text(f"Before the review can be signed: {count} left")).to_be_visible()

        # A flagged group wants a word first.
        done = first.get_by_role("button", name="Looked through")
        expect(done).to_have_attribute("aria-disabled", "true")
        expect(first).to_contain_text("Write what you found: this group is flagged.")
        first.get_by_label(re.compile("^Comment")).fill(SAID)
        if folder := os.environ.get("BLOTTER_PICTURES"):
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=str(Path(folder) / "review-trail.png"))
        records.lose = "tick_trail_group after"
        done.click()
        page.locator(".bl-notice").get_by_role("button", name="Try again").click()
        expect(first).to_contain_text("✓ Looked through")
        assert rosa.trail_review(result).ticked == 1

        # What was ticked is there when the page is loaded again.
        page.reload()
        expect(page.locator("[data-group]").first.get_by_label(re.compile("^Comment"))).to_have_value(SAID)
        look_at_the_others(groups, count)
        expect(sign).not_to_have_attribute("aria-disabled", "true")
        sign.click()
        expect(page.locator("iframe")).to_be_visible()
        sign_elsewhere(page, service, "rosa.reviewer")
        expect(page.locator(".bl-foot")).to_contain_text("signed the review")
        expect(page.locator(".bl-head")).to_contain_text("Reviewed")

        # The data goes on: the trail is open again, and says so.
        anna.save_sample(
            SampleRequest(
                study=STUDY,
                name="HeLa lysate 3",
                group="control",
                expected_version=1,
                reason="Tube was mixed up",
                idempotency_key=service.key(),
            ),
            sample,
        )
        page.get_by_role("button", name="Refresh").click()
        expect(page.get_by_text("The data went on after the review was signed")).to_be_visible()
        page.get_by_role("button", name="Take for review again").click()
        page.get_by_role("button", name="Begin the review").click()
        expect(groups).to_have_count(1)
        expect(groups).to_contain_text("Save")
        expect(groups.get_by_role("region", name=f"What changed in {sample}")).to_contain_text("treated")
        page.close()
    assert errors == []


def test_who_may_not_review_reads_the_trail_and_is_told_why_nothing_can_be_ticked(chromium, service: Service) -> None:
    anna, rosa = service.signed_in(Role.ANALYST), service.signed_in(Role.REVIEWER)
    result, _ = submitted(service, anna)
    rosa.start_review(result)
    errors: list[str] = []
    with running_bench(Losing(anna)) as (url, _):
        page = open_trail(chromium, url, result, errors)
        expect(page.locator("[data-group]").first).to_be_visible()
        assert page.get_by_role("button", name="Looked through").count()
        for one in page.get_by_role("button", name="Looked through").all():
            assert one.get_attribute("aria-disabled") == "true"
        expect(page.locator(".bl-review-head")).to_contain_text("As Analyst you may not do this")
        expect(page.get_by_role("button", name="Begin the review")).to_have_count(0)
        page.close()
    assert errors == []
