"""Automatic mutants of the reference."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from grader.verify.observation import Observation
from grader.verify.obvious_equivalents import (
    assigns_one,
    fills,
    fills_nothing,
    is_display,
    negates_zeros,
    never_read,
    only_shows,
    only_squared,
    overwritten,
    same_arguments,
    same_fill,
    same_size,
    same_square,
    turns_sign,
)
from grader.verify.operators import OPERATORS, Context, negated
from grader.verify.proof import ProgramKind, Subject
from grader.verify.source_pieces import (
    Located,
    Place,
    SourcePiece,
    functions,
    open_lines,
    segments,
    spliced,
    text_of,
)

_Path = tuple[tuple[str, int | None], ...]
_NOT_ENTERED = ("axis", "keepdims", "dtype")


class Mutant(NamedTuple):
    """A mutant of one function."""

    subject: Subject
    place: Place
    text: str
    """The file with the change in it."""


def make_mutants(files: Mapping[str, str], observed: Observation) -> list[Mutant]:
    """All mutants of a package, in the order of its source.

    Args:
        files: text by path inside the package.
        observed: which functions the bank reaches, and what their variables hold.
    """
    may_change = open_lines(files)
    made: list[Mutant] = []
    for file, text in files.items():
        tree = ast.parse(text)
        for located in functions(file, tree):
            owners = observed.owners(located.place)
            if owners:
                context = _context(tree, located, observed)
                made += _of_function(text, located, may_change[file], owners, context)
    return made


def _of_function(
    text: str, located: Located, lines: set[int], owners: tuple[str, ...], context: Context
) -> Iterator[Mutant]:
    file, name = located.place
    ordinals: Counter[str] = Counter()
    if is_display(located.node):
        return
    unread = never_read(located.node)
    for segment in segments(located.node.body):
        idle = segment.node.lineno in unread or only_shows(segment.node)
        if segment.node.lineno not in lines or idle:
            continue
        old = text_of(segment)
        seen = {old}
        for operator, new in _changes(segment, located, context):
            if new in seen:
                continue
            seen.add(new)
            ordinals[operator] += 1
            subject = Subject(
                id=f"{name}:{operator}:{ordinals[operator]}",
                kind=ProgramKind.MUTANT,
                functions=owners,
                file=file,
                line=segment.node.lineno,
                operator=operator,
                old=old,
                new=new,
            )
            yield Mutant(subject, located.place, spliced(text, segment.node, new))


def _changes(segment: SourcePiece, located: Located, context: Context) -> Iterator[tuple[str, str]]:
    """Each change of a segment: the operator's name, and the segment's new text."""
    if segment.role == "block" or may_be_dropped(segment, located):
        yield "drop", "pass"
    if segment.role == "block":
        return
    if segment.role == "if" and isinstance(segment.node, ast.expr):
        for test in negated(segment.node):
            yield "condition", ast.unparse(test)
    filled = fills(segment.node, overwritten(located.node))
    squared = assigns_one(segment.node, only_squared(located.node))
    parents = {
        id(child): node for node in ast.walk(segment.node) for child in ast.iter_child_nodes(node)
    }
    for path, node in _walk(segment.node):
        for name, operator in OPERATORS.items():
            for new in operator(node, context):
                changed = _with(segment.node, path, new)
                unnoticed = (
                    (fills_nothing(node) and fills_nothing(new))
                    or same_size(parents.get(id(node)), node, new)
                    or same_square(parents.get(id(node)), node, new)
                    or same_arguments(node, new)
                    or negates_zeros(changed)
                    or (filled and same_fill(segment.node, changed))
                    or (squared and turns_sign(segment.node, changed))
                )
                if not unnoticed:
                    yield name, ast.unparse(ast.fix_missing_locations(changed))


def _walk(node: ast.AST, path: _Path = ()) -> Iterator[tuple[_Path, ast.AST]]:
    """The nodes of a segment and the ways to them."""
    yield path, node
    for field, value in ast.iter_fields(node):
        if isinstance(node, ast.AnnAssign) and field != "value":
            continue
        inner = value if isinstance(value, list) else [value]
        for at, child in enumerate(inner):
            is_node = isinstance(child, ast.AST) and not isinstance(child, ast.expr_context)
            closed = isinstance(child, ast.keyword) and child.arg in _NOT_ENTERED
            if is_node and not closed:
                step = (field, at if isinstance(value, list) else None)
                yield from _walk(child, (*path, step))


def _with(root: ast.AST, path: _Path, new: ast.AST) -> ast.AST:
    """A copy of a tree with another node at the end of a path."""
    if not path:
        return copy.deepcopy(new)
    root = copy.deepcopy(root)
    parent: Any = root
    for field, at in path[:-1]:
        parent = getattr(parent, field) if at is None else getattr(parent, field)[at]
    field, at = path[-1]
    if at is None:
        setattr(parent, field, copy.deepcopy(new))
    else:
        getattr(parent, field)[at] = copy.deepcopy(new)
    return root


def may_be_dropped(segment: SourcePiece, located: Located) -> bool:
    """Whether leaving a statement out says more than that a name is missing."""
    node = segment.node
    if isinstance(node, ast.AugAssign | ast.Expr):
        return True
    if not isinstance(node, ast.Assign):
        return False
    bound = first_lines(located.node)
    names = [leaf for target in node.targets for leaf in ast.walk(target)]
    stored = [n.id for n in names if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return all(bound[name] < node.lineno for name in stored)


def first_lines(function: ast.AST) -> dict[str, int]:
    """The first line on which each variable of a function has a value."""
    first: dict[str, int] = {}
    for node in ast.walk(function):
        name = node.arg if isinstance(node, ast.arg) else getattr(node, "id", None)
        bound = isinstance(node, ast.arg) or isinstance(getattr(node, "ctx", None), ast.Store)
        if name is not None and bound and isinstance(node, ast.arg | ast.Name):
            first[name] = min(first.get(name, node.lineno), node.lineno)
    return first


def _context(tree: ast.Module, located: Located, observed: Observation) -> Context:
    bound = first_lines(located.node)
    texts = {
        node.value
        for segment in segments(located.node.body)
        if segment.role != "block"
        for node in ast.walk(segment.node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value
    }

    def alike(name: str, line: int) -> list[str]:
        others = observed.alike(located.place, name)
        there = [other for other in others if other in bound and bound[other] < line]
        return sorted(there, key=lambda other: (line - bound[other], other))[:2]

    modules = [
        (alias.asname or alias.name)
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
    ]

    def is_flat(name: str) -> bool:
        return observed.is_flat(located.place, name)

    return Context(alike, sorted(texts), frozenset(modules), is_flat)
