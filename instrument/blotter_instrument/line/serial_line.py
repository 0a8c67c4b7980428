"""The one file that knows pyserial: ``/dev/ttyUSB0``, ``socket://``, ``rfc2217://``, ``loop://``."""

from __future__ import annotations

import os
import select

import serial

from blotter_instrument.ports import LineFault


class SerialLine:
    """A serial line, or what pyserial makes look like one.

    Parameters
    ----------
    url : str
        Whatever ``serial_for_url`` takes.
    baud : int
        Bits per second; a pseudo terminal and a socket ignore it.
    silence_s : float
        How long no byte may come before the line counts as silent, seconds.
    flow : bool
        Hardware flow control (RTS/CTS).

    Raises
    ------
    LineFault
        ``line.cut``: there is no such line, or another process has it.
    """

    def __init__(self, url: str, *, baud: int = 115200, silence_s: float = 3.0, flow: bool = False) -> None:
        self.url = url
        self.silence_s = silence_s
        options: dict[str, object] = {"baudrate": baud, "timeout": silence_s, "rtscts": flow}
        if not url.startswith("rfc2217://"):  # pyserial has none there: the network's own holds
            options["write_timeout"] = silence_s
        if "://" not in url:
            # One process at a time: pyserial locks the terminal (flock) against a second one that asks for the same.
            options["exclusive"] = True
        try:
            self._port = serial.serial_for_url(url, **options)
        except (OSError, ValueError) as fault:
            raise LineFault("line.cut", f"The line {url} does not open: {fault}.") from fault
        self._descriptor = _descriptor(self._port)

    def read(self, count: int) -> bytes:
        """Return exactly ``count`` bytes."""
        if self._descriptor is not None:
            return self._read_descriptor(self._descriptor, count)
        parts = bytearray()
        while len(parts) < count:  # a slow line brings some in each span, a silent one none
            parts += self._read(count - len(parts))
        return bytes(parts)

    def read_line(self, limit: int) -> bytes:
        """Return bytes up to and with a newline, at most ``limit``."""
        line = bytearray()
        while len(line) < limit and not line.endswith(b"\n"):
            line += self.read(1)
        return bytes(line)

    def read_some(self) -> bytes:
        """Return at least one byte, and what else has come."""
        first = self.read(1)
        try:
            waiting = self._port.in_waiting
        except (OSError, serial.SerialException) as fault:
            raise self._cut(fault) from fault
        return first + (self.read(waiting) if waiting else b"")

    def write(self, data: bytes) -> None:
        """Send all of ``data``."""
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as fault:
            raise LineFault("line.silent", f"Nobody takes what is sent on {self.url}.") from fault
        except (OSError, serial.SerialException) as fault:
            raise self._cut(fault) from fault

    def close(self) -> None:
        """Give the line back."""
        self._descriptor = None  # the system gives the number to the next file that is opened
        self._port.close()

    def _read_descriptor(self, descriptor: int, count: int) -> bytes:
        """Read from the port itself, into one piece of memory, and wait only when nothing is there.

        ``Serial.read`` waits before each of the some thousand bytes that a terminal gives at once, and joins them.
        """
        parts = bytearray(count)
        rest, waited = memoryview(parts), False
        try:
            while rest:
                try:
                    got = os.readv(descriptor, [rest])
                except BlockingIOError:
                    got = 0
                if got:
                    rest, waited = rest[got:], False
                elif waited:  # there is something, and it is nothing: the other end has gone
                    raise self._cut("it has ended")
                elif select.select([descriptor], [], [], self.silence_s)[0]:
                    waited = True
                else:
                    raise self._silent()
        except (OSError, ValueError) as fault:  # ValueError: closed
            raise self._cut(fault) from fault
        return bytes(parts)

    def _read(self, count: int) -> bytes:
        """Return what comes, at least one byte."""
        try:
            got: bytes = self._port.read(count)
        except (OSError, serial.SerialException, TypeError) as fault:  # TypeError: closed under a read
            raise self._cut(fault) from fault
        if not got:
            raise self._silent()
        return got

    def _silent(self) -> LineFault:
        return LineFault("line.silent", f"Nothing came on {self.url} for {self.silence_s} s.")

    def _cut(self, fault: Exception | str) -> LineFault:
        return LineFault("line.cut", f"The line {self.url} is cut: {fault}.")


def _descriptor(port: serial.SerialBase) -> int | None:
    """Return the port's file descriptor where it has one that reads without waiting (no loop://, no rfc2217://)."""
    try:
        descriptor: int = port.fileno()
        return descriptor if not os.get_blocking(descriptor) else None
    except (AttributeError, OSError, ValueError):
        return None
