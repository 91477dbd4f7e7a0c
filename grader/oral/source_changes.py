"""The one-place changes of a function that a question may be about, as text in the source."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Final, NamedTuple

from grader.verify.mutants import may_be_dropped
from grader.verify.operators import OPERATORS, Context
from grader.verify.source_pieces import Located, SourcePiece, segments, spliced

_ASKED: Final = (
    "axis", "keepdims", "transpose", "function", "order", "operand", "arithmetic", "comparison",
    "sign", "number",
)  # fmt: skip
"""Operators of mutation whose effect a person can think through."""
_WIDEST: Final = 70


class SourceChange(NamedTuple):
    """A change of one place."""

    kind: str
    """The operator's name; `left out` for a statement."""
    line: int
    end_line: int
    old: str
    """As it is written."""
    new: str
    """What would stand there; empty where nothing does."""
    text: str
    """The file with the change in it."""


def source_changes(text: str, located: Located, lines: frozenset[int]) -> Iterator[SourceChange]:
    """The changes of a function within some lines of its file, in the order of the source."""
    modules = _modules(text)
    for segment in segments(located.node.body):
        if segment.node.lineno not in lines:
            continue
        if segment.role == "statement" and _can_go(segment, located):
            old = _source(text, segment.node)
            if old:
                changed = spliced(text, segment.node, "pass")
                yield _change("left out", segment.node, old, "", changed)
        if segment.role != "block":
            yield from _of_nodes(text, segment.node, Context(_nobody, [], modules))


def _nobody(_name: str, _line: int) -> list[str]:
    return []


def _can_go(segment: SourcePiece, located: Located) -> bool:
    node = segment.node
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return not ast.unparse(node.value.func).startswith("print")
    return may_be_dropped(segment, located)


def _of_nodes(text: str, root: ast.stmt | ast.expr, context: Context) -> Iterator[SourceChange]:
    for node in ast.walk(root):
        if not isinstance(node, ast.expr) or not (old := _source(text, node)):
            continue
        for kind in _ASKED:
            for new in OPERATORS[kind](node, context):
                if isinstance(new, ast.expr) and _says_something(kind, node, new):
                    shown = ast.unparse(ast.fix_missing_locations(copy.deepcopy(new)))
                    changed = _fitted(text, node, shown)
                    if changed and len(shown) <= _WIDEST:
                        yield _change(kind, node, old, shown, changed)
                        break


def _says_something(kind: str, old: ast.expr, new: ast.expr) -> bool:
    if kind in ("arithmetic", "operand", "order") and isinstance(old, ast.BinOp):
        if isinstance(old.op, ast.Mod) or isinstance(old.left, ast.Constant):
            return False
        return not (kind == "operand" and isinstance(old.op, ast.Pow | ast.FloorDiv))
    if kind == "number":
        return isinstance(old, ast.Constant) and old.value in (0, 1)
    return True


def _fitted(text: str, node: ast.expr, new: str) -> str:
    """The file with new text in the place of a node; in brackets, where it needs them."""
    wanted = ast.dump(ast.parse(new, mode="eval").body)
    for shown in (new, f"({new})"):
        changed = spliced(text, node, shown)
        try:
            tree = ast.parse(changed)
        except SyntaxError:
            continue
        place = node.lineno, node.col_offset + (shown != new)
        for each in ast.walk(tree):
            is_there = isinstance(each, ast.expr) and (each.lineno, each.col_offset) == place
            if is_there and ast.dump(each) == wanted:
                return changed
    return ""


def _change(kind: str, node: ast.expr | ast.stmt, old: str, new: str, text: str) -> SourceChange:
    return SourceChange(kind, node.lineno, node.end_lineno or node.lineno, old, new, text)


def _source(text: str, node: ast.expr | ast.stmt) -> str:
    """How a node is written, if that is on one line and not long."""
    found = ast.get_source_segment(text, node) or ""
    return found if "\n" not in found and len(found) <= _WIDEST else ""


def _modules(text: str) -> frozenset[str]:
    return frozenset(
        alias.asname or alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import)
        for alias in node.names
    )
