"""The person's server: routes, notebooks, bytes, and the open set's attacks on them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest
from persons import until
from security.conftest import BASE, running_server, sign_in
from security.fakes import FakeHub, FakeRecords

NOTEBOOK = "Quantify a gel.ipynb"
ATTACKS = [json.loads(line) for line in Path(__file__).with_name("open_attacks.jsonl").read_text("utf-8").splitlines()]
REST = [
    a
    for a in ATTACKS
    if a["channel"] in ("rest", "contents") and isinstance(a["payload"], dict) and "path" in a["payload"]
]


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
def server(hub, records, run_dir, ordinary_user):
    with running_server(hub, records, run_dir, ordinary_user) as made:
        yield made


@pytest.fixture(scope="module")
def browser(server):
    client = sign_in(server, "alice")
    yield client
    client.close()


def page_config(browser) -> dict:
    text = browser.get("lab", headers={"Sec-Fetch-Mode": "navigate"}).text
    return json.loads(text.split('type="application/json">', 1)[1].split("</script>", 1)[0])


def test_the_page_has_no_token_and_a_strict_policy(browser):
    answer = browser.get("lab", headers={"Sec-Fetch-Mode": "navigate"})
    policy = answer.headers["content-security-policy"]
    assert "frame-src http://127.0.0.1:8001;" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    config = page_config(browser)
    assert config["token"] == ""
    assert config["terminalsAvailable"] is False
    assert config["blotterIsDemo"] is True
    assert {extension["name"] for extension in config["federated_extensions"]} == {
        "@jupyter-widgets/jupyterlab-manager",
        "blotter",
    }
    assert "@jupyterlab/terminal-extension" in config["disabledExtensions"]
    assert "@jupyterlab/terminal-extension" in config["lockedExtensions"]


def test_a_page_whose_name_was_turned_to_this_machine_gets_nothing(browser, records, server):
    """DNS rebinding: to the browser the foreign page and this server are one origin, the cookies are a worst case."""
    channel = f"api/kernels/{browser.post('api/kernels').json()['id']}/channels"
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
               "Sec-WebSocket-Version": "13"}  # fmt: skip
    port = httpx.URL(server.url).port
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "10.1.2.3", "a b", ""):
        foreign = {"Host": host, "Origin": f"http://{host}"}
        for path, headers in (("lab", {}), ("api/contents", {}), ("api/kernels", {}), (channel, upgrade)):
            answer = browser.get(path, headers={**foreign, **headers})
            assert answer.status_code in {400, 403}, (host, path, answer.status_code)
            assert "set-cookie" not in answer.headers
        assert browser.post("api/kernels", headers=foreign).status_code in {400, 403}
    assert len(browser.get("api/kernels").json()) == 1
    told = until(lambda: [one for one in records.refusals if "not this server's host" in one["summary"]], 10)
    assert told[0]["kind"] == "route"
    assert "'evil.example'" in told[0]["summary"]
    for host in (f"localhost:{port}", "127.0.0.1", f"[::1]:{port}", "blotter.example.org", "Blotter.Example.org:443"):
        assert browser.get("api/contents", headers={"Host": host}).status_code == 200, host
    browser.delete(channel.removesuffix("/channels"))


def test_autosave_is_off(browser):
    answer = browser.get("lab/api/settings/@jupyterlab/docmanager-extension:plugin")
    assert answer.status_code == 200
    assert answer.json()["schema"]["properties"]["autosave"]["default"] is False


def test_our_extension_is_served(browser):
    assert browser.get("lab/extensions/blotter/static/remoteEntry.js").status_code == 200
    assert browser.get("lab/extensions/jupyterlab_pygments/package.json").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "api/terminals"), ("POST", "api/terminals"), ("GET", "terminals/websocket/1"), ("GET", "files/x"),
        ("GET", "view/x"), ("GET", "nbconvert/html/x.ipynb"), ("POST", "nbconvert/pdf"), ("GET", "metrics"),
        ("POST", "api/shutdown"), ("GET", "lsp/status"), ("GET", "api/config/x"), ("PUT", "lab/api/settings/x"),
        ("POST", "lab/api/extensions"), ("GET", "edit/x"), ("GET", "tree"), ("GET", "consoles/x"),
        ("GET", "api/spec.yaml"),
        ("GET", "static/../../../etc/passwd"), ("GET", "static/%2e%2e/%2e%2e/etc/passwd"), ("GET", "lab/tree/a%2fb"),
        ("POST", "api/contents/x.ipynb/trust"), ("GET", "api/kernels/x/channels"), ("GET", "nbextensions/x.js"),
        ("DELETE", "blotter/session"), ("GET", "blotter/tiles/IMG-000001/../../../accounts/0/0"),
    ],
)  # fmt: skip
def test_everything_else_is_not_there(server, browser, method, path):
    # httpx would tidy the path; what is sent is what stands here.
    url = httpx.URL(server.url).copy_with(raw_path=(BASE + path).encode())
    assert browser.request(method, url).status_code == 404


def test_routes_refused_are_recorded(browser, records):
    browser.get("files/secret")
    assert any(refusal["kind"] == "route" for refusal in records.refusals)


def test_without_signing_in_there_is_nothing(server):
    for path in ("api/contents", "blotter/session", "api/sessions", "lab/api/settings"):
        assert httpx.get(server.url + path).status_code in (302, 403), path


def test_the_first_notebook_is_made_and_its_cells_are_commands(browser):
    names = [found["name"] for found in browser.get("api/contents").json()["content"]]
    assert NOTEBOOK in names
    model = browser.get(f"api/contents/{NOTEBOOK}").json()
    code = [cell["source"] for cell in model["content"]["cells"] if cell["cell_type"] == "code"]
    assert code[0] == "ImportImage()"
    assert 'ImageViewer(image="IMG-000001")' in code
    assert all(cell["outputs"] == [] for cell in model["content"]["cells"] if cell["cell_type"] == "code")


def document(*cells) -> dict:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"x": 1}, "cells": list(cells)}


def code_cell(source, **more) -> dict:
    return {
        "cell_type": "code",
        "id": "c1",
        "metadata": {"trusted": True},
        "source": source,
        "outputs": [],
        "execution_count": 3,
        **more,
    }


def save(browser, content, name="mine.ipynb"):
    return browser.put(f"api/contents/{name}", json={"type": "notebook", "format": "json", "content": content})


def test_a_notebook_is_kept_without_outputs(browser, records):
    output = {"output_type": "display_data", "data": {"text/html": "<script>alert(1)</script>"}, "metadata": {}}
    answer = save(browser, document(code_cell("ImageBrowser()", outputs=[output])))
    assert answer.is_success, answer.text
    assert records.notebooks["mine.ipynb"] == [{"cell_type": "code", "id": "c1", "source": "ImageBrowser()"}]
    [cell] = browser.get("api/contents/mine.ipynb").json()["content"]["cells"]
    assert (cell["outputs"], cell["metadata"], cell["execution_count"]) == ([], {}, None)


def test_only_commands_can_be_saved(browser, records):
    answer = save(browser, document(code_cell("import os")), "other.ipynb")
    assert answer.status_code == 400
    assert "Cell 1 cannot be saved" in answer.json()["message"]
    assert "other.ipynb" not in records.notebooks


def test_a_save_on_top_of_another_is_refused(browser, records):
    assert save(browser, document(code_cell("ImportImage()")), "race.ipynb").is_success
    assert browser.get("api/contents/race.ipynb").status_code == 200
    records._versions["race.ipynb"] += 1  # another server of the same person saved
    answer = save(browser, document(code_cell("ImageBrowser()")), "race.ipynb")
    assert answer.status_code == 409
    assert records.notebooks["race.ipynb"][0]["source"] == "ImportImage()"


@pytest.mark.parametrize("name", ["a.py", ".x.ipynb", "a%2fb.ipynb", "..%2fa.ipynb", "a.ipynb%00", "a\\b.ipynb"])
def test_only_notebooks_have_names(server, browser, records, name):
    url = httpx.URL(server.url).copy_with(raw_path=f"{BASE}api/contents/{name}".encode())
    before = set(records.notebooks)
    answer = browser.put(url, json={"type": "notebook", "content": document()})
    assert answer.status_code in (400, 404)
    assert set(records.notebooks) == before


def test_a_notebook_is_neither_deleted_nor_renamed(browser):
    assert browser.delete(f"api/contents/{NOTEBOOK}").status_code == 403
    assert browser.patch(f"api/contents/{NOTEBOOK}", json={"path": "z.ipynb"}).status_code == 403


def test_an_image_streams_through(browser, records):
    content = bytes(range(256)) * (1 << 14)  # 4 MiB
    answer = browser.post("blotter/images", params={"file_name": "gel 1.tif", "reason": "first"}, content=content)
    assert answer.status_code == 201, answer.text
    assert answer.json()["bytes"] == len(content)
    [seen] = [seen for seen in records.seen if seen.method == "POST" and seen.path.startswith("/api/v1/images?")]
    assert seen.body == content
    assert "file_name=gel" in seen.path
    assert seen.headers["x-blotter-address"] == "127.0.0.1"
    assert "cookie" not in seen.headers


def test_a_tile_comes_with_its_size_and_may_be_kept(browser):
    answer = browser.get(f"blotter/tiles/IMG-000001/{'a' * 64}/0/0/0")
    assert answer.content == b"\x01\x00\x02\x00"
    assert (answer.headers["x-blotter-rows"], answer.headers["x-blotter-columns"]) == ("1", "2")
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "blotter/session"), ("POST", "blotter/heartbeat"), ("POST", "blotter/images")]
)
def test_bytes_need_the_browser_and_its_xsrf_header(server, browser, records, method, path):
    before = len(records.seen)
    wrong = {"X-XSRFToken": "0"}
    assert browser.request(method, path, params={"file_name": "x"}, headers=wrong).status_code == 403
    token = {"Authorization": "token token-alice"}
    assert httpx.request(method, server.url + path, params={"file_name": "x"}, headers=token).status_code == 403
    assert len(records.seen) == before
    assert browser.request(method, path, params={"file_name": "x"}).is_success


def test_a_kernel_is_started_for_a_notebook_only(browser):
    body = {"path": "x" * 100_000, "name": "", "type": "notebook", "kernel": {"name": "blotter"}}
    assert browser.post("api/sessions", json=body).status_code in (400, 500)
    body = {"path": NOTEBOOK, "name": "", "type": "notebook", "kernel": {"name": "python3", "id": "../../x"}}
    answer = browser.post("api/sessions", json=body)
    assert answer.status_code in (201, 500, 501)
    if answer.status_code == 201:
        assert answer.json()["kernel"]["name"] == "blotter"


def test_a_person_has_four_kernels_at_most(browser):
    for one in browser.get("api/kernels").json():
        browser.delete(f"api/kernels/{one['id']}")
    started = [
        browser.post("api/kernels", json={"name": "python3", "path": "/etc", "kernel_id": "x"}) for _ in range(5)
    ]
    try:
        assert [answer.status_code for answer in started] == [201, 201, 201, 201, 429]
        assert {answer.json()["name"] for answer in started[:4]} == {"blotter"}
        assert "close a notebook first" in started[4].text
    finally:
        for one in browser.get("api/kernels").json():
            assert browser.delete(f"api/kernels/{one['id']}").status_code == 204


@pytest.mark.parametrize("attack", REST, ids=[attack["id"] for attack in REST])
def test_open_attack(server, browser, records, attack):
    """What is answered with success has changed nothing and shown nothing but the person's own notebooks."""
    given = attack["payload"]
    path = given["path"] if given["path"].startswith("/") else BASE + given["path"]
    headers = {name: value for name, value in given.get("headers", {}).items() if "<" not in value}
    before = json.dumps(records.notebooks)
    url = httpx.URL(server.url).copy_with(
        raw_path=path.encode("utf-8", "surrogatepass").replace(b"\x00", b"%00").replace(b" ", b"%20")
    )
    began = time.monotonic()
    answer = browser.request(given["method"], url, json=given.get("json"), headers=headers)
    assert time.monotonic() - began < 10
    assert answer.status_code < 500 or attack["category"] in ("kernel-start", "session"), answer.text[:500]
    for source in (
        cell["source"] for cells in records.notebooks.values() for cell in cells if cell["cell_type"] == "code"
    ):
        assert not source or "import os" not in source
    assert all(name.endswith(".ipynb") and "/" not in name for name in records.notebooks)
    if answer.is_success and attack["category"] in ("endpoint", "hub", "signing", "write", "file-operation"):
        assert json.dumps(records.notebooks) == before, (attack, answer.text[:200])
        assert "root:" not in answer.text
