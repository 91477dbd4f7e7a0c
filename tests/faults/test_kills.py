"""Any process of a batch may be killed at any moment: nothing is lost, torn, doubled or left."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.faults.kills import bombard
from tests.faults.processes import children

KILLS = 20
"""`make faults` has 200 of them."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox and /proc")


def test_a_batch_outlives_the_death_of_any_of_its_processes(tmp_path: Path) -> None:
    assert isinstance(children(1), list)
    met = bombard(tmp_path, KILLS, 1)
    assert met.total() >= KILLS
    assert len({what.partition(" ")[0] for what in met}) >= 5, met
