"""Brings one acquisition from a device into a sink, through as many sessions as the line makes necessary.

::

    IDLE ─► CONNECTING ─► CHECKING ─► RECEIVING ─► COMPARING ─► WHOLE
                ▲ │            │          │            │
                │ └── line or frame refused: the next session goes on where the sink stands ──┐
                └───────────────────────────── tries left, or bytes were gained ◄─────────────┤
                                                                        none left ─► INTERRUPTED
      another device, another acquisition, lost, cancelled, digests differ ─► ABORTED

A byte reaches the sink once: after its frame's MAC was right, in order. An image is whole when the device's own digest,
taken while it scanned, is the digest of what the sink was given.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from blotter_records.errors import BlotterError, Refused

from blotter_instrument.line import scpi
from blotter_instrument.ports import Fate, FrameRefused, Identity, Line, LineFault, Outcome, Sink
from blotter_instrument.transfer.description import Description
from blotter_instrument.transfer.frames import LONGEST_DATA, RunningDigest
from blotter_instrument.transfer.session import Session


class Stage(StrEnum):
    """Where a receiver stands."""

    IDLE = "idle"
    CONNECTING = "connecting"
    CHECKING = "checking"
    RECEIVING = "receiving"
    COMPARING = "comparing"
    WHOLE = "whole"
    INTERRUPTED = "interrupted"
    ABORTED = "aborted"


class Aborted(BlotterError):
    """The image will never be whole."""


class Receiver:
    """Receives acquisitions.

    Parameters
    ----------
    connect : callable
        Opens the line; called again after a cut.
    name, secret : str
        Who we are to the device, and its secret.
    identity : Identity
        The device that it must be: as the first session of the driver found it and the register allows it.
    tries : int
        Sessions in a row that may fail without a byte gained.
    frame : int
        Bytes of a DATA frame: less on a slow line, about what it carries in half a second.
    pause : callable
        Waits so many seconds before the next session: 0.1 s, doubled with each that failed, at most 5 s.
    progress : callable, optional
        Called with bytes held and bytes of the whole after each chunk, for a picture and a time left.
    is_cancelled : callable, optional
        Asked after each chunk, at least each second.
    """

    def __init__(
        self,
        connect: Callable[[], Line],
        name: str,
        secret: str,
        identity: Identity,
        *,
        tries: int = 5,
        frame: int = LONGEST_DATA,
        pause: Callable[[float], None] = time.sleep,
        progress: Callable[[int, int], None] = lambda _held, _size: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._connect = connect
        self._name = name
        self._secret = secret
        self._identity = identity
        self._tries = tries
        self._frame = frame
        self._pause = pause
        self._progress = progress
        self._is_cancelled = is_cancelled
        self.stage = Stage.IDLE
        self.description: Description | None = None
        self.sessions = 0

    def receive(self, number: int, sink: Sink, description: Description | None = None) -> Outcome:
        """Receive an acquisition, or what the sink lacks of it.

        What the sink raises passes through; the transfer may then be taken up again like an interrupted one.

        Parameters
        ----------
        number : int
            The acquisition's number.
        sink : Sink
        description : Description, optional
            As the device gave it at the start; it must not have changed.

        Returns
        -------
        Outcome
            Whole, and the sink sealed; interrupted, and the sink as it stands; aborted, and the sink told so.
        """
        self.description = description
        running = RunningDigest(sink.held())
        failed, proofs = 0, 0
        while True:
            before = running.size
            try:
                self._one_session(number, sink, running)
            except (LineFault, FrameRefused, Refused) as fault:
                failed = 0 if running.size > before else failed + 1
                proofs = proofs + 1 if isinstance(fault, Refused) else 0
                # A proof may fail because of a flipped bit, once; a second time it is the secret.
                if failed >= self._tries or proofs == 2:
                    self.stage = Stage.INTERRUPTED
                    return Outcome(Fate.INTERRUPTED, running.size, "", fault.code, fault.message, self.sessions)
                self._pause(min(5.0, 0.1 * 2**failed))
                if self._is_cancelled():
                    return self._aborted(sink, running, "transfer.cancelled", "Cancelled; the device was not told.")
            except Aborted as fault:
                return self._aborted(sink, running, fault.code, fault.message)
            else:
                self.stage = Stage.WHOLE
                sink.seal(running.hexdigest(), running.size)
                return Outcome(Fate.WHOLE, running.size, running.hexdigest(), sessions=self.sessions)

    def _aborted(self, sink: Sink, running: RunningDigest, code: str, reason: str) -> Outcome:
        self.stage = Stage.ABORTED
        sink.abort(code, reason)
        return Outcome(Fate.ABORTED, running.size, "", code, reason, self.sessions)

    def _one_session(self, number: int, sink: Sink, running: RunningDigest) -> None:
        """Go as far as one session goes; return when all is there and compared."""
        self.stage = Stage.CONNECTING
        self.sessions += 1
        line = self._connect()
        try:
            session = Session.open(line, self._name, self._secret)
            self.stage = Stage.CHECKING
            description = self._checked(session, number, running)
            self.stage = Stage.RECEIVING
            self._receive(session, description, sink, running)
            self.stage = Stage.COMPARING
            self._compare(session, description, running)
            session.close()
        except _Cancelled:
            self._cancel(line, number)
        finally:
            line.close()

    def _checked(self, session: Session, number: int, running: RunningDigest) -> Description:
        """See that it is the same device, the same acquisition, and that both have the same bytes so far."""
        if scpi.identity(session) != self._identity:
            raise Aborted("instrument.identity", f"At the line is no longer {self._identity}.")
        described = session.ask(f"ACQuisition:DESCribe? {number}")
        if not described:
            said = scpi.listed(scpi.errors(session))
            raise Aborted("transfer.lost", f"The device has no acquisition {number} any more: {said}.")
        description = Description.read(described)
        if description.number != number or self.description not in {None, description}:
            raise Aborted("transfer.description", f"The device now describes acquisition {number} otherwise.")
        self.description = description
        if running.size > description.size:
            raise Aborted("transfer.prefix", "More bytes are held than the image has.")
        if running.size:
            digest = scpi.unquoted(session.ask(f"ACQuisition:DIGest? {number},{running.size}"))
            if digest != running.hexdigest():
                raise Aborted("transfer.prefix", f"The {running.size} bytes that are held are not the device's.")
        return description

    def _receive(self, session: Session, description: Description, sink: Sink, running: RunningDigest) -> None:
        """Pass on what comes."""
        for chunk in session.data(description.number, running, description.size, self._frame):
            if chunk:
                sink.write(chunk)
                self._progress(running.size, description.size)
            if self._is_cancelled():
                raise _Cancelled
        if running.size < description.size:
            said = scpi.listed(scpi.errors(session))
            raise Aborted("transfer.lost", f"The device stopped after {running.size} bytes: {said}.")

    def _compare(self, session: Session, description: Description, running: RunningDigest) -> None:
        """Hold the device's digest against ours."""
        digest = scpi.unquoted(session.ask(f"ACQuisition:DIGest? {description.number}"))
        if digest != running.hexdigest():
            raise Aborted("transfer.digest", f"The device's digest is {digest or 'none'}, ours {running.hexdigest()}.")

    def _cancel(self, line: Line, number: int) -> None:
        """Tell the device; what it had under way is in the line, so a session of its own does it."""
        try:
            session = Session.open(line, self._name, self._secret)
            session.write(f"ACQuisition:ABORt {number}")
            session.close()
        except (LineFault, FrameRefused, Refused) as fault:
            raise Aborted("transfer.cancelled", f"Cancelled; the device was not told: {fault.message}") from fault
        raise Aborted("transfer.cancelled", "Cancelled.")


class _Cancelled(Exception):
    """Somebody cancelled."""
