"""A control group for each kernel, where the system has delegated one to the person's server.

Beside the limits of `prlimit`, which hold for each process and each user, those of a group hold for all of a kernel
together: real memory without swap, tasks, processor time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence

from blotter_records.control_groups import ControlGroup, delegated_group

from blotter_guard.sandbox import SandboxUnavailable

#: What is limited, by the controller that can: files of the group and what is written to them.
_LIMITS: dict[str, dict[str, str]] = {
    "memory": {"memory.max": str(2 << 30), "memory.swap.max": "0", "memory.oom.group": "1"},
    "pids": {"pids.max": "256"},
    "cpu": {"cpu.max": "100000 100000"},  # one processor
}
#: A machine without swap, or whose Linux keeps no account of it, has no such file.
_MAY_BE_MISSING = frozenset({"memory.swap.max"})
_SERVER = "server"
_KERNEL = "k-"
#: Enters the group, then becomes the kernel's sandbox; nothing is started where it cannot enter.
_ENTER = 'echo 0 >"$0" && exec "$@"'
_GONE_WITHIN_S = 5.0

log = logging.getLogger("blotter.kernels")


class KernelGroups:
    """Makes and removes the control groups of kernels.

    Parameters
    ----------
    delegated : ControlGroup or None
        The group that was delegated to this server alone; None: kernels have none.
    """

    def __init__(self, delegated: ControlGroup | None) -> None:
        self._delegated = delegated
        self.granted: frozenset[str] = frozenset()
        self._left: list[ControlGroup] = []
        if delegated is None:
            log.warning("No control group is delegated: the limits of kernels are those of prlimit only.")
            return
        self._left = delegated.children(_KERNEL)  # of a server that ended before its kernels did
        self._sweep()
        with _or_unavailable():
            self.granted = delegated.enable(_LIMITS)
        what = ", ".join(sorted(self.granted)) or "nothing"
        log.info("Each kernel has a control group, in which is limited: %s (besides prlimit).", what)

    @classmethod
    def of_this_process(cls) -> KernelGroups:
        """Return the groups for the kernels of this process, which leaves the delegated group for a child of it."""
        return cls(delegated_group(_SERVER))

    def make(self, name: str) -> ControlGroup | None:
        """Make the group of one kernel and set its limits; None where nothing is delegated.

        Raises
        ------
        SandboxUnavailable
            It cannot be made or limited although the system has granted it.
        """
        if self._delegated is None:
            return None
        self._sweep()
        limits = {file: value for kind in sorted(self.granted) for file, value in _LIMITS[kind].items()}
        with _or_unavailable():
            made = self._delegated.child(_KERNEL + name)
            for file in _MAY_BE_MISSING:
                if not (made.path / file).exists():
                    limits.pop(file, None)
            made.limit(limits)
        return made

    def _sweep(self) -> None:
        """Remove what was left; what was killed just now may be gone the next time only."""
        self._left = [group for group in self._left if not group.end()]


@contextlib.contextmanager
def _or_unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SandboxUnavailable(
            f"A control group for a kernel cannot be made: {error}.",
            "The group was delegated, so no kernel runs without: docs/how-to/confine-kernels.md.",
        ) from error


def inside(group: ControlGroup, command: Sequence[str]) -> list[str]:
    """Return the command line that runs a command in a group, from its first instruction on."""
    return ["/bin/sh", "-c", _ENTER, str(group.path / "cgroup.procs"), *command]


async def end(group: ControlGroup) -> None:
    """Kill what is left of a kernel and remove its group."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _GONE_WITHIN_S
    while not group.end():
        if loop.time() > deadline:
            log.warning("The control group %s could not be removed yet.", group.path)
            return
        await asyncio.sleep(0.02)  # no event for the end of somebody else's child
