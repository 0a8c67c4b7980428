"""What the gate tells the command log of each cell: as it was sent, what came of it, from where, how long it took."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from blotter_extension.gate.command_log import CommandLog
from blotter_records.errors import Invalid
from persons import until
from security.kernel_channel import V1, Channel

NOTEBOOK = "Quantify a gel.ipynb"


@pytest.fixture
def kernel(browser):
    browser.get(f"api/contents/{NOTEBOOK}")
    body = {"path": NOTEBOOK, "name": NOTEBOOK, "type": "notebook", "kernel": {"name": "blotter"}}
    return browser.post("api/sessions", json=body).json()["kernel"]["id"]


async def _run(browser, kernel, protocol):
    channel = await Channel.open(browser, kernel, protocol)
    await channel.execute("ImageBrowser()", cell="cell-1")
    await channel.execute("import os", cell="cell-2")
    content = {"code": "# run\nImageBrowser()", "silent": False, "user_expressions": {}}
    await channel.ask("execute_request", content, metadata={"cellId": "cell-3", "automatic": True})
    await channel.execute("x" * 5000, cell="../../x")
    channel.close()


def test_every_cell_is_told_accepted_or_not(browser, kernel, records):
    for protocol in (V1, None):
        records.cells.clear()
        asyncio.run(_run(browser, kernel, protocol))
        until(lambda: len(records.cells) == 4, 20)
        told = sorted(records.cells, key=lambda one: str(one["cell"]))
        by_cell = {one["cell"]: one for one in told}
        done, refused, automatic, long = (by_cell[name] for name in ("cell-1", "cell-2", "cell-3", None))
        assert (done["source"], done["outcome"], done["is_automatic"]) == ("ImageBrowser()", "done", False)
        assert (refused["outcome"], "not a widget" in refused["said"]) == ("refused", True)
        assert refused["source_sha256"] == hashlib.sha256(b"import os").hexdigest()
        assert (automatic["outcome"], automatic["is_automatic"]) == ("done", True)
        assert (len(long["source"]), long["outcome"]) == (4096, "refused")
        assert 0 < done["duration_ms"] < 30_000
        assert {one["headers"]["x-blotter-kernel"] for one in told} == {kernel}
        assert {one["headers"]["x-blotter-notebook"] for one in told} == {"NBK-000001"}
        assert {one["headers"]["x-blotter-notebook-version"] for one in told} == {"1"}


def test_a_cell_whose_browser_left_is_told_too(browser, kernel, records):
    async def leave():
        channel = await Channel.open(browser, kernel)
        await channel.execute("ImageBrowser()")
        for _ in range(20):
            content = {"code": "ImageBrowser()", "silent": False}
            await channel.send("shell", channel.message("execute_request", content))
        channel.close()

    records.cells.clear()
    asyncio.run(leave())
    until(lambda: len(records.cells) == 21, 20)
    assert {one["outcome"] for one in records.cells} <= {"done", "unanswered"}


def test_a_flood_of_refused_cells_is_counted_not_listed(browser, kernel, records):
    async def flood():
        channel = await Channel.open(browser, kernel)
        for number in range(60):
            await channel.execute(f"print({number})")
        channel.close()

    asyncio.run(flood())
    until(lambda: sum(one["count"] for one in records.refusals) == 60, 40)
    opening, closing = records.refusals
    assert (opening["count"], closing["count"], len(closing["hashes"])) == (1, 59, 59)
    assert hashlib.sha256(b"print(30)").hexdigest() in closing["hashes"]
    assert len(records.cells) == 20


def test_a_cell_that_is_not_taken_keeps_none_of_the_others_waiting():
    """The service takes no NUL; nor is everything else that was typed lost with what it does not take."""
    taken: list[str] = []

    async def send(runs, _context):
        if any("bad" in one.source or "\0" in one.source for one in runs.runs):
            raise Invalid("told.form", "422")
        taken.extend(one.source for one in runs.runs)

    async def log():
        commands = CommandLog(send, wait_s=0.01)
        for source in ("first", "a bad one", "second", "with\0nul", "third"):
            commands.ended(commands.started(source, None, {}, is_automatic=False), "refused", "no\0")
        await commands.flush()

    asyncio.run(log())
    assert taken == ["first", "second", "with\N{REPLACEMENT CHARACTER}nul", "third"]


def test_a_server_that_is_stopped_tells_its_last_cells(browser, kernel, records, server):
    records.cells.clear()

    async def last():
        channel = await Channel.open(browser, kernel)
        await channel.execute("ImageBrowser()", cell="cell-9")
        server.process.terminate()
        channel.close()

    asyncio.run(last())
    server.process.wait(timeout=20)
    assert [one["cell"] for one in records.cells] == ["cell-9"]


def test_a_widget_that_the_role_may_not_use_is_refused(browser, records):
    records.widgets = ["ImageBrowser"]
    browser.get(f"api/contents/{NOTEBOOK}")
    body = {"path": NOTEBOOK, "name": NOTEBOOK, "type": "notebook", "kernel": {"name": "blotter"}}
    kernel = browser.post("api/sessions", json=body).json()["kernel"]["id"]

    async def cells():
        channel = await Channel.open(browser, kernel)
        allowed = await channel.execute("ImageBrowser()")
        refused = await channel.execute("ImportImage()")
        channel.close()
        return allowed, refused

    allowed, refused = asyncio.run(cells())
    assert [one for one in allowed if one["msg_type"] == "error"] == []
    [error] = [one["content"] for one in refused if one["msg_type"] == "error"]
    assert error["evalue"] == "Your role may not use ImportImage."
    assert "ImageBrowser" in error["traceback"][1]
    assert [one for one in refused if one["msg_type"] == "comm_open"] == []
    until(lambda: any(one["kind"] == "cell" for one in records.refusals), 20)
