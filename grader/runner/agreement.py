"""Whether rubric, bank and reference speak of the same names."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from grader.assignment.folder import Assignment
from grader.model.module_path import notebook_of, source_file
from grader.model.rubric_fault import Fault, did_you_mean
from grader.runner.check import ListedCheck
from grader.submission.notebook_module import notebook_code


def require_agreement(assignment: Assignment, checks: Sequence[ListedCheck]) -> None:
    """Refuse a rubric that names what the bank does not have, or the other way round.

    Raises:
        RubricError: names file and line, and what was probably meant.
    """
    for fault in (*_bank_faults(assignment, checks), *_rubric_faults(assignment, checks)):
        raise assignment.fault(fault)


def require_reference(assignment: Assignment) -> None:
    """Refuse a reference that is not there, or lacks what the contract names.

    Raises:
        RubricError: names file and line, and what was probably meant.
    """
    for fault in reference_faults(assignment):
        raise assignment.fault(fault)


def _bank_faults(assignment: Assignment, checks: Sequence[ListedCheck]) -> Iterator[Fault]:
    """Checks of parts that the rubric does not have, or about names that its contract lacks."""
    rubric = assignment.rubric
    ours = "" if rubric.bank else "No `bank` is named, so the shipped one is used: name yours."
    for check in checks:
        for name in (*check.targets, *check.uses):
            if name not in rubric.contract:
                what = f"lacks {name}, which the check {_place(check)} asks for"
                yield Fault(
                    ("contract",), what, ours or did_you_mean(name, rubric.contract.targets)
                )
        if check.part not in rubric.parts:
            what = f"lacks {check.part!r}, the part of the check {_place(check)}"
            near = difflib.get_close_matches(check.part, rubric.parts, n=1)
            hint = did_you_mean(check.part, rubric.parts)
            yield Fault(("parts",), what, hint, at=("parts", *near))


def _rubric_faults(assignment: Assignment, checks: Sequence[ListedCheck]) -> Iterator[Fault]:
    """Checks, hints and parts of the rubric that no check of the bank is."""
    rubric = assignment.rubric
    ids = [check.id for check in checks]
    families = {check.family for check in checks}
    for name in rubric.checks:
        if name not in ids:
            yield Fault(("checks", name), "is not a check", did_you_mean(name, ids))
    known = {*ids, *families, *rubric.contract.targets}
    for name in rubric.hints:
        if name not in known:
            near = did_you_mean(name, [*ids, *rubric.contract.targets])
            yield Fault(("hints", name), "is neither a check nor in the contract", near)
    for name in rubric.titles.zh:
        if name not in families:
            yield Fault(("titles", "zh", name), "is not a check", did_you_mean(name, families))
    used = {check.part for check in checks}
    if rubric.notebooks is not None:
        used |= {rule.part for rule in rubric.notebooks.files.values()}
    for name, part in rubric.parts.items():
        if name not in used and part.points:
            hint = did_you_mean(name, used) or "Nobody could earn its points."
            yield Fault(("parts", name), "has no checks", hint)


def _place(check: ListedCheck) -> str:
    """A check, and where it is declared."""
    return f"{check.id} ({check.file}, line {check.line})"


def require_returned(assignment: Assignment, refused: Mapping[str, str]) -> None:
    """Refuse a contract by which the reference returns something else than it does.

    Args:
        assignment: whose contract.
        refused: names whose values did not fit, to what was returned.

    Raises:
        RubricError: names the first of them.
    """
    for name, what in refused.items():
        if name in assignment.contract:
            promised = ", ".join(assignment.contract[name].returns)
            said = f"promises {promised}, but the reference returned {what}"
            raise assignment.fault(Fault(("contract", name), said))


def reference_faults(assignment: Assignment) -> Iterator[Fault]:
    """What the contract names and the reference does not have."""
    folder = assignment.reference
    modules = {m for m in assignment.contract.modules.values() if not notebook_of(m)}
    if modules and not (folder / "__init__.py").is_file():
        beside = assignment.path.parent
        packages = [p.parent.relative_to(beside).as_posix() for p in beside.glob("*/*/__init__.py")]
        packages += [path.parent.name for path in beside.glob("*/__init__.py")]
        hint = did_you_mean(assignment.rubric.reference, sorted(packages))
        yield Fault(("reference",), f"leads to {folder}, where there is no package", hint)
        return
    for name, entry in assignment.contract.items():
        notebook = notebook_of(entry.module)
        path = folder / source_file(entry.module)
        path = assignment.layout.solved_notebook(notebook) if notebook else path
        if not path.is_file():
            named = set(assignment.contract.modules.values())
            known = sorted(named | set(_stems(folder)))
            near = did_you_mean(entry.module, [m for m in known if m != entry.module])
            what = f"names the module {entry.module}, but there is no {path}"
            yield Fault(("contract", name), what, near)
        elif name not in (defined := _defined(path)) and "*" not in defined:
            what = f"is not defined in {path}"
            yield Fault(("contract", name), what, did_you_mean(name, defined))


def _defined(path: Path) -> list[str]:
    """The names that a module binds; `*` where it imports all of another."""
    names: list[str] = []
    for node in ast.walk(ast.parse(_code(path))):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                names.append(node.name)
            case ast.Name(ctx=ast.Store()):
                names.append(node.id)
            case ast.Import() | ast.ImportFrom():
                names += [alias.asname or alias.name for alias in node.names]
    return names


def _code(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return notebook_code(text, path.name) if path.suffix == ".ipynb" else text


def _stems(folder: Path) -> list[str]:
    return [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
