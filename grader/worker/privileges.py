"""What a process gives up before it runs student code: files, privileges, limits, system calls."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys
from collections.abc import Callable
from typing import IO, Any, Final

from grader.worker import landlock, seccomp

if sys.platform != "win32":
    import fcntl
    import resource

Limits = dict[str, int]
"""`grader.sandbox.sandboxes.Limits`, as it travels: plain numbers by name."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 1, 4, 24
_PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
_CAPABILITIES_V3 = 0x20080522
_LAST_CAPABILITY = 63
_NEW_USER, _NEW_MOUNT = 0x10000000, 0x00020000
_NOSUID_NODEV_NOEXEC, _READ_ONLY = 2 | 4 | 8, 1

SHARED_PROCESSES: Final = 8192
"""Least thread limit where other processes of the same user count too."""
SCRATCH_FILES: Final = 1024
_WARM_GUESS = 512 << 20
_RESOURCES: Final = {
    "memory_bytes": "RLIMIT_AS",
    "cpu_seconds": "RLIMIT_CPU",
    "file_bytes": "RLIMIT_FSIZE",
    "open_files": "RLIMIT_NOFILE",
    "processes": "RLIMIT_NPROC",
}


def open_libc() -> ctypes.CDLL:
    """The C library of this process."""
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def keep_descriptors(*kept: int) -> None:
    """Move `kept` to 3, 4, ...; put /dev/null on 0, 1 and 2; close every other descriptor."""
    floor = 3 + len(kept) + 61
    high = [_duplicate_above(fd, floor) for fd in kept]
    null = _duplicate_above(os.open(os.devnull, os.O_RDWR), floor)
    for target, fd in enumerate([null, null, null, *high]):
        os.dup2(fd, target, inheritable=False)
    os.closerange(3 + len(kept), os.sysconf("SC_OPEN_MAX"))


def _duplicate_above(fd: int, floor: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, floor)


def die_with_parent(libc: ctypes.CDLL, parent: int) -> None:
    """Be killed when the (single-threaded) parent ends.

    Raises:
        ProcessLookupError: it has ended already.
    """
    _checked(libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0), "parent death signal")
    if os.getppid() != parent:
        raise ProcessLookupError("the parent is gone")


def set_dumpable(libc: ctypes.CDLL, *, dumpable: bool) -> None:
    """Whether processes of the same user may look into this one through /proc."""
    _checked(libc.prctl(_PR_SET_DUMPABLE, int(dumpable), 0, 0, 0), "dumpable")


def become(libc: ctypes.CDLL, uid: int) -> None:
    """Turn from root into a spare user with no groups and no way back."""
    _drop_bounding_set(libc)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _drop_bounding_set(libc: ctypes.CDLL) -> None:
    for capability in range(_LAST_CAPABILITY + 1):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails above the last and when powerless


def drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up every capability, also for programs started later."""
    _drop_bounding_set(libc)
    libc.prctl(_PR_CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("=Ii", _CAPABILITIES_V3, 0)
    _checked(libc.capset(header, bytes(24)), "capabilities")


def unshare_files(libc: ctypes.CDLL, scratch: str, size: int) -> None:
    """Take a memory file system of our own, `size` bytes, on `scratch`, and hide /proc.

    It vanishes with the process. Leaves all capabilities of the new user namespace: drop them.

    Raises:
        OSError: the kernel does not let us have namespaces.
    """
    uid, gid = os.getuid(), os.getgid()
    set_dumpable(libc, dumpable=True)
    _checked(libc.unshare(_NEW_USER | _NEW_MOUNT), "user namespace")
    maps = {"setgroups": "deny", "uid_map": f"{uid} {uid} 1", "gid_map": f"{gid} {gid} 1"}
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    options = f"size={size},nr_inodes={SCRATCH_FILES},mode=700"
    _mount_memory(libc, scratch, _NOSUID_NODEV_NOEXEC, options)
    _mount_memory(libc, "/proc", _NOSUID_NODEV_NOEXEC | _READ_ONLY, "size=4k,nr_inodes=1,mode=555")


def _mount_memory(libc: ctypes.CDLL, path: str, flags: int, options: str) -> None:
    arguments = (b"scratch", os.fsencode(path), b"tmpfs", ctypes.c_ulong(flags), options.encode())
    _checked(libc.mount(*arguments), f"memory file system on {path}")


def set_limits(limits: Limits, *, own_memory: int = 0, shared_user: bool = False) -> None:
    """Apply the given limits; what the platform does not know is passed over.

    `own_memory` is the address space already taken, which does not count. No core is dumped.

    Raises:
        OSError, ValueError: the platform refuses one.
    """
    _lower("RLIMIT_CORE", 0)
    for name, value in limits.items():
        extra = own_memory if name == "memory_bytes" else 0
        least = SHARED_PROCESSES if name == "processes" and shared_user else 0
        _lower(_RESOURCES[name], max(value + extra, least))


def _lower(name: str, value: int) -> None:
    kind = getattr(resource, name, None)
    if kind is not None:
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


class AddressSpace:
    """Bytes of address space that this process holds. Opened before /proc is out of reach."""

    def __init__(self) -> None:
        try:
            self._file: IO[bytes] | None = open("/proc/self/statm", "rb", buffering=0)  # noqa: SIM115
        except OSError:
            self._file = None

    def read(self) -> int:
        """The figure now; a safe guess where it cannot be known."""
        if self._file is None:
            return _WARM_GUESS
        self._file.seek(0)
        return int(self._file.read(256).split()[0]) * os.sysconf("SC_PAGE_SIZE")


def lock(
    libc: ctypes.CDLL, *, restrict_files: Callable[[], None] | None, serving: bool = False
) -> None:
    """The last step: no new privileges, files, system calls. Nothing can be given back.

    `serving`: it answers on listening sockets that it holds already.

    Raises:
        OSError: a layer could not be put in place; the process must not run student code.
    """
    drop_capabilities(libc)
    set_dumpable(libc, dumpable=False)
    forbid_new_privileges(libc)
    if restrict_files is not None:
        restrict_files()
    seccomp.install(libc, serving=serving)


def forbid_new_privileges(libc: ctypes.CDLL) -> None:
    """No set-uid program raises this process or its children, ever."""
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


def restrict_files(libc: ctypes.CDLL, **rules: Any) -> None:
    """`landlock.restrict`, with the few devices that every program expects."""
    read = [*rules.pop("read"), "/dev/urandom", "/dev/zero"]
    landlock.restrict(libc, read=read, write=[*rules.pop("write"), os.devnull], **rules)
