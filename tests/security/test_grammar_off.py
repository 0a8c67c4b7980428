"""The grammar switched off at the gate and in the kernel: any Python runs there, on a real system, as a real person.

Everything else is as installed: sandbox, records socket, outbound filter, records service. What is left to such a
person is listed in docs/explanation/trust.md; each line of that list has a test here.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from blotter_records.contract.trail import TrailQuestion
from security.attacking.target import at_work
from security.attacking.work import intent_of, new_result
from security.conftest import running_server, sign_in
from security.kernel_channel import Channel, of_type
from systems import running_system

__all__ = ["running_system"]
HERE = Path(__file__).parent
#: Sends a request over the records socket, exactly as it is written. Prints the status line with the body's beginning,
#: then how many answers came back and the SHA-256 of everything after the first head: an error's text has little room.
RAW = """
import hashlib, socket
s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect('/run/blotter/records.sock')
s.sendall({request!r}); data = b''
while len(data) < 300000:
    got = s.recv(65536)
    if not got: break
    data += got
head, _, body = data.partition(b'\\r\\n\\r\\n')
print(head.split(b'\\r\\n')[0].decode(), body.decode()[:700])
print(data.count(b'HTTP/1.1 '), hashlib.sha256(body).hexdigest())
"""

NOTHING = hashlib.sha256(b"").hexdigest()


@pytest.fixture(scope="module")
def person(running_system):
    """The analyst, signed in at the hub."""
    return at_work(running_system, "analyst")


@pytest.fixture(scope="module")
def say(running_system, person, hub_of_module, run_dir, ordinary_user):
    """Run Python in the kernel of a server of the person whose gate is open; returns what it printed."""
    copied = [shutil.copy(HERE / name, run_dir / name) for name in ("open_server.py", "open_kernel.py")]
    token = Path(person.server.environment["BLOTTER_SESSION_TOKEN_FILE"]).read_text().strip()
    records = SimpleNamespace(port=running_system.signing_url.rsplit(":", 1)[1])
    with running_server(
        hub_of_module, records, run_dir, ordinary_user, program=copied, BLOTTER_SESSION_TOKEN=token,
        BLOTTER_API_URL=running_system.signing_url,
    ) as server:  # fmt: skip
        browser = sign_in(server, "alice")
        body = {"path": "x.ipynb", "name": "x.ipynb", "type": "notebook", "kernel": {"name": "blotter"}}
        kernel = browser.post("api/sessions", json=body).json()["kernel"]["id"]

        async def run(code: str) -> list[dict]:
            channel = await Channel.open(browser, kernel)
            found = await channel.execute(code)
            channel.close()
            return found

        def say(code: str) -> str:
            found = asyncio.run(run(code))
            say.messages = found
            return str(of_type(found, "error")[0]["evalue"])

        say.token = token
        yield say
        browser.close()


@pytest.fixture(scope="module")
def hub_of_module():
    from security.fakes import FakeHub

    fake = FakeHub()
    yield fake
    fake.close()


def asked(say, method: str, path: str, body: object = None, **headers: str) -> str:
    data = b"" if body is None else json.dumps(body).encode()
    given = {"Host": "x", "Connection": "close", "Content-Length": str(len(data)), "Content-Type": "application/json",
             **{name.replace("_", "-"): value for name, value in headers.items()}}  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return say(RAW.format(request=f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data))


def test_any_python_runs_there(say):
    """Without this, nothing below would show anything."""
    assert say("print(6 * 7)") == "42\n"


def test_it_may_ask_as_its_person_and_as_nobody_else(say, person):
    assert asked(say, "GET", "/api/v1/images").startswith("HTTP/1.1 200")
    for claim in ({}, {"Authorization": "Bearer x"}, {"X_Blotter_Account": "ACC-000001"}, {"Cookie": "a=b"},
                  {"Authorization": "service:hub:x"}):  # fmt: skip
        answer = asked(say, "GET", "/api/v1/session", **claim)
        assert answer.startswith("HTTP/1.1 200"), answer
        assert f'"user_name":"{person.user_name}"' in answer


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/sessions"), ("DELETE", "/api/v1/session"), ("POST", "/api/v1/session/heartbeat"),
        ("POST", "/api/v1/account/password"), ("GET", "/api/v1/accounts"), ("POST", "/api/v1/accounts"),
        ("GET", "/api/v1/trail/users"), ("GET", "/api/v1/trail/commands"), ("POST", "/api/v1/cells"),
        ("GET", "/api/v1/notebooks"), ("PUT", "/api/v1/notebooks/x.ipynb"), ("GET", "/api/v1/notifications"),
        ("GET", "/api/v1/images/IMG-000001/file"), ("GET", "/sign/x"), ("GET", "/api/v1/../sign/x"),
        ("GET", "/api/v1/images/../accounts"), ("GET", "/api/v1/images/%2e%2e/accounts"), ("GET", "//accounts"),
        ("GET", "/api/v1//accounts"), ("GET", "http://127.0.0.1/api/v1/accounts"), ("GET", "/healthz"), ("GET", "/"),
        ("CONNECT", "/api/v1/images"), ("GET", "/api/v1/images;x=/accounts"), ("DELETE", "/api/v1/images/IMG-000001"),
    ],
)  # fmt: skip
def test_no_session_password_user_log_notebook_or_signing_is_behind_the_socket(say, method, path):
    answer = asked(say, method, path, {} if method in ("POST", "PUT") else None)
    assert answer.split(" ")[1] in ("400", "404", "405"), answer


@pytest.mark.parametrize("hidden", ["accounts", "notebooks"])
@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 4\r\nContent-Length: 90\r\n",
        b"Transfer-Encoding: x, chunked\r\n",
        b"X: y\r\n GET: x\r\nContent-Length: 0\r\n",
    ],
)
def test_requests_cannot_be_smuggled(say, head, hidden):
    """A request with another one in it: refused, or answered once, with nothing but what the first one asks for.

    The person may not ask for accounts at all; the person's notebooks are closed to a kernel only.
    """
    outer = b"GET /api/v1/images HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    _, alone = answered(say(RAW.format(request=outer + b"\r\n")))
    inner = f"GET /api/v1/{hidden} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    said, digest = answered(say(RAW.format(request=outer + head + b"\r\n0\r\n\r\n" + inner)))
    status = said.split(" ")[1]
    assert status in ("200", "400"), said
    assert digest == (alone if status == "200" else NOTHING), said


def answered(said: str) -> tuple[str, str]:
    """Return status line with the body's beginning, and the digest of the rest. Fails unless there is one answer."""
    first, last = said.rstrip("\n").rsplit("\n", 1)
    count, digest = last.split(" ")
    assert count == "1", said
    return first, digest


def test_it_cannot_sign(say, person, running_system):
    target = SimpleNamespace(person=person, system=running_system)
    result = new_result(target, "IMG-000001")
    intent = intent_of(target, result)
    path = intent.url.removeprefix(running_system.signing_url)
    form = f"user_name={person.user_name}&password={person.password}"
    for where in (path, f"/api/v1{path}", f"/api/v1/..{path}"):
        assert asked(say, "POST", where, form).split(" ")[1] == "404"
    assert person.client.result(result).signatures == []
    made = asked(say, "POST", "/api/v1/signing-intents", {"record": result, "action": "result.submit"})
    assert made.startswith("HTTP/1.1 201"), made  # a page may be asked for; only a person can fill it in
    assert person.client.result(result).signatures == []


def test_no_number_of_its_own_becomes_a_record(say, person):
    analysis = person.client.start_analysis("IMG-000002")
    forged = {"gesture": "shape.add", "expected_rev": analysis.rev, "idempotency_key": "forged-number-1",
              "background": {}, "shapes": [], "measurements": [{"shape": "S1", "total": 999}]}  # fmt: skip
    answer = asked(say, "POST", f"/api/v1/analyses/{analysis.analysis}/gestures", forged)
    assert answer.startswith("HTTP/1.1 422"), answer
    assert "measurements" in answer
    assert person.client.analysis(analysis.analysis).rev == analysis.rev


def test_what_it_shows_falsely_changes_nothing_that_others_are_told(say, person, running_system):
    """It can show its person an approved and signed result that is neither; whoever else is asked says what is so."""
    result = new_result(SimpleNamespace(person=person, system=running_system), "IMG-000002")

    def told():
        with running_system.client(*running_system.accounts["auditor"]) as auditor:
            return [
                one.model_dump() for client in (person.client, auditor)
                for one in (client.result(result), client.image("IMG-000002"), client.image_trail("IMG-000002"))
            ]  # fmt: skip

    so = told()
    real = person.client.result(result).model_dump(mode="json")
    assert (real["status"], real["signatures"]) == ("in_analysis", [])
    forged = {
        **real,
        "status": "approved",
        "title": "Forged",
        "signatures": [{"meaning": "Approval", "printed_name": "Eve"}],
    }
    view = {"state": "ready", "record": "IMG-000002", "results": [forged]}
    state = {"_model_module": "blotter", "_model_name": "BlotterModel", "_view_name": "ResultView", "view": view}
    say(f"""
def send(kind, **content):
    kernel.send_response(kernel.iopub_socket, kind, content)
send('comm_open', comm_id='forged', target_name='jupyter.widget', data={{'state': {state!r}}})
view = {{'version_major': 2, 'version_minor': 0, 'model_id': 'forged'}}
send('display_data', data={{'application/vnd.jupyter.widget-view+json': view}}, metadata={{}}, transient={{}})
""")
    [opened] = of_type(say.messages, "comm_open")
    assert opened["data"]["state"]["view"]["results"] == [forged], "its own person sees it"
    assert told() == so
    page = httpx.get(intent_of(SimpleNamespace(person=person, system=running_system), result).url, trust_env=False)
    assert page.status_code == 200  # where he would sign, the service shows the record itself
    assert result in page.text
    assert real["title"] in page.text
    assert "Forged" not in page.text
    assert "Signatures so far" not in page.text


def test_there_is_no_token_to_read(say):
    look = """
import os
found = []
for root in ('/home', '/tmp', '/run', '/etc', '/proc/self', '/proc/1', '/proc/2'):
    for folder, folders, names in os.walk(root):
        folders[:] = [one for one in folders if one not in ('task', 'map_files', 'fd', 'net')]
        for name in names:
            try:
                with open(os.path.join(folder, name), 'rb') as file: data = file.read(1 << 20)
            except OSError: continue
            if any(one in data for one in ({token!r}, b'JUPYTERHUB', b'BLOTTER_SESSION')):
                found.append(folder + '/' + name)
print(found)
"""
    # The token is looked for by its second half, which is the only way that it comes into the kernel at all.
    assert say(look.format(token=say.token[len(say.token) // 2 :].encode())) in ("[]\n", "['/proc/self/cmdline']\n")


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('127.0.0.1', {port}))",
        "import socket; socket.socket(socket.AF_INET6)",
        "import os; os.kill({server}, 0)",
        "open('/proc/{server}/environ')",
        "import os; os.listdir('{run}')",
        "import os; os.listdir('{data}')",
        "import socket; s = socket.socket(socket.AF_UNIX); s.connect('{run}/launcher.sock')",
        "import subprocess; subprocess.run(['/usr/bin/id'])",
        "import os; os.fork()",
        "import os; os.symlink('/etc/passwd', '/run/blotter/x')",
        "import os; os.unlink('/run/blotter/records.sock')",
        "import socket; s = socket.socket(socket.AF_UNIX); s.bind('/tmp/s')",
    ],
)
def test_nothing_else_of_the_machine_is_reached(say, person, running_system, code):
    port = running_system.signing_url.rsplit(":", 1)[1]
    filled = code.format(port=port, server=person.server.pid, run=running_system.run, data=running_system.data)
    assert say(filled).split(" ")[0] in {
        "OSError", "PermissionError", "FileNotFoundError", "ProcessLookupError", "BlockingIOError"
    }  # fmt: skip


def test_it_wastes_only_its_own(say, person):
    assert say("b = bytearray(8 << 30)").startswith("MemoryError")
    full = say("f = open('/tmp/full', 'wb')\nwhile True: f.write(bytes(1 << 20))")
    assert full in ("OSError 27", "OSError 28")  # the longest file, or the whole of the space
    say("import os; os.unlink('/tmp/full')")
    assert say("import resource; print(resource.getrlimit(resource.RLIMIT_CPU))") == "(3600, 3600)\n"
    assert person.browser.get("api/me").is_success


def test_markup_and_scripts_do_not_reach_the_browser(say):
    say("""
def send(kind, **content):
    kernel.send_response(kernel.iopub_socket, kind, content)
kinds = ('text/html', 'application/javascript', 'image/svg+xml', 'text/plain', 'text/latex')
for data in ({kind: '<script>alert(1)</script>'} for kind in kinds):
    send('display_data', data=data, metadata={}, transient={})
    send('execute_result', data=data, metadata={}, execution_count=1)
    send('update_display_data', data=data, metadata={}, transient={'display_id': 'x'})
state = {'_model_module': 'anywidget', '_model_name': 'AnyModel', '_esm': 'x'}
send('comm_open', comm_id='e', target_name='jupyter.widget', data={'state': state})
send('stream', name='stdout', text='<b>')
""")
    assert {one["msg_type"] for one in say.messages} <= {"status", "execute_input", "error", "execute_reply"}


@pytest.mark.parametrize("kind", ["route", "notebook"])
def test_what_it_tells_the_trail_reads_as_told_by_the_kernel(say, person, running_system, kind):
    refusal = {"kind": kind, "summary": "forged", "source_sha256": None, "count": 500}
    assert asked(say, "POST", "/api/v1/refusals", refusal).startswith("HTTP/1.1 201")
    newest = TrailQuestion(action=["action.refused"], newest_first=True, limit=1)
    with running_system.client(*running_system.accounts["auditor"]) as auditor:
        [entry] = auditor.user_trail(asked=newest).entries
    assert entry.user_name == person.user_name
    assert entry.summary == "Refused message: The kernel says: forged"
    assert (entry.new["kind"], entry.new["count"]) == ("message", 1)
