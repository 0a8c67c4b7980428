"""The guarded kernel: reads a cell as a command, makes the widget, and does nothing else.

It stands on ipykernel's base class. There is no IPython shell, no evaluator, no history, no debugger and no user
namespace in the process. The tables of message types are written out here: what is not in them has no handler, on
the control channel as well, where ipykernel would otherwise handle every message of the shell channel too.

What a cell needs is imported with the first cell (`cells`), by a process that is confined already.
"""

from __future__ import annotations

import functools
import logging
import signal
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import comm
from blotter_records.errors import BlotterError, Refused
from ipykernel import kernelapp
from ipykernel.comm import Comm
from ipykernel.comm.manager import CommManager
from ipykernel.iostream import IOPubThread
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
from traitlets import Type

from blotter_guard.sandbox import RECORDS_SOCKET
from blotter_guard.seccomp import confine_running_kernel

if TYPE_CHECKING:
    from blotter_guard.cells import Cells

Content = dict[str, Any]

#: Seconds after which a kernel that was told to end, and has not, is ended.
ENDS_WITHIN_S = 3

_VIEW = "application/vnd.jupyter.widget-view+json"


def _make_comm(*args: Any, **given: Any) -> Comm:
    return Comm(*args, **{"show_warning": False, **given})


class GuardedKernel(Kernel):
    """A kernel whose language is the grammar of cells."""

    implementation = "blotter"
    implementation_version = "1"
    banner = "Blotter: a cell is one widget"
    language_info: ClassVar[dict[str, object]] = {  # type: ignore[misc]
        "name": "blotter",
        "mimetype": "text/x-python",
        "file_extension": ".txt",
        "codemirror_mode": "python",
        "pygments_lexer": "python",
    }
    # Without it the browser would open threads of its own in the kernel and handle widgets beside a running cell.
    _supports_kernel_subshells = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.comm_manager = CommManager(parent=self, kernel=self)
        comm.create_comm = _make_comm
        comm.get_comm_manager = lambda: self.comm_manager
        self.shell_handlers = {
            "comm_close": self.comm_close_request,
            "comm_info_request": self.comm_info_request,
            "comm_msg": self.comm_message,
            "comm_open": self.comm_open_request,
            "complete_request": self.complete_request,
            "execute_request": self.execute_request,
            "inspect_request": self.inspect_request,
            "is_complete_request": self.is_complete_request,
            "kernel_info_request": self.kernel_info_request,
        }
        self.control_handlers = {
            "interrupt_request": self.interrupt_request,
            "kernel_info_request": self.kernel_info_request,
            "shutdown_request": self.shutdown_request,
        }

    @property
    def kernel_info(self) -> Content:
        """What the kernel says about itself; no debugger, no subshells."""
        return {**super().kernel_info, "supported_features": []}

    @functools.cached_property
    def cells(self) -> Cells:
        """What carries out cells; imported when it is first asked for."""
        from blotter_guard.cells import Cells  # noqa: PLC0415

        return Cells(RECORDS_SOCKET, self._headers)

    def _headers(self) -> dict[str, str]:
        """Name the message that is being handled; the person's server derives the cell from it."""
        header = (self.get_parent("shell") or {}).get("header") or {}
        identifier = str(header.get("msg_id", ""))
        return {"X-Blotter-Parent": identifier} if identifier.isascii() and identifier.isprintable() else {}

    # Cells

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: Content | None = None,
        allow_stdin: bool = False,
        *,
        cell_meta: Content | None = None,
        cell_id: str | None = None,
    ) -> Content:
        """Carry out a cell: make its widget and show it."""
        del store_history, allow_stdin, cell_meta, cell_id
        try:
            self._carry_out(code, user_expressions, silent)
        except Refused as error:
            if error.code == "refused.cell":
                self.cells.report("cell", str(error), code)
            return self._failed("Not allowed" if error.code == "refused.cell" else "Refused", error)
        except BlotterError as error:
            return self._failed(type(error).__name__, error)
        except KeyboardInterrupt:  # ipykernel would log it and never answer
            return self._failed("Interrupted", BlotterError("interrupted", "The cell was stopped."))
        except Exception:  # the outermost edge: a traceback would show paths and source
            self.log.exception("a widget failed")
            return self._failed(
                "Failed",
                BlotterError(
                    "failed", "The widget failed.", "Run the cell again; if it stays so, tell the System Manager."
                ),
            )
        return {"status": "ok", "execution_count": self.execution_count, "payload": [], "user_expressions": {}}

    def _carry_out(self, code: str, user_expressions: Content | None, silent: bool) -> None:
        if user_expressions:
            raise Refused("refused.cell", "Expressions cannot be evaluated here.")
        made = self.cells.widget_of(code)
        if made is None or silent:
            return
        bundle = made._repr_mimebundle_()
        data = {_VIEW: bundle[_VIEW], "text/plain": type(made).__name__}
        self.send_response(self.iopub_socket, "display_data", {"data": data, "metadata": {}, "transient": {}})

    def _failed(self, name: str, error: BlotterError) -> Content:
        lines = [f"{name}: {error}", *filter(None, (error.diagnostics(), error.written()))]
        content = {"ename": name, "evalue": str(error), "traceback": lines}
        self.send_response(self.iopub_socket, "error", content)
        return {"status": "error", "execution_count": self.execution_count, **content}

    # Widgets

    def comm_message(self, stream: Any, ident: Any, message: Content) -> None:
        """Handle a message of a widget's view: a command, or the wish to see the state again."""
        content = message["content"]
        data = content.get("data")
        reason = self._why_not(content.get("comm_id"), data, message.get("buffers"))
        if reason:
            self.cells.report("message", reason, None)
            self.log.warning("refused: %s", reason)
            return
        self.comm_manager.comm_msg(stream, ident, message)

    def _why_not(self, comm_id: object, data: object, buffers: object) -> str:
        """Return why a widget message may not pass, or an empty text."""
        opened = self.comm_manager.comms.get(comm_id) if isinstance(comm_id, str) else None
        if opened is None:
            return "A message for a widget that does not exist."
        if not isinstance(data, dict) or buffers:
            return "A widget message that is not an object, or carries bytes."
        method = data.get("method")
        if method == "request_state" and set(data) == {"method"}:
            return ""
        if method == "custom" and set(data) <= {"method", "content"} and isinstance(data.get("content"), dict):
            return ""
        return "A widget message other than a command: widgets cannot be set from outside."

    def comm_open_request(self, stream: Any, ident: Any, message: Content) -> None:
        """Refuse: widgets are made by cells, and ipywidgets would make any class with any state from a message."""
        del stream, ident
        identifier = message["content"].get("comm_id")
        if isinstance(identifier, str):
            self.send_response(self.iopub_socket, "comm_close", {"comm_id": identifier, "data": {}})
        self.cells.report("message", "A widget cannot be made from outside a cell.", None)

    def comm_close_request(self, stream: Any, ident: Any, message: Content) -> None:
        """Close a channel that exists."""
        if self.comm_manager.comms.get(message["content"].get("comm_id")) is not None:
            self.comm_manager.comm_close(stream, ident, message)

    async def do_shutdown(self, restart: bool) -> Content:
        """Begin to end. One whose threads do not come to an end would be gone for nobody: the system ends it then."""
        signal.alarm(ENDS_WITHIN_S)
        return {"status": "ok", "restart": restart}

    # Help while typing

    async def do_complete(self, code: str, cursor_pos: int) -> Content:
        """Complete widget and argument names from the registry."""
        return self.cells.complete(code, cursor_pos)

    async def do_inspect(self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()) -> Content:
        """Explain the widget under the cursor."""
        del detail_level, omit_sections
        return self.cells.inspect(code, cursor_pos)

    async def do_is_complete(self, code: str) -> Content:
        """Say whether a cell goes on in the next line."""
        status = self.cells.completeness(code)
        return {"status": status, "indent": ""} if status == "incomplete" else {"status": status}


def _output_thread(socket: Any, pipe: bool = True, session: Any = None) -> IOPubThread:
    del pipe
    return IOPubThread(socket, pipe=False, session=session)


class GuardedKernelApp(IPKernelApp):
    """Starts the guarded kernel: sockets and streams of ipykernel, nothing read from disk but the connection file."""

    kernel_class = Type(GuardedKernel, klass=Kernel)

    def init_iopub(self, context: Any) -> None:
        """Start the output thread without its pipe for forked children, which would bind an address of the network.

        libzmq ends the process when that is refused (`ip_resolver.cpp`), instead of raising.
        """
        kernelapp.IOPubThread = _output_thread  # type: ignore[assignment,attr-defined]
        super().init_iopub(context)

    def init_control(self, context: Any) -> None:
        """Start the control thread, and no thread for subshells."""
        super().init_control(context)
        self.shell_channel_thread = None

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Read no configuration."""

    def init_config_files(self) -> None:
        """Copy no configuration."""

    def init_path(self) -> None:
        """Keep the working folder off the import path."""

    def init_gui_pylab(self) -> None:
        """Start no plotting."""

    def init_code(self) -> None:
        """Run no start-up code."""

    def init_extensions(self) -> None:
        """Load no extensions."""

    def init_pdb(self) -> None:
        """Install no debugger."""


def main() -> None:
    """Run the kernel; it is confined before the first message is read."""
    logging.captureWarnings(capture=True)
    app = GuardedKernelApp.instance()
    app.initialize(sys.argv[1:])
    confine_running_kernel()
    app.start()


if __name__ == "__main__":
    main()
