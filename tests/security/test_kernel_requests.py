"""What a kernel may ask of the records service at all: a short list, whoever the person is (11.10(g))."""

from __future__ import annotations

import inspect
import re
import threading
import typing
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import blotter_guard
import pytest
from blotter_extension.kernels.socket import is_allowed
from blotter_records.client import RecordsClient
from blotter_records.contract.images import FlipRequest, TransformRequest
from blotter_records.contract.searching import RecordQuestion
from blotter_records.contract.trail_reviews import GroupQuestion
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import RecordKind
from pydantic import BaseModel

ALLOWED = [
    ("GET", "/studies", ""),
    ("GET", "/studies/STU-000001/contents", ""),
    ("POST", "/studies/STU-000001/description", ""),
    ("POST", "/membranes/MEM-000001/versions", ""),
    ("POST", "/acquisitions/ACQ-000001/place", ""),
    ("POST", "/acquisitions/ACQ-000001/abort", ""),
    ("GET", "/acquisitions/ACQ-000001/order", ""),
    ("GET", "/instruments", ""),
    ("POST", "/instruments/INS-000001/acquisitions", ""),
    (
        "GET",
        "/records",
        "kind=image&text=K%C3%B6nig+1&since=2026-11-23T00%3A00%3A00%2B00%3A00&limit=50&newest_first=true",
    ),
    ("POST", "/images/IMG-000001/rotate", ""),
    ("POST", "/analyses/ANL-000001/wells", ""),
    ("POST", "/results/RES-000001/resumption", ""),
    ("GET", "/proposals", "only_waiting=true"),
    ("POST", "/proposals/PRP-000001/decline", ""),
    ("GET", "/configuration", "revision=1"),
    ("GET", "/protocols/PRT-000001/applications/STU-000001", ""),
    ("POST", "/protocols/PRT-000001/applications", ""),
    ("GET", "/results/RES-000001/trail-review", "skip=0&limit=25"),
    ("GET", "/results/RES-000001/trail-review/entries", "group=result%3ARES-000001%2Fresult.create%2Fdone&limit=50"),
    ("POST", "/results/RES-000001/trail-review", ""),
    ("POST", "/results/RES-000001/trail-review/ticks", ""),
]
REFUSED = [
    ("POST", "/sessions", ""),
    ("DELETE", "/session", ""),
    ("POST", "/session/heartbeat", ""),  # input of a person, which a kernel has none of
    ("POST", "/account/password", ""),
    ("GET", "/accounts", ""),
    ("POST", "/accounts", ""),
    ("GET", "/trail/users", ""),
    ("POST", "/notifications/NTF-000001/acknowledgement", ""),
    ("DELETE", "/studies/STU-000001", ""),
    ("POST", "/studies/STU-000001/members", ""),
    ("POST", "/images/IMG-000001/study", ""),
    ("POST", "/samples/MEM-000001/versions", ""),
    ("PUT", "/notebooks/x", ""),
    ("POST", "/protocols", ""),
    ("POST", "/instruments", ""),
    ("POST", "/instruments/INS-000001/description", ""),
    ("GET", "/instruments/INS-000001/orders", ""),  # the agent's part
    ("POST", "/acquisitions/ACQ-000001/device", ""),
    ("POST", "/acquisitions/ACQ-000001/pieces", "offset=0"),
    ("POST", "/acquisitions/ACQ-000001/seal", ""),
    ("POST", "/protocols/PRT-000001/draft", ""),
    ("GET", "/analyses/ANL-000001/crops/1/2/after", ""),  # pixels
    ("GET", "/images/IMG-000001/file", ""),
    ("GET", "/records/../accounts", ""),
    ("GET", "/records", "text=a b"),
    ("GET", "/records", "text=" + "a" * 2401),
    ("GET", "/records", "kind=image&"),
]


@pytest.mark.parametrize(("method", "path", "query"), ALLOWED)
def test_what_a_widget_needs_is_on_the_list(method: str, path: str, query: str) -> None:
    assert is_allowed(method, path, query)


@pytest.mark.parametrize(("method", "path", "query"), REFUSED)
def test_everything_else_is_not(method: str, path: str, query: str) -> None:
    assert not is_allowed(method, path, query)


#: Arguments of the client by their names.
GIVEN = {
    "acquisition": "ACQ-000001", "analysis": "ANL-000001", "export": "EXP-000001", "idempotency_key": "k" * 16,
    "image": "IMG-000001", "instrument": "INS-000001", "intent": "a" * 40, "lane": 1, "proposal": "PRP-000001",
    "protocol": "PRT-000001", "reason": "Because", "reason_code": "", "result": "RES-000001", "study": "STU-000001",
    "version": 1,
}  # fmt: skip
#: Of other messages the path says nothing of what is in them.
MESSAGES = {
    TransformRequest: FlipRequest.model_construct(axis="rows"),
    RecordQuestion: RecordQuestion(kind=RecordKind.IMAGE),
    GroupQuestion: GroupQuestion(group="result:RES-000001/result.create/done"),
}
ASKED = sorted(
    {
        name
        for path in Path(blotter_guard.__file__).parent.rglob("*.py")
        for name in re.findall(r"client\.(\w+)\(", path.read_text(encoding="utf-8"))
    }
)


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """A service that answers nothing and keeps what it was asked."""
    asked: list[tuple[str, str, str]] = []

    class Keeping(BaseHTTPRequestHandler):
        def keep(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            asked.append((self.command, parts.path.removeprefix("/api/v1"), parts.query))
            self.send_error(503)

        do_GET = do_POST = do_PUT = do_DELETE = keep

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keeping) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def argument(parameter: inspect.Parameter, kind: object) -> object:
    """Return what is given for a parameter that has to be given."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return MESSAGES.get(kind) or kind.model_construct()
    return GIVEN[parameter.name]


@pytest.mark.parametrize("name", ASKED)
def test_whatever_a_widget_asks_its_kernel_may_ask(service, name: str) -> None:
    """Every call of the client in the kernel's code, found there: what is not on the list is a widget that is dead."""
    url, asked = service
    method = getattr(RecordsClient, name)
    kinds = typing.get_type_hints(method)
    needed = [one for one in inspect.signature(method).parameters.values() if one.default is inspect.Parameter.empty]
    given = [argument(one, kinds.get(one.name)) for one in needed if one.name != "self"]
    asked.clear()
    with RecordsClient(url, token="t") as client, pytest.raises(BlotterError):
        getattr(client, name)(*given)
    [(verb, path, query)] = asked
    assert is_allowed(verb, path, query), f"{verb} {path}?{query}"
