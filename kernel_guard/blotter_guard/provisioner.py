"""Starts kernels inside the sandbox; there is no other way to start one.

The person's server makes the kernel's folder and the records socket in it, and names the socket in the environment
variable `BLOTTER_RECORDS_SOCKET` of the start request (never of the kernel: the sandbox clears the environment).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from blotter_records.control_groups import ControlGroup
from blotter_records.installed.checking import still_the_same
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from blotter_guard import sandbox
from blotter_guard.kernel_groups import KernelGroups, end, inside
from blotter_guard.seccomp import outer_filter

_groups: KernelGroups | None = None
_is_checked = False


async def _check_once() -> KernelGroups:
    """Find the control groups, and run `sandbox.check` in a thread, once in this process's life when it was good."""
    global _groups, _is_checked  # noqa: PLW0603  one answer per process
    if _groups is None:  # first, while this process has no child that is in the same group
        _groups = KernelGroups.of_this_process()
    if not _is_checked:
        await asyncio.get_running_loop().run_in_executor(None, sandbox.check)
        _is_checked = True
    return _groups


class SandboxProvisioner(LocalProvisioner):
    """Kernel provisioner `blotter-sandbox`.

    The kernel's folder lies below `BLOTTER_RUN_DIR`/k, short because the address of a unix socket has 107 bytes at
    most: `s/` (sockets, writable inside), `c.json` (connection file, readable inside).
    """

    _folder: Path | None = None
    _group: ControlGroup | None = None
    _descriptor: int = -1

    def program(self) -> list[str]:
        """Return what runs inside the sandbox, without the connection file."""
        return [sys.executable, "-I", "-B", "-m", "blotter_guard.kernel", "-f"]

    def read_only(self) -> tuple[Path, ...]:
        """Return what is readable inside besides the system's own folders."""
        return sandbox.python_paths()

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Make the folder and the connection file; return the sandboxed command.

        Raises
        ------
        SandboxUnavailable
            The kernel cannot be confined; nothing is started.
        PackagesDiffer
            The installed packages are not those that the server started with; nothing is started.
        """
        groups = await _check_once()
        await asyncio.get_running_loop().run_in_executor(None, still_the_same)
        manager = self.parent
        if manager is None:
            raise sandbox.SandboxUnavailable("A kernel was asked for without a manager.", "")
        records_socket = (kwargs.get("env") or {}).get("BLOTTER_RECORDS_SOCKET")
        if self._folder is None:
            base = Path(os.environ["BLOTTER_RUN_DIR"]) / "k"
            base.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix="", dir=base))
            (self._folder / "s").mkdir(mode=0o700)
            manager.transport, manager.ip, manager.cache_ports = "ipc", str(self._folder / "s" / "z"), False
            manager.connection_file = str(self._folder / "c.json")
            self._group = groups.make(self._folder.name)
        kwargs.pop("cwd", None)
        kwargs.pop("extra_arguments", None)
        kwargs = await super().pre_launch(**kwargs)
        confined = sandbox.Sandbox(
            sockets=self._folder / "s",
            connection_file=Path(manager.connection_file),
            records_socket=Path(records_socket) if records_socket else None,
            read_only=self.read_only(),
        )
        self._descriptor = outer_filter()
        command = confined.command([*self.program(), manager.connection_file], self._descriptor)
        kwargs["cmd"] = command if self._group is None else inside(self._group, command)
        kwargs["env"] = {"PATH": "/usr/bin:/bin"}  # bubblewrap's own; no token of the server reaches it
        kwargs["pass_fds"] = (self._descriptor,)
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the sandbox."""
        kwargs.pop("cwd", None)
        try:
            return await super().launch_kernel(cmd, cwd="/", **kwargs)
        finally:
            os.close(self._descriptor)

    async def send_signal(self, signum: int) -> None:
        """Send a signal; an interrupt goes to the kernel by message, since SIGINT would end bubblewrap."""
        if signum != signal.SIGINT:
            await super().send_signal(signum)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the kernel's group and folder when the kernel is gone for good."""
        await super().cleanup(restart=restart)
        if not restart and self._group is not None:
            await end(self._group)
            self._group = None
        if not restart and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
