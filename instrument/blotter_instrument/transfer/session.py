"""The host's end: one authenticated session on a line. Any disturbance ends it; going on is a new session."""

from __future__ import annotations

import base64
import binascii
import contextlib
import secrets
from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from typing import Self

from blotter_records.errors import BlotterError, Invalid, Refused

from blotter_instrument.line import scpi
from blotter_instrument.line.blocks import PREFIX, announced
from blotter_instrument.line.text import TextConnection
from blotter_instrument.ports import FrameRefused, Line, LineFault
from blotter_instrument.transfer.frames import (
    LONGEST_DATA,
    LONGEST_MESSAGE,
    OVERHEAD,
    Frame,
    FrameReader,
    FrameWriter,
    Kind,
    RunningDigest,
)
from blotter_instrument.transfer.scram import ScramClient, SessionKeys

#: Newlines that fill up whatever frame a device waits for (at most PREFIX + OVERHEAD + LONGEST_MESSAGE bytes).
ATTENTION = b"\n" * 640

#: What may come before a device answers us: what it had sent when the session before ended. Bytes.
_LEFT_OVER = 1 << 26

#: Frames that are asked for at once, and how many such requests are under way.
FRAMES, UNDER_WAY = 16, 2


class SessionState(StrEnum):
    """Where a session stands."""

    OPEN = "open"
    ENDED = "ended"


def synchronise(line: Line) -> TextConnection:
    """Bring a device into the clear whatever it was doing, and throw away what it had still sent.

    Raises
    ------
    LineFault
        ``line.silent``, ``line.cut``; ``line.noise``: bytes come, but never our token.
    """
    token = secrets.token_hex(16).encode()
    line.write(ATTENTION + b'SYSTem:SYNChronise? "' + token + b'"\n')
    tail, thrown = b"", 0
    while token + b"\n" not in tail:
        some = line.read_some()
        thrown += len(some)
        tail = tail[-len(token) :] + some
        if thrown > _LEFT_OVER:
            raise LineFault(
                "line.noise", "Bytes come, but no answer: another device, speed or parity is at the other end."
            )
    return TextConnection(line)


class Session:
    """A session: commands and answers, and image bytes, each in a frame with number and MAC.

    Not made by hand: :meth:`open` returns one.
    """

    def __init__(self, line: Line, keys: SessionKeys) -> None:
        self._line = line
        self._keys = keys
        self._writer = FrameWriter(keys.host)
        self._reader = FrameReader(keys.device)
        self.state = SessionState.OPEN

    @classmethod
    def open(cls, line: Line, name: str, secret: str) -> Self:
        """Authenticate both ends to each other.

        Raises
        ------
        Refused
            ``scram.refused``: the device refuses us; ``scram.server``: it is not the device that it says it is.
        LineFault, FrameRefused
            The line is disturbed.
        """
        client = ScramClient(name, secret)
        text = synchronise(line)
        text.write("*CLS")
        first = _said(text.ask(f"AUTHenticate:FIRSt? {_packed(client.first())}"))
        final = _said(text.ask(f"AUTHenticate:FINal? {_packed(client.final(first))}"))
        return cls(line, client.verify(final))

    def write(self, message: str) -> None:
        """Send a message that has no answer (its frame has an empty one)."""
        self.ask(message)

    def ask(self, message: str) -> str:
        """Send a message; return its answer.

        Raises
        ------
        LineFault, FrameRefused
            The line is disturbed; the session has ended.
        """
        sequence = self._command(message)
        frame = self._next((Kind.RESPONSE,))
        self._answers(frame, sequence)
        return frame.payload.decode("ascii", "replace")

    def next_secret(self, name: str) -> str:
        """Return the secret that :meth:`rotate` will make valid for a name. Keep it before rotating."""
        return self._keys.next_secret(name)

    def rotate(self, name: str) -> None:
        """Have the device accept the next secret, under a name that it does not have yet.

        The old name stays good until a session is opened by the new one: where the answer is lost, try the new one
        first.

        Raises
        ------
        Refused
            ``instrument.refused``: the device has the name already, or takes no such name.
        LineFault, FrameRefused
            The line is disturbed; the device may or may not have the new name.
        """
        if self.ask(f"AUTHenticate:ROTate? {scpi.quoted(name)}") != scpi.quoted(name):
            said = scpi.listed(scpi.errors(self))
            raise Refused("instrument.refused", f"The instrument does not take the name {name!r}: {said}.")

    def data(self, number: int, running: RunningDigest, size: int, frame: int) -> Iterator[bytes]:
        """Return the bytes of an acquisition from where ``running`` stands to ``size``, as they come.

        A chunk is returned after its MAC was right. Empty chunks say that the device is alive. Ends early where the
        device has no more: then its error queue says why.

        Parameters
        ----------
        number : int
            The acquisition's number.
        running : RunningDigest
            Of what is held; goes on by each chunk.
        size : int
            Bytes of the whole image.
        frame : int
            Bytes in a frame, at most 262,144: less on a slow line, since a lost frame comes again as a whole.
        """
        under_way: deque[tuple[int, int]] = deque()  # command, where its range ends
        asked = running.size
        while running.size < size or under_way:
            while asked < size and len(under_way) < UNDER_WAY:
                length = min(FRAMES * frame, size - asked)
                command = self._command(f"ACQuisition:DATA {number},{asked},{length},{frame}")
                asked += length
                under_way.append((command, asked))
            got = self._next((Kind.DATA, Kind.RESPONSE), running)
            if got.kind is Kind.DATA:
                if running.size > size:
                    raise self._ended(FrameRefused("frame.offset", f"More than the image's {size} bytes came."))
                yield got.payload
                continue
            command, end = under_way.popleft()
            self._answers(got, command)
            if running.size < end:  # the device has no more: so the ranges after this one are empty
                for command, _ in under_way:
                    self._answers(self._next((Kind.RESPONSE,)), command)
                return

    def close(self) -> None:
        """End the session on both sides, as far as the line allows; the line stays open."""
        if self.state is SessionState.OPEN:
            with contextlib.suppress(LineFault, FrameRefused):  # the next session begins by synchronising anyway
                self.ask("AUTHenticate:END")
            self.state = SessionState.ENDED

    def _command(self, message: str) -> int:
        """Send a COMMAND frame; return its number."""
        payload = message.encode("ascii")
        if self.state is SessionState.ENDED:
            raise LineFault("line.ended", "The session has ended.")
        if len(payload) > LONGEST_MESSAGE:
            raise Invalid("scpi.length", f"A message has at most {LONGEST_MESSAGE} characters.")
        sequence, frame = self._writer.message(Kind.COMMAND, 0, payload)
        try:
            self._line.write(frame)
        except LineFault as fault:
            raise self._ended(fault) from None
        return sequence

    def _next(self, kinds: tuple[Kind, ...], running: RunningDigest | None = None) -> Frame:
        """Read and open the next frame."""
        if self.state is SessionState.ENDED:
            raise LineFault("line.ended", "The session has ended.")
        try:
            length = announced(self._line.read(PREFIX), OVERHEAD + LONGEST_DATA)
            return self._reader.open(self._line.read(length), kinds, running)
        except (LineFault, FrameRefused) as fault:
            raise self._ended(fault) from None

    def _answers(self, frame: Frame, sequence: int) -> None:
        """See that a response belongs to the command that is due."""
        if frame.reference != sequence:
            raise self._ended(
                FrameRefused("frame.reference", f"Command {sequence} was due, {frame.reference} answered.")
            )

    def _ended(self, fault: BlotterError) -> BlotterError:
        self.state = SessionState.ENDED
        return fault


def _packed(message: str) -> str:
    return scpi.quoted(base64.b64encode(message.encode()).decode())


def _said(answer: str) -> str:
    """Return the SCRAM message of an answer."""
    try:
        return base64.b64decode(scpi.unquoted(answer), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError) as fault:
        raise Refused("scram.server", "The device's answer is not one of SCRAM.") from fault
