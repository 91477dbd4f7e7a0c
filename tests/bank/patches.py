"""Small changes of the reference, graded: mistakes that must cost points, variants that must not.

Grading runs in this process, on a changed copy of the reference, against a key that is recorded and
played back.
"""

from __future__ import annotations

import ast
import shutil
import textwrap
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.assignment.folder import Assignment
from grader.model.result import CheckResult, Outcome
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer, Recorder
from grader.runner.reference import LocalCode
from grader.runner.session import run_session
from grader.student.proxy import Student

SEED = "231"
Definition = ast.FunctionDef | ast.ClassDef
LOST = {Outcome.FAILED, Outcome.ERROR, Outcome.MISSING}


class Change(NamedTuple):
    """A change of one file of the reference."""

    name: str
    file: str
    edits: tuple[tuple[str, str, str], ...] = ()
    """(function or class, old text, new text); the old text stands once in its code."""
    definitions: str = ""
    """Functions that take the place of those of the same name, and whatever else they need."""
    costs: frozenset[str] = frozenset()
    """Contract names that must lose points; none for a valid variant."""

    def __str__(self) -> str:
        return self.name


def mistake(
    function: str,
    name: str,
    old: str,
    new: str,
    *,
    costs: Sequence[str] = (),
    file: str = "layers.py",
) -> Change:
    """A mistake inside one function; it costs that function points unless `costs` names others."""
    lost = frozenset(costs or (function,))
    return Change(f"{function}: {name}", file, edits=((function, old, new),), costs=lost)


def rewritten(
    name: str, definitions: str, *, costs: Sequence[str] = (), file: str = "layers.py"
) -> Change:
    """Whole functions written anew: a valid variant unless it costs something."""
    return Change(name, file, definitions=textwrap.dedent(definitions), costs=frozenset(costs))


def grade(
    changes: Iterable[Change], modules: Sequence[str], folder: Path
) -> dict[str, list[CheckResult]]:
    """What some modules of the bank say of each change, by its name."""
    assignment = Assignment.load("numpynn")
    right = LocalCode(assignment.reference, assignment)
    recorder = Recorder(right.channel)
    copies = {
        change.name: LocalCode(changed_copy(change, folder / str(i), assignment), assignment)
        for i, change in enumerate(changes)
    }
    graded: dict[str, list[CheckResult]] = {}

    def loop(checks: list[Check]) -> None:
        asked = [check for check in checks if check.path.stem in modules]
        _run(assignment, right, recorder).run_all(asked)
        player = KeyReplayer(Key(seed=SEED, digest="", answers=recorder.answers()))
        for name, code in copies.items():
            graded[name] = _run(assignment, code, player).run_all(asked)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mistakes overflow and divide by zero
        run_session(assignment, loop)
    assert graded.keys() == copies.keys(), "the bank did not run to its end"
    return graded


def assert_costs(change: Change, results: list[CheckResult]) -> None:
    """Exactly the right targets lose points; what is not judged is so because of them."""
    lost = {name for result in results if result.outcome in LOST for name in result.targets}
    assert lost == change.costs, [(r.id, r.message) for r in results if r.outcome in LOST]
    for result in results:
        assert result.outcome is not Outcome.INTERNAL, (result.id, result.message)
        if result.outcome is Outcome.SKIPPED:
            assert any(name in result.message for name in change.costs), result.message


def _run(assignment: Assignment, code: LocalCode, reference: Recorder | KeyReplayer) -> CheckRun:
    return CheckRun(
        contract=assignment.contract,
        seed=SEED,
        student=lambda _check: Student(code.channel(), assignment.contract),
        reference=reference,
    )


def changed_copy(change: Change, folder: Path, assignment: Assignment) -> Path:
    """A copy of the reference inside `folder`, with the change made."""
    package = folder / assignment.reference.name
    shutil.copytree(assignment.reference, package, ignore=shutil.ignore_patterns("__pycache__"))
    path = package / change.file
    text = path.read_text(encoding="utf-8")
    for function, old, new in change.edits:
        text = _edited(text, function, old, new, change.name)
    if change.definitions:
        text = _without(text, _names(change.definitions)) + "\n\n" + change.definitions
    path.write_text(text, encoding="utf-8")
    return package


def _edited(text: str, function: str, old: str, new: str, name: str) -> str:
    lines = text.splitlines(keepends=True)
    node = _definition(text, function)
    code = ["".join(lines[start:stop]) for start, stop in _around_docstring(node)]
    count = sum(piece.count(old) for piece in code)
    assert count == 1, f"{name}: {old!r} stands {count} times in the code of {function}"
    for (start, stop), piece in zip(_around_docstring(node), code, strict=True):
        lines[start:stop] = [piece.replace(old, new)] + [""] * (stop - start - 1)
    return "".join(lines)


def _around_docstring(node: Definition) -> list[tuple[int, int]]:
    start, stop = node.lineno - 1, node.end_lineno or node.lineno
    if ast.get_docstring(node) is None:
        return [(start, stop)]
    text = node.body[0]
    return [(start, text.lineno - 1), (text.end_lineno or text.lineno, stop)]


def _without(text: str, functions: set[str]) -> str:
    lines = text.splitlines(keepends=True)
    for function in functions:
        node = _definition(text, function)
        start, stop = node.lineno - 1, node.end_lineno or node.lineno
        lines[start:stop] = ["\n"] * (stop - start)
    return "".join(lines)


def _names(definitions: str) -> set[str]:
    """The reference's functions among those defined: helpers begin with an underscore."""
    body = ast.parse(definitions).body
    names = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return {name for name in names if not name.startswith("_")}


def _definition(text: str, name: str) -> Definition:
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
    raise AssertionError(f"the reference has no {name}")
