"""What of a reference students are to write: its marks, or marks put around the solutions."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from grader.assignment.solution_markers import has_marks
from grader.assignment.stripping import strip_solutions
from grader.authoring.reference_source import Function, ReferenceSource, module_of
from grader.model.contract import ContractEntry


class _Span(NamedTuple):
    """Lines that a solution takes, counted from 1."""

    first: int
    last: int
    indent: str
    task: str


def marked(source: ReferenceSource, contract: Mapping[str, ContractEntry]) -> dict[str, str]:
    """The reference's files, with marks around what students are to write."""
    if any(has_marks(text) for text in source.files.values()):
        return dict(source.files)
    return {
        path: text
        if path in source.given
        else mark_solutions(
            text, {name for name, entry in contract.items() if entry.module == module_of(path)}
        )
        for path, text in source.files.items()
    }


def given_names(files: Mapping[str, str], contract: Mapping[str, ContractEntry]) -> set[str]:
    """Functions, classes and methods of a marked reference in which there is nothing to write."""
    given: set[str] = set()
    for path, text in files.items():
        before, after = bodies(text), bodies(strip_solutions(text, path))
        given |= {
            name
            for name, (_, shape) in before.items()
            if name.partition(".")[0] in contract
            and contract[name.partition(".")[0]].module == module_of(path)
            and shape == after.get(name, (None, ""))[1]
        }
    return given


def bodies(text: str) -> dict[str, tuple[Function | ast.ClassDef, str]]:
    """Functions, classes and methods by name, each with its syntax tree as text."""
    found: dict[str, tuple[Function | ast.ClassDef, str]] = {}
    for node in ast.parse(text).body if text else []:
        if isinstance(node, Function | ast.ClassDef):
            found[node.name] = (node, ast.dump(node))
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function):
                    found[f"{node.name}.{inner.name}"] = (inner, ast.dump(inner))
    return found


def mark_solutions(text: str, names: Collection[str]) -> str:
    """A module with marks around the bodies of some functions, and around the helpers it hides.

    Args:
        text: the module.
        names: functions, and classes all of whose methods are meant. A constructor that only
            stores its arguments is given to the students, since it names what they work with.
    """
    lines = text.splitlines()
    for span in sorted(_spans(ast.parse(text), lines, names), reverse=True):
        task = f": {span.task}" if span.task else ""
        lines[span.last : span.last] = [f"{span.indent}# END SOLUTION"]
        lines[span.first - 1 : span.first - 1] = [f"{span.indent}# BEGIN SOLUTION{task}"]
    return "\n".join(lines) + "\n"


def _spans(tree: ast.Module, lines: list[str], names: Collection[str]) -> Iterator[_Span]:
    for node in tree.body:
        if isinstance(node, Function):
            yield from _of_function(node, lines, node.name in names, node.name)
        elif isinstance(node, ast.ClassDef) and node.name in names:
            for inner in node.body:
                if isinstance(inner, Function):
                    given = inner.name == "__init__" and _only_stores(inner)
                    yield from _of_function(inner, lines, not given, inner.name)


def _of_function(node: Function, lines: list[str], asked: bool, name: str) -> Iterator[_Span]:
    if name.startswith("_") and not name.startswith("__"):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        yield _Span(first, node.end_lineno or node.lineno, " " * node.col_offset, "")
        return
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if not asked or not body or _says_nothing(body) or body[0].lineno == node.lineno:
        return
    first = body[0].lineno
    if isinstance(body[0], Function | ast.ClassDef) and body[0].decorator_list:
        first = body[0].decorator_list[0].lineno
    indent = lines[first - 1][: len(lines[first - 1]) - len(lines[first - 1].lstrip())]
    yield _Span(first, node.end_lineno or first, indent, _task(node))


def _says_nothing(body: list[ast.stmt]) -> bool:
    """Whether a body is what stands in an abstract method."""
    return all(isinstance(node, ast.Pass | ast.Raise) for node in body)


def _only_stores(node: Function) -> bool:
    """Whether a constructor draws nothing and decides nothing."""
    decides = (ast.For, ast.While, ast.If, ast.ListComp, ast.DictComp, ast.With)
    inner = [each for statement in node.body for each in ast.walk(statement)]
    draws = any(isinstance(each, ast.Attribute) and each.attr == "random" for each in inner)
    return not draws and not any(isinstance(each, decides) for each in inner)


def _task(node: Function) -> str:
    doc = (ast.get_docstring(node) or "").strip().splitlines()
    first = doc[0].strip() if doc else ""
    return first if first else f"write {node.name}."
