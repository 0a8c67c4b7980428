"""SCPI in the clear: one message a line. It serves devices of other makers, and Blotter's own before authentication."""

from __future__ import annotations

from blotter_instrument.line.blocks import read_block
from blotter_instrument.ports import FrameRefused, Line

#: Longest answer, bytes.
LONGEST = 1024


class TextConnection:
    """Messages and answers as lines of ASCII. Nothing here is authenticated: no image comes this way."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def write(self, message: str) -> None:
        """Send a message that has no answer."""
        self._line.write(message.encode("ascii") + b"\n")

    def ask(self, message: str) -> str:
        """Send a query; return its answer without the newline.

        Raises
        ------
        FrameRefused
            ``frame.text``: the answer is no line of ASCII.
        LineFault
            No answer comes.
        """
        self.write(message)
        answer = self._line.read_line(LONGEST)
        if not answer.endswith(b"\n") or not answer.isascii():
            raise FrameRefused("frame.text", f"The answer to {message!r} is no line of ASCII.")
        return answer.decode("ascii").rstrip("\r\n")

    def ask_block(self, message: str, limit: int) -> bytes:
        """Send a query whose answer is a definite-length block and a newline; return the block's content."""
        self.write(message)
        content = read_block(self._line, limit)
        if self._line.read(1) != b"\n":
            raise FrameRefused("frame.block", f"The block that answers {message!r} does not end where it said.")
        return content
