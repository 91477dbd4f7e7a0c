"""How much memory a process has taken."""

from __future__ import annotations

from pathlib import Path


def peak(process: int | str = "self") -> float:
    """Megabytes of memory that a process held at most; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found = (float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return max(found, default=0.0)
