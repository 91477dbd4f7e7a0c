"""Where modules and programs come from: never from the folder that we happen to stand in.

That folder may be a student's, with a `numpy.py` of their own. The command `grader` and Python's
`-P` leave it out; a `PYTHONPATH` with an empty entry, as `PYTHONPATH=:/opt/x` has, brings it back,
and so does a `PATH` for programs.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

SAFE_PATH: Final = ("-P",) if sys.version_info >= (3, 11) else ("-I",)
"""Options for a Python of ours with `-m`; before 3.11 it also takes nothing from `PYTHONPATH`."""
_OURS: Final = Path(__file__).resolve().parents[1]


def leave_out_current_folder() -> None:
    """Import nothing from the current folder any more, unless we are installed there."""
    sys.path[:] = _elsewhere(sys.path)


def safe_environment() -> dict[str, str]:
    """Our environment, for a Python of ours that imports nothing from the current folder either."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    path = os.pathsep.join(_elsewhere(os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    return kept | {"PYTHONSAFEPATH": "1"} | ({"PYTHONPATH": path} if path else {})


def find_program(name: str) -> str | None:
    """Where a program is; None if it is nowhere but in the current folder."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return shutil.which(name, path=os.pathsep.join(_elsewhere(entries)))


def _elsewhere(entries: Iterable[str]) -> list[str]:
    try:
        here = Path.cwd().resolve()
    except OSError:  # it was removed
        return [entry for entry in entries if os.path.isabs(entry)]
    return [entry for entry in entries if os.path.isabs(entry) and _is_not(Path(entry), here)]


def _is_not(entry: Path, here: Path) -> bool:
    place = entry.resolve()
    return place != here or place == _OURS or place.is_relative_to(sys.prefix)
