"""Operators that once took arrays of truth values or None, which no patch of NumPy can give back.

The few places where a text may use them are rewritten, when it is compiled, to calls that do what
the operator does today, and what it did for the arrays that it refuses now.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from grader.worker.bridges import used

_IS_NONE: Final = "__is_none__"
_NEGATE: Final = "__negate__"
_SUBTRACT: Final = "__subtract__"
_COMPARED_WITH_NONE: Final = re.compile(r"[!=]=\s*None\b")
_COMPARISON: Final = re.compile(r"(?<!-)[<>]|[!=]=|\b(?:is|logical_)[a-z]+\(")
_BINDS_TRUTH: Final = re.compile(
    rf"^[ \t]*(\w+)[ \t]*=[^=\n]{{0,200}}(?:{_COMPARISON.pattern})", re.MULTILINE
)


def _is_truth_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.bool_


def _is_none(value: Any) -> Any:
    """`value == None` where it is asked whether that is true."""
    if not isinstance(value, np.ndarray) or value.size == 1:
        return value == None  # noqa: E711
    used("comparing an array with None as a whole", "NumPy 1.13")
    return False


def _negate(value: Any) -> Any:
    if not _is_truth_array(value):
        return -value
    used("minus before an array of truth values", "NumPy 1.13")
    return ~value


def _subtract(left: Any, right: Any) -> Any:
    if not (_is_truth_array(left) and _is_truth_array(right)):
        return left - right
    value = left ^ right
    used("minus between arrays of truth values", "NumPy 1.13")
    return value


_HELPERS: Final[dict[str, Callable[..., Any]]] = {
    _IS_NONE: _is_none, _NEGATE: _negate, _SUBTRACT: _subtract,
}  # fmt: skip


def install() -> None:
    """Let rewritten code find what it calls. Only ever called in a worker."""
    vars(builtins).update(_HELPERS)


def parsed(text: str, path: str) -> ast.Module:
    """The syntax tree of a module of the student's, rewritten where that may be necessary.

    Raises:
        SyntaxError: it is not Python.
    """
    if may_need_old_operators(text):
        with contextlib.suppress(RecursionError):
            return rewritten(ast.parse(text, path))
    return ast.parse(text, path)


def rewritten(tree: ast.Module) -> ast.Module:
    """The tree with its old operators replaced."""
    done: ast.Module = _OldOperators(tree).visit(tree)
    return ast.fix_missing_locations(done)


def may_need_old_operators(text: str) -> bool:
    """Whether something in it may have to be rewritten: quick."""
    if _COMPARED_WITH_NONE.search(text):
        return True
    names = "|".join(set(_BINDS_TRUTH.findall(text)))
    if names and re.search(rf"-[ \t]*(?:{names})\b", text):
        return True
    return any(
        _COMPARISON.search(line, start + 1)
        for line in text.splitlines()
        if (start := line.find("-")) >= 0
    )


class _OldOperators(ast.NodeTransformer):
    """Rewrites the operators of one module, or of a part of it."""

    def __init__(self, tree: ast.AST) -> None:
        self._truths = {
            target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and _is_truth(node.value, ())
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def visit_If(self, node: ast.If) -> ast.AST:
        return self._tested(node)

    def visit_While(self, node: ast.While) -> ast.AST:
        return self._tested(node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        return self._tested(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return self._tested(node)

    def _tested(self, node: ast.If | ast.While | ast.IfExp | ast.Assert) -> ast.AST:
        node.test = _with_none(node.test)
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        if isinstance(node.op, ast.Not):
            node.operand = _with_none(node.operand)
        self.generic_visit(node)
        if isinstance(node.op, ast.USub) and _is_truth(node.operand, self._truths):
            return _call(_NEGATE, node, node.operand)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        is_truth = isinstance(node.op, ast.Sub) and all(
            _is_truth(side, self._truths) for side in (node.left, node.right)
        )
        self.generic_visit(node)
        return _call(_SUBTRACT, node, node.left, node.right) if is_truth else node


def _with_none(test: ast.expr) -> ast.expr:
    match test:
        case ast.BoolOp():
            test.values = [_with_none(value) for value in test.values]
        case ast.Compare(
            left=left, ops=[ast.Eq() | ast.NotEq() as op], comparators=[ast.Constant(value=None)]
        ):
            is_none = _call(_IS_NONE, test, left)
            if isinstance(op, ast.Eq):
                return is_none
            return ast.copy_location(ast.UnaryOp(ast.Not(), is_none), test)
    return test


def _is_truth(value: ast.expr, names: set[str] | tuple[()]) -> bool:
    """Whether it is a comparison, or made of such."""
    match value:
        case ast.Compare(ops=ops):
            return not any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in ops)
        case ast.Name(id=name):
            return name in names
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor(), left=left, right=right):
            return _is_truth(left, names) and _is_truth(right, names)
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return _is_truth(operand, names)
        case ast.Call(func=ast.Attribute(attr=name)):
            return name.startswith(("is", "logical_"))
    return False


def _call(name: str, at: ast.expr, *arguments: ast.expr) -> ast.expr:
    function = ast.copy_location(ast.Name(name, ast.Load()), at)
    return ast.copy_location(ast.Call(function, list(arguments), []), at)
