"""System-call filters of the sandbox, made with libseccomp through ctypes.

Two filters. The *outer* one is handed to bubblewrap as BPF and holds from the first instruction inside. The *inner*
one is loaded by the kernel itself for all its threads, once its sockets are bound: from then on no program can be
started, no process made, no socket bound. A filter can only be tightened, never taken off (seccomp(2)).
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
from dataclasses import dataclass
from typing import Any

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_ATTRIBUTE_BAD_ARCHITECTURE = 2
_ATTRIBUTE_ALL_THREADS = 4
_NOT_EQUAL, _MASKED_EQUAL = 1, 7
_AF_UNIX = 1
_CLONE_THREAD = 0x00010000
_TIOCSTI = 0x5412

#: What nothing in the sandbox needs: other processes' memory, namespaces, mounts, the host's kernel, clocks, devices.
DENIED = (
    "acct", "add_key", "adjtimex", "bpf", "chroot", "clock_adjtime", "clock_settime", "delete_module",
    "fanotify_init", "finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "init_module", "io_uring_enter",
    "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl",
    "landlock_create_ruleset", "lookup_dcookie", "mbind", "memfd_secret", "migrate_pages", "mknod", "mknodat",
    "modify_ldt", "mount", "mount_setattr", "move_mount", "move_pages", "name_to_handle_at", "nfsservctl",
    "open_by_handle_at", "open_tree", "perf_event_open", "personality", "pidfd_getfd", "pivot_root",
    "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace", "quotactl", "quotactl_fd", "reboot",
    "remap_file_pages", "request_key", "set_mempolicy", "setdomainname", "sethostname", "setns", "settimeofday",
    "swapoff", "swapon", "syslog", "umount2", "unshare", "uselib", "userfaultfd", "vhangup", "vmsplice",
)  # fmt: skip
#: What the kernel needs only until it runs.
DENIED_WHEN_RUNNING = ("bind", "execve", "execveat", "fork", "listen", "vfork")


@dataclass(frozen=True)
class _Comparison:
    argument: int
    operator: int
    first: int
    second: int = 0


class _RawComparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


@functools.cache
def _library() -> Any:
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_release.restype = None
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
    library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_void_p,
    ]
    return library


class _Filter:
    """A filter under construction: allows all, then takes calls away."""

    def __init__(self) -> None:
        self._context = _library().seccomp_init(_ALLOW)
        if not self._context:
            raise OSError(errno.ENOMEM, "seccomp_init")
        # 32-bit and x32 calls have other numbers. libseccomp would end the thread that makes one.
        self.set(_ATTRIBUTE_BAD_ARCHITECTURE, _ERRNO | errno.EPERM)

    def set(self, attribute: int, value: int) -> None:
        self._check(_library().seccomp_attr_set(self._context, attribute, value), "seccomp_attr_set")

    def deny(self, name: str, code: int = errno.EPERM, *comparisons: _Comparison) -> None:
        number = _library().seccomp_syscall_resolve_name(name.encode())
        if number == -1:  # unknown to this libseccomp, so also to the architecture's table it was built with
            return
        raw = (_RawComparison * max(1, len(comparisons)))(
            *(_RawComparison(c.argument, c.operator, c.first, c.second) for c in comparisons)
        )
        result = _library().seccomp_rule_add_array(self._context, _ERRNO | code, number, len(comparisons), raw)
        if result != -errno.EEXIST:
            self._check(result, f"seccomp rule for {name}")

    def export(self, descriptor: int) -> None:
        self._check(_library().seccomp_export_bpf(self._context, descriptor), "seccomp_export_bpf")

    def load(self) -> None:
        self._check(_library().seccomp_load(self._context), "seccomp_load")

    def release(self) -> None:
        _library().seccomp_release(self._context)

    @staticmethod
    def _check(result: int, what: str) -> None:
        if result:
            raise OSError(-result, what)


def outer_filter() -> int:
    """Make the outer filter.

    Returns
    -------
    int
        Descriptor of an anonymous file with the BPF program, at its beginning; the caller closes it.

    Raises
    ------
    OSError
        libseccomp is missing or refuses.
    """
    made = _Filter()
    descriptor = os.memfd_create("blotter-seccomp", os.MFD_CLOEXEC)
    try:
        for name in DENIED:
            made.deny(name)
        made.deny("socket", errno.EAFNOSUPPORT, _Comparison(0, _NOT_EQUAL, _AF_UNIX))
        made.deny("ioctl", errno.EPERM, _Comparison(1, _MASKED_EQUAL, 0xFFFFFFFF, _TIOCSTI))
        # clone3 hides its flags behind a pointer; without it glibc uses clone, whose flags a filter can read.
        made.deny("clone3", errno.ENOSYS)
        made.export(descriptor)
        os.lseek(descriptor, 0, os.SEEK_SET)
    except BaseException:
        os.close(descriptor)
        raise
    finally:
        made.release()
    return descriptor


def confine_running_kernel() -> None:
    """Load the inner filter for every thread of this process.

    Raises
    ------
    OSError
        libseccomp is missing or refuses; the kernel must not start then.
    """
    made = _Filter()
    try:
        made.set(_ATTRIBUTE_ALL_THREADS, 1)
        for name in DENIED_WHEN_RUNNING:
            made.deny(name)
        made.deny("clone", errno.EPERM, _Comparison(0, _MASKED_EQUAL, _CLONE_THREAD, 0))  # a clone that is no thread
        made.load()
    finally:
        made.release()
