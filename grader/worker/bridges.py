"""What NumPy and Python once had, given back to student code alone, and told where it was used.

Whatever gives an old thing back also writes down that it did, so that a report never says of a call
that failed that it was graded as it was meant.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Final, NamedTuple

import numpy as np

_MAX_USES: Final = 100
_LIBRARIES: Final = tuple(
    {
        os.path.dirname(os.__file__) + os.sep,
        str(Path(np.__file__).parent.parent) + os.sep,
        str(Path(__file__).parent.parent) + os.sep,
        "<frozen ",
    }
)
"""Code below these is not a student's."""


class _Nothing:
    """There is nothing that could stand for it."""


NOTHING: Final = _Nothing()


class Gone(NamedTuple):
    """Something that newer releases do not have."""

    since: str
    """`NumPy 2.0`: the first release without it."""
    meaning: Any
    """What it was, or does the same; `NOTHING` if there is nothing of the kind."""


class Use(NamedTuple):
    """A line of the student's that used something which is gone."""

    what: str
    since: str
    file: str
    line: int


_PHRASES: Final = frozenset(
    {
        "a float used as a size",
        "an array of sequences of different lengths",
        "an array with one element used as a number",
        "an empty array used as false",
        "bias= of np.corrcoef",
        "comparing an array with None as a whole",
        "copy=False where a copy is needed",
        "dims= of np.unravel_index",
        "fix_imports= of np.save",
        "interpolation= of np.percentile",
        "minus before an array of truth values",
        "minus between arrays of truth values",
        "newshape= of np.reshape",
        "normed= of np.histogram",
        "np.fromstring of bytes",
        "np.sum of a generator",
        "stacking a generator of arrays",
        "style= of np.array2string",
    }
)
_NAME: Final = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*){1,3}", re.ASCII)
_SINCE: Final = re.compile(r"(?:NumPy|Python) \d(?:\.\d\d?)?")


def is_plausible(use: Use, text: str) -> bool:
    """Whether it may be of a file with this text: a worker must not write what it likes in reports.

    A name has to stand in the text, so that nothing is told which the student has not written.
    """
    name = use.what.rpartition(".")[2]
    is_known = use.what in _PHRASES or (
        _NAME.fullmatch(use.what) is not None and re.search(rf"\b{name}\b", text) is not None
    )
    in_text = 0 < use.line <= text.count("\n") + 1
    return is_known and in_text and _SINCE.fullmatch(use.since) is not None


def remark(what: str, since: str) -> str:
    """What a report says of something that was used, and works as it did."""
    return f"{what} is no longer supported (removed in {since}); it was run with its old meaning."


_uses: dict[Use, None] = {}


def used(what: str, since: str) -> None:
    """Write down that the student's code uses `what` in the line that is running."""
    frame = _student_frame(sys._getframe(1))
    if frame is not None and len(_uses) < _MAX_USES:
        _uses[Use(what, since, frame.f_code.co_filename, frame.f_lineno)] = None


def taken() -> list[Use]:
    """What was written down since the last call."""
    found = list(_uses)
    _uses.clear()
    return found


def serve(module: ModuleType, label: str, names: Mapping[str, Gone]) -> None:
    """Let student code find `names` in a module that has them no longer.

    Args:
        module: where they were.
        label: what the module is called in reports, such as `np`.
        names: those that are there nevertheless are left alone.
    """
    usual = vars(module).get("__getattr__")

    def find(name: str) -> Any:
        gone = names.get(name)
        if gone is not None and _is_for_student(sys._getframe(1)):
            if gone.meaning is not NOTHING:
                used(f"{label}.{name}", gone.since)
                return gone.meaning
            raise AttributeError(
                f"{label}.{name} is gone since {gone.since}, and not available here"
            )
        if usual is not None:
            return usual(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    vars(module)["__getattr__"] = find


def serve_when_imported(module: str, label: str, names: Mapping[str, Gone]) -> None:
    """The same for a module that perhaps nobody will import: at once if somebody has."""
    if module in sys.modules:
        serve(sys.modules[module], label, names)
    else:
        sys.meta_path.insert(0, _Completing(module, label, names))


class _Completing(importlib.abc.MetaPathFinder):
    """Waits for the import of one module."""

    def __init__(self, module: str, label: str, names: Mapping[str, Gone]) -> None:
        self._module = module
        self._label = label
        self._names = names

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def complete(module: ModuleType) -> None:
                execute(module)
                serve(module, self._label, self._names)

            spec.loader.exec_module = complete  # type: ignore[method-assign]
        return spec


def _is_for_student(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None and not _is_library(frame)


def _student_frame(frame: FrameType | None) -> FrameType | None:
    while frame is not None and _is_library(frame):
        frame = frame.f_back
    return frame


def _is_library(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_LIBRARIES)
