"""The one person whose server this process is: what the hub told us, and the connections that follow from it."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, TypeVar

import httpx
from blotter_records.client import RecordsClient
from blotter_records.client.refusals import RefusalReporter
from blotter_records.contract.notebooks import NotebookLimit, NotebookView, WidgetsView
from blotter_records.errors import BlotterError, Invalid, NotFound, Unauthenticated, Unavailable
from jupyter_server.base.call_context import CallContext
from pydantic import BaseModel

from blotter_extension.gate.cells import CellTable
from blotter_extension.gate.command_log import CommandLog

P = ParamSpec("P")
#: Answers to what is told that trying again does not change.
_NEVER_TAKEN = frozenset({400, 404, 413, 415, 422})
T = TypeVar("T")


@dataclass(frozen=True)
class NotebookVersion:
    """Which notebook record, in which version, the person has open under a name, and what may be run in it."""

    notebook: str
    version: int
    limit: NotebookLimit
    #: What the cells say that its template locks, by their ids.
    locked: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Person:
    """What this process knows about its person.

    Parameters
    ----------
    user_name : str
        The hub's user; the only one who may use this server.
    api_url : str
        Root of the records service.
    token : str
        The person's session token; it never leaves this process but to the records service.
    signing_origin : str
        Origin of the signing pages, the only one that may be framed.
    run_dir : Path
        Folder for sockets, short (a unix socket's address has 107 bytes at most).
    """

    user_name: str
    api_url: str
    token: str
    signing_origin: str
    run_dir: Path
    #: Under which browsers open this server; without it only this machine's own names are answered.
    public_url: str = ""
    is_demo: bool = False
    has_session_ended: bool = False
    #: What the person may use, and what may be run outside of a notebook; None before the records service has said it.
    widgets: WidgetsView | None = None
    cells: dict[str, CellTable] = field(default_factory=dict)
    notebooks: dict[str, NotebookVersion] = field(default_factory=dict)
    notebook_of_kernel: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = RecordsClient(self.api_url, token=self.token, headers=_request_headers)
        self.refusals = RefusalReporter(lambda refusal, context: self.tell("/refusals", refusal, context))
        self.commands = CommandLog(lambda runs, context: self.tell("/cells", runs, context))

    @functools.cached_property
    def http(self) -> httpx.AsyncClient:
        """The connection for bytes and for kernels; made on the server's event loop."""
        return httpx.AsyncClient(
            base_url=self.api_url.rstrip("/") + "/api/v1",
            timeout=httpx.Timeout(connect=5, read=180, write=180, pool=20),
            trust_env=False,
        )

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method of `client` in a thread. Raises the service's errors."""
        try:
            return await asyncio.to_thread(function, *args, **kwargs)
        except Unauthenticated:
            self.has_session_ended = True
            raise

    async def learn_widgets(self) -> None:
        """Ask which widgets the session may use, and keep it. Raises the service's errors."""
        self.widgets = await self.call(self.client.widgets)

    def allowed(self, kernel: str) -> WidgetsView | None:
        """Return what a kernel may run for its notebook; None before the records service has said it."""
        version = self.notebooks.get(self.notebook_of_kernel.get(kernel, ""))
        if self.widgets is None or version is None:
            return self.widgets
        return self.widgets.model_copy(update={"notebook": version.limit})

    def locked(self, kernel: str) -> Mapping[str, str]:
        """Return what the locked cells of a kernel's notebook say, by their ids."""
        version = self.notebooks.get(self.notebook_of_kernel.get(kernel, ""))
        return version.locked if version is not None else {}

    def remember(self, view: NotebookView) -> None:
        """Keep which version of a notebook is open, and what may be run in it."""
        locked = {cell.id: cell.source for cell in view.cells if cell.id in view.locked}
        self.notebooks[view.name] = NotebookVersion(view.notebook, view.version, view.limit, locked)

    async def know(self, notebook: str) -> None:
        """Ask for a notebook that was not opened yet; one that does not exist stays unknown.

        Raises
        ------
        Unavailable, Refused
            The records service does not say.
        """
        if notebook in self.notebooks:
            return
        try:
            self.remember(await self.call(self.client.notebook, notebook))
        except NotFound:
            return

    async def tell(self, path: str, message: BaseModel, context: Mapping[str, str | None]) -> None:
        """Write something into the trail, from where it happened.

        Raises
        ------
        Unavailable
            The service did not answer; what was told is not in the trail.
        Invalid
            ``told.form``: it will never take it as it is.
        """
        headers = {**self.headers(**context), "Content-Type": "application/json"}
        try:
            answer = await self.http.post(path, content=message.model_dump_json(), headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable("unavailable.records", f"The records service does not answer ({error!r}).") from error
        if answer.status_code == 401:
            self.has_session_ended = True
        if answer.status_code in _NEVER_TAKEN:
            raise Invalid("told.form", f"{path} was answered with {answer.status_code}.")
        if not answer.is_success:
            raise Unavailable("unavailable.records", f"{path} was answered with {answer.status_code}.")

    def headers(self, **context: str | None) -> dict[str, str]:
        """Return the token and the context headers of one request.

        Parameters
        ----------
        **context : str or None
            ``Notebook``, ``Notebook_Version``, ``Cell``, ``Kernel``, ``Address``; None leaves one out.
        """
        named = {f"X-Blotter-{name.replace('_', '-')}": value for name, value in context.items() if value}
        return {"Authorization": f"Bearer {self.token}", **named}

    def notebook_context(self, kernel: str) -> dict[str, str | None]:
        """Return which notebook a kernel works for, as `headers` takes it."""
        version = self.notebooks.get(self.notebook_of_kernel.get(kernel, ""))
        if version is None:
            return {}
        return {"Notebook": version.notebook, "Notebook_Version": str(version.version)}

    def widget_context(self, comm: str) -> dict[str, str | None]:
        """Return which notebook, cell and kernel a widget belongs to, as `headers` takes it.

        The gate's own tables say it. Nothing is returned for a widget that the gate did not see, nor for one that
        two kernels claim (a kernel chooses the names of its widgets).
        """
        owners = [kernel for kernel, cells in self.cells.items() if cells.knows(comm)]
        if len(owners) != 1:
            return {}
        kernel = owners[0]
        return {**self.notebook_context(kernel), "Cell": self.cells[kernel].cell_of(comm), "Kernel": kernel}


def _request_headers() -> dict[str, str]:
    """Name the browser's address, when a request of the browser is being answered."""
    try:
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    except LookupError:
        return {}
    address = getattr(getattr(handler, "request", None), "remote_ip", None)
    return {"X-Blotter-Address": address} if address else {}


class NotStarted(BlotterError):
    """The environment does not say whose server this is."""

    status = 500


def _needed(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise NotStarted("failed.environment", f"{name} is not set.", "This server is started by the hub's launcher.")
    return value


@functools.cache
def person() -> Person:
    """Return the person of this process, read from the environment once.

    Raises
    ------
    NotStarted
        A variable is missing.
    """
    file = os.environ.get("BLOTTER_SESSION_TOKEN_FILE")
    token = Path(file).read_text(encoding="ascii").strip() if file else _needed("BLOTTER_SESSION_TOKEN")
    return Person(
        user_name=_needed("JUPYTERHUB_USER"),
        api_url=_needed("BLOTTER_API_URL"),
        token=token,
        signing_origin=_needed("BLOTTER_SIGNING_ORIGIN"),
        run_dir=Path(_needed("BLOTTER_RUN_DIR")),
        public_url=os.environ.get("JUPYTERHUB_PUBLIC_URL", ""),
        is_demo=os.environ.get("BLOTTER_IS_DEMO", "").lower() in {"1", "true"},
    )
