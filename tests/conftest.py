"""What every test stands on: an environment that nobody's shell has a say in."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

for _library in ("OPENBLAS", "OMP", "MKL"):  # read once, when NumPy is imported: so not a fixture
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

settings.register_profile("any load", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any load")  # no test depends on how fast the machine is

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # under nohup; it is inherited
    signal.signal(signal.SIGINT, signal.default_int_handler)

_LONGEST = (
    "demo/test_class",
    "faults/test_surroundings",
    "catalogue/test_bank_agrees",
    "attacks/test_real_assignment",
    "assignments/test_object_assignments",
    "notebooks/test_graded",
    "report/test_browser",
    "web/test_browser",
    "grading/test_prefetching",
    "diagnosis/test_diagnose",
    "diagnosis/test_families",
    "attacks/test_attacks",
    "faults/test_kills",
    "wall/test_sandbox_user",
    "demo/test_rendering",
    "notebooks/test_execute",
    "batch/test_batch",
    "docs/test_docs",
    "grading/test_follow_through",
    "batch/test_bad_input",
    "batch/test_reuse",
    "similarity/test_compared_course",
)
"""Files of a good ten seconds and more: no process should begin one when others are through."""
_FORKING = (
    "assignment",
    "assignments",
    "attacks",
    "cli",
    "convnet",
    "demo",
    "diagnosis",
    "grading",
)
"""Folders of tests."""
_SCRUBBED = (
    *("COLUMNS", "LINES", "TERM", "FORCE_COLOR", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"),
    *("PYTHONPATH", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE", "PYTHONUTF8"),
    *("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"),
)


def pytest_configure() -> None:
    """Scrub the environment: here, so that fixtures of a module or session run in it too."""
    for name in _SCRUBBED:
        os.environ.pop(name, None)
    os.environ["LC_ALL"] = "C.UTF-8"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first: processes that share the work take whole files, in order."""
    places = {f"tests/{name}.py": place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


@pytest.fixture(autouse=True, scope="module")
def _forked_servers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Grading servers are forked where what they grade is the question, and not how they do."""
    if request.path.parent.name not in _FORKING:
        yield
        return
    from tests.forked_commands import COMMANDS

    with COMMANDS.serving():
        yield


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two more than processors: nearly half the time, a test waits for processes of its own."""
    known = hasattr(os, "sched_getaffinity")
    return 2 + (len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1)
