"""A scientist makes a notebook from a template in JupyterLab, runs it, and is told what the template does not allow."""

from __future__ import annotations

import re

from people import LONG_MS, Person
from playwright.sync_api import expect

TITLE = "Total-protein normalisation"


def test_a_notebook_is_made_from_a_template_and_runs_its_widgets(running_system, chromium, pictures):
    anna = Person(chromium, running_system.url, *running_system.accounts["analyst"], pictures)
    anna.sign_in()
    anna.open_notebook()
    toolbar = anna.page.locator(".jp-NotebookPanel:visible .bl-made-from")
    expect(toolbar).to_have_text(re.compile(r"Template: Quantify a gel \(TPL-000001\.1\)"), timeout=LONG_MS)

    anna.page.locator(".lm-TabBar-tab[data-id='blotter-templates']").click()
    panel = anna.page.get_by_role("region", name="New notebook from a template")
    template = panel.get_by_role("listitem").filter(has_text=TITLE)
    expect(template).to_be_visible(timeout=LONG_MS)
    # Those that are for other roles are not offered.
    expect(panel.get_by_role("listitem").filter(has_text="Review and approve")).to_have_count(0)
    anna.picture("templates")
    template.get_by_role("button", name="Make a notebook").click()
    expect(toolbar).to_have_text(re.compile(TITLE), timeout=LONG_MS)
    shown = anna.page.locator(".jp-NotebookPanel:visible")
    expect(shown.get_by_role("region", name="Images").first).to_be_attached(timeout=LONG_MS)
    expect(shown.locator(".jp-MarkdownOutput h1")).to_have_text(re.compile(TITLE))

    cell = shown.locator(".jp-CodeCell").filter(has=anna.page.locator(".cm-content", has_text="ImportImage()"))
    place = cell.first.get_attribute("data-windowed-list-index")
    cell = shown.locator(f".jp-CodeCell[data-windowed-list-index='{place}']")
    cell.locator(".cm-content").click()
    anna.page.keyboard.press("Control+A")
    anna.page.keyboard.insert_text("Studies()")
    anna.page.keyboard.press("Control+Enter")
    output = cell.locator(".jp-OutputArea")
    expect(output).to_contain_text("Studies cannot be run in this notebook.", timeout=LONG_MS)
    expect(output).to_contain_text(TITLE)
    anna.close()

    auditor = running_system.accounts["auditor"]
    with running_system.client(*auditor) as client:
        told = [one.summary for one in client.command_log().entries]
        assert any("Studies cannot be run in this notebook" in one for one in told)
