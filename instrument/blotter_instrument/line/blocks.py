"""Definite-length blocks of IEEE 488.2 (7.7.6): ``#``, one digit n, n digits of length, that many bytes.

What Blotter writes has n = 8 always, so that a reader knows after ten bytes how many follow.
"""

from __future__ import annotations

from blotter_instrument.ports import FrameRefused, Line

#: Bytes before the content of a block that Blotter writes.
PREFIX = 10

#: Most bytes of content that ten bytes can announce.
LARGEST = 10**8 - 1


def prefix(length: int) -> bytes:
    """Return the ten bytes that announce ``length`` bytes."""
    return b"#8%08d" % length


def announced(head: bytes, limit: int) -> int:
    """Return the length that ten bytes announce.

    Raises
    ------
    FrameRefused
        ``frame.block``: they announce none, or more than ``limit``.
    """
    digits = head[2:]
    if head[:2] != b"#8" or len(digits) != 8 or not digits.isdigit() or int(digits) > limit:
        raise FrameRefused("frame.block", f"What came is no block of at most {limit} bytes: {head[:PREFIX]!r}.")
    return int(digits)


def read_block(line: Line, limit: int) -> bytes:
    """Read a block with any number of digits, as devices of other makers send them.

    Raises
    ------
    FrameRefused
        ``frame.block``: it is none, or longer than ``limit``. Blocks of indefinite length (``#0``) are refused: where
        they end is a guess.
    LineFault
        It ends early.
    """
    head = line.read(2)
    if head[:1] != b"#" or head[1:] not in b"123456789":
        raise FrameRefused("frame.block", f"What came is no block of definite length: {head!r}.")
    digits = line.read(int(head[1:]))
    if not digits.isdigit() or int(digits) > limit:
        raise FrameRefused("frame.block", f"A block of {digits!r} bytes is no block of at most {limit}.")
    return line.read(int(digits))
