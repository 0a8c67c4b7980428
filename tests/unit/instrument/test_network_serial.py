"""The same device behind a network serial server (RFC 2217), as boxes for serial ports in racks are."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from contextlib import contextmanager

import serial
import serial.rfc2217
from blotter_instrument.driver.imager import ImagerOnLine
from blotter_instrument.ports import Fate
from simulated_instruments import NAME, SECRET, SETTINGS, MemorySink, line_to, on_a_wire


@contextmanager
def network_serial_server(url):
    """Serve a serial port as RFC 2217; give its URL. (A pseudo terminal has no modem lines to tell of.)"""
    stopped = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)

    def serve_host(port, host):
        manager = serial.rfc2217.PortManager(port, type("To", (), {"write": staticmethod(host.sendall)}))
        while not stopped.is_set():
            ready, _, _ = select.select([host, port.fileno()], [], [], 0.05)
            if host in ready:
                data = host.recv(4096)
                if not data:
                    return
                port.write(b"".join(manager.filter(data)))
            if port.fileno() in ready:
                host.sendall(b"".join(manager.escape(port.read(4096))))

    def serve():
        with serial.serial_for_url(url, timeout=0) as port:
            while not stopped.is_set():
                with contextlib.suppress(TimeoutError, ConnectionError):
                    host, _ = listener.accept()
                    with host:
                        serve_host(port, host)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"rfc2217://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopped.set()
        thread.join()
        listener.close()


def test_a_scan_through_a_network_serial_server_is_whole(tmp_path):
    with on_a_wire("socket", tmp_path) as device, network_serial_server(device) as url:
        instrument = ImagerOnLine(lambda: line_to(url), NAME, SECRET)
        with instrument.session() as imager:
            number = imager.start(SETTINGS, "t").number
        sink = MemorySink()
        outcome = instrument.deliver(str(number), sink)
    assert (outcome.fate, outcome.sessions, len(sink.bytes)) == (Fate.WHOLE, 1, SETTINGS.size)
