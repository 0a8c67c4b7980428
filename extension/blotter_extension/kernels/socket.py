"""The records API as one kernel sees it: a unix socket, a short list of requests, the person's token added outside.

Which kernel asks is known by the socket, never by what it says. A kernel cannot sign in, see or set a password, read
the user log, make or change a notebook, or write a refusal that reads as if the gate had made it.
"""

from __future__ import annotations

import json
import re
import secrets
import socket as sockets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from blotter_records.contract.notebooks import GateRefusal
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket
from tornado.web import Application, RequestHandler

if TYPE_CHECKING:
    from blotter_extension.person import Person

MAX_REQUEST = 1 << 20
MAX_ANSWER = 32 << 20

_IMAGE, _ANALYSIS, _RESULT = r"IMG-[0-9]{6,12}", r"ANL-[0-9]{6,12}", r"RES-[0-9]{6,12}"
_STUDY, _PROPOSAL, _PROTOCOL = r"STU-[0-9]{6,12}", r"PRP-[0-9]{6,12}", r"PRT-[0-9]{6,12}"
_ALLOWED = tuple(
    (method, re.compile(pattern + r"\Z"))
    for method, pattern in (
        ("GET", r"/session"),
        ("GET", r"/system"),
        ("GET", r"/widgets"),
        ("GET", r"/people"),
        ("GET", r"/configuration"),
        ("GET", r"/records"),
        ("GET", r"/studies"),
        ("POST", r"/studies"),
        ("GET", rf"/studies/{_STUDY}(?:/contents)?"),
        ("POST", rf"/studies/{_STUDY}/description"),
        ("POST", r"/(?:samples|membranes|probings)"),
        ("POST", r"/(?:samples/SMP|membranes/MEM|probings/PRB)-[0-9]{6,12}/versions"),
        ("POST", r"/acquisitions/ACQ-[0-9]{6,12}/(?:abort|place)"),
        ("GET", r"/acquisitions/ACQ-[0-9]{6,12}/order"),
        ("GET", r"/instruments"),
        ("POST", r"/instruments/INS-[0-9]{6,12}/acquisitions"),
        ("GET", r"/images"),
        ("GET", rf"/images/{_IMAGE}"),
        ("GET", rf"/images/{_IMAGE}/(?:analyses|annotations|display|trail)"),
        ("POST", rf"/images/{_IMAGE}/(?:metadata|flip|rotate|crop|denoise|display|annotations)"),
        ("POST", rf"/images/{_IMAGE}/annotations/versions"),
        ("POST", r"/analyses"),
        ("GET", rf"/analyses/{_ANALYSIS}"),
        ("GET", rf"/analyses/{_ANALYSIS}/(?:quantities|table)"),
        ("POST", rf"/analyses/{_ANALYSIS}/(?:finding|gestures|quantities|versions|wells)"),
        ("GET", rf"/analyses/{_ANALYSIS}/profiles/[0-9]{{1,4}}"),
        ("GET", rf"/analyses/{_ANALYSIS}/versions/[0-9]{{1,6}}"),
        ("POST", rf"/analyses/{_ANALYSIS}/versions/[0-9]{{1,6}}/files"),
        ("GET", rf"/protocols/{_PROTOCOL}(?:/applications/{_STUDY})?"),
        ("POST", rf"/protocols/{_PROTOCOL}/applications"),
        ("GET", r"/results"),
        ("POST", r"/results"),
        ("GET", rf"/results/{_RESULT}"),
        ("POST", rf"/results/{_RESULT}/(?:versions|flags|unused|review|resumption|report|bundle)"),
        ("GET", rf"/results/{_RESULT}/trail-review(?:/entries)?"),
        ("POST", rf"/results/{_RESULT}/trail-review(?:/ticks)?"),
        ("POST", r"/signing-intents"),
        ("GET", r"/signing-intents/[A-Za-z0-9_-]{1,100}"),
        ("GET", r"/proposals"),
        ("GET", rf"/proposals/{_PROPOSAL}"),
        ("POST", rf"/proposals/{_PROPOSAL}/decline"),
        ("GET", r"/exports/EXP-[0-9]{6,12}"),
        ("POST", r"/refusals"),
    )
)
_QUERY = re.compile(r"(?:[a-z_]{1,20}=[A-Za-z0-9_.~:%+-]{0,2400}(?:&(?!$)|$)){0,14}\Z")  # the service judges each
_PREFIX = "/api/v1"
_NO_SUCH = {
    "title": "Not Found",
    "status": 404,
    "code": "notfound.route",
    "detail": "A kernel cannot ask for this.",
    "diagnostics": "",
}


def is_allowed(method: str, path: str, query: str) -> bool:
    """Return whether a kernel may send this request (path below the API's root)."""
    return any(method == m and p.match(path) for m, p in _ALLOWED) and _QUERY.match(query) is not None


class KernelSocket:
    """The server on one kernel's records socket.

    Parameters
    ----------
    person : Person
        Whose kernel it is.
    kernel : str
        The kernel's id.
    """

    def __init__(self, person: Person, kernel: str) -> None:
        self._person = person
        self._kernel = kernel
        self._path = person.run_dir / "r" / f"{secrets.token_hex(6)}.sock"
        application = Application([(r"/.*", _Forward, {"owner": self})], log_function=lambda _handler: None)
        self._server = HTTPServer(application, max_body_size=MAX_REQUEST, max_buffer_size=2 * MAX_REQUEST)
        self._socket: sockets.socket | None = None

    def start(self) -> Path:
        """Listen; return the socket's path."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._socket = bind_unix_socket(str(self._path), mode=0o600)
        self._server.add_socket(self._socket)
        return self._path

    def stop(self) -> None:
        """Stop listening and remove the socket."""
        self._server.stop()
        self._path.unlink(missing_ok=True)

    async def forward(self, method: str, path: str, query: str, body: bytes, parent: str) -> httpx.Response:
        """Send an allowed request to the records service, as the person, from the cell that caused it."""
        cells = self._person.cells.get(self._kernel)
        origin = cells.origin(parent) if cells is not None else None
        headers = self._person.headers(
            **self._person.notebook_context(self._kernel),
            Kernel=self._kernel,
            Cell=origin.cell if origin else None,
            Address=origin.address if origin else None,
        )
        if path == "/refusals":
            body = _as_told_by_the_kernel(body)
        if body:
            headers["Content-Type"] = "application/json"
        url = f"{path}?{query}" if query else path
        response = await self._person.http.request(method, url, content=body or None, headers=headers)
        if response.status_code == 401:
            self._person.has_session_ended = True
        return response


def _as_told_by_the_kernel(body: bytes) -> bytes:
    """Return a refusal that cannot be taken for one of the gate.

    Raises
    ------
    ValueError
        It is not a refusal.
    """
    given = GateRefusal.model_validate_json(body)
    kind = given.kind if given.kind in ("cell", "message") else "message"
    told = given.model_copy(update={"kind": kind, "count": 1, "summary": f"The kernel says: {given.summary}"[:500]})
    return told.model_dump_json().encode()


class _Forward(RequestHandler):
    """Answers one request of the kernel."""

    def initialize(self, owner: KernelSocket) -> None:
        """Take the socket that was used."""
        self._owner = owner

    async def prepare(self) -> None:
        """Forward what is allowed; answer 404 for anything else."""
        request = self.request
        path = request.path.removeprefix(_PREFIX) if request.path.startswith(_PREFIX + "/") else ""
        if not is_allowed(request.method or "", path, request.query):
            self._problem(404, _NO_SUCH)
            return
        parent = request.headers.get("X-Blotter-Parent", "")
        try:
            answer = await self._owner.forward(request.method or "", path, request.query, request.body, parent)
        except ValueError:
            self._problem(422, {**_NO_SUCH, "title": "Invalid", "status": 422, "code": "invalid.request"})
            return
        except httpx.HTTPError as error:
            detail = f"The records service does not answer ({type(error).__name__})."
            self._problem(
                503,
                {**_NO_SUCH, "title": "Unavailable", "status": 503, "code": "unavailable.records", "detail": detail},
            )
            return
        if len(answer.content) > MAX_ANSWER:
            self._problem(500, {**_NO_SUCH, "title": "Too large", "status": 500, "code": "failed.answer"})
            return
        self.set_status(answer.status_code)
        self.set_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
        self.finish(answer.content)

    def _problem(self, status: int, problem: dict[str, Any]) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/problem+json")
        self.finish(json.dumps(problem))
