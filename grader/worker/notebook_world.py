"""What a notebook finds around it in the sandbox: data, and stand-ins for what is not there."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

import grader
from grader.worker import notebook_data
from grader.worker.modules import ModuleSource, floor_division

_SELF_CHECK: Final = "Self-check: in the student's own environment; here the harness has its own."


class SelfCheck:
    """Stands for the answer of `grader.check`, which is not at hand behind the wall."""

    ok = None

    def __repr__(self) -> str:
        return _SELF_CHECK

    def _ipython_display_(self) -> None:
        """At the end of a cell it shows nothing."""


class _Beside(importlib.abc.MetaPathFinder):
    """Finds modules in the folder that the notebook is in at the time."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if path is not None:
            return None
        try:
            return importlib.machinery.PathFinder.find_spec(fullname, [os.getcwd()], target)
        except OSError:
            return None


class _OldLoader(importlib.machinery.SourceFileLoader):
    """Loads modules written for Python 2: `/` between integers floors in them."""

    def source_to_code(self, data: Any, path: Any, **_optimize: Any) -> CodeType:  # type: ignore[override]
        _, transformer = floor_division()
        return compile(transformer.visit(ast.parse(data)), path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        names, _ = floor_division()
        vars(module).update(names)
        super().exec_module(module)


def _load_old(paths: set[str]) -> None:
    """Let `/` between integers floor in the modules at these places, and in no others."""

    def load(name: str, path: str) -> importlib.machinery.SourceFileLoader:
        kind = _OldLoader if path in paths else importlib.machinery.SourceFileLoader
        return kind(name, path)

    find = importlib.machinery.FileFinder.path_hook((load, [".py"]))  # type: ignore[arg-type]

    def hook(entry: str) -> Any:
        if not Path(entry).is_relative_to(os.environ["HOME"]):
            raise ImportError
        return find(entry)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()


class World:
    """Everything around one notebook.

    Args:
        request: `data` (arrays by name), `served` (files of the package to text that is put at
            their end, to get at the arrays), `extra` (files beside the notebook) and `old` (those
            of them in which `/` between integers floors).
    """

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._data = request["data"]
        self._served = request["served"]
        self._extra = request["extra"]
        self._old = request["old"]

    def with_support(self, sources: Mapping[str, ModuleSource]) -> dict[str, ModuleSource]:
        """The student's files, with the assignment's data functions in place of theirs."""
        nothing = ModuleSource("", False)
        return {**sources} | {
            file: (own := sources.get(file, nothing))._replace(text=f"{own.text}\n{text}")
            for file, text in self._served.items()
        }

    def install(self) -> list[str]:
        """Serve the data, put the files in place, and stand in for what is not there.

        Returns what of the files could not be put there.
        """
        notebook_data.arrays.update(self._data)
        problems = self._lay_files()
        vars(grader)["check"] = lambda *_names, **_options: SelfCheck()
        colab = ModuleType("google.colab")
        drive = ModuleType("google.colab.drive")
        vars(drive)["mount"] = lambda *_args, **_kwargs: None
        vars(colab)["drive"] = drive
        for name, module in {"google.colab": colab, "google.colab.drive": drive}.items():
            sys.modules.setdefault(name, module)
        google = sys.modules.setdefault("google", ModuleType("google"))
        vars(google)["colab"] = colab
        return problems

    def _lay_files(self) -> list[str]:
        """Copy the files to the folder that the notebook runs in.

        Modules among them come last of all, so that none stands for a package that is installed,
        for the student's own or for ours.
        """
        sys.path[:] = [entry for entry in sys.path if entry not in ("", os.environ["HOME"])]
        sys.meta_path.append(_Beside())
        if self._old:
            _load_old({os.path.join(os.environ["HOME"], name) for name in self._old})
        problems = []
        for name, content in self._extra.items():
            path = Path(os.environ["HOME"], name)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.tobytes())
            except OSError as error:
                problems.append(f"{name}: cannot be put beside the notebook: {error.strerror}")
        return problems
