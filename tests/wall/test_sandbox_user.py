"""The same contract as an ordinary user, when the suite runs as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
USER = "60001"
MODULES = ["tests/wall/test_sandbox.py", "tests/wall/test_sandbox_isolation.py"]
PLAIN_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]


def _interpreter() -> list[str]:
    """A Python of this version that the user can start, with our packages; empty when none."""
    import numpy

    packages = str(Path(numpy.__file__).parents[1])
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}"):
        command = [*PLAIN_USER, "env", f"PYTHONPATH={packages}", python]
        tried = subprocess.run(
            [*command, "-c", f"import numpy, pytest, os; os.listdir({str(REPOSITORY)!r})"],
            capture_output=True,
            check=False,
        )
        if tried.returncode == 0:
            return command
    return []


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("setpriv"),
    reason="needs to be root to become somebody else",
)
def test_the_contract_holds_for_an_ordinary_user() -> None:
    command = _interpreter()
    if not command:
        pytest.skip("no interpreter that an ordinary user can start has our packages")
    options = ["-q", "-rp", "-p", "no:cacheprovider", "--tb=short", "-k", "not none"]
    done = subprocess.run(
        [*command, "-B", "-m", "pytest", *options, *MODULES],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert all(f"\nPASSED {module}::" in done.stdout for module in MODULES)
