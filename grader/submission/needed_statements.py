"""Which statements at the top of a notebook its functions need: the rest are computations.

Functions in a notebook lean on imports, on constants, on other functions, and now and then on a
value that a cell computed. What some wanted names reach in this way is kept, with what is computed
for it. Training, plots and whatever else the cells do with the functions is not.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Callable, Collection, Iterator
from itertools import chain
from typing import Final, NamedTuple

from grader.protocol.toplevel import defines

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_DYNAMIC: Final = frozenset({"eval", "exec", "globals", "locals"})
"""Whoever calls one of these may reach any name."""
_ANY: Final = "*"
"""What an import binds that binds nobody knows which names."""


class _Statement(NamedTuple):
    node: ast.stmt
    binds: frozenset[str]
    changes: frozenset[str]
    """Names whose values it adds something to: `Net.loss = loss`, `CONFIG["lr"] = 0.1`."""
    reads: frozenset[str]


def needed_statements(tree: ast.Module, text: str, wanted: Collection[str]) -> list[ast.stmt]:
    """The statements that bind the wanted names, and all that these reach, in their order."""
    described = list(_described(tree, text))
    by_name: dict[str, list[int]] = {}
    imported = {
        name
        for each in described
        if isinstance(each.node, (ast.Import, ast.ImportFrom))
        for name in each.binds
    }
    for number, each in enumerate(described):
        is_call = isinstance(each.node, ast.Expr)  # `plt.show()` changes nothing of the notebook's
        for name in each.binds | (each.changes - imported if is_call else each.changes):
            by_name.setdefault(name, []).append(number)
    kept, reached = set[int](), set[str]()
    waiting = [_ANY, *wanted]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        more = set(by_name.get(name, ())) - kept
        if name in _DYNAMIC:
            more |= {n for n, each in enumerate(described) if defines(each.node, frozenset())}
        kept |= more
        waiting += [read for number in more for read in described[number].reads]
    return [each.node for number, each in enumerate(described) if number in kept]


def _described(tree: ast.Module, text: str) -> Iterator[_Statement]:
    globals_of = _globals_by_line(text)
    for node in tree.body:
        binds, changes = frozenset(_bound(node)), frozenset(_changed(node))
        if binds or changes:
            yield _Statement(node, binds, changes, frozenset(_reads(node, globals_of)))


def _bound(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Import(names=aliases):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
        case ast.ImportFrom(names=aliases):
            yield from (alias.asname or alias.name for alias in aliases)
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            yield from _names(_targets(node), ast.Store)
        case ast.For() | ast.AsyncFor():
            yield from _names([node.target], ast.Store)
            yield from chain.from_iterable(map(_bound, _inside(node)))
        case ast.With() | ast.AsyncWith():
            yield from _names([v for i in node.items if (v := i.optional_vars)], ast.Store)
            yield from chain.from_iterable(map(_bound, _inside(node)))
        case ast.If() | ast.Try() | ast.While():
            yield from chain.from_iterable(map(_bound, _inside(node)))


def _changed(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            for target in chain.from_iterable(map(ast.walk, _targets(node))):
                if isinstance(target, (ast.Attribute, ast.Subscript)):
                    yield from _root(target)
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[owner, *_])):
            yield from _root(owner)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner))):  # `CONFIG.update(lr=1)`
            yield from _root(owner)
        case ast.FunctionDef() | ast.AsyncFunctionDef():  # `@add_to_class(Net)`
            calls = [each for each in node.decorator_list if isinstance(each, ast.Call)]
            yield from _names([argument for call in calls for argument in call.args], ast.Load)
        case ast.If() | ast.Try() | ast.For() | ast.AsyncFor() | ast.While() | ast.With():
            yield from chain.from_iterable(map(_changed, _inside(node)))


def _targets(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _inside(node: ast.stmt) -> list[ast.stmt]:
    """The statements of a compound one."""
    handlers = [inner for each in getattr(node, "handlers", ()) for inner in each.body]
    parts = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
    return sum(parts, handlers)


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def _names(nodes: Collection[ast.AST], context: type[ast.expr_context]) -> Iterator[str]:
    for node in chain.from_iterable(map(ast.walk, nodes)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            yield node.id


_GlobalsOf = Callable[[_Definition], frozenset[str] | None]


def _reads(node: ast.stmt, globals_of: _GlobalsOf) -> Iterator[str]:
    """The names that it reads, or that its functions do when they are called."""
    if isinstance(node, (ast.If, ast.Try)):
        yield from _names([node.test] if isinstance(node, ast.If) else [], ast.Load)
        for inner in _inside(node):
            yield from _reads(inner, globals_of)
        return
    is_definition = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    inside = globals_of(node) if is_definition else None  # type: ignore[arg-type]
    if inside is None:
        yield from _names([node], ast.Load)
        return
    yield from inside
    yield from _names(list(_head(node)), ast.Load)


def _head(node: ast.stmt) -> Iterator[ast.AST]:
    """What of a definition is computed where it stands: decorators, defaults, bases."""
    match node:
        case ast.ClassDef():
            yield from (*node.decorator_list, *node.bases, *node.keywords)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from (*node.decorator_list, node.args)
            yield from [node.returns] if node.returns else []


def _globals_by_line(text: str) -> _GlobalsOf:
    """Looks up what a function or class at the top of `text` reads from outside itself.

    A name that is local to a function is none of the notebook's, though a cell may have one like
    it. Where that cannot be told, every name counts.
    """
    found: dict[tuple[str, int], frozenset[str]] = {}
    try:
        for table in symtable.symtable(text, "<notebook>", "exec").get_children():
            found[table.get_name(), table.get_lineno()] = frozenset(_globals_in(table))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = {}
    return lambda node: found.get((node.name, node.lineno))


def _globals_in(table: symtable.SymbolTable) -> Iterator[str]:
    yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global())
    for inner in table.get_children():
        yield from _globals_in(inner)
