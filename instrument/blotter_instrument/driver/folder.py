"""The driver of instruments that only write files to a share. What it delivers are imports, never acquisitions.

A share proves nothing of who wrote a file, so its provenance is *imported* whatever the file says of itself (11.10(h)).
A file is taken when it has stopped growing and is what its name says, as a whole; it is read, never changed or moved.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from blotter_records.errors import Invalid, NotFound, Unavailable

from blotter_instrument.driver.whole_files import check
from blotter_instrument.ports import Fate, Identity, Outcome, Provenance, Sink
from blotter_instrument.transfer.frames import RunningDigest

#: What is looked at, by ending.
ENDINGS = (".tif", ".tiff", ".zip")

#: Bytes that are read at once.
_CHUNK = 1 << 20

_State = tuple[int, int, int]


class FolderInstrument:
    """A folder into which an instrument writes.

    Parameters
    ----------
    folder : Path
    identity : Identity
        What the register says that writes there; the folder itself proves nothing.
    quiet_s : float
        How long a file must not have changed before it counts as written, seconds.
    now : callable
        Seconds of a clock that only goes forward.
    """

    provenance = Provenance.IMPORTED

    def __init__(
        self, folder: Path, identity: Identity, *, quiet_s: float = 5.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._identity = identity
        self._quiet_s = quiet_s
        self._now = now
        self._seen: dict[str, tuple[_State, float]] = {}
        self._arrived: dict[str, _State] = {}

    def identity(self) -> Identity:
        """Return what the register says."""
        return self._identity

    def arrived(self) -> list[str]:
        """Return the names of the files that have been still for long enough, in the order of their names.

        Looks once; call it now and then. Only plain files of the folder itself: no links, no sub-folders.

        Raises
        ------
        Unavailable
            ``folder.gone``: the share is not there.
        """
        now = self._now()
        try:
            names = sorted(entry.name for entry in os.scandir(self._folder) if _is_wanted(entry))
        except OSError as fault:
            raise Unavailable("folder.gone", f"The folder {self._folder} cannot be read: {fault}.") from fault
        seen: dict[str, tuple[_State, float]] = {}
        for name in names:
            state = self._state(name)
            if state is not None:
                known = self._seen.get(name)
                seen[name] = known if known is not None and known[0] == state else (state, now)
        self._seen = seen
        self._arrived = {
            name: state for name, (state, since) in seen.items() if state[0] and now - since >= self._quiet_s
        }
        return list(self._arrived)

    def deliver(self, name: str, sink: Sink) -> Outcome:
        """Bring a file that has arrived into a sink.

        Aborted: it changed while it was read (``folder.changed``), is not what its name says or ends early
        (``folder.kind``, ``folder.truncated``).

        Raises
        ------
        NotFound
            ``folder.file``: no such file has arrived.
        """
        state = self._arrived.get(name)
        if state is None:
            raise NotFound("folder.file", f"No file {name!r} has arrived in {self._folder}.")
        running = RunningDigest(sink.held())
        try:
            with self._opened(name) as file:
                with _of_the_share():
                    check(name, file)
                    file.seek(0)
                self._pass_on(name, file, sink, running)
                self._see_unchanged(name, os.fstat(file.fileno()), state)
        except _NotRead as fault:
            return Outcome(Fate.INTERRUPTED, running.size, "", "folder.gone", f"{name} cannot be read: {fault}.")
        except Invalid as fault:
            sink.abort(fault.code, fault.message)
            return Outcome(Fate.ABORTED, running.size, "", fault.code, fault.message)
        sink.seal(running.hexdigest(), running.size)
        return Outcome(Fate.WHOLE, running.size, running.hexdigest())

    def _opened(self, name: str) -> BinaryIO:
        with _of_the_share():
            # No link is followed: a share's writer must not make us read a file of this machine.
            return os.fdopen(os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW), "rb")

    def _pass_on(self, name: str, file: BinaryIO, sink: Sink, running: RunningDigest) -> None:
        """Give the sink what it lacks, if what it has is the file's beginning."""
        begun = RunningDigest(_first(file, running.size))
        if begun.digest() != running.digest():
            raise Invalid("folder.changed", f"The {running.size} bytes that are held are not the beginning of {name}.")
        while chunk := _read(file, _CHUNK):
            running.add(chunk)
            sink.write(chunk)

    def _see_unchanged(self, name: str, found: os.stat_result, state: _State) -> None:
        """See that the file that was read is the one that stood still, and still stands under its name."""
        if not _of(found) == state == self._state(name):
            raise Invalid("folder.changed", f"{name} changed while it was read.")

    def _state(self, name: str) -> _State | None:
        """Return what shows that a file changed, or nothing if it is gone."""
        try:
            return _of((self._folder / name).stat(follow_symlinks=False))
        except OSError:
            return None


class _NotRead(Exception):
    """The share does not give a file. What a sink raises is another thing, and passes."""


@contextmanager
def _of_the_share() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise _NotRead(str(fault)) from fault


def _read(file: BinaryIO, most: int) -> bytes:
    with _of_the_share():
        return file.read(most)


def _of(found: os.stat_result) -> _State:
    return found.st_size, found.st_mtime_ns, found.st_ino


def _is_wanted(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(ENDINGS) and entry.is_file(follow_symlinks=False)


def _first(file: BinaryIO, count: int) -> Iterator[bytes]:
    """Return the first bytes of a file, in chunks."""
    while count and (chunk := _read(file, min(count, _CHUNK))):
        yield chunk
        count -= len(chunk)
