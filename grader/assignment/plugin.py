"""The hooks by which an assignment tells what its folder cannot say as data.

An assignment may have modules of its own, `releases.py` and `data.py`, beside its bank. Each is
imported by the trusted side and never runs beside student code. All that they can define:

    RELEASES                            the templates that were given out, as `Release` records
    recognise(facts) -> Release         which of them a submission was written for, and why
    adapt(release, call) -> Call        a check's call in the form that this release taught
    adapt_back(release, call) -> Call   a call in that form as a check would have made it
    observe(release, student) -> Release  what is learnt by asking the student's code
    same_random(call, values, earlier)  what two right sides share, each drawing its own
    serve_data(request) -> ServedData   what notebooks get to read, and are judged on (`data.py`)

A third, `rendering.py`, gives the students of a demo class what was given out in their year. What
is not defined is the identity: an assignment without these files behaves as if there were one
template, which asks for the whole contract.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple, TypeVar, cast

from msgspec.structs import replace

from grader.model.call import Call
from grader.model.errors import GraderError, PluginError, UsageError
from grader.model.release import Release
from grader.model.rubric_fault import did_you_mean
from grader.model.served_data import DataRequest, ServedData
from grader.model.verdicts import Verdict

AUTO: Final = "auto"
"""In place of a release's id: read it off the submission."""
_MODULES: Final = ("releases", "data", "rendering")
_OURS: Final = Path(__file__).resolve().parents[1]

T = TypeVar("T")


class SubmissionFacts(NamedTuple):
    """What can be read off a submission before any of it has run."""

    package: str = ""
    """Name of its package's folder."""
    files: Mapping[str, str] = {}
    """Path inside the package to the text of a Python file, as it was handed in."""
    definitions: Mapping[str, ast.stmt] = {}
    """Contract name to the statement that defines it."""
    unreadable: frozenset[str] = frozenset()
    """Contract names whose text cannot be read: it may well be there."""
    python2: bool = False
    """Whether a file that students write in is written for Python 2."""


class Answered(NamedTuple):
    """A call, and by name what it gave back."""

    call: Call
    values: Mapping[str, Any]


class Plugin:
    """The hooks of one assignment; each is the identity where the author has defined none."""

    def __init__(self, modules: Mapping[str, ModuleType] = {}, folder: Path | None = None) -> None:
        """`modules` are the author's, by name; `folder` is where they lie."""
        self._modules = modules
        self._folder = folder

    @cached_property
    def releases(self) -> Mapping[str, Release]:
        """The known releases by id; empty for an assignment that tells none apart.

        Raises:
            PluginError: `RELEASES` holds something else.
        """
        listed = getattr(self._modules.get("releases"), "RELEASES", ())
        if not all(isinstance(release, Release) for release in listed):
            raise PluginError(
                f"{self._file('releases')}: RELEASES holds more than Release records."
            )
        return {release.id: release for release in listed}

    def choose(self, facts: SubmissionFacts, *, command: str, rubric: str) -> Release | None:
        """The release that a submission is graded by; None where the assignment has none.

        Args:
            facts: of the submission.
            command: id that the caller names, which wins, or `auto`.
            rubric: id that the rubric names, or `auto`.

        Raises:
            UsageError: there is no release of that id.
        """
        fixed = self.release(command) or self.release(rubric)
        if not self.releases:
            return None
        seen = self.recognise(facts)
        if fixed is None:
            return seen
        by_command = command != AUTO
        who = "was named on the command line" if by_command else "is that of the rubric"
        agrees = "" if seen.id == fixed.id else f"; the text looks like {seen.id}"
        return replace(
            fixed,
            evidence=(f"{fixed.id} {who}{agrees}", *seen.evidence),
            chosen="command" if by_command else "rubric",
        )

    def release(self, name: str) -> Release | None:
        """A release by its id; None for `auto`.

        Raises:
            UsageError: there is none of that id.
        """
        if name == AUTO:
            return None
        known_as = {alias: each for each in self.releases.values() for alias in each.aliases}
        found = self.releases.get(name) or known_as.get(name)
        if found is None:
            known = ", ".join(self.releases)
            hint = did_you_mean(name, [*self.releases, *known_as]) or f"Use auto or one of {known}."
            text = f"This assignment has no release {name!r}."
            raise UsageError(text if known else f"{text[:-1]}: it has none.", hint=known and hint)
        return found

    def recognise(self, facts: SubmissionFacts) -> Release:
        """The release that a submission was written against; only where there are some."""
        only = next(iter(self.releases.values()))
        return self._call("releases", "recognise", only, facts)

    def adapt(self, release: Release | None, call: Call) -> Call:
        """A check's call in the release's form; the same object if that form is the check's."""
        return call if release is None else self._call("releases", "adapt", call, release, call)

    def adapt_back(self, release: Release | None, call: Call) -> Call:
        """The way back: nothing that was given is changed, since it is the student's."""
        return (
            call if release is None else self._call("releases", "adapt_back", call, release, call)
        )

    def observe(
        self, release: Release | None, student: Callable[[Release | None], Any]
    ) -> Release | None:
        """The release with what is learnt by asking.

        Args:
            release: that of the submission.
            student: gives the student as called by a release, or with None as checks call.
        """
        if release is None:
            return None
        try:
            return self._call("releases", "observe", release, release, student)
        except Verdict:  # the student's code does not answer: its checks will say so
            return release

    def same_random(
        self, call: Call, values: Mapping[str, Any], earlier: Sequence[Answered] = ()
    ) -> Mapping[str, Any]:
        """By label, what two right sides share of a call's values though each draws its own.

        Args:
            call: of a function, or of a method (`Net.loss`).
            values: by the names that the contract gives them.
            earlier: calls that this one may be compared with: the one before of the same name, and
                those that made the objects among its arguments.
        """
        nothing: Mapping[str, Any] = {}
        return self._call("releases", "same_random", nothing, call, values, earlier)

    def serve_data(self, request: DataRequest) -> ServedData:
        """What notebooks get to read, and what is kept to judge them by."""
        return self._call("data", "serve_data", ServedData(), request)

    def hook(self, module: str, name: str) -> Callable[..., Any] | None:
        """A function of the author's, None where there is none."""
        found = getattr(self._modules.get(module), name, None)
        return found if callable(found) else None

    def _call(self, module: str, name: str, default: T, *args: Any) -> T:
        """What a hook gives, which has to be of the kind of its default."""
        hook = self.hook(module, name)
        if hook is None:
            return default
        try:
            result = hook(*args)
        except (GraderError, Verdict):
            raise
        except Exception as error:
            raise PluginError(_told(error, self._file(module), name)) from None
        kind: type = Mapping if isinstance(default, Mapping) else type(default)
        if not isinstance(result, kind):
            line = getattr(getattr(hook, "__code__", None), "co_firstlineno", 1)
            what = f"{name} returned {type(result).__name__}, expected {kind.__name__}"
            raise PluginError(f"{self._file(module)}, line {line}: {what}.")
        return cast(T, result)

    def _file(self, module: str) -> Path:
        return (self._folder or Path()) / f"{module}.py"


PLAIN: Final = Plugin()
"""Of an assignment without hooks."""


class CallForm(NamedTuple):
    """How calls are made of one student's code: in the form of its release."""

    release: Release | None = None
    plugin: Plugin = PLAIN

    @property
    def changes_calls(self) -> bool:
        """Whether a call may take another form."""
        return self.release is not None and self.plugin.hook("releases", "adapt") is not None

    def adapt(self, call: Call) -> Call:
        """A check's call in the student's form; the same object if that is no other."""
        return self.plugin.adapt(self.release, call)

    def adapt_back(self, call: Call) -> Call:
        """A call in the student's form as a check would have made it."""
        return self.plugin.adapt_back(self.release, call)


def load_plugin(folder: Path) -> Plugin:
    """The hooks of the assignment whose `releases.py` and `data.py` lie in a folder.

    Raises:
        PluginError: one of them cannot be imported; with file and line.
    """
    there = [name for name in _MODULES if (folder / f"{name}.py").is_file()]
    return Plugin({name: _imported(folder, name) for name in there}, folder)


def plugin_files(folder: Path) -> list[Path]:
    """What decides how the hooks behave: they, and the modules and tables beside them."""
    there = any((folder / f"{name}.py").is_file() for name in _MODULES)
    return sorted([*folder.glob("*.py"), *folder.glob("*.json")]) if there else []


def _imported(folder: Path, name: str) -> ModuleType:
    package = _package(folder)
    file = folder / f"{name}.py"
    try:
        return importlib.import_module(f"{package}.{name}")
    except GraderError:
        raise
    except Exception as error:
        raise PluginError(_told(error, file, "")) from None


def _package(folder: Path) -> str:
    """The name of the package that a folder is; a private one outside the harness."""
    folder = folder.resolve()
    if folder.is_relative_to(_OURS):
        return ".".join((_OURS.name, *folder.relative_to(_OURS).parts))
    name = f"_gradewall_plugin_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


def _told(error: Exception, file: Path, hook: str) -> str:
    """An error of the author's, with the place in the author's files where it was raised."""
    where = f"{file}"
    if isinstance(error, SyntaxError) and error.filename:
        where = f"{error.filename}, line {error.lineno}"
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).parent == file.parent]
        if own:
            where = f"{own[-1].filename}, line {own[-1].lineno}"
    doing = f"{hook}: " if hook else ""
    text = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    return f"{where}: {doing}{type(error).__name__}: {text}"
