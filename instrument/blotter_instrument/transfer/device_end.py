"""The device's end of the line as a state machine without a line: bytes in, bytes out.

::

    PLAIN ── SYSTem:SYNChronise? "token" ──► PLAIN      answers the token: what came before it is over
    PLAIN ── AUTHenticate:FIRSt?, :FINal? ─► SESSION    if the proof is right
    SESSION ── AUTHenticate:ROTate? "name" ► SESSION    a second credential; the first goes when the second is used
    SESSION ── a frame that is refused ────► PLAIN      keys and what was asked for are forgotten; nothing is answered
    SESSION ── AUTHenticate:END ───────────► PLAIN

In PLAIN the interpreter answers what needs no authentication; in SESSION each COMMAND frame has one RESPONSE frame.
"""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from blotter_records.errors import BlotterError, Invalid, Refused

from blotter_instrument.line import scpi
from blotter_instrument.line.blocks import PREFIX, announced
from blotter_instrument.ports import FrameRefused
from blotter_instrument.transfer.frames import (
    LONGEST_DATA,
    LONGEST_MESSAGE,
    OVERHEAD,
    FrameReader,
    FrameWriter,
    Kind,
    RunningDigest,
)
from blotter_instrument.transfer.scram import Credential, ScramServer, SessionKeys

#: A frame that is not full waits this long for more lines of the scan; without any, an empty one says "alive" (s).
FILL_S, ALIVE_S = 0.1, 1.0

#: Ranges that may wait.
_RANGES = 4


@dataclass(frozen=True, slots=True)
class DataRange:
    """A part of an acquisition that the host asked for: frames of at most ``frame`` bytes."""

    number: int
    offset: int
    length: int
    frame: int


class Interpreter(Protocol):
    """What understands the device's commands and has its images."""

    def run(self, message: str, *, is_authenticated: bool) -> str | DataRange | None:
        """Carry out a message; return its answer, a range to send, or nothing. Errors go to the device's queue."""

    def note(self, code: int, text: str) -> None:
        """Put an error into the queue."""

    def read(self, number: int, offset: int, at_most: int) -> bytes:
        """Return bytes of an acquisition that are there now, maybe none."""

    def is_over(self, number: int) -> bool:
        """Return whether an acquisition will have no more bytes than it has."""


@dataclass(slots=True)
class _Range:
    """A range on its way: what of it is left, which command asked."""

    asked: DataRange
    sequence: int
    left: int


class DeviceEnd:
    """One end of one line.

    Parameters
    ----------
    interpreter : Interpreter
    credentials : dict of str to Credential
        Who may open a session; changes when a secret is rotated.
    now : callable
        Seconds of a clock that only goes forward.
    keep : callable
        Called with the credentials before a change of them is answered, so that it outlives the device's power.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        credentials: dict[str, Credential],
        now: Callable[[], float],
        keep: Callable[[dict[str, Credential]], None] = lambda _credentials: None,
    ) -> None:
        self._interpreter = interpreter
        self._credentials = credentials
        self._keep = keep
        self._now = now
        self._last = now()
        self.forget()

    def forget(self) -> None:
        """Go back to PLAIN with nothing waiting, as after power-on or when somebody else takes the line."""
        self._buffer = bytearray()
        self._out: deque[bytes] = deque()
        self._scram: ScramServer | None = None
        self._end_session()

    @property
    def in_session(self) -> bool:
        """Whether a session is open."""
        return self._reader is not None

    def receive(self, data: bytes) -> None:
        """Take bytes from the line."""
        self._buffer += data
        while self._take_frame() if self._reader is not None else self._take_line():
            pass

    def send(self) -> bytes:
        """Return the next bytes for the line: one frame or one line of text, nothing if there is none now."""
        if self._out:
            return self._out.popleft()
        return self._send_data() if self._ranges else b""

    def _end_session(self) -> None:
        self._reader: FrameReader | None = None
        self._writer = FrameWriter(b"")
        self._keys = SessionKeys(b"", b"", b"")
        self._name = ""
        self._ranges: deque[_Range] = deque()
        self._running = (-1, RunningDigest())

    # --- in the clear ---------------------------------------------------------------------------------------------

    def _take_line(self) -> bool:
        """Carry out one line; return whether there was one."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > 2 * LONGEST_MESSAGE:
                self._buffer.clear()
                self._interpreter.note(-363, "Input buffer overrun")
            return False
        line = bytes(self._buffer[:end]).strip()
        del self._buffer[: end + 1]
        if line:
            answer = self._answer(line)
            if answer is not None:
                self._out.append(answer.encode("ascii", "replace") + b"\n")
        return True

    def _answer(self, line: bytes) -> str | None:
        """Carry out a line in the clear."""
        text = line.decode("ascii", "replace")
        try:
            message = scpi.parse(text)
        except BlotterError:
            self._interpreter.note(-102, "Syntax error")
            return None
        given = message.arguments[0] if message.arguments else ""
        if scpi.matches("SYSTem:SYNChronise", message.header):
            self._out.clear()
            self._scram = None
            return given
        if scpi.matches("AUTHenticate:FIRSt", message.header):
            self._scram = ScramServer(self._credentials)
            return self._say_scram(self._scram.first, given)
        if scpi.matches("AUTHenticate:FINal", message.header):
            return self._say_scram(self._prove, given)
        answer = self._interpreter.run(text, is_authenticated=False)
        return answer if isinstance(answer, str) else None

    def _say_scram(self, step: Callable[[str], str], given: str) -> str:
        """Take a step of SCRAM; messages travel as base64 in quotes."""
        try:
            said = step(base64.b64decode(given, validate=True).decode("ascii"))
        except (Refused, binascii.Error, UnicodeDecodeError):
            self._scram = None
            self._interpreter.note(-203, "Command protected; authentication refused")
            said = "e=invalid-proof"
        return scpi.quoted(base64.b64encode(said.encode()).decode())

    def _prove(self, client_final: str) -> str:
        if self._scram is None:
            raise Refused("scram.client", "There was no first message.")
        scram, self._scram = self._scram, None
        said, keys = scram.final(client_final)
        self._end_session()
        self._reader, self._writer = FrameReader(keys.host), FrameWriter(keys.device)
        self._keys, self._name = keys, scram.name
        self._retire(scram.name)
        return said

    def _retire(self, name: str) -> None:
        """Forget the credential that this one replaces: the host has shown that it has the new secret."""
        credential = self._credentials[name]
        if credential.replaces:
            self._credentials.pop(credential.replaces, None)
            self._credentials[name] = replace(credential, replaces="")
            self._keep(self._credentials)

    def _rotate(self, name: str) -> str:
        """Take up a second credential, of the secret that both ends derive; return its name."""
        try:
            new = Credential.make(name, self._keys.next_secret(name), replaces=self._name)
        except Invalid:
            new = None
        if new is None or name in self._credentials:
            self._interpreter.note(-222, "Data out of range")
            return ""
        for waiting in [one.name for one in self._credentials.values() if one.replaces == self._name]:
            del self._credentials[waiting]
        self._credentials[name] = new
        self._keep(self._credentials)
        return scpi.quoted(name)

    # --- in a session ---------------------------------------------------------------------------------------------

    def _take_frame(self) -> bool:
        """Carry out one COMMAND frame; return whether one was complete."""
        assert self._reader is not None
        if len(self._buffer) < PREFIX:
            return bytes(self._buffer[:2]) not in {b"", b"#", b"#8"} and self._refuse()
        try:
            length = announced(bytes(self._buffer[:PREFIX]), OVERHEAD + LONGEST_MESSAGE)
            if len(self._buffer) < PREFIX + length:
                return False
            content = bytes(self._buffer[PREFIX : PREFIX + length])
            frame = self._reader.open(content, (Kind.COMMAND,))
        except FrameRefused:
            return self._refuse()
        del self._buffer[: PREFIX + length]
        self._carry_out(frame.payload.decode("ascii", "replace"), frame.sequence)
        return True

    def _refuse(self) -> bool:
        """Leave the session; what is in the buffer is read as lines, where the host's flood of newlines ends it."""
        self._end_session()
        self._out.clear()
        self._interpreter.note(-310, "System error; frame refused, session ended")
        return True

    def _carry_out(self, text: str, sequence: int) -> None:
        given = _parsed(text)
        if scpi.matches("AUTHenticate:END", given.header):
            self._respond("", sequence)
            self._end_session()
            return
        if given.is_query and len(given.arguments) == 1 and scpi.matches("AUTHenticate:ROTate", given.header):
            self._respond(self._rotate(given.arguments[0]), sequence)
            return
        answer = self._interpreter.run(text, is_authenticated=True)
        if not isinstance(answer, DataRange):
            self._respond(answer or "", sequence)
        elif len(self._ranges) >= _RANGES or not 1 <= answer.frame <= LONGEST_DATA or not self._stand_at(answer):
            self._interpreter.note(-222, "Data out of range")
            self._respond("", sequence)
        else:
            self._last = self._now()
            self._ranges.append(_Range(answer, sequence, answer.length))

    def _respond(self, text: str, sequence: int) -> None:
        payload = text.encode("ascii", "replace")[:LONGEST_MESSAGE]
        self._out.append(self._writer.message(Kind.RESPONSE, sequence, payload)[1])

    def _stand_at(self, asked: DataRange) -> bool:
        """Have the running digest where a range begins; return whether the device has the bytes before it."""
        if self._ranges:
            last = self._ranges[-1].asked
            return (asked.number, asked.offset) == (last.number, last.offset + last.length)
        number, running = self._running
        if number != asked.number or running.size > asked.offset:
            running = RunningDigest()
        while running.size < asked.offset:
            chunk = self._interpreter.read(asked.number, running.size, min(1 << 20, asked.offset - running.size))
            if not chunk:
                return False
            running.add(chunk)
        self._running = (asked.number, running)
        return True

    def _send_data(self) -> bytes:
        """Return the next frame of the oldest range."""
        one = self._ranges[0]
        number, running = self._running
        want = min(one.asked.frame, one.left)
        have = self._interpreter.read(number, running.size, want) if want else b""
        waited = self._now() - self._last
        is_over = len(have) < want and self._interpreter.is_over(number)
        if not want or (is_over and not have):
            self._ranges.popleft()
            return self._writer.message(Kind.RESPONSE, one.sequence, b"")[1]
        if len(have) < want and not is_over and waited < (FILL_S if have else ALIVE_S):
            return b""
        self._last = self._now()
        one.left -= len(have)
        return self._writer.data(running, have)


def _parsed(text: str) -> scpi.Message:
    """Return a message, or an empty one where it is none: the interpreter says so."""
    try:
        return scpi.parse(text)
    except Invalid:
        return scpi.Message("", is_query=False, arguments=())
