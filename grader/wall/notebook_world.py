"""What a notebook finds around it in the sandbox: data, and stand-ins for what is not there."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import grader
from grader.wall import notebook_data
from grader.wall.modules import Source

_DATA_FILE: Final = "data_utils.py"
_SERVED: Final = "\nfrom grader.wall.notebook_data import *\n"
_SELF_CHECK: Final = "Self-check: in the student's own environment; here the harness has its own."


class SelfCheck:
    """Stands for the answer of `grader.check`, which is not at hand behind the wall."""

    ok = None

    def __repr__(self) -> str:
        return _SELF_CHECK

    def _ipython_display_(self) -> None:
        """At the end of a cell it shows nothing."""


class World:
    """Everything around one notebook.

    Args:
        request: `data` (arrays by name) and `extra` (files beside the notebook).
    """

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._data = request["data"]
        self._extra = request["extra"]

    def with_support(self, sources: Mapping[str, Source]) -> dict[str, Source]:
        """The student's files, with data functions that serve what we have."""
        own = sources.get(_DATA_FILE, Source("", False))
        return {**sources, _DATA_FILE: own._replace(text=own.text + _SERVED)}

    def install(self) -> None:
        """Serve the data, put the files in place, and stand in for what is not there."""
        notebook_data.serve(self._data)
        for name, content in self._extra.items():
            path = Path(os.environ["HOME"], name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.tobytes())
        vars(grader)["check"] = lambda *_names, **_options: SelfCheck()
        colab = ModuleType("google.colab")
        drive = ModuleType("google.colab.drive")
        vars(drive)["mount"] = lambda *_args, **_kwargs: None
        vars(colab)["drive"] = drive
        for name, module in {"google.colab": colab, "google.colab.drive": drive}.items():
            sys.modules.setdefault(name, module)
        google = sys.modules.setdefault("google", ModuleType("google"))
        vars(google)["colab"] = colab
