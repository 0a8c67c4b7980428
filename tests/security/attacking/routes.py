"""Runs attacks on channels `rest` and `contents`: requests at the person's server, the hub and the signing page."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from blotter_extension.routes import is_allowed
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.contract.grammar import parse
from blotter_records.errors import Refused
from security.attacking.attack_set import Attack, filled
from security.attacking.messages import mapped_commands, words_of
from security.attacking.outcome import Outcome, short
from security.attacking.target import Target, processes
from security.attacking.work import intent_of, new_result, post

_NOT_LISTED = "This is not available in Blotter."
_KERNELS_AT_MOST = 4
_LONG = 4 << 20
_LEAKS = re.compile(r"root:[^:]*:0:0|JUPYTERHUB_API_TOKEN|BLOTTER_SESSION|/venv/lib/python")
#: What may not come back in a stored notebook: code that is no command, and markup that a browser would act on.
_ACTIVE = re.compile(
    r"<\s*(script|iframe|svg|img|object|embed|style|link|meta|form|base)|javascript:|on\w+\s*=\s*\S", re.IGNORECASE
)


def run_request(target: Target, attack: Attack) -> Outcome:
    """Send a request; judge it by what kind of attack it is."""
    given = {**attack.payload, "json": filled(attack.payload.get("json"), words_of(target))}
    made = Outcome(f"{given['method']} {short(given['path'], 60)} {short(given.get('json') or '', 60)}")
    if attack.category == "signing":
        _sign(target, given, made)
    if attack.category in ("kernel-start", "session"):
        _start(target, given, made)
        return made
    answer = send(target, given)
    _note(made, answer)
    made.expect(answer.status_code < 500, f"the server failed: {answer.text[:200]}")
    made.expect(not _LEAKS.search(answer.text), f"came back: {short(answer.text, 200)}")
    if answer.is_success:
        is_listed = not given["path"].startswith("/") and is_allowed(given["method"], given["path"])
        made.expect(is_listed, f"{answer.status_code} from what is not on the list")
    return made


def run_contents(target: Target, attack: Attack) -> Outcome:
    """Send a request for a file; afterwards there are only clean notebooks, all that were there, and no file."""
    payload = mapped_commands(filled(attack.payload, words_of(target)))
    made = Outcome(f"{payload['method']} {short(payload['path'], 60)} {short(payload.get('json') or '', 80)}")
    before, files = names(target), _files(target)
    answer = send(target, payload)
    _note(made, answer)
    # A body that is too long is not read to its end; the proxy calls that a bad gateway.
    is_too_long = answer.status_code == httpx.codes.BAD_GATEWAY and len(str(payload)) > _LONG
    made.expect(answer.status_code < 500 or is_too_long, f"the server failed: {answer.text[:200]}")
    made.expect(not _LEAKS.search(answer.text), f"came back: {short(answer.text, 200)}")
    after = names(target)
    made.expect(before <= after, f"gone: {before - after}")
    made.expect(_files(target) == files, f"files: {_files(target) ^ files}")
    for name in after:
        if name not in before or name in payload["path"] or payload["method"] != "GET":
            made.faults += unclean(target.person.browser.get(f"api/contents/{name}").json())
    return made


def send(target: Target, given: dict[str, Any]) -> httpx.Response:
    """Send a request exactly as it is written; names of people in it become those of this system."""
    words = words_of(target)
    path = str(filled(given["path"], words))
    path = re.sub(
        r"(?<=/)bob(?=/|$)", target.other.user_name, re.sub(r"(?<=/)alice(?=/|$)", target.person.user_name, path)
    )
    person = target.person
    http = person.hub.http if path.startswith("/") else person.browser
    base = "" if path.startswith("/") else f"/user/{person.user_name}/"
    headers = {str(name): str(filled(value, words)).strip() for name, value in (given.get("headers") or {}).items()}
    if path.startswith("/"):
        headers = {"X-XSRFToken": person.hub.cookie("_xsrf", path), "Sec-Fetch-Mode": "cors", **headers}
    raw = (base + path).encode("utf-8", "surrogatepass")
    for character in (b"\x00", b" ", b'"', b"<", b">", b"\n", b"\r"):
        raw = raw.replace(character, b"%%%02x" % character[0])
    url = httpx.URL(target.system.url).copy_with(raw_path=raw)
    content = given.get("body")
    arguments: dict[str, Any] = {"content": content} if content is not None else {"json": given.get("json")}
    try:
        return http.request(given["method"], url, headers=headers, **arguments)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        # A body that is longer than the server takes is not read to its end.
        return httpx.Response(413, text="the connection was closed")


def _note(made: Outcome, answer: httpx.Response) -> None:
    made.came_back = f"{answer.status_code} {short(_said(answer), 120)}"
    if answer.status_code == 404 and _NOT_LISTED in answer.text:
        made.stopped_at = "route list"
    elif answer.is_success:
        made.stopped_at = "nothing of it was kept"
    else:
        made.stopped_at = {301: "hub", 302: "hub", 403: "authority", 404: "no such thing"}.get(
            answer.status_code, "server"
        )


def _said(answer: httpx.Response) -> str:
    try:
        value = answer.json()
    except (ValueError, UnicodeDecodeError):
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text)).strip()
    return str(value.get("message") or value.get("detail") or "") if isinstance(value, dict) else short(value)


# Kernels


def _start(target: Target, given: dict[str, Any], made: Outcome) -> None:
    """Ask for kernels; those that start are of the one kind, in the sandbox, with nothing of the request in them."""
    known = {one["id"] for one in target.person.browser.get("api/kernels").json()}
    pids = {one.pid for one in _kernels()}
    for _ in range(min(int(given.get("repeat", 1)), 50)):
        answer = send(target, given)
    _note(made, answer)
    running = target.person.browser.get("api/kernels").json()
    made.expect(len(running) <= _KERNELS_AT_MOST, f"{len(running)} kernels run")
    made.expect(all(one["name"] == "blotter" for one in running), f"kernels of another kind: {running}")
    made.expect(not _LEAKS.search(answer.text), f"came back: {short(answer.text, 200)}")
    if answer.status_code >= 500:
        made.expect(given["method"] == "POST" and len(running) == len(known), f"failed: {answer.text[:200]}")
    for process in _kernels():
        if process.pid not in pids:
            made.faults += [f"the kernel has {name}" for name in set(process.environment) - _KERNEL_VARIABLES]
    foreign = {target.other.kernel} & {one["id"] for one in running}
    made.expect(not foreign, "somebody else's kernel is in the list")
    for one in target.person.browser.get("api/sessions").json():
        made.expect(len(str(one["path"])) < 300, "a session keeps a long path")
        made.expect(one["kernel"]["id"] != target.other.kernel, "somebody else's kernel was attached")
        if one["kernel"]["id"] != target.person.kernel:
            target.person.browser.delete(f"api/sessions/{one['id']}")
    for one in target.person.browser.get("api/kernels").json():
        if one["id"] not in known:
            target.person.browser.delete(f"api/kernels/{one['id']}")
            made.stopped_at = "kernel manager: a confined kernel, nothing of the request in it"


_KERNEL_VARIABLES = {"BLOTTER_DEFERRED_MODELS", "HOME", "IPYTHONDIR", "JUPYTER_NO_CONFIG", "JUPYTER_WIDGETS_ECHO",
                     "LANG", "PATH", "PWD", "PYTHONDONTWRITEBYTECODE", "TMPDIR"}  # fmt: skip


def _kernels() -> list[Any]:
    return [one for one in processes() if "blotter_guard.kernel" in one.command and "bwrap" not in one.command]


# Signing


def _sign(target: Target, given: dict[str, Any], made: Outcome) -> None:
    """Try the same on the real signing page: the fields of the attack beside the right name and password."""
    body = {name: str(value) for name, value in (given.get("json") or {}).items() if name != "record"}
    result = new_result(target, "IMG-000001")
    intent = intent_of(target, result)
    person = target.person
    fields = {"user_name": person.user_name, "password": person.password, **body}
    if "user" in body:
        fields["user_name"] = target.other.user_name if body["user"] == "bob" else body["user"]
    if "password" not in body:
        fields.pop("password")
    elif body["password"] == "correct horse":
        fields["password"] = person.password
    headers = {
        name: str(value)
        for name, value in (given.get("headers") or {}).items()
        if name.lower() in ("origin", "referer", "host")
    }
    answer = post(target, intent, fields, headers)
    signatures = person.client.result(result).signatures
    if not signatures:
        made.stopped_at = f"signing page: {answer.status_code}"
        return
    [signature] = signatures
    made.stopped_at = "signing page: the service decides"
    made.expect("user" not in body and "origin" not in {name.lower() for name in headers}, "it was signed")
    made.expect("password" in body, "signed without a password")
    made.expect(signature.user_name == person.user_name, "the body named the signer")
    drift = abs(signature.signed_at - utc_now())
    made.expect(drift < timedelta(minutes=2), "the time came from the client")
    made.expect("<" not in signature.meaning, "the meaning came from the client")


# Notebooks


def names(target: Target) -> set[str]:
    """Return the person's notebooks."""
    return {one["name"] for one in target.person.browser.get("api/contents").json()["content"]}


def unclean(model: dict[str, Any]) -> list[str]:
    """Return what is wrong with a notebook as it is read."""
    faults = []
    content = model.get("content") or {}
    if set(content.get("metadata", {})) - {"kernelspec", "blotter"}:
        faults.append(f"metadata: {short(content['metadata'])}")
    for cell in content.get("cells", []):
        where = f"{model['name']}: "
        if set(cell) - {"cell_type", "id", "metadata", "source", "outputs", "execution_count"} or cell["metadata"]:
            faults.append(where + f"kept {short(cell)}")
        if cell.get("outputs"):
            faults.append(where + "outputs were kept")
        if cell["cell_type"] == "code":
            try:
                parse(cell["source"])
            except Refused as error:
                faults.append(where + f"a cell that is no command: {error}")
        elif cell["cell_type"] != "markdown" or _ACTIVE.search(cell["source"]):
            faults.append(where + f"text that is not plain: {short(cell['source'])}")
    return faults


def _files(target: Target) -> set[str]:
    """Return the files that the person's server could have written, but for logs and sockets."""
    environment = target.person.server.environment
    roots = [Path(environment["HOME"]), Path(environment["TMPDIR"])]
    return {
        str(path)
        for root in roots
        for path in root.rglob("*")
        if path.is_file() and path.suffix in (".py", ".ipynb", ".js", ".json", ".txt", ".exe", ".pth", "")
    }
