"""Landlock: which files a process may open, kept by the kernel for good (Linux 5.13 and later)."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from typing import Final

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
"""System call numbers, the same on every architecture."""
_VERSION_FLAG, _PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG = 1 << 7, 1 << 8
REFER, TRUNCATE = 1 << 13, 1 << 14

READ: Final = READ_FILE | READ_DIR
WRITE: Final = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
_FILE_RIGHTS: Final = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

_HANDLED: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""File rights that the kernel can judge, by the version that brought them."""
_NET_SINCE, _ALL_TCP = 4, 3
_SCOPE_SINCE, _ABSTRACT_SOCKETS_AND_SIGNALS = 6, 3


def version(libc: ctypes.CDLL) -> int:
    """Version of landlock in the running kernel, 0 when there is none."""
    return max(0, int(libc.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION_FLAG)))


def _attributes(abi: int) -> tuple[int, bytes]:
    files = _HANDLED[max(since for since in _HANDLED if since <= abi)]
    net = _ALL_TCP if abi >= _NET_SINCE else 0
    scope = _ABSTRACT_SOCKETS_AND_SIGNALS if abi >= _SCOPE_SINCE else 0
    size = 24 if scope else 16 if net else 8
    return files, struct.pack("=QQQ", files, net, scope)[:size]


def _checked(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"landlock: {what}")
    return result


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what cannot be reached cannot be allowed, and need not be
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights, fd)
        _checked(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0), path)
    finally:
        os.close(fd)


def restrict(
    libc: ctypes.CDLL, *, read: Iterable[str], write: Iterable[str], highest: int = 99
) -> None:
    """Leave the calling process only `read` and `write`, and all it starts with it.

    Where the kernel can, TCP is refused too, and signals and abstract sockets to processes outside.
    Paths that do not exist are passed over. `highest` makes believe that the kernel is older.

    Raises:
        OSError: there is no landlock, or `no_new_privs` is not set.
    """
    files, attributes = _attributes(min(version(libc), highest) or 1)
    size = ctypes.c_size_t(len(attributes))
    ruleset = _checked(libc.syscall(_CREATE, attributes, size, 0), "create")
    try:
        for path in read:
            _allow(libc, ruleset, path, READ & files)
        for path in write:
            _allow(libc, ruleset, path, WRITE & files)
        _checked(libc.syscall(_RESTRICT, ruleset, 0), "restrict")
    finally:
        os.close(ruleset)
