"""Bytes and the session, between the browser and the records service: streamed, never through a kernel.

Only the browser's own cookie is taken, with its XSRF header: whoever holds a token of the hub, and no browser
session, gets nothing here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import httpx
from blotter_records.contract.trail import SystemView
from blotter_records.errors import BlotterError
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from blotter_extension.person import person

MAX_UPLOAD = 2 << 30
_PASSED = ("Content-Type", "Content-Disposition", "ETag", "X-Blotter-Rows", "X-Blotter-Columns")
_QUEUE_PIECES = 16
#: What an import says about its file; the records service says what is missing.
_IMPORT = ("file_name", "study", "membrane", "probing", "reason", "reason_code", "idempotency_key")


class _RecordsHandler(APIHandler):
    """Base: cookie only, errors as the service says them."""

    auth_resource = "blotter"

    async def prepare(self, **kwargs: Any) -> None:
        """Refuse requests that a token authenticates."""
        await super().prepare(**kwargs)
        if self.current_user is not None and self.token_authenticated:
            raise web.HTTPError(403, "Only the browser's own session may ask for this.")

    def service_headers(self) -> dict[str, str]:
        """Return the headers of a request to the records service, with the cell of the widget that asks.

        A widget names itself by its comm: in a header, or in the address of a plain link.
        """
        comm = self.request.headers.get("X-Blotter-Comm") or self.get_query_argument("comm", "")
        return person().headers(**person().widget_context(comm), Address=self.request.remote_ip)

    def check_session(self, status: int) -> None:
        """Note when the service says that the session has ended."""
        if status == 401:
            person().has_session_ended = True

    def problem(self, status: int, code: str, detail: str) -> None:
        """Answer as the records service would."""
        self.set_status(status)
        self.set_header("Content-Type", "application/problem+json")
        body = {"title": code, "status": status, "code": code, "detail": detail, "diagnostics": ""}
        self.finish(json.dumps(body))

    async def relay(self, method: str, path: str) -> None:
        """Send a request without a body and pass the answer on, piece by piece."""
        request = person().http.build_request(method, path, headers=self.service_headers())
        try:
            answer = await person().http.send(request, stream=True)
        except httpx.HTTPError:
            self.problem(503, "unavailable.records", "The records service does not answer.")
            return
        try:
            self.check_session(answer.status_code)
            self.set_status(answer.status_code)
            for name in _PASSED:
                if name in answer.headers:
                    self.set_header(name, answer.headers[name])
            if answer.status_code == 200 and "immutable" in answer.headers.get("Cache-Control", ""):
                self.set_header("Cache-Control", "private, max-age=31536000, immutable")
            async for piece in answer.aiter_raw():
                self.write(piece)
                await self.flush()
        finally:
            await answer.aclose()
        self.finish()


class SessionHandler(_RecordsHandler):
    """GET blotter/session: who is signed in, until when, and (in two headers) what kind of installation this is."""

    _installation: ClassVar[SystemView | None] = None

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the service's `SessionView`; ``X-Blotter-Is-Demo`` and ``-Is-Evaluation`` are for the banner."""
        installation = await self._ask_installation()
        if installation is not None:
            self.set_header("X-Blotter-Is-Demo", str(installation.is_demo).lower())
            self.set_header("X-Blotter-Is-Evaluation", str(installation.is_evaluation).lower())
        await self.relay("GET", "/session")

    @classmethod
    async def _ask_installation(cls) -> SystemView | None:
        """Return what the installation is, asked once; None while the service does not say."""
        if cls._installation is None:
            try:
                cls._installation = await person().call(person().client.system)
            except BlotterError:
                return None
        return cls._installation


class HeartbeatHandler(_RecordsHandler):
    """POST blotter/heartbeat: the person gave input."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with the service's `SessionView`."""
        await self.relay("POST", "/session/heartbeat")


class TemplatesHandler(_RecordsHandler):
    """GET blotter/templates: from what notebooks can be made."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the service's list of `TemplateView`."""
        await self.relay("GET", "/templates")


class TileHandler(_RecordsHandler):
    """GET blotter/tiles/...: counts of one tile, little-endian uint16."""

    @web.authenticated
    @authorized
    async def get(self, image: str, sha256: str, level: str, row: str, column: str) -> None:
        """Pass on the bytes of a tile."""
        await self.relay("GET", f"/images/{image}/tiles/{sha256}/{level}/{row}/{column}")


class ChartHandler(_RecordsHandler):
    """GET blotter/charts/...: a chart as SVG, for the widgets to show as a picture."""

    @web.authenticated
    @authorized
    async def get(self, analysis: str, version: str, chart: str, lane: str) -> None:
        """Pass on a chart of the draft or of a version; where it is opened by itself, nothing in it may run."""
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "default-src 'none'; sandbox")
        asked = {"version": version if version != "draft" else "", "lane": lane if lane != "all" else ""}
        query = "&".join(f"{name}={value}" for name, value in asked.items() if value)
        await self.relay("GET", f"/analyses/{analysis}/charts/{chart}?{query}")


class CropHandler(_RecordsHandler):
    """GET blotter/crops/...: the part of an image that changed between two revisions of an analysis, as PNG."""

    @web.authenticated
    @authorized
    async def get(self, analysis: str, before: str, after: str, side: str) -> None:
        """Pass on the picture."""
        self.set_header("X-Content-Type-Options", "nosniff")
        await self.relay("GET", f"/analyses/{analysis}/crops/{before}/{after}/{side}")


class ExportHandler(_RecordsHandler):
    """GET blotter/exports/...: the file of an export."""

    @web.authenticated
    @authorized
    async def get(self, export: str) -> None:
        """Pass on the bytes of an export, as a download."""
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Disposition", f'attachment; filename="{export}"')
        await self.relay("GET", f"/exports/{export}/file")


@web.stream_request_body
class UploadHandler(_RecordsHandler):
    """POST blotter/images: an image file, passed on while it arrives."""

    _pieces: asyncio.Queue[bytes | None] | None = None
    _sending: asyncio.Task[httpx.Response] | None = None

    async def prepare(self, **kwargs: Any) -> None:
        """Check who asks before a byte is taken, then open the request to the records service."""
        await super().prepare(**kwargs)
        if self._finished:
            return
        # web.authenticated acts when the method runs, after the body: too late here.
        if self.current_user is None:
            raise web.HTTPError(403)
        if not self.authorizer.is_authorized(self, self.current_user, "write", "blotter"):
            raise web.HTTPError(403)
        connection: Any = self.request.connection
        connection.set_max_body_size(MAX_UPLOAD)
        self._pieces = asyncio.Queue(_QUEUE_PIECES)
        params = {name: self.get_query_argument(name) for name in _IMPORT if self.get_query_argument(name, None)}
        headers = {**self.service_headers(), "Content-Type": "application/octet-stream"}
        if "Content-Length" in self.request.headers:
            headers["Content-Length"] = self.request.headers["Content-Length"]
        self._sending = asyncio.ensure_future(
            person().http.post("/images", params=params, headers=headers, content=self._body(self._pieces))
        )

    @staticmethod
    async def _body(pieces: asyncio.Queue[bytes | None]) -> AsyncIterator[bytes]:
        while (piece := await pieces.get()) is not None:
            yield piece

    async def data_received(self, chunk: bytes) -> None:
        """Hand a piece on, no faster than the service takes it; drop it when the service has answered already."""
        await self._put(chunk)

    async def _put(self, piece: bytes | None) -> None:
        if self._pieces is None or self._sending is None or self._sending.done():
            return
        putting = asyncio.ensure_future(self._pieces.put(piece))
        await asyncio.wait({putting, self._sending}, return_when=asyncio.FIRST_COMPLETED)
        if not putting.done():
            putting.cancel()

    def on_connection_close(self) -> None:
        """Give up: the service never sees the end of the file, so nothing is imported."""
        if self._sending is not None:
            self._sending.cancel()
        super().on_connection_close()

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with the service's `ImageView`, or its problem."""
        if self._sending is None:
            raise web.HTTPError(400)
        await self._put(None)
        try:
            answer = await self._sending
        except httpx.HTTPError:
            self.problem(503, "unavailable.records", "The records service did not take the file; nothing was imported.")
            return
        self.check_session(answer.status_code)
        self.set_status(answer.status_code)
        self.set_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
        self.finish(answer.content)


HANDLERS = [
    (r"/blotter/session", SessionHandler),
    (r"/blotter/templates", TemplatesHandler),
    (r"/blotter/heartbeat", HeartbeatHandler),
    (r"/blotter/images", UploadHandler),
    (r"/blotter/tiles/(IMG-[0-9]+)/([0-9a-f]{64})/([0-9]+)/([0-9]+)/([0-9]+)", TileHandler),
    (r"/blotter/charts/(ANL-[0-9]+)/(draft|[0-9]+)/([a-z]+)/(all|[0-9]+)", ChartHandler),
    (r"/blotter/crops/(ANL-[0-9]+)/([0-9]+)/([0-9]+)/(before|after)", CropHandler),
    (r"/blotter/exports/(EXP-[0-9]+)", ExportHandler),
]
