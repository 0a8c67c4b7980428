"""An authenticated transfer against bare pyserial over the same kind of pseudo terminal, and its memory at 400 MB.

Both devices are processes of their own that send the same bytes with the same loop; the bare one sends nothing else.
"""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import serial
from blotter_instrument.line import scpi
from blotter_instrument.line.serial_line import SerialLine
from blotter_instrument.ports import Fate, Identity
from blotter_instrument.simulator.serving import PtyEndpoint, serve
from blotter_instrument.transfer.description import Description, Purpose, Settings
from blotter_instrument.transfer.device_end import DataRange, DeviceEnd
from blotter_instrument.transfer.receiver import Receiver
from blotter_instrument.transfer.scram import Credential
from run import Benchmark, compare

NAME, SECRET = "agent", "K5QW2ZBTPFXGS3DFMU5HAYLCON2HEZLU"
IDENTITY = Identity("Blotter", "Benchmark", "1", "1")
LARGE, USUAL = 400 << 20, 32 << 20
CHUNK = bytes(range(256)) * 1024  # 256 KiB


class Repeating:
    """A device whose image is one chunk again and again; number 1 has 400 MiB, number 2 has 32 MiB."""

    def __init__(self) -> None:
        self.sizes = {1: LARGE, 2: USUAL}
        self.digests = {number: digest_of(size) for number, size in self.sizes.items()}

    def run(self, message: str, *, is_authenticated: bool) -> str | DataRange | None:  # noqa: ARG002
        """Answer what a receiver asks."""
        given = scpi.parse(message)
        if scpi.matches("ACQuisition:DATA", given.header):
            number, offset, length, frame = map(int, given.arguments)
            return DataRange(number, offset, length, frame)
        if given.header == "*IDN":
            return "Blotter,Benchmark,1,1"
        if scpi.matches("ACQuisition:DIGest", given.header):
            return scpi.quoted(self.digests[int(given.arguments[0])])
        if scpi.matches("ACQuisition:DESCribe", given.header):
            number = int(given.arguments[0])
            region = (0, 0, 84 * 1024, 84 * (self.sizes[number] >> 11))
            settings = Settings(Purpose.FINAL, (700,), 1.0, 84, 0.0, region)
            return Description(number, "t", 65535, self.sizes[number], settings).written()
        return None

    def note(self, code: int, text: str) -> None:
        """Take an error."""

    def read(self, _number: int, offset: int, at_most: int) -> bytes:
        """Return bytes of the image."""
        at = offset % len(CHUNK)
        return CHUNK[at : at + at_most]

    def is_over(self, _number: int) -> bool:
        """Return whether there will be no more."""
        return False


class Bare:
    """A device that sends as fast as it can, 256 KiB at a time."""

    def receive(self, data: bytes) -> None:
        """Take what comes."""

    def send(self) -> bytes:
        """Return the next bytes."""
        return CHUNK

    def forget(self) -> None:
        """Forget nothing."""


def digest_of(size: int) -> str:
    """Return SHA-256 of so many bytes of the image."""
    found = hashlib.sha256()
    for _ in range(size // len(CHUNK)):
        found.update(CHUNK)
    return found.hexdigest()


def be_a_device(kind: str, link: str) -> None:
    """Serve one of the two until ended."""
    end = DeviceEnd(Repeating(), {NAME: Credential.make(NAME, SECRET)}, time.monotonic) if kind == "ours" else Bare()
    endpoint = PtyEndpoint(Path(link))
    print("ready", flush=True)
    serve(endpoint, end, lambda: False)


@contextmanager
def device(kind: str, folder: Path) -> Iterator[str]:
    """Run one of the two in a process of its own; give its URL."""
    link = folder / kind
    process = subprocess.Popen([sys.executable, __file__, "be", kind, str(link)], stdout=subprocess.PIPE, env=_paths())
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield str(link)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def _paths() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}


class Nowhere:
    """A sink that keeps nothing."""

    def held(self) -> Iterator[bytes]:
        """Return nothing."""
        return iter(())

    def write(self, chunk: bytes) -> None:
        """Take a chunk."""

    def seal(self, digest: str, size: int) -> None:
        """Take note."""

    def abort(self, code: str, reason: str) -> None:
        """Take note."""


def receive(url: str, number: int) -> None:
    """Receive an image as an agent does."""
    receiver = Receiver(lambda: SerialLine(url), NAME, SECRET, IDENTITY)
    outcome = receiver.receive(number, Nowhere())
    assert (outcome.fate, outcome.sessions) == (Fate.WHOLE, 1), outcome


def read_bare(url: str) -> None:
    """Read as many bytes by pyserial alone."""
    with serial.serial_for_url(url, timeout=3) as port:
        got = 0
        while got < USUAL:
            got += len(port.read(len(CHUNK)))


def resident() -> float:
    """Return the most memory that this process ever had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def grown(url: str) -> None:
    """Print by how many MB this process grew while it received 400 MiB after 32 MiB."""
    receive(url, 2)
    before = resident()
    receive(url, 1)
    print(resident() - before)


def benchmarks() -> Iterator[Benchmark]:
    """Compare."""
    with tempfile.TemporaryDirectory() as folder, device("ours", Path(folder)) as ours:
        with device("bare", Path(folder)) as bare:
            yield compare(
                "transfer of 32 MiB over a pseudo terminal",
                "pyserial.read of as many bytes",
                lambda: receive(ours, 2),
                lambda: read_bare(bare),
            )
        done = subprocess.run(
            [sys.executable, __file__, "grown", ours], stdout=subprocess.PIPE, env=_paths(), check=True
        )
        mb, peer = float(done.stdout), LARGE / 1e6
        yield Benchmark(
            name="memory grown by a transfer of 400 MiB",
            ours=mb,
            peer=peer,
            ratio=mb / peer,
            unit="MB",
            peer_name="an image held as a whole",
        )


if __name__ == "__main__":
    if sys.argv[1] == "be":
        be_a_device(sys.argv[2], sys.argv[3])
    else:
        grown(sys.argv[2])
