"""Workers of whatever sandbox a module tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.wall.sandboxes import LIMITS


@pytest.fixture
def worker(sandbox: Any) -> Iterator[Any]:
    """One of its own for each test."""
    spawned = sandbox.spawn(LIMITS)
    yield spawned
    spawned.kill()


@pytest.fixture(scope="module")
def harmless(sandbox: Any) -> Iterator[Any]:
    """One for all that changes nothing in it, or is to be refused."""
    spawned = sandbox.spawn(LIMITS)
    yield spawned
    spawned.kill()
