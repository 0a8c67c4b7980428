"""Faults on demand: what a line, or a device, does to the frames and lines of text that pass.

Written ``kind@n`` or ``kind@n:k``: at the n-th frame or line that the device sends (from 0), at its byte k.
``in-kind@n``: at the n-th that it receives.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from blotter_records.errors import Invalid

from blotter_instrument.transfer.device_end import DeviceEnd


class FaultKind(StrEnum):
    """What happens."""

    DROP = "drop"
    DUPLICATE = "duplicate"
    #: It comes after the next one.
    REORDER = "reorder"
    #: One bit of byte k.
    FLIP = "flip"
    #: Only its first k bytes come.
    TRUNCATE = "truncate"
    #: Its first k bytes come, then the line is cut.
    CUT = "cut"
    #: It comes k seconds later.
    DELAY = "delay"
    #: Its first k bytes come, then the device loses power and gets it back.
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; see above."""

    kind: FaultKind
    at: int
    within: int = 0
    is_incoming: bool = False

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what a person wrote.

        Raises
        ------
        Invalid
            ``simulate.fault``.
        """
        kinds = "|".join(FaultKind)
        found = re.fullmatch(rf"(in-)?({kinds})@(\d+)(?::(\d+))?", text)
        if found is None or (found[1] and found[2] in {FaultKind.CUT, FaultKind.DELAY}):
            raise Invalid("simulate.fault", f"{text!r} is no fault.", "Say for instance flip@12:100 or in-drop@3.")
        return cls(FaultKind(found[2]), int(found[3]), int(found[4] or 0), bool(found[1]))


class LineCut(Exception):
    """The line is to be cut, after some last bytes."""

    def __init__(self, last: bytes) -> None:
        super().__init__("the line is cut")
        self.last = last


class FaultyEnd:
    """A device's end behind a line with faults.

    Parameters
    ----------
    end : DeviceEnd
    faults : list of Fault
        Each happens once.
    restart : callable
        What the device does when it loses power.
    now : callable
        Seconds of a clock that only goes forward.
    """

    def __init__(
        self, end: DeviceEnd, faults: list[Fault], restart: Callable[[], None], now: Callable[[], float]
    ) -> None:
        self._end = end
        self._faults = {(fault.is_incoming, fault.at): fault for fault in faults}
        self._restart = restart
        self._now = now
        self._counts = {False: 0, True: 0}
        self._ready: deque[bytes] = deque()
        self._held = {False: b"", True: b""}
        self._until = -1.0

    def forget(self) -> None:
        """Forget what was on the line: it is another one now."""
        self._end.forget()
        self._ready.clear()
        self._held = {False: b"", True: b""}

    def receive(self, data: bytes) -> None:
        """Take bytes from the line."""
        for piece in self._through(data, is_incoming=True):
            self._end.receive(piece)

    def send(self) -> bytes:
        """Return the next bytes for the line.

        Raises
        ------
        LineCut
        """
        if self._now() < self._until:
            return b""
        if not self._ready:
            data = self._end.send()
            if data:
                self._ready.extend(self._through(data, is_incoming=False))
        if self._ready and self._now() >= self._until:
            return self._ready.popleft()
        return b""

    def _through(self, data: bytes, *, is_incoming: bool) -> list[bytes]:
        """Return what becomes of one frame or line."""
        fault = self._faults.pop((is_incoming, self._counts[is_incoming]), None)
        self._counts[is_incoming] += 1
        behind, self._held[is_incoming] = self._held[is_incoming], b""
        if fault is None:
            return [data, behind] if behind else [data]
        at = fault.within % max(1, len(data))
        match fault.kind:
            case FaultKind.DROP:
                pieces = []
            case FaultKind.DUPLICATE:
                pieces = [data, data]
            case FaultKind.REORDER:
                self._held[is_incoming], pieces = data, []
            case FaultKind.FLIP:
                pieces = [data[:at] + bytes([data[at] ^ (1 << fault.within % 8)]) + data[at + 1 :]]
            case FaultKind.TRUNCATE:
                pieces = [data[:at]]
            case FaultKind.DELAY:
                self._until, pieces = self._now() + fault.within, [data]
            case FaultKind.CUT:
                self.forget()
                raise LineCut(data[:at])
            case FaultKind.RESTART:
                self.forget()
                self._restart()
                pieces = [data[:at]]
        return [piece for piece in (*pieces, behind) if piece]
