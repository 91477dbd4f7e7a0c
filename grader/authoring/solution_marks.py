"""Marking the solutions in a reference that has no marks, so that a template can be made of it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import NamedTuple

from grader.authoring.reference_source import Function


class _Span(NamedTuple):
    """Lines that a solution takes, counted from 1."""

    first: int
    last: int
    indent: str
    task: str


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
