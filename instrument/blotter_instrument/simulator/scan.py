"""One scan of the simulated imager: lines that come with time, kept in a file without a name."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from blotter_instrument.simulator.optics import detect
from blotter_instrument.transfer.description import Description

#: Lines that are made at once at most, so that commands are answered in between.
_LINES = 32


class ScanState(StrEnum):
    """Where a scan stands."""

    SCANNING = "scanning"
    FINISHED = "finished"
    ABORTED = "aborted"


class Scan:
    """A scan under way or done.

    Parameters
    ----------
    description : Description
    expected : ndarray of float32, shape (rows, channels, columns)
        Mean electrons.
    seed : int
        Of the noise, together with the scan's number and the line.
    line_s : float
        Time of a line, seconds.
    now : callable
        Seconds of a clock that only goes forward.
    """

    def __init__(
        self,
        description: Description,
        expected: NDArray[np.float32],
        seed: int,
        line_s: float,
        now: Callable[[], float],
    ) -> None:
        self.description = description
        self.state = ScanState.SCANNING
        self.lines = 0
        self._expected: NDArray[np.float32] | None = expected
        self._total = len(expected)
        self._seed = seed
        self._line_s = line_s
        self._now = now
        self._started = now()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 # lives as long as the scan
        self._size = 0
        self._hash = hashlib.sha256()

    def advance(self) -> None:
        """Make the lines that are due."""
        if self.state is not ScanState.SCANNING or self._expected is None:
            return
        due = self._total
        if self._line_s > 0:
            due = min(due, int((self._now() - self._started) / self._line_s))
        for _ in range(min(_LINES, due - self.lines)):
            row = detect(self._expected[self.lines], (self._seed, self.description.number, self.lines)).tobytes()
            self._file.seek(self._size)
            self._file.write(row)
            self._hash.update(row)
            self._size += len(row)
            self.lines += 1
        if self.lines == self._total:
            self.state = ScanState.FINISHED
            self._expected = None

    def abort(self) -> None:
        """Stop, if it is not done yet; what was scanned stays readable."""
        if self.state is ScanState.SCANNING:
            self.state = ScanState.ABORTED
            self._expected = None

    def read(self, offset: int, at_most: int) -> bytes:
        """Return bytes that are there."""
        self.advance()
        self._file.seek(offset)
        return self._file.read(max(0, min(at_most, self._size - offset)))

    def digest(self, size: int | None = None) -> str:
        """Return SHA-256 (hex) of the whole, or of its first bytes; nothing where they are not there (yet)."""
        self.advance()
        if size is None:
            return self._hash.hexdigest() if self.state is ScanState.FINISHED else ""
        if size > self._size:
            return ""
        self._file.seek(0)
        found, left = hashlib.sha256(), size
        while left:
            chunk = self._file.read(min(1 << 20, left))
            found.update(chunk)
            left -= len(chunk)
        return found.hexdigest()

    def close(self) -> None:
        """Forget it."""
        self._file.close()
