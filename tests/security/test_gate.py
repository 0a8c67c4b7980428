"""The gate on a real server, with a real websocket and a real sandboxed kernel."""

from __future__ import annotations

import asyncio
import hashlib
import time

import httpx
import pytest
from security.conftest import sign_in
from security.kernel_channel import V1, Channel, frame_v1, of_type
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

NOTEBOOK = "Quantify a gel.ipynb"


def start_kernel(browser) -> str:
    assert browser.get(f"api/contents/{NOTEBOOK}").status_code == 200
    body = {"path": NOTEBOOK, "name": "", "type": "notebook", "kernel": {"name": "blotter", "id": "../../x"}}
    answer = browser.post("api/sessions", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["kernel"]["id"]


def wait_for(check, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.05)
    return check()


@pytest.fixture
def kernel(browser) -> str:
    return start_kernel(browser)


@pytest.mark.parametrize("protocol", [V1, None])
def test_a_widget_is_shown_and_takes_commands(browser, kernel, records, protocol):
    async def run():
        channel = await Channel.open(browser, kernel, protocol)
        shown = await channel.execute("ImageBrowser()", cell="cell-7")
        [opened] = of_type(shown, "comm_open")
        [display] = of_type(shown, "display_data")
        assert opened["data"]["state"]["_view_name"] == "ImageBrowserView"
        assert opened["data"]["state"]["view"]["state"] == "ready"
        assert display["data"]["application/vnd.jupyter.widget-view+json"]["model_id"] == opened["comm_id"]
        assert next(m for m in shown if m["msg_type"] == "comm_open")["metadata"] == {"version": "2.1.0"}
        command = {
            "comm_id": opened["comm_id"],
            "data": {"method": "custom", "content": {"command": "reload", "id": 1, "arguments": {}}},
        }
        answered = await channel.ask("comm_msg", command)
        assert any(c["data"].get("content", {}).get("reply") == 1 for c in of_type(answered, "comm_msg"))
        state = await channel.ask("comm_msg", {"comm_id": opened["comm_id"], "data": {"method": "request_state"}})
        assert of_type(state, "comm_msg")[0]["data"]["state"]["_model_name"] == "BlotterModel"
        channel.close()

    asyncio.run(run())
    lists = [seen for seen in records.seen if seen.path.endswith("/images")]
    assert len(lists) == 2
    for seen in lists:  # both by the kernel, for the cell that opened the widget
        assert seen.headers["x-blotter-cell"] == "cell-7"
        assert seen.headers["x-blotter-kernel"] == kernel
        assert seen.headers["x-blotter-notebook"] == "NBK-000001"
        assert seen.headers["x-blotter-notebook-version"] == "1"
        assert seen.headers["x-blotter-address"] == "127.0.0.1"
        assert "x-blotter-parent" not in seen.headers
    assert records.refusals == []


@pytest.mark.parametrize("protocol", [V1, None])
def test_whether_a_cell_goes_on_is_answered_through_the_gate(browser, kernel, protocol):
    async def run():
        channel = await Channel.open(browser, kernel, protocol)
        for code, expected in {
            "ImageBrowser()": {"status": "complete"},
            "ImageBrowser(": {"status": "incomplete", "indent": ""},
            "import os": {"status": "invalid"},
        }.items():
            assert of_type(await channel.ask("is_complete_request", {"code": code}), "is_complete_reply") == [expected]
        channel.close()

    asyncio.run(run())


def asked_last(records):
    """Return the last request of the browser; the command log tells of cells in between."""
    return [seen for seen in records.seen if not seen.path.endswith("/cells")][-1]


def send_image(browser, records, comm):
    """Send an image in a widget's name; return the context headers that the records service got."""
    answer = browser.post("blotter/images?file_name=gel.tif", content=b"gel", headers={"X-Blotter-Comm": comm})
    assert answer.status_code == 201, answer.text
    return context_of(asked_last(records))


def context_of(seen):
    names = ("notebook", "notebook-version", "cell", "kernel")
    return {name: seen.headers[f"x-blotter-{name}"] for name in names if f"x-blotter-{name}" in seen.headers}


def test_bytes_carry_the_cell_of_the_widget_that_sends_them(browser, kernel, records):
    async def run():
        channel = await Channel.open(browser, kernel)
        opened = {}
        for cell in ("cell-3", "cell-4"):
            [content] = of_type(await channel.execute("ImportImage()", cell=cell), "comm_open")
            opened[cell] = content["comm_id"]
        channel.close()
        return opened

    whole = {"notebook": "NBK-000001", "notebook-version": "1", "kernel": kernel}
    opened = asyncio.run(run())
    asked = [seen.path.split("?")[0].rpartition("/")[2] for seen in records.seen if "x-blotter-kernel" in seen.headers]
    # Whether it may run is asked for each cell; what a revision of the configuration says is asked once.
    assert (asked.count("widgets"), asked.count("configuration")) == (2, 1)
    for cell, comm in opened.items():
        assert send_image(browser, records, comm) == {**whole, "cell": cell}
    browser.get(f"blotter/exports/EXP-000001?comm={opened['cell-4']}")
    assert context_of(asked_last(records)) == {**whole, "cell": "cell-4"}
    for unknown in ("", "0" * 32, "\u00fc", opened["cell-3"] + "0", "x" * 4000):
        assert send_image(browser, records, unknown.encode()) == {}, unknown
    # What the browser says about the cell itself is not listened to.
    claims = {"X-Blotter-Comm": opened["cell-3"], "X-Blotter-Cell": "cell-9", "X-Blotter-Notebook": "NBK-000009"}
    browser.post("blotter/images?file_name=gel.tif", content=b"gel", headers=claims)
    assert context_of(asked_last(records)) == {**whole, "cell": "cell-3"}
    browser.delete(f"api/kernels/{kernel}")
    assert send_image(browser, records, opened["cell-3"]) == {}


@pytest.mark.parametrize("protocol", [V1, None])
def test_a_cell_that_is_no_command_is_refused_and_recorded(browser, kernel, records, protocol):
    async def run():
        channel = await Channel.open(browser, kernel, protocol)
        found = await channel.execute("import os")
        channel.close()
        return found

    found = asyncio.run(run())
    [error] = of_type(found, "error")
    assert error["ename"] == "Not allowed"
    assert "not a widget" in error["evalue"]
    assert [c["execution_state"] for c in of_type(found, "status")] == ["busy", "idle"]
    assert of_type(found, "execute_reply")[0]["status"] == "error"
    [refusal] = wait_for(lambda: records.refusals)
    assert refusal["kind"] == "cell"
    assert refusal["source_sha256"] == hashlib.sha256(b"import os").hexdigest()
    assert "The kernel says" not in refusal["summary"]


def test_a_burst_of_refusals_is_two_entries(browser, kernel, records):
    async def run():
        channel = await Channel.open(browser, kernel)
        for number in range(6):
            await channel.execute(f"print({number})")
        channel.close()

    asyncio.run(run())
    assert wait_for(lambda: len(records.refusals) == 2, 25), records.refusals
    opening, closing = records.refusals
    assert (opening["count"], closing["count"]) == (1, 5)


def test_more_messages_than_a_person_can_cause_are_dropped(browser, kernel, records):
    async def run():
        channel = await Channel.open(browser, kernel)
        sent = [await channel.send("shell", channel.message("history_request", {})) for _ in range(320)]
        answered = []
        while len(answered) < 300:
            got = await channel.receive()
            if got["msg_type"] == "history_reply":
                answered.append(got["parent_header"]["msg_id"])
        assert answered == sent[:300]
        channel.close()

    asyncio.run(run())
    told = "More messages than a person can cause; they were dropped."
    assert wait_for(lambda: [one for one in records.refusals if told in one["summary"]])


MESSAGES = [
    ("shell", "execute_request", {"code": "", "user_expressions": {"x": "1"}}),
    ("shell", "execute_request", {}),
    ("shell", "execute_request", {"code": ["ImageBrowser()"]}),
    ("control", "execute_request", {"code": "ImageBrowser()"}),
    ("control", "shutdown_request", {"restart": False}),
    ("control", "create_subshell_request", {}),
    ("control", "usage_request", {}),
    ("shell", "apply_request", {"bound": ["x"]}),
    ("shell", "connect_request", {}),
    ("iopub", "execute_request", {"code": "ImageBrowser()"}),
    ("stdin", "input_reply", {"value": "x"}),
    ("shell", "comm_open", {"comm_id": "evil", "target_name": "jupyter.widget", "data": {"state": {}}}),
    ("shell", "comm_msg", {"comm_id": "x", "data": {"method": "update", "state": {"view": {}}, "buffer_paths": []}}),
    ("shell", "comm_msg", {"comm_id": "x", "data": None}),
    ("shell", "comm_msg", {"comm_id": "x", "data": {"method": ["update"]}}),
    ("shell", "comm_msg", {"comm_id": ["x"], "data": {"method": "custom", "content": {}}}),
]


def test_no_other_message_reaches_the_kernel(browser, kernel, records):
    async def run():
        channel = await Channel.open(browser, kernel)
        for where, msg_type, content in MESSAGES:
            sent = await channel.send(where, channel.message(msg_type, content))
            after = await channel.ask("kernel_info_request", {})  # the kernel still works
            assert of_type(after, "kernel_info_reply")
            del sent
        found = await channel.ask(
            "debug_request", {"type": "request", "seq": 3, "command": "initialize"}, channel="control"
        )
        assert of_type(found, "debug_reply")[0]["success"] is False
        found = await channel.ask("history_request", {"hist_access_type": "tail", "n": 10})
        assert of_type(found, "history_reply")[0]["history"] == []
        channel.close()

    asyncio.run(run())
    assert wait_for(lambda: sum(refusal["count"] for refusal in records.refusals) == len(MESSAGES), 25), (
        records.refusals
    )
    assert not [seen for seen in records.seen if seen.path.endswith("/images")]


def test_frames_out_of_order_are_dropped(browser, kernel, records):
    header = b'{"msg_id": "a", "msg_type": "execute_request", "session": "s"}'
    good = [b"shell", header, b"{}", b"{}", b'{"code": "ImageBrowser()"}']
    frames = [
        b"",
        (2**63).to_bytes(8, "little"),
        frame_v1(good)[:-1],
        frame_v1(good) + b"x",
        frame_v1([b"shell", header, b"{}", b"{}"]),
        frame_v1([b"shell", header, b"{}", b"{}", b'{"code": "ImageBrowser()", "code": "ImageBrowser()"}']),
        frame_v1([b"shell", header, b"{}", b"{}", b'{"code": "ImageBrowser()", "n": NaN}']),
        frame_v1([b"shell", header, b"{}", b"{}", b"[" * 100_000]),
        frame_v1([b"shell", header, b"{}", b"{}", b'{"code": "\xff"}']),
        frame_v1([b"shell", header, b"{}", b"{}", b'{"code": "\\ud800"}']),
        frame_v1([b"shell", header.replace(b'"a"', b'"a\\nb"'), *good[2:]]),
        frame_v1([b"shell", header.replace(b'execute_request"', b'execute_request\\u0000"'), *good[2:]]),
        frame_v1([b"evil", *good[1:]]),
        frame_v1([*good, b"a buffer"]),
    ]

    async def run():
        channel = await Channel.open(browser, kernel)
        for frame in frames:
            await channel.connection.write_message(frame, binary=True)
        found = await channel.execute("# nothing")
        assert of_type(found, "execute_reply")[0]["status"] == "ok"
        channel.close()

    asyncio.run(run())
    assert not [seen for seen in records.seen if seen.path.endswith("/images")]


def test_the_connection_closes_when_the_session_ends(browser, kernel, hub):
    async def run():
        channel = await Channel.open(browser, kernel)
        await channel.execute("# here")
        del hub.people["token-alice"]
        began = time.monotonic()
        while await channel.receive(seconds=10) is not None:
            pass
        assert channel.connection.close_code == 4401
        return time.monotonic() - began

    assert asyncio.run(run()) < 5


def test_the_connection_closes_when_the_records_service_says_so(browser, kernel, records):
    async def run():
        channel = await Channel.open(browser, kernel)
        await channel.execute("ImageBrowser()")
        records.is_session_open = False
        shown = await channel.execute("ImageBrowser()")
        assert of_type(shown, "comm_open")[0]["data"]["state"]["view"]["state"] == "refused"
        while await channel.receive(seconds=10) is not None:
            pass
        assert channel.connection.close_code == 4401

    asyncio.run(run())


def test_the_events_of_the_server_are_told_to_nobody(server, browser):
    def subscribe(client):
        url = str(client.base_url).replace("http://", "ws://") + "api/events/subscribe"
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
        origin = str(client.base_url).split("/user/")[0]
        return websocket_connect(HTTPRequest(url, headers={"Cookie": cookies, "Origin": origin}))

    async def run():
        connection = await subscribe(browser)
        kernel = await asyncio.to_thread(start_kernel, browser)  # Jupyter's own would tell of it
        await asyncio.to_thread(browser.delete, f"api/kernels/{kernel}")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connection.read_message(), 1)
        connection.close()
        connection = await subscribe(browser)
        await connection.write_message("{}")
        assert await asyncio.wait_for(connection.read_message(), 10) is None
        assert connection.close_code == 1008

    asyncio.run(run())
    for client in (sign_in(server, "boss"), httpx.Client(base_url=server.url)):
        with pytest.raises(HTTPClientError, match="403"):
            asyncio.run(_open(subscribe, client))
        client.close()


async def _open(subscribe, client):
    await subscribe(client)


def test_somebody_else_with_access_to_the_server_may_not_use_it(server, browser, kernel):
    boss = sign_in(server, "boss")
    for path in ("api/contents", f"api/kernels/{kernel}", "blotter/session", "api/sessions"):
        assert boss.get(path).status_code == 403, path
    with pytest.raises(Exception, match="403"):
        asyncio.run(Channel.open(boss, kernel))
    boss.close()
