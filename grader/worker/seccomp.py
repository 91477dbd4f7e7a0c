"""The system call filter of a worker: an allow-list, everything else is refused with EPERM.

What is left out on purpose: new processes, programs, sockets, namespaces, mounts, tracing, keys,
memory files, links, and every change of owner, mode, time or attribute of a file, since landlock
does not judge those. Signals, limits and descriptor owners may only concern the caller itself,
which makes the filter enough to part workers where landlock cannot scope signals.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from typing import Final

from grader.worker.syscalls import ALLOWED, JUDGED, SERVING

ALLOW: Final = 0x7FFF0000
KILL_PROCESS: Final = 0x80000000
ERRNO: Final = 0x00050000

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_X32_BIT = 0x40000000

_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020080
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
"""Duplicate, flags, locks and pipe size; not owner, signal, lease or notification."""
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Ask for terminal settings, window size or waiting bytes; blocking mode; close on exec."""
_PRCTL = (15, 16)
"""Name of a thread: set, get."""
_SET_MODE_FILTER, _SPEC_ALLOW = 1, 4

_MACHINES: Final = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}
"""Column in the tables of calls, audit architecture, number of `seccomp`."""


def _op(code: int, k: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, k)


def _argument(index: int) -> bytes:
    """Load the low half of an argument (all that is judged are ints; we are little-endian)."""
    return _op(_LOAD, 16 + 8 * index)


def _one_of(index: int, values: Iterable[int]) -> list[bytes]:
    ops = [_argument(index)]
    for value in values:
        ops += [_op(_JUMP_EQUAL, value, 0, 1), _op(_RETURN, ALLOW)]
    return ops


def _masked(index: int, mask: int, value: int, *, equal: int, other: int) -> list[bytes]:
    return [
        _argument(index),
        _op(_AND, mask),
        _op(_JUMP_EQUAL, value, 0, 1),
        _op(_RETURN, equal),
        _op(_RETURN, other),
    ]


def _judgements(pid: int, serving: bool) -> dict[str, list[bytes]]:
    """What to do about each call of `JUDGED`; the accumulator is free, the end refuses."""
    refuse = ERRNO | errno.EPERM
    threads = _CLONE_THREAD | _CLONE_NAMESPACES
    # Landlock before its third version lets a file that may be read be truncated.
    truncates = os.O_ACCMODE | os.O_TRUNC
    return {
        "clone": _masked(0, threads, _CLONE_THREAD, equal=ALLOW, other=refuse),
        "clone3": [_op(_RETURN, ERRNO | errno.ENOSYS)],
        "fcntl": _one_of(1, _FCNTL),
        "ioctl": _one_of(1, _IOCTL),
        "kill": _one_of(0, (pid,)),
        "open": _masked(1, truncates, os.O_TRUNC, equal=refuse, other=ALLOW),
        "openat": _masked(2, truncates, os.O_TRUNC, equal=refuse, other=ALLOW),
        "prctl": _one_of(0, _PRCTL),
        "prlimit64": _one_of(0, (0, pid)),
        # What every thread of ZeroMQ says when it starts: the usual policy, no other.
        "sched_setscheduler": _one_of(1, (0,)) if serving else [],
        "tgkill": _one_of(0, (pid,)),
    }


def program(pid: int, machine: str, *, serving: bool = False) -> bytes:
    """The filter for process `pid` (its own number, in its own PID namespace), as BPF code.

    With `serving` it may also answer on listening sockets that it holds.

    Raises:
        OSError: ENOSYS, no table for this `machine`.
    """
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no system call table for {machine}")
    column, architecture, _ = _MACHINES[machine]
    refuse = _op(_RETURN, ERRNO | errno.EPERM)
    ops = [
        _op(_LOAD, _ARCHITECTURE),
        _op(_JUMP_EQUAL, architecture, 1, 0),
        _op(_RETURN, KILL_PROCESS),
        _op(_LOAD, _NUMBER),
        _op(_JUMP_GREATER_EQUAL, _X32_BIT, 0, 1),
        refuse,
    ]
    allowed = {**ALLOWED, **SERVING} if serving else ALLOWED
    for numbers in allowed.values():
        if (number := numbers[column]) is not None:
            ops += [_op(_JUMP_EQUAL, number, 0, 1), _op(_RETURN, ALLOW)]
    for name, judgement in _judgements(pid, serving).items():
        if (number := JUDGED[name][column]) is not None:
            block = [*judgement, refuse]
            ops += [_op(_JUMP_EQUAL, number, 0, len(block)), *block]
    return b"".join([*ops, refuse])


def install(libc: ctypes.CDLL, *, serving: bool = False) -> None:
    """Confine the calling process, for good. Needs `no_new_privs` to be set; see `program`.

    Raises:
        OSError: the kernel refused the filter, or we have no table for this machine.
    """
    machine = platform.machine()
    code = program(os.getpid(), machine, serving=serving)
    buffer = ctypes.create_string_buffer(code, len(code))
    filters = struct.pack("@HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    number = _MACHINES[machine][2]
    if libc.syscall(number, _SET_MODE_FILTER, _SPEC_ALLOW, filters) != 0:
        raise OSError(ctypes.get_errno(), "seccomp filter refused")
