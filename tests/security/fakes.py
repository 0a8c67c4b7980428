"""Fakes of two neighbours of a person's server, each a small HTTP server on loopback.

`FakeHub` answers what JupyterHub's API answers about a token (the port `HubOAuth` talks to). `FakeRecords` answers a
few endpoints of the records API and remembers every request. The whole path with the real ones is a browser test.
"""

from __future__ import annotations

import hashlib
import json
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.services.templates.shipped import SHIPPED_TEMPLATES
from messages import configuration_view

NOW = "2026-01-02T03:04:05Z"
SESSION = {"session": "SES-000001", "account": "ACC-000001", "user_name": "alice", "printed_name": "Alice A.",
           "roles": ["analyst"], "actions": ["image.import", "image.list", "image.view"], "must_change_password": False,
           "configuration": 1, "zone": "UTC", "reason_codes": [],
           "opened_at": NOW, "idle_ends_at": NOW, "ends_at": NOW}  # fmt: skip

ALL = {"widgets": sorted(SPECIFICATIONS), "why_not": "There is no such widget."}
LIMITED = {"widgets": ["ImageBrowser"], "why_not": "It was made from the template “Looking” (TPL-000001.1)."}
TEMPLATE = {
    "template": "TPL-000001",
    "rev": 1,
    "name": "Quantify a gel",
    "status": "effective",
    "is_shipped": True,
    "is_mine": True,
    "effective": {
        "version": 1,
        "purpose": "For gels",
        "cells": [cell.model_dump(mode="json") for cell in SHIPPED_TEMPLATES[0].cells()],
        "widgets": sorted(SPECIFICATIONS),
        "roles": ["analyst"],
        "locked": [],
        "sha256": "0" * 64,
        "authors": ["the installation"],
        "signers": ["the installation"],
        "signatures": [],
    },
    "draft": None,
    "changed_at": NOW,
    "changed_by": "system",
    "entry": {"id": 1, "at": NOW, "number": None},
}
PIN = {"template": "TPL-000001", "name": "Quantify a gel", "version": 1, "sha256": "0" * 64}

SYSTEM = {
    "software": "0.1.0",
    "installation": "blotter.test/one",
    "is_demo": True,
    "is_evaluation": True,
    "signing_origin": "http://127.0.0.1:8001",
    "tree_size": 0,
    "checkpoint_key": "",
}


@dataclass
class Seen:
    """A request that a fake got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Fake(ABC):
    """A loopback server that hands each request to `answer`."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if self.headers.get("Transfer-Encoding") == "chunked":
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                request = Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                fake.seen.append(request)
                status, value, headers = fake.answer(request)
                data = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                kind = "application/octet-stream" if isinstance(value, bytes) else "application/json"
                for name, text in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = handle_one

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @abstractmethod
    def answer(self, request: Seen) -> tuple[int, Any, dict[str, str]]:
        """Return status, body and headers."""

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class FakeHub(Fake):
    """Knows tokens of people; `sign_out` makes one worthless."""

    people: dict[str, str] = field(default_factory=lambda: {"token-alice": "alice", "token-boss": "boss"})

    def __post_init__(self) -> None:
        super().__init__()

    def answer(self, request: Seen) -> tuple[int, Any, dict[str, str]]:
        path = urlsplit(request.path).path
        if path == "/hub/api/oauth2/token":
            code = dict(pair.split("=") for pair in request.body.decode().split("&"))["code"]
            return 200, {"access_token": f"token-{code}", "token_type": "Bearer"}, {}
        if path == "/hub/api/user":
            name = self.people.get(
                request.headers.get("authorization", "").removeprefix("token ").removeprefix("Bearer ")
            )
            if name is None:
                return 403, {"status": 403, "message": "no"}, {}
            scopes = ["access:servers!server=alice/"] + (["access:servers"] if name == "boss" else [])
            return 200, {"kind": "user", "name": name, "groups": [], "scopes": scopes, "admin": name == "boss"}, {}
        return 200, {"version": "6.1.1"}, {"X-JupyterHub-Version": "6.1.1"}


class FakeRecords(Fake):
    """Keeps notebooks, takes refusals, sends one tile; `is_session_open` False answers 401 to all."""

    def __init__(self) -> None:
        super().__init__()
        self.notebooks: dict[str, list[dict[str, Any]]] = {}
        self.refusals: list[dict[str, Any]] = []
        self.cells: list[dict[str, Any]] = []
        self.is_session_open = True
        self.widgets = sorted(SPECIFICATIONS)
        #: What is said of notebooks, by name, and to kernels that ask for theirs.
        self.limits: dict[str, dict[str, Any]] = {}
        self.limit_of_kernels: dict[str, Any] = ALL
        self.made_from: dict[str, dict[str, Any]] = {}
        #: Ids of the cells that templates lock, by the name of the notebook.
        self.locked: dict[str, list[str]] = {}

    def answer(self, request: Seen) -> tuple[int, Any, dict[str, str]]:
        path = urlsplit(request.path).path.removeprefix("/api/v1")
        if not self.is_session_open or request.headers.get("authorization") != "Bearer session-token-of-alice":
            return 401, _problem(401, "refused.session", "The session has ended."), {}
        if path == "/widgets":
            return 200, self._widgets(request), {}
        if path.startswith("/notebooks"):
            return self._notebooks(request, path)
        if path == "/refusals":
            self.refusals.append(json.loads(request.body))
            return 200, {"id": len(self.refusals), "at": NOW, "number": None}, {}
        if path == "/cells":
            self.cells += [{**run, "headers": request.headers} for run in json.loads(request.body)["runs"]]
            return 201, {"id": len(self.cells), "at": NOW, "number": None}, {}
        if "/tiles/" in path:
            headers = {"X-Blotter-Rows": "1", "X-Blotter-Columns": "2", "Cache-Control": "private, immutable"}
            return 200, b"\x01\x00\x02\x00", headers
        if path == "/images" and request.method == "POST":
            return 201, {"bytes": len(request.body), "sha256": hashlib.sha256(request.body).hexdigest()}, {}
        answers = {"/session": {**SESSION, "widgets": self.widgets}, "/templates": [TEMPLATE],
                   "/templates/TPL-000001": TEMPLATE, "/system": SYSTEM, "/images": [], "/studies": [],
                   "/configuration": configuration_view().model_dump(mode="json")}  # fmt: skip
        return 200, answers.get(path, {"path": path}), {}

    def _notebooks(self, request: Seen, path: str) -> tuple[int, Any, dict[str, str]]:
        name = path.removeprefix("/notebooks/").replace("%20", " ")
        if path == "/notebooks" and request.method == "GET":
            return 200, [self._summary(name) for name in self.notebooks], {}
        if request.method == "POST":
            return self._make(json.loads(request.body))
        if request.method == "PUT":
            return self._save(name, json.loads(request.body))
        if name not in self.notebooks:
            return 404, _problem(404, "notfound.notebook", "There is no such notebook."), {}
        return 200, self._view(name), {}

    def _make(self, given: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        if given["name"] in self.notebooks:
            return 409, _problem(409, "conflict.notebook", "There is one of this name."), {}
        self.notebooks[given["name"]] = TEMPLATE["effective"]["cells"]
        self.made_from[given["name"]] = PIN
        return 201, self._view(given["name"]), {}

    def _widgets(self, request: Seen) -> dict[str, Any]:
        asks = "x-blotter-notebook" in request.headers
        return {"mine": self.widgets, "notebook": self.limit_of_kernels if asks else ALL}

    def _view(self, name: str) -> dict[str, Any]:
        more = {"limit": self.limits.get(name, ALL), "locked": self.locked.get(name, [])}
        return {**self._summary(name), "cells": self.notebooks[name], **more}

    def _save(self, name: str, given: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        version = self._summary(name)["version"] if name in self.notebooks else 0
        if given["expected_version"] != version:
            return 409, _problem(409, "conflict.version", "Somebody saved in between."), {}
        self.notebooks[name] = given["cells"]
        self._versions[name] = version + 1
        return 200, self._view(name), {}

    @property
    def _versions(self) -> dict[str, int]:
        return self.__dict__.setdefault("versions", {})

    def _summary(self, name: str) -> dict[str, Any]:
        digest = hashlib.sha256(json.dumps(self.notebooks[name]).encode()).hexdigest()
        return {"notebook": "NBK-000001", "name": name, "version": self._versions.get(name, 1), "sha256": digest,
                "saved_at": NOW, "created_at": NOW, "template": self.made_from.get(name),
                "is_ad_hoc": name not in self.made_from}  # fmt: skip


def _problem(status: int, code: str, detail: str) -> dict[str, Any]:
    return {"title": code, "status": status, "code": code, "detail": detail, "diagnostics": "", "entry": None}
