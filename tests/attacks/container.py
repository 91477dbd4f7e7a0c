"""A container that refuses namespaces, emulated: what Docker lets a process do, and no more.

    python -m tests.attacks.container COMMAND ...

runs a command with Docker's default capabilities (as an ordinary user, with none) and a filter that
refuses namespaces and mounts, as Docker's default profile does.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from typing import Final

from grader.worker import privileges

_KEPT: Final = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})
"""chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw,
sys_chroot, mknod, audit_write, setfcap."""
_LAST_CAPABILITY: Final = 40
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 24, 38, 22, 2
_CAPABILITIES_V3: Final = 0x20080522
_NEW_NAMESPACES: Final = 0x7E020000
"""CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET."""
_LOAD, _EQUAL, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
_CLONE, _CLONE3 = 56, 435
_REFUSED: Final = (272, 308, 165, 166, 155, 428, 429, 430, 431, 432, 442)
"""unshare, setns, mount, umount2, pivot_root, and the calls of the newer way to mount."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def enter() -> None:
    """Become such a container's process.

    Raises:
        OSError: the kernel does not let us.
    """
    libc = privileges.open_libc()
    _limit_capabilities(libc)
    rules = _rules()
    code = b"".join(struct.pack("=HBBI", *rule) for rule in rules)
    program = _Program(len(rules), code)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no new privileges")
    if libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


def _limit_capabilities(libc: ctypes.CDLL) -> None:
    for capability in set(range(_LAST_CAPABILITY + 1)) - _KEPT:
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    kept = sum(1 << capability for capability in _KEPT) if os.geteuid() == 0 else 0
    header = struct.pack("=Ii", _CAPABILITIES_V3, 0)
    if libc.capset(header, struct.pack("=6I", kept, kept, 0, 0, 0, 0)):
        raise OSError(ctypes.get_errno(), "capabilities")


def _rules() -> list[tuple[int, int, int, int]]:
    """BPF instructions: number of the call, then what becomes of it."""
    rules = [(_LOAD, 0, 0, 0)]
    for number in _REFUSED:
        rules += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _EPERM)]
    rules += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ENOSYS)]
    rules += [
        (_EQUAL, 0, 3, _CLONE),
        (_LOAD, 0, 0, 16),
        (_SET, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return rules


def main() -> None:
    """Enter, and become the command."""
    enter()
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
