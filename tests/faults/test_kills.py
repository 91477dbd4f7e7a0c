"""Any process of a batch may be killed at any moment: nothing is lost, torn, doubled or left.

Here each kind of process once, at a chosen moment; `make faults` draws process and moment.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.faults import tiny
from tests.faults.kills import Hit, Range
from tests.faults.processes import ROLES

FEW = {name: tiny.BODIES[name] for name in ("right", "wrong", "ends")}
SLEEPY = {"sleepy": "import time; time.sleep(1); return x * w"}
"""Still at work when the others have a result."""
HITS = [
    Hit("worker", signal.SIGKILL, 0, 1 / 2),
    Hit("child", signal.SIGKILL, 0, 1 / 2),
    Hit("bwrap", signal.SIGKILL, 0, 0),
    Hit("zygote", signal.SIGKILL, 0, 0, results=1),
    Hit("server", signal.SIGTERM, 0, 0, results=1),
    Hit("batch", signal.SIGKILL, 0, 0, results=1),
    Hit("batch", signal.SIGTERM, 0, 0, results=2),
    Hit("batch", signal.SIGINT, 0, 0, results=3),
]
"""One that ends the batch is followed by one that meets it going on."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox and /proc")


def test_a_batch_outlives_the_death_of_any_of_its_processes(tmp_path: Path) -> None:
    field = Range(tmp_path, bodies=FEW | SLEEPY)
    outcomes = field.volley(HITS)
    outcomes += field.volley(outcome.hit for outcome in list(outcomes) if not outcome.met)
    met = [outcome.hit.role for outcome in outcomes if outcome.met]
    assert {hit.role for hit in HITS} == set(ROLES)
    assert len(set(met)) >= 5, met
