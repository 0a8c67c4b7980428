"""Which kernels may be started (one kind), for what, and how many."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from blotter_records.errors import BlotterError
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.services.sessions.sessionmanager import ModelName, SessionManager
from tornado.web import HTTPError
from traitlets import Int

from blotter_extension.contents import is_notebook_name
from blotter_extension.gate.frames import is_identifier
from blotter_extension.kernels.socket import KernelSocket
from blotter_extension.person import person

KERNEL_NAME = "blotter"


class OneKernelSpec(KernelSpecManager):
    """Knows one kernel; reads no folder."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one name; there is no folder."""
        return {KERNEL_NAME: "/nonexistent"}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the one kernel.

        Raises
        ------
        NoSuchKernel
            For any other name.
        """
        if kernel_name != KERNEL_NAME:
            raise NoSuchKernel(kernel_name)
        return KernelSpec(
            resource_dir="/nonexistent",
            argv=["the", "provisioner", "decides", "{connection_file}"],
            display_name="Blotter",
            language="blotter",
            interrupt_mode="message",  # a signal would end the sandbox
            metadata={"kernel_provisioner": {"provisioner_name": "blotter-sandbox"}},
        )

    def get_all_specs(self) -> dict[str, Any]:
        """Return the one kernel, as the front end lists it (not how it is started)."""
        spec = self.get_kernel_spec(KERNEL_NAME).to_dict()
        return {KERNEL_NAME: {"resource_dir": "/nonexistent", "spec": {**spec, "argv": [], "metadata": {}}}}

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise HTTPError(403, "Kernels cannot be installed.")

    install_kernel_spec = remove_kernel_spec = install_native_kernel_spec = _refuse


class GuardedKernels(AsyncMappingKernelManager):
    """Starts kernels with their records socket; of a start request only the wish for a kernel is taken."""

    max_kernels = Int(4, help="How many kernels a person may have.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._sockets: dict[str, KernelSocket] = {}

    async def start_kernel(  # type: ignore[override]
        self, *, kernel_id: str | None = None, **_kwargs: Any
    ) -> str:
        """Return an existing kernel, or start one; its id, name, folder and environment are not the caller's.

        Raises
        ------
        HTTPError
            429: too many; 503: it cannot be confined, or installed packages changed, which the trail is told.
        """
        if kernel_id is not None and kernel_id in self:
            return str(await super().start_kernel(kernel_id=kernel_id))
        if len(self.list_kernel_ids()) >= self.max_kernels:
            raise HTTPError(429, f"You have {self.max_kernels} kernels already; close a notebook first.")
        made = str(uuid.uuid4())
        socket = KernelSocket(person(), made)
        self._sockets[made] = socket
        environment = {"BLOTTER_RECORDS_SOCKET": str(socket.start())}
        try:
            return str(await super().start_kernel(kernel_name=KERNEL_NAME, kernel_id=made, env=environment))
        except BlotterError as error:
            self._forget(made)
            person().refusals.report("kernel", f"No kernel was started. {error}")
            raise HTTPError(503, f"No kernel was started. {error} {error.diagnostics()}") from error
        except BaseException:
            self._forget(made)
            raise

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that ended, and close its records socket."""
        self._forget(kernel_id)
        return super().remove_kernel(kernel_id)

    def _forget(self, kernel_id: str) -> None:
        socket = self._sockets.pop(kernel_id, None)
        if socket is not None:
            socket.stop()
        person().cells.pop(kernel_id, None)
        person().notebook_of_kernel.pop(kernel_id, None)


class NotebookSessions(SessionManager):
    """Remembers which notebook each kernel works for; sessions are for notebooks only."""

    def get_kernel_env(self, path: str | None, name: Any = None) -> dict[str, str]:
        """Give a kernel nothing of this process's environment."""
        return {}

    async def create_session(
        self,
        path: str | None = None,
        name: Any = None,
        type: Any = None,
        kernel_name: Any = None,
        kernel_id: str | None = None,
    ) -> Any:
        """Start a session, if it is for a notebook.

        JupyterLab begins with a path of its own making and the notebook's name beside it, and sets the path after.

        Raises
        ------
        HTTPError
            400: it is not for a notebook; no kernel was started. Otherwise what the records service answers.
        """
        notebook = _notebook_of(path, name)
        await _know(notebook)
        made = await super().create_session(path=path, name=ModelName(notebook), type="notebook", kernel_id=kernel_id)
        person().notebook_of_kernel[made["kernel"]["id"]] = notebook
        return made

    async def update_session(self, session_id: str, **kwargs: Any) -> Any:
        """Take another notebook or kernel into a session."""
        if "path" in kwargs or "name" in kwargs:
            await _know(_notebook_of(kwargs.get("path"), kwargs.get("name")))
        result = await super().update_session(session_id, **kwargs)
        session = await self.get_session(session_id=session_id)
        notebook = _notebook_of(session["path"], session["name"])
        person().notebook_of_kernel[session["kernel"]["id"]] = notebook
        return result


async def _know(notebook: str) -> None:
    """Learn what may be run in a notebook before a kernel works for it."""
    try:
        await person().know(notebook)
    except BlotterError as error:
        raise HTTPError(error.status, str(error)) from error


def _notebook_of(path: object, name: object) -> str:
    """Return the notebook's name: the path, or the name where the path is an identifier of JupyterLab's making."""
    if isinstance(path, str) and is_notebook_name(path):
        return path
    if isinstance(name, str) and is_notebook_name(name) and (path is None or is_identifier(path)):
        return name
    raise HTTPError(400, "A session is for a notebook.")
