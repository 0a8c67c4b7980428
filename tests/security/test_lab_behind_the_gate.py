"""JupyterLab itself, in a real browser, with the gate, the route list and the policy in place."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect, sync_playwright

NOTEBOOK = quote("Quantify a gel.ipynb")
ARGUMENTS = "--no-sandbox --disable-dev-shm-usage --disable-background-networking --disable-sync --no-first-run"


@pytest.fixture
def page(server, browser):
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS.split())
        context = chromium.new_context()
        for cookie in browser.cookies.jar:
            context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": server.url}])
        made = context.new_page()
        made.said = []
        made.refused = []
        made.on("response", lambda response: made.refused.append(response.url) if response.status >= 400 else None)
        made.on("console", lambda message: made.said.append(message.text))
        yield made
        chromium.close()


def test_a_widget_is_drawn_and_a_program_is_refused(server, page, records):
    records.locked["Quantify a gel.ipynb"] = ["browse"]
    page.goto(f"{server.url}lab/tree/{NOTEBOOK}")
    code = page.locator(".jp-CodeCell")
    expect(code.first).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible(timeout=60_000)
    # JupyterLab draws only the cells in sight: a cell is found by its text, and the kernel runs them as it opens.
    expect(code.filter(has_text="ImageBrowser()").get_by_text("There are no images yet")).to_be_visible(timeout=40_000)
    # What the template locks is marked, takes no typing, and stays where a key would remove it.
    locked = code.filter(has_text="ImageBrowser()").first
    expect(locked).to_have_class(re.compile("bl-locked"))
    locked.locator(".cm-content").click()
    page.keyboard.type("other")
    page.keyboard.press("Escape")
    for key in "ddx":
        page.keyboard.press(key)
    expect(locked.locator(".cm-content")).to_have_text("ImageBrowser()")
    expect(page.locator(".bl-locked")).to_have_count(1)
    first = code.filter(has_text="ImportImage()").first
    first.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("import os")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("is not a widget").first).to_be_visible(timeout=15_000)
    assert not [text for text in page.said if "activating plugin" in text], page.said
    assert page.refused == []  # it asks for nothing that is not there
    expect(page.get_by_role("img", name="Blotter")).to_be_visible()
    assert page.title().endswith("Blotter")
    toolbar = page.locator(".jp-FileBrowser-toolbar [data-jp-item-name]")
    assert toolbar.evaluate_all("all => all.map((one) => one.dataset.jpItemName)") == ["refresh", "toggle-file-filter"]
    page.get_by_role("menuitem", name="File", exact=True).click()
    expect(page.get_by_role("menuitem", name="Save Notebook As…")).to_be_visible()
    for leads_nowhere in ("Rename Notebook", "Shut Down", "Revert Notebook", "Open from URL", "New Console"):
        expect(page.locator(".lm-Menu-item").filter(has_text=re.compile(f"^{leads_nowhere}"))).to_have_count(0)
    policy = [text for text in page.said if "Content Security Policy" in text]
    assert len(policy) <= 1, policy  # JupyterLab's own inline script in its page; blocked without effect
    assert any(refusal["kind"] == "cell" for refusal in records.refusals)
