"""What the parts of this package ask of each other: a line, a connection, a sink, an instrument.

::

    Instrument   gives images                       driver.imager (acquisitions), driver.folder (imports)
    Connection   commands and answers               line.text (in the clear), transfer.session (authenticated)
    Line         bytes                              line.serial_line
    Sink         where an image goes as it comes    the records service, a file
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from blotter_records.errors import IntegrityBroken, Unavailable


class LineFault(Unavailable):
    """The line is silent or cut; nothing is wrong with what came before."""


class FrameRefused(IntegrityBroken):
    """What came over the line is not what the other end said: altered, lost, doubled, out of order, or not its own."""


class Provenance(StrEnum):
    """How an image came from an instrument."""

    ACQUIRED = "acquired"
    IMPORTED = "imported"


class Line(Protocol):
    """Bytes to and from a device. Raises :class:`LineFault` (``line.silent``, ``line.cut``) from each method."""

    def read(self, count: int) -> bytes:
        """Return exactly ``count`` bytes; silent when none comes for the line's longest silence."""

    def read_line(self, limit: int) -> bytes:
        """Return bytes up to and with a newline, at most ``limit``."""

    def read_some(self) -> bytes:
        """Return at least one byte, and what else has come."""

    def write(self, data: bytes) -> None:
        """Send all of ``data``."""

    def close(self) -> None:
        """Give the line back."""


class Connection(Protocol):
    """SCPI messages to one device."""

    def write(self, message: str) -> None:
        """Send a message that has no answer."""

    def ask(self, message: str) -> str:
        """Send a query; return its answer without the newline."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device says of itself (``*IDN?``); of a folder, its name.

    Only what comes over an authenticated connection may be compared with the register (11.10(h)).
    """

    maker: str
    model: str
    serial: str
    firmware: str


class Sink(Protocol):
    """Where an image goes while it is read. Nothing in it is an image before :meth:`seal`."""

    def held(self) -> Iterator[bytes]:
        """Return what it has already, from the first byte on: nothing, or what came before an interruption."""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""

    def seal(self, digest: str, size: int) -> None:
        """Take note that all of it came: SHA-256 (hex) and number of bytes."""

    def abort(self, code: str, reason: str) -> None:
        """Take note that it will never be whole."""


class Fate(StrEnum):
    """What became of a delivery."""

    WHOLE = "whole"
    #: May be taken up again: the device still has the image, the sink what came of it.
    INTERRUPTED = "interrupted"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery, and why.

    ``digest``: SHA-256 of the whole image, hex; empty unless whole. ``size``: bytes that the sink holds. ``code`` and
    ``reason``: why not whole, empty otherwise. ``sessions``: how many it took.
    """

    fate: Fate
    size: int
    digest: str = ""
    code: str = ""
    reason: str = ""
    sessions: int = 1


class Instrument(Protocol):
    """Whatever gives images. ``provenance`` is the driver's own: a caller cannot make an import an acquisition."""

    provenance: Provenance

    def identity(self) -> Identity:
        """Return what is known of the instrument, by the best way that the driver has."""

    def deliver(self, name: str, sink: Sink) -> Outcome:
        """Bring one image, named as the instrument names it, into a sink."""
