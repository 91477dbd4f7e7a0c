"""`grader lint`: everything that can be wrong with an assignment before a student sees it."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from grader.assignment.composed import members_of, open_assignment
from grader.assignment.folder import Assignment
from grader.assignment.stripping import build_template, strip_notebook, strip_solutions
from grader.authoring.solution_marks import bodies
from grader.batches.grading_client import Engine
from grader.grading.settings import Settings
from grader.model.errors import GraderError, InternalError
from grader.model.module_path import module_file
from grader.model.result import CheckResult, Outcome, Result
from grader.runner.agreement import reference_faults
from grader.runner.answer_key import Key
from grader.runner.recording import record_key
from grader.runner.session import run_session
from grader.submission import single
from grader.submission.notebook_module import notebook_code

_ENOUGH: Final = 10
"""Checks that are named, where many fail alike."""
Progress = Callable[[str], None]


class Complaint(NamedTuple):
    """Something that is wrong."""

    text: str
    """With the file and line in front."""
    hint: str = ""

    @classmethod
    def of(cls, error: GraderError) -> Complaint:
        """What an error says."""
        return cls(str(error), error.hint)


def lint(
    name: str, settings: Settings, progress: Progress = lambda _what: None
) -> Iterator[Complaint]:
    """What is wrong with an assignment; nothing, if it is ready.

    Args:
        name: of the assignment, or path of its rubric or folder.
        settings: for grading the reference and the template.
        progress: told what is looked at.
    """
    try:
        progress("the assignment file")
        opened = open_assignment(name)
        for assignment in members_of(opened):
            alone = opened is assignment
            own = settings if alone else replace(settings, member=assignment.rubric.id)
            yield from _lint(assignment, own, progress)
    except GraderError as error:
        yield Complaint.of(error)


def _lint(assignment: Assignment, settings: Settings, progress: Progress) -> Iterator[Complaint]:
    try:
        found = [*_of_names(assignment)]
        yield from found
        progress("solutions and template")
        marks = [*_of_marks(assignment)]
        yield from marks
        if found:
            return
        progress("the answer key")
        recorded = [*_of_key(assignment)]
        yield from recorded
        if not recorded:
            progress("grading the reference and the template")
            yield from _of_grades(assignment, settings, template=not marks)
    except GraderError as error:
        yield Complaint.of(error)


def _of_names(assignment: Assignment) -> Iterator[Complaint]:
    """Names in the rubric, the bank and the reference that do not fit together."""
    for fault in reference_faults(assignment):
        yield Complaint.of(assignment.fault(fault))
    try:
        run_session(assignment, lambda *_collected: None)
    except InternalError as error:
        yield Complaint(_with_line(assignment, str(error)), error.hint)
    except GraderError as error:
        yield Complaint.of(error)


def _with_line(assignment: Assignment, text: str) -> str:
    """What pytest says of a bank that cannot be imported, with the file and line at fault."""
    for path in sorted(assignment.bank.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        try:
            tree = ast.parse(source)
        except SyntaxError as error:
            return f"{path}:{error.lineno}: {error.msg}."
        for node in ast.walk(tree):
            missing = _missing_helper(assignment.bank, node)
            if missing:
                return f"{path}:{getattr(node, 'lineno', 1)}: {missing}."
    return text


def _missing_helper(bank: Path, node: ast.AST) -> str:
    """A helper beside the checks that is imported and not there, or lacks a name."""
    if not isinstance(node, ast.ImportFrom) or node.level != 1:
        return ""
    module = node.module or ""
    path = bank / f"{module.replace('.', '/')}.py"
    if module and not path.is_file():
        return f"there is no helper {path.name} beside it"
    if not module:
        absent = [a.name for a in node.names if not (bank / f"{a.name}.py").is_file()]
        return f"there is no helper {absent[0]}.py beside it" if absent else ""
    bound = {
        name
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _bound_by(each)
    }
    absent = [alias.name for alias in node.names if alias.name not in bound | {"*"}]
    return f"{path.name} does not define {absent[0]}" if absent else ""


def _bound_by(node: ast.AST) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Name(id=name, ctx=ast.Store()):
            return [name]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name for alias in node.names]
    return []


def _of_marks(assignment: Assignment) -> Iterator[Complaint]:
    """Solutions that students would get, and markers that are not understood."""
    contract = assignment.contract
    modules: dict[Path, list[str]] = {}
    for name in contract:
        entry = contract[name]
        if not entry.given:
            solved = assignment.layout.solved_notebook(entry.notebook)
            path = solved if entry.notebook else assignment.reference / module_file(entry.module)
            modules.setdefault(path, []).append(name)
    for path, names in modules.items():
        try:
            text, stripped = _with_and_without_solutions(path)
        except GraderError as error:
            yield Complaint.of(error)
            continue
        for name in names:
            methods = [m for m, entry in contract[name].methods.items() if not entry.given]
            yield from _unstripped(path, text, stripped, name, methods)


def _with_and_without_solutions(path: Path) -> tuple[str, str]:
    """The code of a module or notebook of the reference, and what students get of it."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not text or path.suffix != ".ipynb":
        return text, strip_solutions(text, str(path)) if text else ""
    return notebook_code(text, path.name), notebook_code(strip_notebook(text, str(path)), path.name)


def _unstripped(
    path: Path, text: str, stripped: str, name: str, methods: list[str]
) -> Iterator[Complaint]:
    before, after = bodies(text), bodies(stripped)
    for target in [f"{name}.{method}" for method in methods] or [name]:
        if target not in before:
            continue
        node, shape = before[target]
        if shape == after.get(target, (node, ""))[1]:
            at = f"{path}" if path.suffix == ".ipynb" else f"{path}:{node.lineno}"
            yield Complaint(
                f"{at}: students would get {target} whole: it has no marks.",
                "Put `# BEGIN SOLUTION` and `# END SOLUTION` around what they are to write, or say "
                "`given = true` in the contract.",
            )


def _of_key(assignment: Assignment) -> Iterator[Complaint]:
    """Checks that the reference fails, that give answers away, and a key that is out of date."""
    warnings: list[str] = []
    key = record_key(assignment, warn=warnings.append)
    for text in warnings:
        yield Complaint(text, "Ask for the student's own answer in its place; see docs/bank.md.")
    if not assignment.layout.key.is_file() or Key.load(assignment.layout.key).digest != key.digest:
        state = "out of date" if assignment.layout.key.is_file() else "missing"
        text = f"{assignment.layout.key}: the answer key is {state}."
        yield Complaint(text, "Run `grader key` to record it.")


def _of_grades(
    assignment: Assignment, settings: Settings, *, template: bool
) -> Iterator[Complaint]:
    """The reference must have full marks as a submission, and the stripped template none."""
    with (
        tempfile.TemporaryDirectory(prefix="gradewall-lint-") as folder,
        Engine(settings) as engine,
    ):
        # notebooks lie beside the package
        whole = bool(assignment.notebooks)
        submitted = assignment.layout.solution if whole else assignment.reference
        result = engine.grade(single(submitted))
        yield from _of_reference(assignment, result)
        if template:
            out = Path(folder) / "template"
            build_template(assignment.layout.solution, out)
            result = engine.grade(single(out if whole else out / assignment.reference.name))
            yield from _of_template(assignment, result)


def _of_reference(assignment: Assignment, result: Result) -> Iterator[Complaint]:
    if result.error:
        yield Complaint(f"{assignment.reference}: cannot be graded as a submission: {result.error}")
    for check in _shown([c for c in result.checks if c.outcome is not Outcome.PASSED]):
        yield Complaint(
            f"{assignment.reference}: submitted as it stands, it fails {check.id}: {check.message}"
        )


def _of_template(assignment: Assignment, result: Result) -> Iterator[Complaint]:
    where = f"{assignment.reference}, stripped of its solutions,"
    if result.error:
        yield Complaint(f"{where} cannot be graded: {result.error}")
    paid = [c for c in result.checks if c.outcome is Outcome.PASSED and c.points > 0]
    for check in _shown(paid):
        yield Complaint(
            f"{where} passes {check.id}.",
            "The check asks for nothing that students write: see what is marked, or `given`.",
        )
    odd = [c for c in result.checks if c.outcome in (Outcome.FAILED, Outcome.ERROR)]
    for check in _shown(odd):
        yield Complaint(
            f"{where} gets another finding than 'not implemented' from {check.id}: {check.message}"
        )


def _shown(checks: list[CheckResult]) -> list[CheckResult]:
    return checks[:_ENOUGH]
