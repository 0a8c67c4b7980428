"""The user ids of people's servers: a range that one installation has to itself on this machine.

Nobody stands in ``/etc/passwd`` for them. Account ``ACC-000042`` has the 42nd id after the first, for good, so there is
nothing to keep. Each installation takes a block out of a range that Linux distributions leave unused (systemd's list of
user ids); which one follows from its data directory. A lock that lives as long as the launcher keeps two installations
of one machine apart.
"""

from __future__ import annotations

import contextlib
import fcntl
import grp
import hashlib
import os
import pwd
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blotter_records.errors import Conflict, Invalid, Unavailable

#: So many accounts an installation may have; the number 0 is nobody's.
BLOCK = 100_000
BLOCKS = 400
FIRST = 2_100_000_000
#: Below are root and the system's own users; the largest is what programs that count with 31 bits can take.
LEAST, MOST = 1_000, 2_147_483_647
#: "No user" where ids have 16 bits.
NO_USER = 65_535
CLAIMS = Path("/run/blotter/uids")

_OTHER = "Name another range with --uids FIRST-LAST."


@dataclass(frozen=True)
class UserIds:
    """A range of user ids, both ends included; the groups of the same numbers belong to it."""

    first: int
    last: int

    def __str__(self) -> str:
        """Return it as ``--uids`` takes it."""
        return f"{self.first}-{self.last}"

    def __contains__(self, uid: int) -> bool:
        """Tell whether an id is in the range."""
        return self.first <= uid <= self.last

    def overlaps(self, other: UserIds) -> bool:
        """Tell whether two ranges have an id in common."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Claim:
    """A range that nobody else has as long as the descriptor is open in any process."""

    ids: UserIds
    descriptor: int


@dataclass(frozen=True)
class Machine:
    """Where this machine says which user ids exist, are somebody's, or are lent to containers of somebody."""

    uid_map: Path = Path("/proc/self/uid_map")
    gid_map: Path = Path("/proc/self/gid_map")
    lent: tuple[Path, ...] = (Path("/etc/subuid"), Path("/etc/subgid"))

    def check(self, ids: UserIds) -> None:
        """Make sure that the ids exist here and are nobody's.

        Raises
        ------
        Unavailable
            ``uids.absent``: the container in which this runs does not have them.
        Conflict
            ``uids.taken``: one is a user's or a group's. ``uids.lent``: one is lent to somebody's containers.
        """
        for file in (self.uid_map, self.gid_map):
            if not any(first <= ids.first and ids.last < first + count for first, count in _mapped(file)):
                raise Unavailable("uids.absent", f"this container has no user ids {ids}", _OTHER)
        known = [(one.pw_uid, f"user {one.pw_name}") for one in pwd.getpwall()]
        known += [(one.gr_gid, f"group {one.gr_name}") for one in grp.getgrall()]
        for number, whose in known:
            if number in ids:
                said = f"the id {number} belongs to the {whose}, and {ids} are to be nobody's"
                raise Conflict("uids.taken", said, _OTHER)
        for file in self.lent:
            for whose, given in _given_away(file):
                if given.overlaps(ids):
                    raise Conflict("uids.lent", f"{file} lends {given} to {whose}, and {ids} overlaps it", _OTHER)


def read_range(text: str) -> UserIds:
    """Return the range that ``--uids`` names.

    Raises
    ------
    Invalid
        ``uids.invalid``: it is no range, or holds ids that are never a person's.
    """
    matched = re.fullmatch(r"([0-9]{1,10})-([0-9]{1,10})", text)
    ids = UserIds(int(matched[1]), int(matched[2])) if matched else None
    if ids is None or not LEAST <= ids.first < ids.last <= MOST or NO_USER in ids:
        raise Invalid(
            "uids.invalid",
            f"--uids {text} is not a range of user ids for people",
            f"Name FIRST-LAST, between {LEAST} and {MOST}, without {NO_USER}.",
        )
    return ids


def claim(data: Path, wanted: UserIds | None, folder: Path = CLAIMS) -> Claim:
    """Take a range for the installation in ``data``.

    Parameters
    ----------
    data : Path
        Its data directory: the same one gets the same block again, unless another installation took it meanwhile.
    wanted : UserIds, optional
        The range that was named; none but this is taken then.
    folder : Path
        Where the claims of this machine are; only root may open it.

    Raises
    ------
    Conflict, Unavailable
        ``uids.claimed``: another running installation has it. Otherwise as :meth:`Machine.check`.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    with _alone(folder):
        held = list(_held(folder))
        for ids in [wanted] if wanted is not None else _blocks(data):
            if any(ids.overlaps(other) for other in held):
                continue
            Machine().check(ids)
            descriptor = _lock(folder / str(ids))
            if descriptor is not None:
                return Claim(ids, descriptor)
    raise Conflict("uids.claimed", "another Blotter that runs here has these user ids", _OTHER)


def _blocks(data: Path) -> Iterator[UserIds]:
    """Yield every block, beginning with the installation's own."""
    own = int(hashlib.sha256(str(data).encode()).hexdigest()[:8], 16)
    for number in range(BLOCKS):
        first = FIRST + (own + number) % BLOCKS * BLOCK
        yield UserIds(first, first + BLOCK - 1)


def _held(folder: Path) -> Iterator[UserIds]:
    """Yield the ranges that running installations have; forget those of ended ones."""
    for file in folder.iterdir():
        descriptor = _lock(file)
        if descriptor is None:
            yield read_range(file.name)
        else:
            file.unlink()
            os.close(descriptor)


def _lock(file: Path) -> int | None:
    """Return a descriptor that holds the file's lock; None when another one does."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time look at the claims and make one."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _mapped(file: Path) -> Iterator[tuple[int, int]]:
    """Yield the first id and the count of each range that exists in this user namespace."""
    for line in file.read_text().splitlines():
        first, _outside, count = (int(word) for word in line.split())
        yield first, count


def _given_away(file: Path) -> Iterator[tuple[str, UserIds]]:
    """Yield whose containers may use which ids (``name:first:count``)."""
    try:
        lines = file.read_text().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        words = line.split(":")
        if len(words) == 3 and words[1].isdigit() and words[2].isdigit() and int(words[2]) > 0:
            yield words[0], UserIds(int(words[1]), int(words[1]) + int(words[2]) - 1)
