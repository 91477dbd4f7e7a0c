"""The process that grades one submission cannot take the whole machine's memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

TAKE = """
import numpy as np
from grader.batches import grading_server as server
np.zeros(server.MEMORY_BYTES + (1 << 30), dtype=np.uint8)  # untouched, so that it costs nothing
server._limit_memory()
np.zeros(server.MEMORY_BYTES // 2, dtype=np.uint8)
try:
    np.zeros(server.MEMORY_BYTES + (1 << 30), dtype=np.uint8)
except MemoryError:
    print("refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_a_grading_process_has_a_limit() -> None:
    done = subprocess.run([sys.executable, "-c", TAKE], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"
