"""What the trusted side computes for a student takes no more memory than it may."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from grader.grading.memory import memory_at_most, size


@pytest.mark.skipif(sys.platform != "linux", reason="bounded on Linux alone")
def test_too_much_is_refused_and_the_bound_is_lifted_again() -> None:
    with pytest.raises(MemoryError), memory_at_most(64 << 20):
        np.ones(128 << 20, dtype=np.uint8)
    with memory_at_most(256 << 20):
        assert np.ones(128 << 20, dtype=np.uint8).all()
    assert np.ones(128 << 20, dtype=np.uint8).all()


def test_sizes_are_those_of_the_arrays_inside() -> None:
    assert size((np.zeros(3), [np.zeros(2)], {"x": np.zeros((2, 2)), "y": "text"}, None)) == 72
