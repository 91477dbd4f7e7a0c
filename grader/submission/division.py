"""Whether `/` between integers floors in a file, as Python 2 had it.

A file that Python 3 cannot parse is Python 2. One that it can parse is floored only where a
quotient of integers is used as a whole number: as a bound of `range`, an index or a shape, where
Python 3 would have raised, or in a dict all else of which is whole numbers. Names such as `xrange`
say which Python it was, not that a quotient has to be floored, and where it need not be, dividing
truly does not cost anybody a point.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from typing import Final

_WHOLE_NUMBER_CALLS: Final = frozenset({"len", "int", "ord"})
_COUNTS: Final = frozenset({"range", "xrange"})
_SHAPED: Final = frozenset(
    {"zeros", "ones", "empty", "full", "reshape", "eye", "identity", "randn", "rand", "tile"}
)
_CHAIN: Final = 3
"""A name is known by what it is made of; such chains are short."""
_ARITHMETIC: Final = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.Pow)
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def has_true_division(tree: ast.Module) -> bool:
    """Whether the module asks Python 2 for `/` as Python 3 has it."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "division" for alias in node.names)
        for node in tree.body
    )


def needs_floor(tree: ast.Module) -> int:
    """The first line where a quotient of integers is used as a whole number; 0 if there is none."""
    try:
        lines = [line for scope in _scopes(tree) for line in _Scope(scope).misfits()]
    except RecursionError:
        return 0
    return min(lines, default=0)


def _scopes(tree: ast.Module) -> Iterator[list[ast.AST]]:
    """The nodes of the module, and of each function, without those of functions inside."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        nodes: list[ast.AST] = []
        inside = list(ast.iter_child_nodes(waiting.pop()))
        while inside:
            node = inside.pop()
            nodes.append(node)
            if isinstance(node, _FUNCTIONS):
                waiting.append(node)
            else:
                inside += ast.iter_child_nodes(node)
        yield nodes


class _Kind(enum.Enum):
    OTHER = enum.auto()
    FLOAT = enum.auto()
    WHOLE = enum.auto()
    DIVIDED = enum.auto()
    """A quotient, or calculated with one: under Python 3 never a whole number."""
    QUOTIENT = enum.auto()
    """The same, of what is known to be whole: a whole number under Python 2."""


class _Scope:
    """What is known of the names of one function."""

    def __init__(self, nodes: list[ast.AST]) -> None:
        self._nodes = nodes
        self._names: dict[str, _Kind] = {}
        bindings = list(self._bindings())
        for _ in range(_CHAIN):
            self._names = self._kinds(bindings)

    def misfits(self) -> Iterator[int]:
        """Lines where Python 3 would have found a float in place of a whole number."""
        for node in self._nodes:
            for value in _counts(node):
                if self._kind(value) in (_Kind.DIVIDED, _Kind.QUOTIENT):
                    yield value.lineno
            for value in _indices(node):  # of a dict, it may be any number
                if self._kind(value) is _Kind.QUOTIENT:
                    yield value.lineno
            yield from self._among_whole_numbers(node)

    def _among_whole_numbers(self, node: ast.AST) -> Iterator[int]:
        """A quotient that is calculated for a dict in which all else is a whole number.

        `{"stride": 1, "pad": (size - 1) / 2}` is meant to be counted with. A constant is not:
        1 / 2 is nowhere meant to be 0.
        """
        if not isinstance(node, ast.Dict) or len(node.values) < 2:
            return
        kinds = [self._kind(value) for value in node.values]
        if set(kinds) == {_Kind.WHOLE, _Kind.QUOTIENT}:
            for value, kind in zip(node.values, kinds, strict=True):
                named = any(isinstance(part, ast.Name) for part in ast.walk(value))
                if kind is _Kind.QUOTIENT and named:
                    yield value.lineno

    def _bindings(self) -> Iterator[tuple[str, ast.expr]]:
        for node in self._nodes:
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        yield from _unpacked(target, value)
                case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                    current = ast.copy_location(ast.Name(name, ast.Load()), target)
                    yield name, ast.copy_location(ast.BinOp(current, op, value), node)
                case (
                    ast.For(target=target, iter=values)
                    | ast.comprehension(target=target, iter=values)
                ):
                    yield from _counted(target, values)

    def _kinds(self, bindings: list[tuple[str, ast.expr]]) -> dict[str, _Kind]:
        """What each name is, wherever it is bound; a count that is divided later is a quotient."""
        kinds: dict[str, set[_Kind]] = {}
        for name, value in bindings:
            kinds.setdefault(name, set()).add(self._kind(value))
        for several in kinds.values():
            if len(several) > 1:
                several.discard(_Kind.WHOLE)
        return {name: one.pop() for name, one in kinds.items() if len(one) == 1}

    def _kind(self, value: ast.expr) -> _Kind:
        match value:
            case ast.Name(id=name):
                return self._names.get(name, _Kind.OTHER)
            case ast.UnaryOp(operand=operand):
                return self._kind(operand)
            case ast.BinOp(left=left, op=op, right=right):
                return _calculated(op, self._kind(left), self._kind(right))
            case ast.Call(func=ast.Name(id="max" | "min"), args=arguments):
                kinds = {self._kind(argument) for argument in arguments}
                both = kinds & {_Kind.QUOTIENT, _Kind.DIVIDED}
                return both.pop() if len(both) == 1 else _Kind.OTHER
            case ast.Constant(value=float()) | ast.Call(func=ast.Name(id="float")):
                return _Kind.FLOAT
        return _Kind.WHOLE if _is_whole(value) else _Kind.OTHER


def _calculated(op: ast.operator, left: _Kind, right: _Kind) -> _Kind:
    kinds = {left, right}
    if _Kind.FLOAT in kinds:
        return _Kind.FLOAT
    if isinstance(op, ast.Div):
        return _Kind.QUOTIENT if kinds <= {_Kind.WHOLE, _Kind.QUOTIENT} else _Kind.DIVIDED
    if not isinstance(op, _ARITHMETIC):
        return _Kind.OTHER
    if kinds & {_Kind.DIVIDED, _Kind.QUOTIENT}:
        certain = kinds <= {_Kind.WHOLE, _Kind.QUOTIENT}
        return _Kind.QUOTIENT if certain else _Kind.DIVIDED
    return _Kind.WHOLE if kinds == {_Kind.WHOLE} else _Kind.OTHER


def _is_whole(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=constant):
            return type(constant) is int
        case ast.Attribute(attr=name):
            return name in ("size", "ndim")
        case ast.Subscript(value=ast.Attribute(attr="shape"), slice=index):
            return not isinstance(index, ast.Slice)
        case ast.Call(func=ast.Name(id=name)):
            return name in _WHOLE_NUMBER_CALLS
    return False


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, value
        case ast.Tuple(elts=names), ast.Tuple(elts=values) if len(names) == len(values):
            for one, part in zip(names, values, strict=True):
                yield from _unpacked(one, part)
        case ast.Tuple(elts=names), ast.Attribute(attr="shape"):
            for one in names:
                if isinstance(one, ast.Name):
                    yield one.id, ast.copy_location(ast.Constant(1), value)


def _counted(target: ast.expr, values: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The variable of a loop over a range, as the whole number that it is."""
    match target, values:
        case ast.Name(id=name), ast.Call(func=ast.Name(id=called)) if called in _COUNTS:
            yield name, ast.copy_location(ast.Constant(1), values)


def _counts(node: ast.AST) -> Iterator[ast.expr]:
    """Expressions in a node that must be whole numbers: bounds and shapes."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _COUNTS:
            yield from arguments
        case ast.Call(func=ast.Attribute(attr=name)) if name in _SHAPED:
            for argument in _shape(node):
                yield from argument.elts if isinstance(argument, ast.Tuple) else [argument]
        case ast.Slice(lower=lower, upper=upper, step=step):
            yield from filter(None, (lower, upper, step))


def _indices(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Subscript(slice=ast.Tuple(elts=parts)):
            yield from parts
        case ast.Subscript(slice=index):
            yield index


def _shape(call: ast.Call) -> list[ast.expr]:
    """The arguments that say how large an array is: `np.reshape(x, n)` is also `x.reshape(n)`."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="reshape" | "tile"):
            return call.args[1:2]
        case ast.Attribute(attr="zeros" | "ones" | "empty" | "full"):
            return call.args[:1]
    return call.args
