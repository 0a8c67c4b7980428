"""Control groups of Linux (version 2): sets of processes that share limits, each a folder of the kernel's.

Only a *delegated* group is touched: one that systemd (``Delegate=yes``) or whoever runs the machine has handed to us. A
group whose children have limits may hold no process itself ("no internal processes", cgroups(7)), so its holder moves
into a child of its own first.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

#: The child of the delegated group in which the services of an installation are.
SERVICES = "services"
#: systemd (251 on) marks so what it delegates, with the value 1.
MARK = "user.delegate"
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class ControlGroup:
    """One control group.

    Parameters
    ----------
    path : Path
        Its folder.
    """

    path: Path

    def controllers(self) -> frozenset[str]:
        """Return what can be limited in this group: ``memory``, ``pids``, ``cpu``..."""
        return frozenset(self._read("cgroup.controllers").split())

    def members(self) -> list[int]:
        """Return the ids of the processes in this group itself, not of those in its children."""
        return [int(word) for word in self._read("cgroup.procs").split()]

    def is_delegated(self) -> bool:
        """Return whether the group was handed to us: marked so, and this process may write to it.

        Root may write to every group, and a person to that of his terminal: that alone says nothing.
        """
        files = (self.path, self.path / "cgroup.procs", self.path / "cgroup.subtree_control")
        return self._mark() == b"1" and all(os.access(path, os.W_OK) for path in files)

    def enable(self, wanted: Iterable[str]) -> frozenset[str]:
        """Let the children of this group have limits; return which of the wanted kinds are granted.

        Raises
        ------
        OSError
            The group has processes of its own.
        """
        granted = sorted(self.controllers().intersection(wanted))
        for name in granted:
            self._write("cgroup.subtree_control", f"+{name}")
        return frozenset(granted)

    def child(self, name: str) -> ControlGroup:
        """Return a child of this group, made if it is not there."""
        made = ControlGroup(self.path / name)
        made.path.mkdir(mode=0o755, exist_ok=True)
        return made

    def children(self, prefix: str) -> list[ControlGroup]:
        """Return the children whose names begin so."""
        return [ControlGroup(path) for path in sorted(self.path.glob(f"{prefix}*")) if path.is_dir()]

    def hand_to(self, uid: int, gid: int) -> None:
        """Delegate the group: its new holder may make children and move processes between them, not lift its limits."""
        for path in (self.path, *(self.path / f"cgroup.{name}" for name in ("procs", "subtree_control", "threads"))):
            os.chown(path, uid, gid)
        os.setxattr(self.path, MARK, b"1")

    def enter(self) -> None:
        """Move this process into the group."""
        self._write("cgroup.procs", "0")

    def limit(self, limits: Mapping[str, str]) -> None:
        """Set limits, by the names of their files (``memory.max``).

        Raises
        ------
        OSError
            One cannot be set.
        """
        for name, value in limits.items():
            self._write(name, value)

    def end(self) -> bool:
        """Kill what is in the group and below it, and remove it; return whether it is gone (ask again when not)."""
        with contextlib.suppress(OSError):
            self._write("cgroup.kill", "1")
        return self.remove()

    def remove(self) -> bool:
        """Remove the group and its children if no process is left in any of them; return whether it is gone."""
        with contextlib.suppress(OSError):
            if "populated 1" in self._read("cgroup.events"):
                return False
            for path in self.path.iterdir():
                if path.is_dir():
                    ControlGroup(path).remove()
            self.path.rmdir()
        return not self.path.exists()

    def _mark(self) -> bytes:
        try:
            return os.getxattr(self.path, MARK)
        except OSError:
            return b""

    def _read(self, name: str) -> str:
        return (self.path / name).read_text(encoding="ascii")

    def _write(self, name: str, value: str) -> None:
        # One write: what is done with it is decided by the kernel at each.
        descriptor = os.open(self.path / name, os.O_WRONLY)
        try:
            os.write(descriptor, value.encode("ascii"))
        finally:
            os.close(descriptor)


def own_group(process: Path = Path("/proc/self")) -> ControlGroup | None:
    """Return the group of a process, or None where there is no hierarchy of version 2, or not of the group."""
    try:
        lines = (process / "cgroup").read_text().splitlines()
        mounts = (process / "mountinfo").read_text().splitlines()
    except OSError:
        return None
    [name] = [line.removeprefix("0::") for line in lines if line.startswith("0::")] or [""]
    for words in (line.split() for line in mounts):
        if "-" in words and words[words.index("-") + 1] == "cgroup2":
            root, place = (_ESCAPED.sub(lambda found: chr(int(found.group(1), 8)), word) for word in words[3:5])
            if name and Path(name).is_relative_to(root):
                path = Path(place) / Path(name).relative_to(root)
                return ControlGroup(path) if path.is_dir() else None
    return None


def delegated_group(own_child: str) -> ControlGroup | None:
    """Return the group that was delegated to this process alone, after moving it into a child of that.

    Parameters
    ----------
    own_child : str
        Name of the child; a process that is in a child of this name already stays there.

    Returns
    -------
    ControlGroup or None
        None where nothing is delegated, or the group has other processes too.
    """
    own = own_group()
    if own is None:
        return None
    delegated = ControlGroup(own.path.parent) if own.path.name == own_child else own
    try:
        if not delegated.is_delegated() or set(delegated.members()) - {os.getpid()}:
            return None
        if own is delegated:
            delegated.child(own_child).enter()
    except OSError:
        return None
    return delegated
