"""Which user id an account's server runs under, and ending all that runs under it. Standard library only."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import re
import signal
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = re.compile(r"ACC-([0-9]{6,12})\Z")
#: Ids below are root's and the system's own.
LEAST = 1_000
_TRIES = 5


class RequestRefused(Exception):
    """The request is not one that the launcher carries out; the text goes back to the hub."""


def number_of(account: str) -> int:
    """Return the permanent number of an account, ``ACC-000042``: 42. Raises ``RequestRefused``."""
    matched = ACCOUNT.match(account)
    if matched is None or int(matched[1]) == 0:
        raise RequestRefused("no account was named")
    return int(matched[1])


@dataclass(frozen=True)
class UserIds:
    """The ids that this installation has for people; ``blotter up`` has seen to it that they are nobody's."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not LEAST <= self.first < self.last:
            raise ValueError(f"{self.first} to {self.last} is not a range of user ids for people")

    def of(self, account: str) -> int:
        """Return the user id (and group id) of an account: always the same, and no other account's.

        Raises
        ------
        RequestRefused
            It is no account's number, lies beyond the range, or somebody of this machine has that id meanwhile.
        """
        uid = self.first + number_of(account)
        if uid > self.last:
            raise RequestRefused(
                f"there is no user id for {account}: the range ends at {self.last} (blotter up --uids names another)"
            )
        for known, what in ((pwd.getpwuid, "user"), (grp.getgrgid, "group")):
            with contextlib.suppress(KeyError):
                raise RequestRefused(f"the id {uid} of {account} is {what} {known(uid)[0]} on this machine")
        return uid

    def end_all(self) -> None:
        """End whatever runs under any of the ids: what an earlier launcher left."""
        for uid in _in_use(self.first, self.last):
            end_all_of(uid)


def end_all_of(uid: int) -> None:
    """Kill every process of a user id, also those that left their server's group.

    Raises
    ------
    OSError
        One is left.
    """
    for _ in range(_TRIES):  # one of them may kill who kills it, once or twice
        _kill_as(uid)
        if not _in_use(uid, uid):
            return
    raise OSError(f"processes of the user id {uid} cannot be ended")


def _kill_as(uid: int) -> None:
    """Kill what this id may kill, from a child that has become it: the kernel then reaches all of them at once."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)  # whether it helped is looked at from outside
    os.waitpid(child, 0)


def _in_use(first: int, last: int) -> set[int]:
    """Return the ids of a range under which something runs."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            lines = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        except (OSError, ValueError):  # it ended meanwhile
            continue
        if lines["State"].split()[0] not in "ZX":
            found |= {int(word) for word in lines["Uid"].split() if first <= int(word) <= last}
    return found
