"""A study when things go wrong: lost answers, somebody faster, a page that was loaded again, a stricter policy."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from blotter_records.contract.studies import MembraneRequest, SampleRequest
from blotter_records.vocabulary import Action, Role
from playwright.sync_api import Locator, Page, expect, sync_playwright
from service_over_http import STUDY, Service
from widget_bench import Losing, running_bench

expect.set_options(timeout=20_000)
CELL = f'Study(study="{STUDY}")'


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def bench(service: Service, chromium) -> Iterator[tuple[Page, Losing]]:
    """The demo's study as its Supervisor sees it, with the real service behind it."""
    records = Losing(service.signed_in(Role.SUPERVISOR))
    with running_bench(records) as (url, _):
        page = chromium.new_page(viewport={"width": 1100, "height": 1000})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url}/#{quote(CELL)}")
        expect(page.get_by_role("region", name="Samples", exact=True).first).to_be_visible()
        yield page, records
        page.close()
        assert errors == []


def form(page: Page, button: str, name: str) -> Locator:
    page.get_by_role("button", name=button).click()
    return page.get_by_role("group", name=name)


def samples(service: Service, name: str) -> list[str]:
    found = service.signed_in(Role.SUPERVISOR).study_contents(STUDY).samples
    return [one.sample for one in found if one.name == name]


@pytest.mark.parametrize("when", ["save_sample before", "save_sample after"])
def test_a_sample_whose_answer_was_lost_is_saved_once(bench: tuple[Page, Losing], service: Service, when: str) -> None:
    page, records = bench
    new = form(page, "Add a sample", "A new sample")
    new.get_by_label("Name").fill(when)
    records.lose = when
    page.keyboard.press("Enter")
    expect(page.locator(".bl-notice")).to_contain_text("it is saved once, however often it is asked for")
    page.locator(".bl-notice").get_by_role("button", name="Try again").click()
    expect(page.locator(".bl-foot")).to_contain_text(f"“{when}” was saved as version 1")
    assert len(samples(service, when)) == 1


def test_lanes_are_pasted_and_what_is_wrong_is_told_by_row_and_column(
    bench: tuple[Page, Losing], service: Service
) -> None:
    page, _ = bench
    new = form(page, "Add a membrane", "A new gel, membrane or plate")
    new.get_by_label("Name").fill("Pasted blot")
    new.get_by_text("Paste lanes from a spreadsheet").click()
    new.get_by_label("Lanes as text").fill("Lane\tLadder\tAmount\n1\tPageRuler\t5\n3\t\t\n")
    fill = new.get_by_role("button", name="Fill the lanes in")
    fill.click()
    expect(new).to_contain_text("Row 2, column Amount: “5”: say the unit, µg, ng or mg, in the cell or the heading.")
    expect(new.get_by_label("Number of lanes")).to_have_value("0")
    new.get_by_label("Lanes as text").fill("Lane\tLadder\tAmount (ng)\n1\tPageRuler\t500\n3\t\t\n")
    fill.click()
    expect(new.get_by_label("Lane 1: loaded")).to_have_value("ladder")
    expect(new.get_by_label("Lane 1: µg")).to_have_value("0.5")
    new.get_by_role("button", name="Add the membrane").click()
    expect(page.locator("[data-record^=MEM-]", has_text="Pasted blot")).to_contain_text("3 lanes, 1 ladder, 2 blank")
    found = service.signed_in(Role.SUPERVISOR).study_contents(STUDY).membranes
    lanes = next(one for one in found if one.name == "Pasted blot").lanes
    assert [(one.lane, one.load, one.ladder, one.micrograms) for one in lanes] == [
        (1, "ladder", "PageRuler", 0.5), (2, "blank", "", None), (3, "blank", "", None),
    ]  # fmt: skip


def test_a_save_on_top_of_a_stale_version_says_what_changed_and_keeps_what_was_typed(
    bench: tuple[Page, Losing], service: Service
) -> None:
    page, _ = bench
    new = form(page, "Add a membrane", "A new gel, membrane or plate")
    new.get_by_label("Name").fill("Blot of the morning")
    new.get_by_label("Number of lanes").fill("2")
    page.keyboard.press("Enter")
    page.keyboard.press("l")  # the keyboard is in the first lane now
    expect(new.get_by_label("Lane 1: loaded")).to_have_value("ladder")
    new.get_by_role("button", name="Add the membrane").click()
    saved = page.locator("[data-record^=MEM-]", has_text="Blot of the morning")
    expect(saved).to_contain_text("2 lanes, 1 ladder, 1 blank")
    name = saved.get_attribute("data-record")
    assert name
    change = form(page, f"Change {name}", f"Change {name}")
    change.get_by_label("Lane 2: note").fill("empty on purpose")
    change.get_by_label("Reason", exact=True).fill("The second lane stays empty")
    service.signed_in(Role.ANALYST).save_membrane(
        MembraneRequest(
            study=STUDY,
            name="Blot of the afternoon",
            kind="membrane",
            lanes=[{"lane": 1, "load": "ladder"}, {"lane": 2, "load": "blank"}],
            expected_version=1,
            reason="It was blotted after noon",
            idempotency_key=service.key(),
        ),
        name,
    )
    change.get_by_role("button", name="Save the membrane").click()
    notice = page.locator(".bl-notice")
    expect(notice).to_contain_text("Anna Lindqvist")
    expect(notice).to_contain_text("Blot of the afternoon")
    notice.get_by_role("button", name="Reload and show what changed").click()
    expect(notice).to_contain_text(f"{name} is now version 2; you had seen version 1.")
    expect(change.get_by_label("Name")).to_have_value("Blot of the morning")
    expect(change.get_by_label("Lane 2: note")).to_have_value("empty on purpose")
    notice.get_by_role("button", name="Take what is there now").click()
    expect(change.get_by_label("Name")).to_have_value("Blot of the afternoon")
    change.get_by_label("Lane 2: note").fill("empty on purpose")
    change.get_by_role("button", name="Save the membrane").click()
    expect(page.locator(".bl-foot")).to_contain_text("was saved as version 3")
    found = service.signed_in(Role.ANALYST).study_contents(STUDY).membranes
    mine = next(one for one in found if one.membrane == name)
    assert (mine.name, mine.version, mine.lanes[1].note) == ("Blot of the afternoon", 3, "empty on purpose")


def test_what_was_typed_is_there_after_the_page_was_loaded_again(bench: tuple[Page, Losing]) -> None:
    page, _ = bench
    new = form(page, "Add a sample", "A new sample")
    new.get_by_label("Name").fill("Typed, not saved")
    new.get_by_label("Group").fill("treated")
    page.reload()
    new = page.get_by_role("group", name="A new sample")
    expect(new.get_by_label("Name")).to_have_value("Typed, not saved")
    expect(new.get_by_label("Group")).to_have_value("treated")
    new.get_by_role("button", name="Cancel").click()
    page.reload()
    expect(page.get_by_role("button", name="Add a sample")).to_be_visible()
    expect(page.get_by_role("group", name="A new sample")).to_have_count(0)


def test_a_policy_that_wants_a_reason_from_the_list_is_asked_for_on_the_screen(
    bench: tuple[Page, Losing], service: Service
) -> None:
    page, records = bench
    made = service.signed_in(Role.SUPERVISOR).save_sample(
        SampleRequest(study=STUDY, name="Listed", idempotency_key=service.key())
    )
    policies(service, {"reason.rule.sample.save": "list"})
    records._client = service.signed_in(Role.SUPERVISOR)  # policies hold for new sessions
    page.get_by_role("button", name="Refresh").click()
    change = form(page, f"Change {made.sample}", f"Change {made.sample}")
    change.get_by_label("Note").fill("thawed twice")
    save = change.get_by_role("button", name="Save the sample")
    expect(save).to_have_attribute("title", "Choose a reason from the list.")
    change.get_by_label("Reason code").select_option("other")
    expect(save).to_have_attribute("title", "Say why it is changed.")
    change.get_by_label("Reason", exact=True).fill("Found out from the freezer's log")
    save.click()
    expect(page.locator(".bl-foot")).to_contain_text(f"{made.sample} “Listed” was saved as version 2")
    entry = service.entries(action="sample.save", record_id=made.sample)[-1]
    assert (entry["reason_code"], entry["reason"]) == ("other", "Found out from the freezer's log")


def policies(service: Service, values: dict[str, str]) -> None:
    """Change policies as both System Managers do."""
    first, second = service.signed_in("mia.manager"), service.signed_in("max.manager")
    seen = service.sign(first, "CFG-000001", Action.POLICY_EDIT, "Reasons are chosen from a list here", values=values)
    if seen.proposal:
        service.sign(second, seen.proposal, Action.PROPOSAL_COUNTERSIGN)


def test_a_signature_is_noticed_though_the_page_could_not_tell_the_widget(
    bench: tuple[Page, Losing], service: Service
) -> None:
    """The frame of the bench is no hub, so the signing page's word never arrives: the widget asks by itself."""
    page, records = bench
    records._client = service.signed_in(Role.RECORDS_MANAGER)
    page.get_by_role("button", name="Refresh").click()
    hold = form(page, "Set a legal hold", "Set a legal hold")
    hold.get_by_label("Reason", exact=True).fill("Letter of the authority of Monday")
    hold.get_by_role("button", name="Go to the signing page").click()
    sign_elsewhere(page, service, "ruth.records")
    expect(page.locator(".bl-foot")).to_contain_text("Signed (SIG-")
    about = page.get_by_role("region", name="About the study")
    expect(about).to_contain_text("set by Ruth Goldberg: Letter of the authority of Monday")
    expect(about.get_by_role("button", name="Release the hold")).to_be_visible()
    expect(page.get_by_role("group", name="Set a legal hold")).to_have_count(0)


def test_what_needs_a_second_person_says_so_and_is_confirmed_by_one(
    bench: tuple[Page, Losing], service: Service
) -> None:
    page, records = bench
    anna, rosa, paul = (service.signed_in(role) for role in (Role.ANALYST, Role.REVIEWER, Role.APPROVER))
    result = service.result(anna).result
    service.step(anna, result, Action.RESULT_SUBMIT)
    rosa.start_review(result)
    service.step(rosa, result, Action.RESULT_REVIEW_SIGN)
    service.step(paul, result, Action.RESULT_APPROVE)
    records._client = paul
    show(page, f'Sign(result="{result}")')
    invalidate = page.locator("button[data-action='result.invalidate']")
    expect(page.get_by_text("Needs a second person: Invalidate.")).to_be_visible()
    expect(invalidate).to_have_attribute("title", "Type “Deviation” first.")
    page.get_by_label("Deviation").fill("DEV-2026-017")
    page.get_by_label("Reason", exact=True).fill("The wrong membrane was imaged")
    invalidate.click()
    sign_elsewhere(page, service, "paul.approver")
    expect(page.locator(".bl-notice")).to_contain_text("It takes effect when a second person has signed PRP-")
    proposal = page.get_by_role("group", name="Proposal PRP-")
    expect(proposal.get_by_role("button", name="Sign as the second person")).to_have_attribute("aria-disabled", "true")
    records._client = service.signed_in(Role.RECORDS_MANAGER)
    show(page, f'Sign(result="{result}")')
    for told in ("Paul Okafor", "approved", "invalidated", "DEV-2026-017", "The wrong membrane was imaged"):
        expect(proposal).to_contain_text(told)
    proposal.get_by_role("button", name="Sign as the second person").click()
    sign_elsewhere(page, service, "ruth.records")
    expect(page.locator(".bl-chips").first).to_contain_text("Invalidated")
    expect(page.get_by_role("group", name="Proposal PRP-")).to_have_count(0)
    after = service.signed_in(Role.AUDITOR).result(result)
    assert (after.status, after.deviation, after.waiting) == ("invalidated", "DEV-2026-017", [])


def show(page: Page, cell: str) -> None:
    """Show another cell on the bench."""
    url = page.url.partition("#")[0]
    page.goto("about:blank")
    page.goto(f"{url}#{quote(cell)}")


def sign_elsewhere(page: Page, service: Service, user_name: str) -> None:
    """Sign on the page that the widget has in its frame, as if it were open somewhere else."""
    url = page.locator("iframe").get_attribute("src")
    answer = service.post(SimpleNamespace(url=url), user_name)
    assert answer.status_code == 200, answer.text
    expect(page.locator("iframe")).to_have_count(0)
