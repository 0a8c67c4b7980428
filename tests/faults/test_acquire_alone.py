"""`AcquireImage()` with the real service, the real agent and a simulated imager on a pseudo terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
from blotter_instrument.agent import Agent
from blotter_instrument.ports import Identity
from blotter_instrument.simulator.imager import MODEL
from blotter_records.client import RecordsClient
from blotter_records.contract.acquiring import AbortRequest, AcquisitionRequest, ScanSettings
from blotter_records.contract.instruments import InstrumentRequest
from blotter_records.vocabulary import AcquisitionState, Action, Event, Role
from playwright.sync_api import Page, expect, sync_playwright
from protocol_gels import membrane_of
from requests_of_endpoints import INSTRUMENT
from service_over_http import STUDY, Service
from simulated_instruments import NAME, SECRET, SMALL, line_to, on_a_wire
from widget_bench import Losing, running_bench

expect.set_options(timeout=20_000)

WHY = "The membrane was put in upside down"
SERIALS = count(7001)
SMALL_GLASS = {"bottom_um": SMALL.extent_um[0], "right_um": SMALL.extent_um[1], "resolutions_um": [84, 168]}


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def registered(service: Service, name: str, days: int = 365) -> tuple[str, Identity]:
    """Return an instrument of the simulator's glass, registered and calibrated, and its device."""
    ivan = service.signed_in(Role.INSTRUMENT_MANAGER)
    serial = f"SIM-{next(SERIALS)}"
    limits = {**INSTRUMENT["limits"], **SMALL_GLASS}
    asked = {**INSTRUMENT, "name": name, "model": MODEL, "serial": serial, "limits": limits}
    made = ivan.create_instrument(InstrumentRequest(**asked)).instrument
    service.sign(ivan, made, Action.INSTRUMENT_REGISTER, "Installed on bench 3")
    today = service.clock.now().date()
    held = {"done_on": str(today - timedelta(days=400)), "due_on": str(today + timedelta(days=days))}
    service.sign(ivan, made, Action.INSTRUMENT_CALIBRATION_RECORD, certificate="K-17", **held)
    return made, Identity("Blotter", MODEL, serial, "1.0.0")


@contextmanager
def agent_of(service: Service, instrument: str, url: str) -> Iterator[None]:
    """Run the agent of an instrument in a thread."""
    stopped = threading.Event()
    agent = Agent(service.agent, instrument, lambda: line_to(url), NAME, SECRET)
    thread = threading.Thread(target=agent.run, args=(stopped, lambda _words: None))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


@contextmanager
def opened(chromium, records: object) -> Iterator[Page]:
    """Open the widget on a page; no error of a script is allowed."""
    with running_bench(records) as (url, _):
        page = chromium.new_page(viewport={"width": 1120, "height": 900})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url}/#{quote('AcquireImage()')}")
        yield page
        page.close()
    assert errors == []


def acquired(service: Service) -> int:
    return sum(1 for one in service.entries(action=Action.IMAGE_ACQUIRE_START) if one["outcome"] == "done")


def test_two_channels_are_ordered_followed_over_a_reload_and_sealed(service: Service, chromium, tmp_path: Path) -> None:
    anna = service.signed_in(Role.ANALYST)
    membrane = membrane_of(service, anna)
    name, device = registered(service, "Imager on bench 3")
    overdue, _ = registered(service, "Imager in the cellar", days=-1)
    records = Losing(anna)
    with opened(chromium, records) as page:
        # What may not be used says why; nothing is sent for it.
        page.locator(f"[data-instrument={overdue}]").click()
        acquire = page.get_by_role("button", name="Acquire", exact=True)
        expect(acquire).to_have_attribute("aria-disabled", "true")
        expect(page.get_by_text(f"The calibration of {overdue} held until").first).to_be_visible()
        page.locator(f"[data-instrument={name}]").click()
        refuses_what_is_outside(page, acquire)
        page.get_by_label("Membrane").select_option(membrane)
        page.get_by_label("Study").press("Tab")
        expect(acquire).not_to_have_attribute("aria-disabled", "true")

        # The answer is lost after the service had it: asked again, it is one order.
        records.lose = "acquire after"
        acquire.click()
        notice = page.locator(".bl-notice")
        expect(notice).to_contain_text("the same order is not made twice")
        notice.get_by_role("button", name="Try again").click()
        card = page.locator("[data-acquisition]")
        expect(card).to_contain_text("Waiting for the instrument’s agent")
        assert acquired(service) == 1
        order = anna.order(card.get_attribute("data-acquisition"))
        assert (order.instrument, order.membrane, order.settings.integration_ms) == (name, membrane, 25)

        # 36 lines of 30 ms at a fifth of the speed; the page is loaded again meanwhile.
        with on_a_wire("pty", tmp_path, identity=device, speed=0.2) as url, agent_of(service, name, url):
            expect(card).to_contain_text("Scanning")
            expect(card.get_by_role("progressbar")).to_have_attribute("max", str(order.bytes))
            page.reload()
            expect(card).to_contain_text("Scanning")
            expect(card).to_contain_text(" left")
            records.lose = "order before"
            expect(notice).to_contain_text("does not depend on this page")
            expect(card).to_contain_text("Sealed")
        sealed = anna.order(order.acquisition)
        assert (sealed.state, len(sealed.images)) == (AcquisitionState.SEALED, 2)
        for image, channel in zip(sealed.images, ("700 nm", "800 nm"), strict=True):
            row = page.locator(f"[data-image={image}]")
            expect(row).to_contain_text(channel)
            expect(row.locator(".bl-command")).to_have_text(f'ImageViewer(image="{image}")')
        expect(page.locator(".bl-foot")).to_contain_text(f"{order.acquisition} was sealed")
        page.reload()
        expect(page.locator(f"[data-image={sealed.images[0]}]")).to_be_visible()
        page.get_by_role("button", name="Close", exact=True).last.click()
        expect(card).to_have_count(0)


def refuses_what_is_outside(page: Page, acquire: object) -> None:
    """See that each value outside the instrument's limits is said before anything is sent."""
    time = page.get_by_label("Integration time")
    for value, words in (("500", "this instrument takes 0.5 to 200 ms"), ("", "say a number"), ("1.23456789", "six")):
        time.fill(value)
        expect(page.get_by_text(words).first).to_be_visible()
        expect(acquire).to_have_attribute("aria-disabled", "true")
    time.fill("25")
    page.get_by_label("Region", exact=True).select_option("part")
    page.get_by_label("Bottom").fill("850")
    expect(page.get_by_text("840 is")).to_be_visible()
    page.get_by_label("Bottom").fill("0")
    expect(page.get_by_text("below its top")).to_be_visible()
    page.get_by_label("Region", exact=True).select_option("whole")


def test_a_cancelled_acquisition_is_an_aborted_record_with_its_reason(
    service: Service, chromium, tmp_path: Path
) -> None:
    anna = service.signed_in(Role.ANALYST)
    name, device = registered(service, "Imager on bench 4")
    images = len(anna.images())
    with opened(chromium, anna) as page, on_a_wire("pty", tmp_path, identity=device, speed=0.01) as url:
        page.locator(f"[data-instrument={name}]").click()
        with agent_of(service, name, url):
            page.get_by_role("button", name="Acquire", exact=True).click()
            card = page.locator("[data-acquisition]")
            expect(card).to_contain_text("Scanning")
            acquisition = card.get_attribute("data-acquisition")
            card.get_by_role("button", name="Cancel…").click()
            sure = card.get_by_role("button", name="Cancel the acquisition")
            expect(sure).to_have_attribute("aria-disabled", "true")
            card.get_by_label("Reason", exact=True).fill(WHY)
            sure.click()
            expect(card).to_contain_text("Nothing of it is kept")
            expect(card).to_contain_text(WHY)
    ended = anna.order(acquisition)
    assert (ended.state, ended.ending, len(anna.images())) == (AcquisitionState.ABORTED, WHY, images)


def test_somebody_elses_acquisition_holds_the_instrument_and_the_services_refusal_is_shown(
    service: Service, chromium
) -> None:
    anna, samir = service.signed_in(Role.ANALYST), service.signed_in(Role.SUPERVISOR)
    name, _ = registered(service, "Imager on bench 5")
    with opened(chromium, anna) as page:
        page.locator(f"[data-instrument={name}]").click()
        acquire = page.get_by_role("button", name="Acquire", exact=True)
        expect(acquire).not_to_have_attribute("aria-disabled", "true")
        theirs = held_by(service, samir, name)
        acquire.click()
        expect(page.locator(".bl-notice")).to_contain_text(f"{name} is acquiring {theirs}.")
        expect(page.locator(f"[data-instrument={name}]")).to_contain_text(f"In use: {theirs}")
        expect(acquire).to_have_attribute("aria-disabled", "true")
        expect(page.locator("[data-acquisition]")).to_have_count(0)
    refused = service.entries(action=Event.ACTION_REFUSED)[-1]
    assert refused["new"]["rule"] == "conflict.instrument"
    samir.abort_acquisition(theirs, AbortRequest(reason=WHY))


def held_by(service: Service, somebody: RecordsClient, instrument: str) -> str:
    """Let somebody order an acquisition; return it."""
    scan = ScanSettings(channels_nm=[700], integration_ms=10, resolution_um=84, region_um=(0, 0, *SMALL.extent_um))
    request = AcquisitionRequest(study=STUDY, settings=scan, idempotency_key=service.key())
    return somebody.acquire(instrument, request).acquisition
