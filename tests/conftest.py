"""What every test stands on: an environment that nobody's shell has a say in."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

for _library in ("OPENBLAS", "OMP", "MKL"):  # read once, when NumPy is imported: so not a fixture
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

settings.register_profile("any load", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any load")  # no test depends on how fast the machine is

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # under nohup; it is inherited
    signal.signal(signal.SIGINT, signal.default_int_handler)

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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two more than processors: nearly half the time, a test waits for processes of its own."""
    known = hasattr(os, "sched_getaffinity")
    return 2 + (len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1)
