"""The sandbox around a kernel: bubblewrap, its own namespaces, read-only files, no network, one socket.

Inside there is `/usr`, the Python environment, an empty home and `/tmp` in memory, the connection's sockets and the
records socket at `RECORDS_SOCKET`. Not inside: other files, processes, network, environment, a way to become anybody.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import blotter_records
from blotter_records.errors import Unavailable

import blotter_guard
from blotter_guard.seccomp import outer_filter

#: Where the kernel finds the records API.
RECORDS_SOCKET = "/run/blotter/records.sock"

_LIMITS = ("--as=4294967296", "--cpu=3600", "--nofile=512", "--fsize=67108864", "--core=0", "--memlock=0")
#: 1 on Ubuntu from 24.04 on: a program needs a profile to make a user namespace.
_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_TMP_BYTES = 64 << 20
_HOME_BYTES = 16 << 20
_ENVIRONMENT = {
    "BLOTTER_DEFERRED_MODELS": "1",
    "HOME": "/home/kernel",
    "IPYTHONDIR": "/home/kernel/.ipython",
    "JUPYTER_NO_CONFIG": "1",
    "JUPYTER_WIDGETS_ECHO": "0",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TMPDIR": "/tmp",  # noqa: S108  in the sandbox, a file system of its own
}


class SandboxUnavailable(Unavailable):
    """A kernel cannot be confined on this machine, so none is started."""

    def __init__(self, message: str, diagnostics: str) -> None:
        super().__init__("unavailable.sandbox", message, diagnostics)


@dataclass(frozen=True)
class Sandbox:
    """What one kernel gets to see.

    Parameters
    ----------
    sockets : Path
        Folder of the connection's sockets; the only one that is writable, at the same path inside.
    connection_file : Path
        Readable at the same path inside.
    records_socket : Path or None
        The socket that is `RECORDS_SOCKET` inside.
    read_only : tuple of Path
        Files and folders that are readable at the same path inside.
    """

    sockets: Path
    connection_file: Path
    records_socket: Path | None
    read_only: tuple[Path, ...]

    def command(self, program: Sequence[str], seccomp_descriptor: int) -> list[str]:
        """Return the command line that runs a program in this sandbox.

        Parameters
        ----------
        program : sequence of str
            What to run inside.
        seccomp_descriptor : int
            Descriptor of the outer filter, inherited by bubblewrap.
        """
        words = ["prlimit", *_LIMITS, "bwrap", *_ISOLATION, *_system_folders()]
        words += ["--proc", "/proc", "--dev", "/dev"]
        words += ["--size", str(_TMP_BYTES), "--tmpfs", "/tmp", "--size", str(_HOME_BYTES), "--tmpfs", "/home/kernel"]  # noqa: S108
        for path in self.read_only:
            words += ["--ro-bind", str(path), str(path)]
        words += ["--bind", str(self.sockets), str(self.sockets)]
        words += ["--ro-bind", str(self.connection_file), str(self.connection_file)]
        if self.records_socket is not None:
            words += ["--ro-bind", str(self.records_socket), RECORDS_SOCKET]
        for name, value in _ENVIRONMENT.items():
            words += ["--setenv", name, value]
        return [
            *words,
            "--remount-ro",
            "/",
            "--chdir",
            "/home/kernel",
            "--seccomp",
            str(seccomp_descriptor),
            "--",
            *program,
        ]


_ISOLATION = (
    "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
    "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000",
    "--hostname", "kernel", "--clearenv",
)  # fmt: skip


def _system_folders() -> list[str]:
    """Return arguments for `/usr` and what the machine keeps beside it (links on a merged-/usr system)."""
    words = ["--ro-bind", "/usr", "/usr", "--dir", "/etc"]
    for name in ("/bin", "/lib", "/lib32", "/lib64", "/sbin"):
        path = Path(name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            words += ["--ro-bind", name, name]
    for name in ("/etc/ld.so.cache", "/etc/localtime"):
        words += ["--ro-bind-try", name, name]
    return words


def python_paths() -> tuple[Path, ...]:
    """Return the folders that this interpreter and our packages need, outside `/usr`.

    The environment, the interpreter it was made from when that lies elsewhere, and the two packages of ours that a
    kernel imports when they are not installed inside the environment (a checkout).
    """
    candidates = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent]
    candidates += [Path(module.__file__).parent for module in (blotter_guard, blotter_records) if module.__file__]
    paths: list[Path] = []
    for candidate in candidates:
        if candidate == Path("/") or not candidate.is_dir():
            continue
        if not any(candidate.is_relative_to(known) for known in (Path("/usr"), *paths)):
            paths.append(candidate)
    return tuple(paths)


def check() -> None:
    """Make sure that a kernel can be confined here, by confining `/bin/true`.

    Raises
    ------
    SandboxUnavailable
        It cannot; the message is one line for whoever runs the machine. There is no way to run without.
    """
    if os.geteuid() == 0:
        # Outer uid 0 stays the owner of /proc/sys inside the namespace, and could write the host's core_pattern.
        raise SandboxUnavailable("Kernels are never started as root.", "Start the person's server as its own user.")
    for tool, package in (("bwrap", "bubblewrap"), ("prlimit", "util-linux")):
        if shutil.which(tool) is None:
            raise SandboxUnavailable(f"{tool} is not installed.", f"Install the package {package}.")
    try:
        descriptor = outer_filter()
    except OSError as error:
        raise SandboxUnavailable(
            f"libseccomp cannot be used: {error}.", "Install the package libseccomp2 (a 64-bit Linux is needed)."
        ) from error
    try:
        words = ["bwrap", *_ISOLATION, *_system_folders(), "--proc", "/proc", "--dev", "/dev"]
        words += ["--remount-ro", "/", "--seccomp", str(descriptor), "--", "/usr/bin/true"]
        ran = subprocess.run(
            words,
            pass_fds=(descriptor,),
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxUnavailable(f"bubblewrap cannot be run: {error}.", "Reinstall the package bubblewrap.") from error
    finally:
        os.close(descriptor)
    if ran.returncode:
        line = (ran.stderr.strip().splitlines() or ["no message"])[-1]
        raise SandboxUnavailable(f"bubblewrap cannot confine a kernel here: {line}", _what_helps())


def _what_helps() -> str:
    """Return what has to be changed on this machine."""
    try:
        is_restricted = _APPARMOR.read_text().strip() == "1"
    except OSError:
        is_restricted = False
    if is_restricted:
        return "AppArmor keeps user namespaces from bubblewrap; it needs a profile: docs/how-to/confine-kernels.md."
    return (
        "Unprivileged user namespaces must be allowed (kernel.unprivileged_userns_clone=1, "
        "user.max_user_namespaces > 0; in a container, an unmasked /proc): docs/how-to/confine-kernels.md."
    )
