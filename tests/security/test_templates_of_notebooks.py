"""A notebook runs the widgets of its template: said by the gate and, whatever the gate lets through, by the kernel."""

from __future__ import annotations

import asyncio
import json

import pytest
from persons import until
from security.conftest import running_server, sign_in
from security.fakes import ALL, LIMITED, TEMPLATE, FakeHub, FakeRecords
from security.kernel_channel import Channel


@pytest.fixture(scope="module")
def hub():
    fake = FakeHub()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def records():
    fake = FakeRecords()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def browser(hub, records, run_dir, ordinary_user):
    with running_server(hub, records, run_dir, ordinary_user) as server:
        client = sign_in(server, "alice")
        yield client
        client.close()


@pytest.fixture(autouse=True)
def nothing_is_limited(records):
    records.limits.clear()
    records.locked.clear()
    records.limit_of_kernels = ALL
    records.refusals.clear()


def made(browser) -> str:
    """Make a notebook from the template, as the page does; return its name."""
    answer = browser.post("api/contents", json={"copy_from": "TPL-000001"})
    assert answer.status_code == 201, answer.text
    return answer.json()["path"]


def kernel_for(browser, name: str) -> str:
    body = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "blotter"}}
    answer = browser.post("api/sessions", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["kernel"]["id"]


def run(browser, kernel: str, *cells: str, cell_id: str = "cell-1") -> list[list[dict]]:
    async def each():
        channel = await Channel.open(browser, kernel)
        said = [await channel.execute(cell, cell_id) for cell in cells]
        channel.close()
        return said

    try:
        return asyncio.run(each())
    finally:
        browser.delete(f"api/kernels/{kernel}")


def errors(said: list[dict]) -> list[str]:
    return [one["content"]["evalue"] for one in said if one["msg_type"] == "error"]


def test_a_notebook_is_made_from_a_template_and_says_so(browser, records):
    name = made(browser)
    assert name.startswith("Quantify a gel")
    assert records.notebooks[name] == TEMPLATE["effective"]["cells"]
    told = browser.get(f"api/contents/{name}").json()["content"]["metadata"]["blotter"]
    assert (told["template"]["template"], told["template"]["version"]) == ("TPL-000001", 1)
    second = made(browser)
    assert second != name
    assert {name, second} <= set(records.notebooks)
    templates = browser.get("blotter/templates")
    assert [one["name"] for one in templates.json()] == ["Quantify a gel"]


def test_what_a_browser_says_of_a_notebooks_template_is_not_kept(browser, records):
    cell = {"cell_type": "code", "id": "c1", "metadata": {}, "source": "ImageBrowser()", "outputs": []}
    forged = {"blotter": {"template": {"template": "TPL-000001"}, "widgets": ["ImageBrowser"]}}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": forged, "cells": [cell]}
    answer = browser.put("api/contents/own.ipynb", json={"type": "notebook", "format": "json", "content": content})
    assert answer.is_success, answer.text
    sent = json.loads(next(one.body for one in reversed(records.seen) if one.method == "PUT"))
    assert set(sent) == {"expected_version", "cells"}
    told = browser.get("api/contents/own.ipynb").json()["content"]["metadata"]["blotter"]
    assert told["template"] is None


def test_the_gate_refuses_a_widget_outside_of_the_template(browser, records):
    name = made(browser)
    records.limits[name] = LIMITED
    assert browser.get(f"api/contents/{name}").status_code == 200
    allowed, refused = run(browser, kernel_for(browser, name), "ImageBrowser()", "ImportImage()")
    assert errors(allowed) == []
    [said] = errors(refused)
    assert said.startswith("ImportImage cannot be run in this notebook.")
    assert "Looking" in said
    assert [one for one in refused if one["msg_type"] == "comm_open"] == []
    until(lambda: any(one["summary"] == said and one["kind"] == "cell" for one in records.refusals), 20)


def test_the_gate_learns_of_a_notebook_that_was_never_opened(browser, records):
    name = "never opened.ipynb"
    records.notebooks[name], records.limits[name] = TEMPLATE["effective"]["cells"], LIMITED
    [refused] = run(browser, kernel_for(browser, name), "Studies()")
    assert errors(refused)[0].startswith("Studies cannot be run in this notebook.")


def test_the_kernel_refuses_what_the_gate_lets_through(browser, records):
    name = made(browser)
    records.limit_of_kernels = LIMITED
    allowed, refused = run(browser, kernel_for(browser, name), "ImageBrowser()", "Studies()")
    assert errors(allowed) == []
    [said] = errors(refused)
    assert said.startswith("Studies cannot be run in this notebook.")
    assert any(one["summary"].startswith("The kernel says: Studies cannot be run") for one in records.refusals)


def test_nothing_runs_outside_of_a_template_where_policy_forbids_it(browser, records):
    nothing = {"widgets": [], "why_not": "It was made from no template, which policy notebooks.ad_hoc does not allow."}
    name = made(browser)
    records.limits[name], records.limit_of_kernels = nothing, nothing
    browser.get(f"api/contents/{name}")
    [refused] = run(browser, kernel_for(browser, name), "ImageBrowser()")
    assert "notebooks.ad_hoc" in errors(refused)[0]


def test_a_kernel_cannot_be_taken_to_a_wider_notebook(browser, records):
    """Its session is moved; what it may run is that of the notebook it works for now, and entries name that one."""
    narrow, wide = made(browser), made(browser)
    records.limits[narrow] = LIMITED
    for name in (narrow, wide):
        browser.get(f"api/contents/{name}")
    body = {"path": wide, "name": wide, "type": "notebook", "kernel": {"name": "blotter"}}
    session = browser.post("api/sessions", json=body).json()
    moved = browser.patch(f"api/sessions/{session['id']}", json={"path": narrow, "name": narrow})
    assert moved.status_code == 200, moved.text
    [refused] = run(browser, session["kernel"]["id"], "Studies()")
    assert errors(refused)[0].startswith("Studies cannot be run in this notebook.")


def test_the_server_says_which_cells_are_locked_and_no_browser_does(browser, records):
    name = made(browser)
    records.locked[name] = ["title", "browse"]
    document = browser.get(f"api/contents/{name}").json()["content"]
    fixed = {"editable": False, "deletable": False}
    told = {cell["id"]: cell["metadata"] for cell in document["cells"]}
    assert {identifier for identifier, metadata in told.items() if metadata == fixed} == {"title", "browse"}
    assert {str(metadata) for metadata in told.values()} == {str(fixed), "{}"}
    assert document["metadata"]["blotter"]["locked"] == ["title", "browse"]
    # A browser that turns it round is sent the same again.
    for cell in document["cells"]:
        cell["metadata"] = {} if cell["metadata"] else dict(fixed)
    document["metadata"]["blotter"]["locked"] = []
    body = {"type": "notebook", "format": "json", "content": document}
    assert browser.put(f"api/contents/{name}", json=body).is_success
    again = browser.get(f"api/contents/{name}").json()["content"]
    assert {cell["id"]: cell["metadata"] for cell in again["cells"]} == told


def test_a_locked_cell_runs_as_the_template_has_it(browser, records):
    name = made(browser)
    records.locked[name] = ["browse"]
    assert browser.get(f"api/contents/{name}").is_success
    as_it_is, otherwise = run(browser, kernel_for(browser, name), "ImageBrowser()", "Studies()", cell_id="browse")
    assert errors(as_it_is) == []
    assert errors(otherwise) == ["The notebook's template locks this cell, and its text was changed."]
    until(lambda: any(one["kind"] == "cell" and "locks this cell" in one["summary"] for one in records.refusals), 20)
