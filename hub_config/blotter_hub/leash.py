"""Children that die with the process that started them (Linux, ``PR_SET_PDEATHSIG``). Standard library only.

``python -m blotter_hub.leash PROGRAM ARGUMENT...`` becomes the program, on the leash.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Loaded here, not after the fork, where only async-signal-safe work is safe.
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent thread ends; run between fork and exec.

    Must come after the change of user: changing credentials clears the setting. ``subprocess`` calls ``preexec_fn``
    after ``user=`` and ``group=``, so that is the place. The parent thread must be the main thread.
    """
    if _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        os._exit(127)
    if os.getppid() == 1:  # the parent went away before the line above
        os._exit(127)


if __name__ == "__main__":
    die_with_parent()
    os.execvp(sys.argv[1], sys.argv[1:])
