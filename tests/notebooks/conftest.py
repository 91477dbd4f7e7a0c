"""Kernels, started once for all tests of a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from grader.model.errors import UsageError
from grader.notebooks.kernel_queue import KernelPool


@pytest.fixture(scope="module")
def pool() -> Iterator[KernelPool]:
    """Kernels in the best sandbox there is."""
    if sys.platform == "win32":
        pytest.skip("kernels need Unix sockets")
    try:
        made = KernelPool()
    except UsageError:
        made = KernelPool("none")
    with made:
        yield made
