"""Puts the reference's `numpynn` on the path, and keeps NumPy to one thread."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Before NumPy: on a busy machine its threads wait for each other, and small products take a
# hundred times as long as with one.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
import pytest  # noqa: E402

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "reference"))


@pytest.fixture
def root() -> Path:
    """Return the folder of the project."""
    return ROOT


@pytest.fixture
def rng() -> np.random.Generator:
    """Return a generator of random numbers, the same in every test."""
    return np.random.default_rng(20240229)
