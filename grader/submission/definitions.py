"""Where a module defines a name, and in which lines."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Final

from grader.model.contract import ContractEntry
from grader.model.result import SourceSpan
from grader.submission.make_runnable import Prepared
from grader.submission.parse import statements
from grader.submission.unfinished import is_left, left_methods

MAX_SPAN: Final = 40_000
"""Characters of a definition's text: every failed check of it holds them in its result."""


def definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    """Names that the module binds when it is imported, to the statement that does so last."""
    found: dict[str, ast.stmt] = {}
    for statement in statements(tree.body):
        for name in _bound_by(statement):
            found[name] = statement
    return found


def _bound_by(statement: ast.stmt) -> Iterable[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [statement.name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name for alias in statement.names]
    return []


def left_as_given(
    name: str, entry: ContractEntry, statement: ast.stmt, tree: ast.Module
) -> list[str]:
    """What of a definition is as in a template: `[name]`, or of a class some of its methods.

    `["Net"]` where all methods are that the contract lists, `["Net.loss"]` where one is.
    """
    try:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return [name] if is_left(statement, entry) else []
        if not isinstance(statement, ast.ClassDef) or _is_patched(name, tree):
            return []
        left = left_methods(statement, entry)
    except RecursionError:
        return []
    is_whole = bool(left) and len(left) == len(entry.methods)
    return [name] if is_whole else [f"{name}.{method}" for method in left]


def _is_patched(name: str, tree: ast.Module) -> bool:
    """Whether the module assigns methods to the class from outside: `Net.loss = my_loss`."""
    return any(
        isinstance(target, ast.Attribute)
        and isinstance(target.value, ast.Name)
        and target.value.id == name
        for statement in statements(tree.body)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
    )


def span(file: str, prepared: Prepared, name: str, statement: ast.stmt) -> SourceSpan:
    """The lines of a definition as they were handed in."""
    broken = prepared.broken.get(name)
    if broken is not None:
        return lines(file, prepared, broken.first_line, broken.last_line)
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    last = statement.end_lineno or statement.lineno
    parts = [part for whole, part in _methods(prepared) if whole == name]
    return lines(file, prepared, first, max([last, *parts]))


def _methods(prepared: Prepared) -> list[tuple[str, int]]:
    """Classes with broken methods, and where these end: their stubs are shorter."""
    return [(b.name.partition(".")[0], b.last_line) for b in prepared.broken.values()]


def lines(file: str, prepared: Prepared, first: int, last: int) -> SourceSpan:
    """Lines `first` to `last` of the file, counting from 1; of very long ones the beginning."""
    text = "\n".join(prepared.original.split("\n")[first - 1 : last])
    return SourceSpan(file=file, first_line=first, last_line=last, text=text[:MAX_SPAN])


def docstring(statement: ast.stmt | None) -> str:
    """Of a function or class; empty where there is none."""
    if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return ""
    return ast.get_docstring(statement) or ""


def parameters(statement: ast.stmt | None) -> Mapping[str, ast.expr | None]:
    """Parameters of a function, or of a class's `__init__`, with their defaults."""
    function = _init(statement) if isinstance(statement, ast.ClassDef) else statement
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return {}
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults = missing + list(arguments.defaults)
    every = zip(
        [*positional, *arguments.kwonlyargs], [*defaults, *arguments.kw_defaults], strict=True
    )
    return {argument.arg: default for argument, default in every}


def _init(network: ast.ClassDef) -> ast.stmt | None:
    methods = (node for node in network.body if isinstance(node, ast.FunctionDef))
    return next((method for method in methods if method.name == "__init__"), None)
