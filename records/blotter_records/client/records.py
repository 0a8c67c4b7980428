"""Every endpoint of the records service as a method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter

from blotter_records.client.transport import Headers, Transport
from blotter_records.contract.accounts import AccountCreated, AccountRequest, AccountView
from blotter_records.contract.analyses import (
    AnalysisStart,
    AnalysisVersionView,
    AnalysisView,
    GestureRequest,
    SaveRequest,
)
from blotter_records.contract.base import EntryRef
from blotter_records.contract.exports import ExportView
from blotter_records.contract.images import ImageView
from blotter_records.contract.notebooks import GateRefusal, NotebookSave, NotebookSummary, NotebookView
from blotter_records.contract.results import (
    ResultRequest,
    ResultVersionRequest,
    ResultView,
    SigningIntentRequest,
    SigningIntentView,
)
from blotter_records.contract.sessions import SessionOpened, SessionView
from blotter_records.contract.trail import SystemView, TrailPage, TrailQuestion

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Tile:
    """Counts of one tile: little-endian uint16, row by row, ``rows * columns * 2`` bytes."""

    data: bytes
    rows: int
    columns: int


class RecordsClient:
    """A connection to the records service as one person, or as a service.

    Every method raises the errors of ``errors.py`` as the service raised them, and ``Unavailable`` when it does not
    answer. Use it in a ``with`` block or call :meth:`close`. It may be used by several threads.

    Parameters
    ----------
    base_url : str
        ``http://127.0.0.1:8001``; over a unix socket any host name.
    uds : str, optional
        Path of a unix socket.
    token : str, optional
        Session token, or ``service:<name>:<secret>``.
    headers : mapping or callable, optional
        More headers (``X-Blotter-...``); a callable is asked before each request.
    """

    def __init__(
        self,
        base_url: str = "http://records",
        uds: str | None = None,
        token: str | None = None,
        headers: Headers | None = None,
    ) -> None:
        self._transport = Transport(base_url, uds, token, headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _get(self, model: type[M], path: str, **params: object) -> M:
        return model.model_validate_json(self._transport.send("GET", path, params=params).content)

    def _list(self, model: type[M], path: str) -> list[M]:
        return TypeAdapter(list[model]).validate_json(self._transport.send("GET", path).content)  # type: ignore[valid-type]

    def _send(self, model: type[M], method: str, path: str, body: BaseModel | Mapping[str, str] | None = None) -> M:
        return model.model_validate_json(self._transport.send(method, path, body=body).content)

    # Sessions and accounts

    def open_session(self, user_name: str, password: str, client_address: str) -> SessionOpened:
        """Sign a person in (service ``hub`` only)."""
        # A plain mapping: the models hide secrets whenever they are printed or dumped.
        request = {"user_name": user_name, "password": password, "client_address": client_address}
        return self._send(SessionOpened, "POST", "/sessions", request)

    def session(self) -> SessionView:
        """Return the present session; raise ``Unauthenticated`` when it has ended."""
        return self._get(SessionView, "/session")

    def heartbeat(self) -> SessionView:
        """Tell that the person gave input just now."""
        return self._send(SessionView, "POST", "/session/heartbeat")

    def end_session(self) -> None:
        """Sign out."""
        self._transport.send("DELETE", "/session")

    def change_password(self, current_password: str, new_password: str) -> SessionView:
        """Change the own password."""
        request = {"current_password": current_password, "new_password": new_password}
        return self._send(SessionView, "POST", "/account/password", request)

    def accounts(self) -> list[AccountView]:
        """Return every account (System Manager)."""
        return self._list(AccountView, "/accounts")

    def create_account(self, request: AccountRequest) -> AccountCreated:
        """Add a person (System Manager; service ``cli`` for the first two managers)."""
        return self._send(AccountCreated, "POST", "/accounts", request)

    def user_trail(
        self, *, after: int | None = None, limit: int = 200, asked: TrailQuestion | None = None
    ) -> TrailPage:
        """Return a page of the user log; `asked` says more than where it begins."""
        return self._get(TrailPage, "/trail/users", **_asked(asked or TrailQuestion(after=after, limit=limit)))

    # Images

    def import_image(self, file_name: str, reason: str, content: Iterator[bytes] | bytes) -> ImageView:
        """Import an image file; ``content`` is sent as it is given."""
        params = {"file_name": file_name, "reason": reason}
        answer = self._transport.send("POST", "/images", content=content, params=params)
        return ImageView.model_validate_json(answer.content)

    def images(self) -> list[ImageView]:
        """Return every image, oldest first."""
        return self._list(ImageView, "/images")

    def image(self, image: str) -> ImageView:
        """Return one image."""
        return self._get(ImageView, f"/images/{image}")

    def tile(self, image: str, pixels_sha256: str, level: int, row: int, column: int) -> Tile:
        """Return the counts of one tile of a level."""
        answer = self._transport.send("GET", f"/images/{image}/tiles/{pixels_sha256}/{level}/{row}/{column}")
        return Tile(answer.content, int(answer.headers["X-Blotter-Rows"]), int(answer.headers["X-Blotter-Columns"]))

    def image_trail(
        self, image: str, *, after: int | None = None, limit: int = 500, asked: TrailQuestion | None = None
    ) -> TrailPage:
        """Return a page of the image log: the image and everything made from it; `asked` says more about which."""
        question = asked or TrailQuestion(after=after, limit=limit)
        return self._get(TrailPage, f"/images/{image}/trail", **_asked(question))

    def analyses_of_image(self, image: str) -> list[AnalysisView]:
        """Return every analysis of an image."""
        return self._list(AnalysisView, f"/images/{image}/analyses")

    # Analyses

    def start_analysis(self, image: str) -> AnalysisView:
        """Start an analysis of an image."""
        return self._send(AnalysisView, "POST", "/analyses", AnalysisStart(image=image))

    def analysis(self, analysis: str) -> AnalysisView:
        """Return an analysis as it stands."""
        return self._get(AnalysisView, f"/analyses/{analysis}")

    def gesture(self, analysis: str, request: GestureRequest) -> AnalysisView:
        """Send one finished gesture; the numbers come back."""
        return self._send(AnalysisView, "POST", f"/analyses/{analysis}/gestures", request)

    def save_analysis(self, analysis: str, request: SaveRequest) -> AnalysisView:
        """Save the draft as the next version."""
        return self._send(AnalysisView, "POST", f"/analyses/{analysis}/versions", request)

    def analysis_version(self, analysis: str, version: int) -> AnalysisVersionView:
        """Return one immutable version."""
        return self._get(AnalysisVersionView, f"/analyses/{analysis}/versions/{version}")

    # Results and signing

    def create_result(self, request: ResultRequest) -> ResultView:
        """Make a result that pins analysis versions."""
        return self._send(ResultView, "POST", "/results", request)

    def results(self) -> list[ResultView]:
        """Return every result."""
        return self._list(ResultView, "/results")

    def result(self, result: str) -> ResultView:
        """Return one result with its signatures and the steps that this person may take."""
        return self._get(ResultView, f"/results/{result}")

    def create_result_version(self, result: str, request: ResultVersionRequest) -> ResultView:
        """Make the next version of a result: other pins, with a reason."""
        return self._send(ResultView, "POST", f"/results/{result}/versions", request)

    def start_review(self, result: str) -> ResultView:
        """Take a submitted result for review."""
        return self._send(ResultView, "POST", f"/results/{result}/review")

    def create_signing_intent(self, request: SigningIntentRequest) -> SigningIntentView:
        """Prepare a signing page; it is open for a minute and signs once."""
        return self._send(SigningIntentView, "POST", "/signing-intents", request)

    def signing_intent(self, intent: str) -> SigningIntentView:
        """Return how a signing page ended."""
        return self._get(SigningIntentView, f"/signing-intents/{intent}")

    # Exports

    def make_report(self, result: str) -> ExportView:
        """Make the PDF report of a result."""
        return self._send(ExportView, "POST", f"/results/{result}/report")

    def make_bundle(self, result: str) -> ExportView:
        """Make the export bundle of a result."""
        return self._send(ExportView, "POST", f"/results/{result}/bundle")

    def export(self, export: str) -> ExportView:
        """Return what an export is."""
        return self._get(ExportView, f"/exports/{export}")

    def export_file(self, export: str) -> Iterator[bytes]:
        """Yield the bytes of an export."""
        with self._transport.stream(f"/exports/{export}/file") as answer:
            yield from answer.iter_bytes()

    # Notebooks, refusals, the installation

    def notebooks(self) -> list[NotebookSummary]:
        """Return the own notebooks."""
        return self._list(NotebookSummary, "/notebooks")

    def notebook(self, name: str) -> NotebookView:
        """Return the newest version of an own notebook."""
        return self._get(NotebookView, f"/notebooks/{quote(name, safe='')}")

    def save_notebook(self, name: str, request: NotebookSave) -> NotebookView:
        """Save an own notebook as its next version."""
        return self._send(NotebookView, "PUT", f"/notebooks/{quote(name, safe='')}", request)

    def report_refusal(self, request: GateRefusal) -> EntryRef:
        """Tell the trail what the gate or the guarded kernel refused."""
        return self._send(EntryRef, "POST", "/refusals", request)

    def system(self) -> SystemView:
        """Return what this installation is."""
        return self._get(SystemView, "/system")


def _asked(question: TrailQuestion) -> dict[str, object]:
    return question.model_dump(mode="json", exclude_none=True)
