"""Autograders of Gradescope in Python, read as units of code and tests."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.authoring.imported_cells import ImportedCell, parsed
from grader.authoring.imported_course import CourseTest, CourseUnit, LeftOut
from grader.model.errors import InputError

_PREFERRED: Final = ("solution", "reference", "sol")


def gradescope_units(path: Path) -> list[CourseUnit]:
    """The modules that the tests of an autograder import, with those tests.

    Raises:
        InputError: there are no tests, or the code that they are about is not there.
    """
    tests = [file for file in sorted(path.rglob("*.py")) if _is_test(file)]
    if not tests:
        raise InputError(
            f"{path}: there are no tests of `unittest`.", hint="Name the autograder's folder."
        )
    units = []
    for file in tests:
        module = _module_under_test(path, file)
        if module is None:
            units.append(
                CourseUnit(
                    file.stem,
                    file.stem,
                    (),
                    (),
                    (LeftOut(file.name, "the solution that it tests is not there"),),
                )
            )
            continue
        code = ImportedCell(module.read_text(encoding="utf-8"), module.name, is_given=False)
        units.append(
            CourseUnit(module.stem, module.stem, (code,), tuple(_tests(file)), tuple(_left(file)))
        )
    return _merged(units)


def _merged(units: list[CourseUnit]) -> list[CourseUnit]:
    """One unit a module, with the tests of all files that are about it."""
    found: dict[str, CourseUnit] = {}
    for unit in units:
        old = found.get(unit.name)
        found[unit.name] = (
            unit
            if old is None
            else old._replace(tests=old.tests + unit.tests, left_out=old.left_out + unit.left_out)
        )
    return list(found.values())


def _is_test(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return "TestCase" in text and "def test" in text


def _module_under_test(root: Path, test: Path) -> Path | None:
    tree = parsed(test.read_text(encoding="utf-8", errors="replace"))
    names = []
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module.rpartition(".")[2], *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name.rpartition(".")[2] for alias in node.names]
    files = [file for name in names for file in root.rglob(f"{name}.py") if not _is_test(file)]
    best = sorted(files, key=lambda file: not any(part in str(file).lower() for part in _PREFERRED))
    return best[0] if best else None


def _tests(path: Path) -> Iterator[CourseTest]:
    tree = parsed(path.read_text(encoding="utf-8", errors="replace"))
    for node in tree.body if tree else ():
        if isinstance(node, ast.ClassDef):
            yield from _of_class(path, node)


def _of_class(path: Path, node: ast.ClassDef) -> Iterator[CourseTest]:
    methods = {inner.name: inner for inner in node.body if isinstance(inner, ast.FunctionDef)}
    before = _body_of(methods["setUp"]) if "setUp" in methods else ""
    for name, method in methods.items():
        if name.startswith("test"):
            marks = {
                ast.unparse(d.func): d.args
                for d in method.decorator_list
                if isinstance(d, ast.Call)
            }
            doc = (ast.get_docstring(method) or "").strip().split("\n")[0]
            code = "\n".join(
                ["from unittest import TestCase", "self = TestCase()", before, _body_of(method)]
            )
            yield CourseTest(
                doc or re.sub(r"^test_?\d*_?", "", name).replace("_", " ") or name,
                code,
                f"{path.name}:{method.lineno}",
                _weight(marks),
                "hidden" in ast.unparse(ast.Tuple(marks.get("visibility", []), ast.Load())),
            )


def _weight(marks: dict[str, list[ast.expr]]) -> float:
    for value in marks.get("weight", []):
        if isinstance(value, ast.Constant) and isinstance(value.value, int | float):
            return float(value.value)
    return 1.0


def _left(path: Path) -> Iterator[LeftOut]:
    tree = parsed(path.read_text(encoding="utf-8", errors="replace"))
    for node in ast.walk(tree) if tree else ():
        marks = map(ast.unparse, node.decorator_list) if isinstance(node, ast.FunctionDef) else ()
        if any("leaderboard" in mark for mark in marks) and isinstance(node, ast.FunctionDef):
            where = f"{path.name}:{node.lineno}"
            yield LeftOut(where, "a leaderboard; see `grader leaderboard`")


def _body_of(node: ast.FunctionDef) -> str:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return textwrap.dedent("\n".join(ast.unparse(statement) for statement in body))
