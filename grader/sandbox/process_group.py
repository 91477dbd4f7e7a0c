"""Ending a process with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any


def end_group(leader: subprocess.Popen[Any]) -> None:
    """Kill whatever is left of the group of a process that was started as the leader of one."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader.pid, signal.SIGKILL)
    leader.kill()
