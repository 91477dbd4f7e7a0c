"""Bounds on the memory that the trusted side spends on a student's behalf."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

if sys.platform != "win32":
    import resource


@contextlib.contextmanager
def memory_at_most(extra: int) -> Iterator[None]:
    """Let this process take `extra` bytes more than it has; beyond that it gets a `MemoryError`.

    On Linux alone; elsewhere nothing is bounded.
    """
    if sys.platform != "linux":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_bytes().split()[0])
    bound = pages * resource.getpagesize() + extra
    if hard != resource.RLIM_INFINITY:
        bound = min(bound, hard)
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def size(value: Any) -> int:
    """Bytes of the arrays in a value: in tuples, lists and dicts too."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, dict):
        return sum(map(size, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(size, value))
    return 0
