"""The reference, loaded in this process and called directly, with a time limit."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from grader.authoring.reference_source import module_of
from grader.model.errors import InputError
from grader.worker.modules import ModuleSource, StudentFiles

CALL_SECONDS: Final = 0.5
_AGAIN_SECONDS: Final = 0.2
_DEPTH: Final = 6
"""Of what is compared inside a value: a network's layers, and the dicts of arrays in these."""
_PLAIN: Final = (bool, int, float, str, type(None), np.generic)


class TimeUp(BaseException):
    """A call took too long."""


class NativeReference:
    """A package whose modules live in this process; one a process."""

    def __init__(self, files: Mapping[str, str], package: str) -> None:
        """Make the package importable; nothing of it is imported yet."""
        self.files = dict(files)
        sources = {path: ModuleSource(text, False) for path, text in files.items()}
        self._loader = StudentFiles(sources, package)
        self._loader.install()

    def module(self, name: str) -> Any:
        """A module by its dotted name in the package.

        Raises:
            InputError: it cannot be imported.
        """
        path = next((path for path in self.files if module_of(path) == name), name)
        try:
            return self._loader.load(path)
        except Exception as error:
            said = f"{path}: cannot be imported: {type(error).__name__}: {error}."
            raise InputError(said) from None

    @property
    def problem(self) -> str:
        """What went wrong first when its modules were imported; empty if nothing did."""
        return next(iter(self._loader.problems), "")

    def resolve(self, module: str, name: str) -> Any:
        """A function or class.

        Raises:
            InputError: it is not there once the module has been imported.
        """
        found = getattr(self.module(module), name, None)
        if found is None:
            why = self.problem or "its module does not define it"
            raise InputError(f"{name} cannot be loaded: {why}.")
        return found

    def is_ours(self, value: Any) -> bool:
        """Whether a value is an object of a class of the package."""
        names = {module.__name__ for module in self._loader.modules.values()}
        return type(value).__module__ in names


@contextlib.contextmanager
def quiet(seconds: float = CALL_SECONDS) -> Iterator[None]:
    """Run code of the reference: nothing is printed, and it ends after so much processor time.

    Raises:
        TimeUp: it took too long.
    """

    def stop(_signal: int, _frame: Any) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGPROF, stop)
    # Again and again, since what is raised while an object is thrown away is lost.
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN_SECONDS)
    streams = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = io.StringIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        sys.stdout, sys.stderr = streams


def tried(call: Callable[[], Any], seconds: float = CALL_SECONDS) -> tuple[bool, Any]:
    """Whether a call comes to its end, and what it returns."""
    try:
        with quiet(seconds):
            return True, call()
    except (Exception, TimeUp, SystemExit):
        return False, None


def is_plain(value: Any, depth: int = 0) -> bool:
    """Whether a value may be compared as it stands: numbers, arrays, texts, and nests of them."""
    if depth > 6:
        return False
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biufc"
    if isinstance(value, dict):
        return all(
            isinstance(key, str | int) and is_plain(item, depth + 1) for key, item in value.items()
        )
    if isinstance(value, list | tuple):
        return all(is_plain(item, depth + 1) for item in value)
    return isinstance(value, _PLAIN)


def is_finite(value: Any) -> bool:
    """Whether all numbers in a plain value are."""
    if isinstance(value, np.ndarray | np.generic | float | complex):
        array = np.asarray(value)
        return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_finite, value))
    return True


def fingerprint(value: Any, depth: int = 0) -> Any:
    """Something hashable that tells one value from another, objects by what they hold."""
    if isinstance(value, np.ndarray):
        return (value.shape, value.dtype.kind, value.tobytes() if value.dtype.kind != "O" else "")
    if isinstance(value, float | np.floating):
        return repr(float(value))
    if isinstance(value, bool | int | str | type(None) | np.generic):
        return value.item() if isinstance(value, np.generic) else value
    if depth > _DEPTH:
        return type(value).__name__
    if isinstance(value, dict):
        items = [(str(key), fingerprint(item, depth + 1)) for key, item in value.items()]
        return tuple(sorted(items, key=lambda item: item[0]))
    if isinstance(value, list | tuple):
        return tuple(fingerprint(item, depth + 1) for item in value)
    if isinstance(value, set | frozenset):
        return tuple(sorted(repr(fingerprint(item, depth + 1)) for item in value))
    held = getattr(value, "__dict__", None)
    return (
        (type(value).__name__, fingerprint(dict(held), depth + 1)) if held else type(value).__name__
    )
