"""Simulated instruments for tests: on a line in memory with a clock of its own, on a pseudo terminal, on a socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from blotter_instrument.driver.imager import ImagerOnLine
from blotter_instrument.line.serial_line import SerialLine
from blotter_instrument.ports import LineFault
from blotter_instrument.simulator.faults import Fault, FaultyEnd, LineCut
from blotter_instrument.simulator.imager import Make, SimulatedImager
from blotter_instrument.simulator.optics import Blot
from blotter_instrument.simulator.serving import PtyEndpoint, TcpEndpoint, serve
from blotter_instrument.transfer.description import Purpose, Settings
from blotter_instrument.transfer.device_end import DeviceEnd
from blotter_instrument.transfer.scram import Credential

NAME, SECRET = "agent", "K5QW2ZBTPFXGS3DFMU5HAYLCON2HEZLU"
CREDENTIALS = {NAME: Credential.make(NAME, SECRET, salt=b"sixteen bytes...")}

#: 36 x 48 px of 84 µm, two channels: 6,912 bytes.
SMALL = Blot(rows=36, columns=48, lanes=2, bands=1)
SETTINGS = Settings(Purpose.FINAL, (700, 800), 10.0, 84, 0.0, (0, 0, *SMALL.extent_um))


class Clock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class MemoryLine:
    """A line without a wire: a device that has nothing to say for three seconds of the clock is silent."""

    def __init__(self, end: FaultyEnd | DeviceEnd, clock: Clock) -> None:
        self._end = end
        self._clock = clock
        self._buffer = bytearray()
        self._is_cut = False

    def _wait(self, count: int) -> None:
        until = self._clock.at + 3.0
        while len(self._buffer) < count:
            if self._is_cut:
                raise LineFault("line.cut", "cut")
            try:
                some = self._end.send()
            except LineCut as cut:
                self._is_cut, some = True, cut.last
            self._buffer += some
            if some:
                until = self._clock.at + 3.0
            elif self._clock.at >= until:
                raise LineFault("line.silent", "silent")
            else:
                self._clock.at += 0.05

    def read(self, count: int) -> bytes:
        self._wait(count)
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def read_line(self, limit: int) -> bytes:
        line = b""
        while len(line) < limit and not line.endswith(b"\n"):
            line += self.read(1)
        return line

    def read_some(self) -> bytes:
        self._wait(1)
        return self.read(len(self._buffer))

    def write(self, data: bytes) -> None:
        if self._is_cut:
            raise LineFault("line.cut", "cut")
        self._end.receive(data)

    def close(self) -> None:
        self._is_cut = True


@dataclass
class MemorySink:
    """Keeps what it is given."""

    chunks: list[bytes] = field(default_factory=list)
    sealed: tuple[str, int] | None = None
    aborted: tuple[str, str] | None = None

    @property
    def bytes(self) -> bytes:
        return b"".join(self.chunks)

    def held(self) -> Iterator[bytes]:
        return iter(list(self.chunks))

    def write(self, chunk: bytes) -> None:
        assert self.sealed is None
        self.chunks.append(chunk)

    def seal(self, digest: str, size: int) -> None:
        assert (self.sealed, self.aborted) == (None, None)
        self.sealed = digest, size

    def abort(self, code: str, reason: str) -> None:
        assert (self.sealed, self.aborted) == (None, None)
        self.aborted = code, reason


class Bench:
    """A simulated imager on a line in memory; ``connect`` gives the line."""

    def __init__(self, *faults: Fault, **make: object) -> None:
        self.clock = Clock()
        self.make = Make(**{"blot": SMALL} | make)  # type: ignore[arg-type]
        self.device = SimulatedImager(self.make, self.clock)
        self.plain = DeviceEnd(self.device, CREDENTIALS, self.clock)
        self.end = FaultyEnd(self.plain, list(faults), self.device.restart, self.clock)

    def connect(self) -> MemoryLine:
        self.end.forget()
        return MemoryLine(self.end, self.clock)

    def pause(self, seconds: float) -> None:
        self.clock.at += seconds

    def instrument(self, secret: str = SECRET) -> ImagerOnLine:
        return ImagerOnLine(self.connect, NAME, secret, pause=self.pause)


@contextmanager
def on_a_wire(kind, folder, *faults, **make):
    """Serve a simulated imager on ``pty`` or ``socket`` in a thread; give its URL."""
    endpoint = PtyEndpoint(folder / "ttyImager") if kind == "pty" else TcpEndpoint(0)
    device = SimulatedImager(Make(**{"blot": SMALL} | make), time.monotonic)
    plain = DeviceEnd(device, CREDENTIALS, time.monotonic)
    end = FaultyEnd(plain, list(faults), device.restart, time.monotonic)
    stopped = threading.Event()
    thread = threading.Thread(target=serve, args=(endpoint, end, stopped.is_set))
    thread.start()
    try:
        yield endpoint.url
    finally:
        stopped.set()
        thread.join()
        endpoint.stop()


def line_to(url, silence_s=2.0):
    """Open a line to it."""
    return SerialLine(url, silence_s=silence_s)
