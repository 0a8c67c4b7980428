"""A bench for the widgets alone: their real JavaScript and Python halves, and records that can be told to fail.

The whole system can't be made to lose exactly one answer; this can. Numbers come from the real densitometry.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlsplit

import blotter_guard.widgets  # noqa: F401 - fills the registry
import numpy as np
from blotter_guard.registry import REGISTRY
from blotter_records.adapters.tiles import levels, tile
from blotter_records.client import RecordsClient
from blotter_records.contract.analyses import AnalysisVersionView, AnalysisView, Background, Measurement
from blotter_records.contract.base import EntryRef
from blotter_records.contract.configuration import ConfigurationView
from blotter_records.contract.finding import FindingParameters, FindingView, FoundBand, FoundLane
from blotter_records.contract.grammar import parse
from blotter_records.contract.images import (
    AnnotationRequest,
    AnnotationView,
    DisplayRequest,
    DisplayView,
    ImageView,
    PyramidLevel,
)
from blotter_records.contract.results import ResultView
from blotter_records.contract.searching import RecordPage
from blotter_records.contract.sessions import SessionView
from blotter_records.contract.shapes import Rectangle
from blotter_records.contract.tables import LaneProfile
from blotter_records.contract.trail import TrailEntryView, TrailPage
from blotter_records.densitometry import measure_shapes
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.errors import Conflict, NotFound, Unavailable
from blotter_records.services.analyses.outlines import background_of, outline_of
from blotter_records.services.charts.profiles import lane_lines, profile_view
from messages import (
    AT,
    STUDY,
    analysis_view,
    configuration_view,
    entry_ref,
    entry_view,
    image_view,
    result_view,
    session_view,
    version_view,
)

STATIC = Path(__file__).parents[1] / "extension/blotter_extension/labextension/blotter/static"
HOSTILE = "<img src=x onerror=document.title='broken'>.tif"
PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/s/blotter.css">
<script id="jupyter-config-data" type="application/json">{"baseUrl": "/"}</script>
<body data-jp-theme-light="true"><div id="cell" class="blotter"></div><script type="module" src="/page.js"></script>"""
PAGE_SCRIPT = """import { Channel } from "/s/widgets/channel.js";
const post = async (path, body) => (await fetch(path, { method: "POST", body: JSON.stringify(body) })).json();
const made = await post("/new", { cell: decodeURIComponent(location.hash.slice(1)) });
const model = { view: made.view, heard: {}, get: () => model.view,
  on(name, f) { (this.heard[name] ??= []).push(f); }, off() {},
  fire(name, value) { for (const f of this.heard[name] || []) f(value); },
  async send(content) {
    const answer = await post(`/message/${made.id}`, content);
    if (answer.view) { model.view = answer.view; model.fire("change:view"); }
    for (const sent of answer.sent) model.fire("msg:custom", sent);
  } };
const { mount } = await import(`/s/widgets/${made.file}`);
mount({ el: document.getElementById("cell"), channel: new Channel(model) });"""


class Records:
    """Stands for the client: one image, one analysis, in memory. ``lose`` names what goes wrong once."""

    def __init__(self) -> None:
        self.counts, _truth = make_blot(Recipe(seed=3, rows=700, columns=900))
        self.lose = ""
        self.rev = 0
        self.shapes: list[Any] = []
        self.background = Background()
        self.versions: list[AnalysisVersionView] = []
        self.entries: list[TrailEntryView] = []
        self.keys: set[str] = set()
        self.made: ResultView | None = None
        self.reasons: list[str] = []
        self.shown: DisplayView | None = None
        self.annotated: AnnotationView | None = None
        self.finding: FindingView | None = None

    def _lost(self, when: str) -> None:
        if self.lose == when:
            self.lose = ""
            raise Unavailable("unavailable.records", "The records service does not answer.")

    def _entry(self, action: str, version: int | None = None) -> None:
        number = len(self.entries) + 1
        self.entries.append(
            entry_view(
                id=100 + number, number=number, action=action, summary=action, rev=self.rev, record_version=version
            )
        )

    def _ref(self) -> EntryRef:
        return entry_ref(len(self.entries), 100 + len(self.entries))

    def session(self) -> SessionView:
        return session_view()

    def configuration(self, _revision: int) -> ConfigurationView:
        return configuration_view()

    def search(self, _asked: Any) -> RecordPage:
        return RecordPage(records=[], total=0)

    def image(self, name: str) -> ImageView:
        if name != "IMG-000001":
            raise NotFound("missing.image", f"There is no image {name} that you may see.", "Look in ImageBrowser().")
        low, high = np.percentile(self.counts, (0.1, 99.9))
        return image_view(
            name,
            file_name=HOSTILE,
            file_bytes=self.counts.nbytes,
            rows=self.counts.shape[0],
            columns=self.counts.shape[1],
            minimum=int(self.counts.min()),
            maximum=int(self.counts.max()),
            percentile_0_1=float(low),
            percentile_99_9=float(high),
            pixel_um=84.0,
            levels=[PyramidLevel(**asdict(level)) for level in levels(*self.counts.shape)],
            entry=self._ref(),
        )

    def display(self, _image: str) -> DisplayView | None:
        return self.shown

    def save_display(self, image: str, request: DisplayRequest) -> DisplayView:
        self._entry("image.display.save")
        given = request.model_dump(exclude={"expected_version", "idempotency_key"})
        named = {"display": "DSP-000001", "image": image, "study": STUDY, "version": request.expected_version + 1}
        self.shown = DisplayView(**named, **given, saved_by="Ana Lyst", saved_at=AT, entry=self._ref())
        return self.shown

    def annotation(self, _image: str) -> AnnotationView | None:
        return self.annotated

    def annotate(self, image: str, request: AnnotationRequest) -> AnnotationView:
        self._entry("image.annotate")
        given = request.model_dump(include={"marks", "is_shown", "reason"})
        named = {"annotation": "ANN-000001", "image": image, "study": STUDY, "version": request.expected_version + 1}
        self.annotated = AnnotationView(**named, **given, saved_by="Ana Lyst", saved_at=AT, entry=self._ref())
        return self.annotated

    def analyses_of_image(self, _image: str) -> list[AnalysisView]:
        return [self.analysis("ANL-000001")] if self.rev else []

    def analysis(self, name: str) -> AnalysisView:
        newest = self.versions[-1] if self.versions else None
        return analysis_view(
            self.rev,
            analysis=name,
            shapes=self.shapes,
            background=self.background,
            measurements=self._measured(),
            is_saved=newest is not None and newest.shapes == self.shapes,
            versions=self.versions,
            next_shape=f"S{len(self.keys) + 1}",
            finding=self.finding,
            entry=self._ref(),
        )

    def _measured(self) -> list[Measurement]:
        named = [(row.shape, outline_of(row)) for row in self.shapes]
        found = measure_shapes(self.counts, named, background_of(self.background), 65535)
        return [Measurement(**{**asdict(row), "notes": list(row.notes)}) for row in found]

    def start_analysis(self, _image: str, _key: str = "") -> AnalysisView:
        self.rev = 1
        self._entry("analysis.start")
        return self.analysis("ANL-000001")

    def gesture(self, name: str, request: Any) -> AnalysisView:
        self._lost("gesture before")
        if request.idempotency_key not in self.keys:
            if request.expected_rev != self.rev:
                raise Conflict("conflict.rev", "The analysis has changed since you read it.", "Reload.")
            self.shapes, self.background, self.rev = request.shapes, request.background, self.rev + 1
            self.keys.add(request.idempotency_key)
            self._entry("analysis.edit")
        self._lost("gesture after")
        return self.analysis(name)

    def somebody_else_moves(self, rows: int) -> None:
        """Move the first shape, as if in another window."""
        first = self.shapes[0]
        r = first.rectangle
        moved = Rectangle(row0=r.row0 + rows, row1=r.row1 + rows, column0=r.column0, column1=r.column1)
        self.shapes = [first.model_copy(update={"rectangle": moved}), *self.shapes[1:]]
        self.rev += 1

    def somebody_finds_a_lane(self) -> None:
        """Find a lane whose only band is the first shape, as if in another window."""
        first = self.shapes[0]
        r = first.rectangle
        half = (r.column1 - r.column0) / 2
        lane = FoundLane(lane=1, column=r.column0 + half, half_width=half, lean=0, rise=0, confidence=1)
        band = FoundBand(shape=first.shape, lane=1, band=1, label=first.label, rectangle=r)
        told = FindingParameters(
            lanes=1, sensitivity=5, largest_lean=0, largest_rise=0, smallest_share=0, reach=1, flank=1,
            saturation_level=65535,
        )  # fmt: skip
        self.finding = FindingView(parameters=told, lanes=[lane], bands=[band], edits=[])
        self.rev += 1

    def lane_profile(self, name: str, lane: int, version: int | None = None) -> LaneProfile:
        assert self.finding
        content: Any = SimpleNamespace(
            analysis=name,
            shapes=[one.model_dump(mode="json", exclude_none=True) for one in self.shapes],
            finding=self.finding.model_dump(mode="json"),
            quantities=None,
        )
        (line,) = lane_lines(content, self.counts, lane)
        return profile_view(line, content, version)

    def save_analysis(self, name: str, request: Any) -> AnalysisView:
        self._lost("save before")
        number = len(self.versions) + 1
        version = version_view(
            number,
            shapes=self.shapes,
            background=self.background,
            measurements=self._measured(),
            reason=request.reason,
        )
        self.versions = [*self.versions, version]
        self.rev += 1
        self._entry("analysis.save", number)
        self._lost("save after")
        return self.analysis(name)

    def results(self, *, image: str) -> list[ResultView]:
        return [self.made] if self.made and image in self.made.images else []

    def result(self, _name: str) -> ResultView:
        assert self.made
        return self.made

    def create_result(self, request: Any) -> ResultView:
        self._lost("result before")
        if request.idempotency_key not in self.keys:
            assert self.made is None, "a second result"
            self.keys.add(request.idempotency_key)
            self.made = result_view(
                title=request.title,
                status="in_analysis",
                analyses=[one for one in self.versions if one.id in request.analyses],
                entry=self._ref(),
            )
        self._lost("result after")
        assert self.made
        return self.made

    def create_result_version(self, _name: str, request: Any) -> ResultView:
        assert self.made
        if request.idempotency_key not in self.keys:
            if request.expected_rev != self.made.rev:
                raise Conflict("conflict.stale", "RES-000001 has changed since you looked at it.", "Read it again.")
            self.keys.add(request.idempotency_key)
            self.change_result(version=self.made.version + 1, status="in_analysis", analyses=request.analyses)
            self.reasons.append(request.reason)
        self._lost("result after")
        return self.made

    def give_flag_reason(self, _name: str, request: Any) -> ResultView:
        assert self.made is not None
        named = {(one.flag, one.shape) for one in request.flags}
        told = {"reason": request.reason, "given_by_name": "Ana Lyst"}
        kept = [one.model_copy(update=told) if (one.flag, one.shape) in named else one for one in self.made.flags]
        self.change_result(flags=kept)
        return self.made

    def give_unused_reason(self, _name: str, request: Any) -> ResultView:
        assert self.made is not None
        named = {(one.kind, one.record, one.number) for one in request.items}
        told = {"reason": request.reason, "given_by_name": "Ana Lyst"}
        kept = [
            one.model_copy(update=told) if (one.kind, one.record, one.number) in named else one
            for one in self.made.inventory
        ]
        self.change_result(inventory=kept)
        return self.made

    def change_result(self, **changed: Any) -> None:
        """Change the result, as its own version or as somebody else would."""
        assert self.made
        if "analyses" in changed:
            changed["analyses"] = [one for one in self.versions if one.id in changed["analyses"]]
        self.made = ResultView.model_validate({**dict(self.made), "rev": self.made.rev + 1, **changed})

    def image_trail(self, _image: str, **_page: Any) -> TrailPage:
        return TrailPage(entries=self.entries, total=len(self.entries))


class Bench(BaseHTTPRequestHandler):
    """Serves the modules, the tiles and one page whose address names the cell after ``#``."""

    protocol_version = "HTTP/1.1"
    records: ClassVar[Any]
    widgets: ClassVar[list[Any]]

    def log_message(self, *_: object) -> None:
        pass

    def _send(self, body: bytes, media: str = "application/json") -> None:
        self.send_response(200 if body else 404)
        for name, value in (("Content-Type", media), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if wanted := re.fullmatch(r"/blotter/tiles/IMG-000001/\w+/(\d+)/(\d+)/(\d+)", path):
            self._send(tile(self.records.counts, *map(int, wanted.groups())).data, "application/octet-stream")
        elif wanted := re.fullmatch(r"/blotter/crops/(ANL-\d+)/(\d+)/(\d+)/(before|after)", path):
            analysis, before, after, side = wanted.groups()
            self._send(self.records.crop(analysis, int(before), int(after), side), "image/png")
        elif path.startswith("/s/") and (STATIC / path[3:]).is_file():
            media = "text/css" if path.endswith(".css") else "text/javascript"
            self._send((STATIC / path[3:]).read_bytes(), media)
        else:
            texts = {"/": (PAGE, "text/html"), "/page.js": (PAGE_SCRIPT, "text/javascript")}
            text, media = texts.get(path, ("", "text/plain"))
            self._send(text.encode(), media)

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/new":
            widget = REGISTRY.build(parse(given["cell"]), self.records)
            self.widgets.append(widget)
            stem = re.sub(r"(?<!^)([A-Z])", r"_\1", type(widget).__name__).lower()
            answer = {"id": len(self.widgets) - 1, "view": widget.view, "file": f"{stem}.js"}
        else:
            widget = self.widgets[int(self.path.rsplit("/", 1)[1])]
            before, sent = widget.view, []
            widget.send = sent.append
            widget._handle_msg({"content": {"data": {"method": "custom", "content": given}}, "buffers": []})
            answer = {"view": None if widget.view is before else widget.view, "sent": sent}
        self._send(json.dumps(answer).encode())


class Losing:
    """A connection to the real service that loses one answer: ``lose`` names the call, and whether it had arrived."""

    def __init__(self, client: RecordsClient) -> None:
        self._client = client
        self.lose = ""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*given: Any, **named: Any) -> Any:
            self._lost(f"{name} before")
            answer = method(*given, **named)
            self._lost(f"{name} after")
            return answer

        return call

    def _lost(self, when: str) -> None:
        if self.lose == when:
            self.lose = ""
            raise Unavailable("unavailable.records", "The records service does not answer.")


@contextmanager
def running_bench(records: Any = None) -> Iterator[tuple[str, Any]]:
    """Serve the bench on a free port; yield its address and its records (those given, or `Records`)."""
    records = records or Records()
    handler = type("OneBench", (Bench,), {"records": records, "widgets": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", records
    finally:
        server.shutdown()
        server.server_close()
