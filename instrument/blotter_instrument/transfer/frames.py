"""Frames of an authenticated session.

::

    #8dddddddd | kind 1 | sequence 8 | reference 8 | payload | MAC 32         big-endian; d = bytes after the prefix

    COMMAND  1  host → device   a SCPI message; reference 0
    RESPONSE 2  device → host   its answer (may be empty), one to each command; reference: sequence of the command
    DATA     3  device → host   bytes of the image; reference: offset of the first of them

    MAC of COMMAND, RESPONSE = HMAC-SHA-256(key, header + payload)
    MAC of DATA              = HMAC-SHA-256(key, header + SHA-256(image[0 : offset + length]))

Each direction has its own key and counts its frames from 0 without a gap. The MAC of a DATA frame covers the digest of
the image **up to the frame's end**: one running SHA-256 serves frames and whole image alike, a frame fits nowhere but
where it belongs, and the first frame after an interruption proves that both ends have the same bytes before it.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from blotter_instrument.line.blocks import prefix
from blotter_instrument.ports import FrameRefused

HEADER = struct.Struct(">BQQ")
MAC = 32

#: Bytes of a frame beside its payload, without the block's prefix.
OVERHEAD = HEADER.size + MAC

#: Longest payload of a command or response; of data.
LONGEST_MESSAGE = 512
LONGEST_DATA = 262_144


class Kind(IntEnum):
    """What a frame carries."""

    COMMAND = 1
    RESPONSE = 2
    DATA = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose MAC and place were right."""

    kind: Kind
    sequence: int
    reference: int
    payload: bytes


class RunningDigest:
    """SHA-256 of an image from its first byte to where we are."""

    def __init__(self, held: Iterable[bytes] = ()) -> None:
        self._hash = hashlib.sha256()
        self.size = 0
        for chunk in held:
            self.add(chunk)

    def add(self, chunk: bytes | memoryview) -> None:
        """Go on by a chunk."""
        self._hash.update(chunk)
        self.size += len(chunk)

    def copy(self) -> RunningDigest:
        """Return one that goes on by itself."""
        other = RunningDigest()
        other._hash = self._hash.copy()
        other.size = self.size
        return other

    def take(self, other: RunningDigest) -> None:
        """Become what a copy has become."""
        self._hash, self.size = other._hash, other.size

    def digest(self) -> bytes:
        """Return the digest of what came so far."""
        return self._hash.digest()

    def hexdigest(self) -> str:
        """Return it as people read it."""
        return self._hash.hexdigest()


class FrameWriter:
    """Makes the frames of one direction."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._sequence = 0

    def message(self, kind: Kind, reference: int, payload: bytes) -> tuple[int, bytes]:
        """Return a command's or response's sequence number and its frame."""
        sequence = self._sequence
        header = HEADER.pack(kind, sequence, reference)
        return sequence, self._framed(header, payload, header + payload)

    def data(self, running: RunningDigest, payload: bytes) -> bytes:
        """Return a frame of image bytes; ``running`` goes on by them."""
        header = HEADER.pack(Kind.DATA, self._sequence, running.size)
        running.add(payload)
        return self._framed(header, payload, header + running.digest())

    def _framed(self, header: bytes, payload: bytes, covered: bytes) -> bytes:
        self._sequence += 1
        mac = hmac.digest(self._key, covered, "sha256")
        return b"".join((prefix(OVERHEAD + len(payload)), header, payload, mac))


class FrameReader:
    """Opens the frames of one direction: the content of a block in, a frame out, or a refusal."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._sequence = 0

    def open(self, content: bytes, kinds: tuple[Kind, ...], running: RunningDigest | None = None) -> Frame:
        """Open the next frame.

        Parameters
        ----------
        content : bytes
            What the block held.
        kinds : tuple of Kind
            Those that may come here.
        running : RunningDigest, optional
            Where the image stands; goes on by a DATA frame that is accepted, and by no other.

        Raises
        ------
        FrameRefused
            ``frame.mac``: altered, cut short, or made with another key. ``frame.sequence``: genuine, but not the next
            one. ``frame.kind``: one that may not come here. ``frame.offset``: data from elsewhere in the image.
        """
        if len(content) < OVERHEAD:
            raise FrameRefused("frame.mac", "A frame is too short to be one.")
        header, mac = content[: HEADER.size], content[-MAC:]
        number, sequence, reference = HEADER.unpack(header)
        payload = memoryview(content)[HEADER.size : -MAC]
        after = None
        if number == Kind.DATA and running is not None:
            after = running.copy()
            after.add(payload)
            covered = header + after.digest()
        else:
            covered = header + bytes(payload)
        if not hmac.compare_digest(hmac.digest(self._key, covered, "sha256"), mac):
            raise FrameRefused(
                "frame.mac", f"Frame {self._sequence} was altered on the way, or is not of this session."
            )
        if sequence != self._sequence:
            raise FrameRefused("frame.sequence", f"Frame {self._sequence} was due, {sequence} came.")
        if number not in kinds:
            raise FrameRefused("frame.kind", f"Frame {sequence} is of kind {number}, which may not come here.")
        if after is not None and running is not None:
            if reference != running.size:
                raise FrameRefused("frame.offset", f"Byte {running.size} was due, {reference} came.")
            running.take(after)
        self._sequence += 1
        return Frame(Kind(number), sequence, reference, bytes(payload))
