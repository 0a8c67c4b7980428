"""Puts a simulated device at the end of a pseudo terminal or a socket. One host at a time; one thread."""

from __future__ import annotations

import os
import select
import socket
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from blotter_instrument.simulator.faults import LineCut

#: How long the device does not look whether a line of the scan is due, seconds.
_LOOK_S = 0.01


class End(Protocol):
    """A device's end, with or without faults."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the line."""

    def send(self) -> bytes:
        """Return the next bytes for the line."""

    def forget(self) -> None:
        """Forget what was on the line: it is another one now."""


class Endpoint(Protocol):
    """Where hosts come."""

    def open(self) -> int | None:
        """Return a file descriptor to a host, or nothing if none has come in a moment."""

    def close(self) -> None:
        """Cut the line to the host."""


class PtyEndpoint:
    """A pseudo terminal under a name of its own, which after a cut leads to a new one.

    Parameters
    ----------
    link : Path
        The name; made, and made anew. In a folder where only those may write who may be the device.
    """

    def __init__(self, link: Path) -> None:
        self.url = str(link)
        self._link = link
        self._ends: tuple[int, int] | None = None
        self._make()

    def open(self) -> int | None:
        """Return the device's side."""
        if self._ends is None:
            self._make()
        assert self._ends is not None
        return self._ends[0]

    def close(self) -> None:
        """Cut the line: whoever reads the old one is told so by the system."""
        if self._ends is not None:
            for end in self._ends:
                os.close(end)
            self._ends = None

    def stop(self) -> None:
        """Take the name away."""
        self.close()
        self._link.unlink(missing_ok=True)

    def _make(self) -> None:
        # Our own copy of the host's side stays open: else the terminal ends with the first host that closes it.
        device, host = os.openpty()
        tty.setraw(host)
        os.set_blocking(device, False)
        self._ends = device, host
        new = self._link.with_name(self._link.name + ".new")
        new.unlink(missing_ok=True)
        new.symlink_to(os.ttyname(host))
        new.rename(self._link)


class TcpEndpoint:
    """A listening socket; pyserial's ``socket://`` is the host's side."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._listener = socket.create_server((host, port), backlog=1)
        self._listener.settimeout(0.1)
        self._host: socket.socket | None = None
        self.url = f"socket://{host}:{self._listener.getsockname()[1]}"

    def open(self) -> int | None:
        """Return the device's side of the next connection."""
        try:
            self._host, _ = self._listener.accept()
        except TimeoutError:
            return None
        self._host.setblocking(False)
        self._host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._host.fileno()

    def close(self) -> None:
        """Cut the line."""
        if self._host is not None:
            self._host.close()
            self._host = None

    def stop(self) -> None:
        """Listen no longer."""
        self.close()
        self._listener.close()


def serve(endpoint: Endpoint, end: End, is_stopped: Callable[[], bool]) -> None:
    """Be the device until told to stop."""
    try:
        while not is_stopped():
            host = endpoint.open()
            if host is not None:
                _serve_host(host, end, is_stopped)
                endpoint.close()
                end.forget()
    finally:
        endpoint.close()


def _serve_host(host: int, end: End, is_stopped: Callable[[], bool]) -> None:
    """Serve one host until it goes, or the line is cut."""
    waiting = memoryview(b"")
    while not is_stopped():
        if not waiting:
            try:
                waiting = memoryview(end.send())
            except LineCut as cut:
                _write(host, memoryview(cut.last))
                return
        written = _write(host, waiting)
        if written is None:
            return
        is_stuck = len(waiting) > 0 and written == 0
        waiting = waiting[written:]
        if waiting and not is_stuck:
            continue  # the host reads: finish the frame before looking for commands
        pause = _LOOK_S if is_stuck or written == 0 else 0
        readable, _, _ = select.select([host], [host] if is_stuck else [], [], pause)
        if readable:
            try:
                data = os.read(host, 65536)
            except OSError:
                return
            if not data:
                return
            end.receive(data)


def _write(host: int, data: memoryview) -> int | None:
    """Write what fits; return how much, or nothing if the host is gone."""
    if not data:
        return 0
    try:
        return os.write(host, data)
    except BlockingIOError:
        return 0
    except OSError:
        return None
