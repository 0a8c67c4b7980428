"""Chooses the loopback ports: the public one, the next one for the records service, two internal ones."""

from __future__ import annotations

import errno
import secrets
import socket

from blotter_records.cli.state import Ports
from blotter_records.errors import Unavailable

HIGHEST = 65535
#: Below those that the system lends to outgoing connections: one of these would be gone before it is bound.
_LEAST, _MOST = 10_240, 32_000


def choose(public: int, before: Ports | None) -> Ports:
    """Return free ports; the internal ones of the last run are taken again when they are free.

    Parameters
    ----------
    public : int
        The port people open; the records service gets the next one. 0: any free pair.
    before : Ports, optional
        Those of the last run.

    Raises
    ------
    Unavailable
        ``port.taken``, ``port.forbidden``.
    """
    if public == 0:
        public = before.public if before and is_free_pair(before.public) else _free_pair()
    for port in (public, public + 1):
        fault = _fault(port)
        if fault == errno.EACCES:
            raise Unavailable("port.forbidden", f"only root may use port {port}", "Name a port above 1023 with --port.")
        if fault:
            role = "" if port == public else " (the records service uses the one after --port)"
            raise Unavailable(
                "port.taken", f"port {port} is taken{role}", "Stop what uses it, or name another one with --port."
            )
    hub = before.hub if before and not _fault(before.hub) else _free({public, public + 1})
    proxy = before.proxy if before and not _fault(before.proxy) else _free({public, public + 1, hub})
    return Ports(public, public + 1, hub, proxy)


def is_free_pair(port: int) -> bool:
    """Return whether this port and the next one are free."""
    return 0 < port < HIGHEST and not _fault(port) and not _fault(port + 1)


def _free_pair() -> int:
    while True:
        port = _free(set())
        if is_free_pair(port):
            return port


def _free(used: set[int]) -> int:
    while True:
        port = _LEAST + secrets.randbelow(_MOST - _LEAST)
        if port not in used and not _fault(port):
            return port


def _fault(port: int) -> int:
    """Return the errno of binding a loopback port; 0 when it is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            return fault.errno or errno.EADDRINUSE
        except OverflowError:
            return errno.EADDRNOTAVAIL
    return 0
