"""A control group for each person's server, where the system has delegated one to this installation.

It is handed to the user id of the server, which makes one for each kernel in it. Ending it ends the kernels as well.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator

from blotter_records.control_groups import SERVICES, ControlGroup, delegated_group

_SERVER = "n-"
_CONTROLLERS = ("cpu", "memory", "pids")

log = logging.getLogger("blotter.launcher")


class ServerGroups:
    """Makes and removes the control groups of people's servers."""

    def __init__(self) -> None:
        self._delegated = delegated_group(SERVICES)
        self._ended: list[ControlGroup] = []
        if self._delegated is None:
            log.info("no control group is delegated: servers and kernels run in that of the launcher")
            return
        self._ended = self._delegated.children(_SERVER)  # of a launcher that was killed
        granted = self._delegated.enable(_CONTROLLERS)
        log.info("each server has a control group, with: %s", ", ".join(sorted(granted)) or "no limits")
        self.sweep()

    def make(self, name: str, uid: int | None) -> ControlGroup | None:
        """Make the group of one server and hand it to the user id under which that runs, the own one without it.

        None where nothing is delegated.
        """
        if self._delegated is None:
            return None
        made = self._delegated.child(_SERVER + name)
        made.hand_to(*((-1, -1) if uid is None else (uid, uid)))
        return made

    @contextlib.contextmanager
    def door(self, group: ControlGroup | None) -> Iterator[Callable[[], None]]:
        """Give what a new process calls to enter a group before it becomes the server.

        By then it runs under the person's user id, which may not move a process out of the launcher's group; what was
        opened before, by the launcher, counts with the launcher's rights.
        """
        if group is None:
            yield lambda: None
            return
        descriptor = os.open(group.path / "cgroup.procs", os.O_WRONLY)
        try:
            yield lambda: _enter(descriptor)
        finally:
            os.close(descriptor)

    def end(self, group: ControlGroup | None) -> None:
        """Kill what is left in a group; it is removed as soon as it is empty."""
        if group is not None and not group.end():
            self._ended.append(group)

    def sweep(self) -> None:
        """Remove the groups that ended."""
        self._ended = [group for group in self._ended if not group.remove()]


def _enter(descriptor: int) -> None:
    os.write(descriptor, b"0")
