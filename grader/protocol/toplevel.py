"""What stands at the top of a module: definitions, and code that acts when it is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

_ACTS: Final = (
    ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
"""Expressions that may run code of any length."""


def acts(body: Iterable[ast.stmt]) -> bool:
    """Whether a module does more when it is imported than import and define."""
    return not all(map(_is_inert, body))


def _is_inert(statement: ast.stmt) -> bool:
    """Whether a statement runs in no time, decorators, defaults and bodies of classes included."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            arguments = statement.args
            defaults = [value for value in arguments.kw_defaults if value is not None]
            return _all_plain([*statement.decorator_list, *arguments.defaults, *defaults])
        case ast.ClassDef():
            plain = _all_plain([*statement.decorator_list, *statement.bases])
            return plain and not acts(statement.body)
    return defines(statement, frozenset())


def defines(statement: ast.stmt, used: frozenset[str]) -> bool:
    """Whether a statement belongs to the definitions of a module: what they need, and no more.

    Functions, classes, imports and constants are; of what is computed, the names in `used`.
    """
    match statement:
        case (
            ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef()
            | ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant())
        ):  # fmt: skip
            return True
        case ast.Assign(targets=targets, value=value):
            return _all_plain([*targets, value]) or _are_names(targets, used)
        case ast.AnnAssign(target=target, value=value):
            return value is None or _all_plain([target, value]) or _are_names([target], used)
        case ast.If(test=test):
            return _all_plain([test]) and _all_define(statement.body + statement.orelse, used)
        case ast.Try():
            blocks = [handler.body for handler in statement.handlers]
            body = sum(blocks, statement.body + statement.orelse + statement.finalbody)
            return _all_define(body, used)
    return False


def _all_define(body: Iterable[ast.stmt], used: frozenset[str]) -> bool:
    return all(defines(statement, used) for statement in body)


def _all_plain(expressions: Iterable[ast.expr]) -> bool:
    return not any(isinstance(node, _ACTS) for each in expressions for node in ast.walk(each))


def _are_names(targets: Iterable[ast.expr], used: frozenset[str]) -> bool:
    return all(isinstance(target, ast.Name) and target.id in used for target in targets)


def names_used(body: Iterable[ast.stmt]) -> frozenset[str]:
    """Names that the functions and classes of a module read."""
    return frozenset(
        node.id
        for statement in body
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def imported_later(text: str, tree: ast.Module) -> set[str]:
    """The last part of each module that functions of a file import when they are called."""
    if not any(line[:1] in " \t" and "import" in line for line in text.split("\n")):
        return set()
    found = set()
    for outer in tree.body:
        if not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for node in ast.walk(outer):
            if isinstance(node, ast.Import):
                found |= {alias.name.rpartition(".")[2] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").rpartition(".")[2])
                found |= {alias.name for alias in node.names} if not node.module else set()
    return found - {""}


def start_of(statement: ast.stmt) -> tuple[int, int]:
    """Line (from 1) and column (in bytes) where a statement starts, with its decorators."""
    decorators = getattr(statement, "decorator_list", [])
    if decorators:
        return min(node.lineno for node in decorators), 0
    return statement.lineno, statement.col_offset


def without(text: str, statements: Sequence[ast.stmt]) -> str:
    """The text with `pass` in the place of some of its statements, and as many lines.

    The statements are of the first level, in their order.
    """
    lines = text.encode("utf-8", "replace").split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    whole = b"\n".join(lines)
    ends = [0]
    for statement in statements:
        first, column = start_of(statement)
        last, end = statement.end_lineno or first, statement.end_col_offset or 0
        ends += [starts[first - 1] + column, starts[last - 1] + end]
    ends.append(len(whole))
    kept = [whole[first:last] for first, last in list(pairwise(ends))[::2]]
    removed = [whole[first:last] for first, last in list(pairwise(ends))[1::2]]
    fills = [b"pass" + b"\n" * part.count(b"\n") for part in removed]
    return b"".join(b"".join(pair) for pair in zip(kept, [*fills, b""], strict=True)).decode()
