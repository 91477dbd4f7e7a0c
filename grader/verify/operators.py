"""Mutation operators: each takes a node of the syntax tree and yields what may stand in its place.

They are ours, not a mutation library's: those that are kept well (cosmic-ray, mutmut) exchange
operators and constants, but know nothing of axes, transposes, reductions or which two arrays have
the same shape, and they run a command on a changed working tree for each mutant, where we have the
bank in memory.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple


class Context(NamedTuple):
    """What an operator may know of the function around a node."""

    alike: Callable[[str, int], list[str]]
    """Variables of the same kind as one, that have a value on a line."""
    strings: list[str]
    """The texts in the function, sorted."""
    modules: frozenset[str]
    """Names of imported modules."""
    is_flat: Callable[[str], bool] = lambda _name: False
    """Whether a variable always held an array of one axis, so that its sizes are all one."""


Operator = Callable[[ast.AST, Context], Iterator[ast.AST]]

_ARITHMETIC: Final[Mapping[type[ast.operator], tuple[type[ast.operator], ...]]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.Mult,),
}
_COMPARISON: Final[Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "sum": ("mean",),
    "mean": ("sum", "max"),
    "max": ("min", "mean"),
    "min": ("max",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "var": ("std",),
    "std": ("var",),
    "sqrt": ("square",),
    "square": ("sqrt",),
    "exp": ("exp2", "expm1"),
    "log": ("log2", "log1p"),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",),
    "randn": ("rand",),
    "rand": ("randn",),
}
_WRAPPERS: Final = frozenset({"int", "abs", "reversed", "sorted"})


def arithmetic(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`a + b` to `a - b`, and the like."""
    if isinstance(node, ast.BinOp):
        for other in _ARITHMETIC.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)
    elif isinstance(node, ast.AugAssign):
        for other in _ARITHMETIC.get(type(node.op), ()):
            yield ast.AugAssign(node.target, other(), node.value)


def operand(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """A term or factor left out: `a + b` to `a`, to `b`."""
    if not isinstance(node, ast.BinOp) or isinstance(node.op, ast.MatMult):
        return
    yield node.left
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
        yield node.right


def order(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`a - b` to `b - a`, where that is not the same."""
    swaps = ast.Sub | ast.Div | ast.MatMult | ast.Pow
    if isinstance(node, ast.BinOp) and isinstance(node.op, swaps):
        yield ast.BinOp(node.right, node.op, node.left)


def update(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`a += b` to `a = b`."""
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value)


def comparison(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`a > b` to `a >= b`, to `a < b`."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _COMPARISON.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [other()], node.comparators)


def number(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """A whole number to its neighbours, another one to its double and half; any to its negative."""
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
        return
    value = node.value
    assert isinstance(value, int | float)
    near = [value + 1, value - 1] if isinstance(value, int) else [value * 2, value / 2, 0.0]
    for other in [*near, -value]:
        if other != value:
            yield (
                ast.Constant(other) if other >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-other))
            )


def text(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """A key to another one that the function uses."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        at = context.strings.index(node.value)
        other = context.strings[(at + 1) % len(context.strings)]
        if other != node.value:
            yield ast.Constant(other)


def axis(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`axis=0` to `axis=1`, to no axis at all."""
    for keyword, rest in _keywords(node, "axis"):
        call = node
        assert isinstance(call, ast.Call)
        first = ast.unparse(keyword.value) == "0"
        other = ast.keyword("axis", ast.Constant(1 if first else 0))
        yield ast.Call(call.func, call.args, [other, *rest])
        yield ast.Call(call.func, call.args, rest)


def keepdims(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`keepdims=True` left out."""
    for _, rest in _keywords(node, "keepdims"):
        assert isinstance(node, ast.Call)
        yield ast.Call(node.func, node.args, rest)


def _keywords(node: ast.AST, name: str) -> Iterator[tuple[ast.keyword, list[ast.keyword]]]:
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg == name:
                yield keyword, [other for other in node.keywords if other is not keyword]


def transpose(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`a.T` to `a`."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value


def function(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`sum` to `mean`, `maximum` to `minimum`, and the like."""
    if not isinstance(node, ast.Call):
        return
    func = node.func
    if isinstance(func, ast.Attribute):
        for other in _FUNCTIONS.get(func.attr, ()):
            of_module = ast.unparse(func.value).split(".")[0] in context.modules
            if of_module or _is_method(other):
                yield ast.Call(ast.Attribute(func.value, other), node.args, node.keywords)


def _is_method(name: str) -> bool:
    """Whether arrays have a method of this name."""
    return name in {"sum", "mean", "max", "min", "argmax", "argmin", "var", "std"}


def unwrap(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`np.sqrt(a)` to `a`, `a.copy()` to `a`."""
    if not isinstance(node, ast.Call):
        return
    func = node.func
    if isinstance(func, ast.Name) and func.id in _WRAPPERS and len(node.args) == 1:
        yield node.args[0]
    elif isinstance(func, ast.Attribute):
        owner = ast.unparse(func.value)
        if owner in context.modules and node.args:
            yield node.args[0]
        elif owner.split(".")[0] not in {*context.modules, "self"}:
            yield func.value


def arguments(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`f(a, b)` to `f(b, a)`."""
    if isinstance(node, ast.Call):
        for args in _swapped(node.args):
            yield ast.Call(node.func, args, node.keywords)


def pair(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`a, b` to `b, a`."""
    if isinstance(node, ast.Tuple):
        for elements in _swapped(node.elts):
            yield ast.Tuple(elements, node.ctx)


def _swapped(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for at in range(len(items) - 1):
        yield [*items[:at], items[at + 1], items[at], *items[at + 2 :]]


def sign(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`-a` to `a`; `a = b` to `a = -b`."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    computed = ast.BinOp | ast.Call
    one = isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Tuple)
    if one and isinstance(node, ast.Assign) and isinstance(node.value, computed):
        yield ast.Assign(node.targets, ast.UnaryOp(ast.USub(), node.value))


def logic(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`and` to `or`, `not a` to `a`; either branch of `a if b else c`, and the two exchanged."""
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield ast.BoolOp(other, node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse, ast.IfExp(node.test, node.orelse, node.body))


def size(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """`len(a)`, the number of samples, to that of features, and of all entries."""
    is_len = (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"
    )
    if is_len and isinstance(node, ast.Call) and len(node.args) == 1:
        counted = node.args[0]
        if isinstance(counted, ast.Name) and context.is_flat(counted.id):
            return
        shape = ast.Attribute(node.args[0], "shape")
        yield ast.Subscript(shape, ast.UnaryOp(ast.USub(), ast.Constant(1)))
        yield ast.Attribute(node.args[0], "size")


def variable(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """A variable to another one of the same kind."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for other in context.alike(node.id, node.lineno):
            yield ast.Name(other, ast.Load())


def negated(test: ast.expr) -> Iterator[ast.expr]:
    """What the condition of an `if` may become."""
    yield ast.UnaryOp(ast.Not(), test)
    yield ast.Constant(True)
    yield ast.Constant(False)


OPERATORS: Final[Mapping[str, Operator]] = {
    operator.__name__: operator
    for operator in (
        arithmetic, operand, order, update, comparison, number, text, axis, keepdims, transpose,
        function, unwrap, arguments, pair, sign, logic, size, variable,
    )
}  # fmt: skip
"""By the name that stands in the ids of mutants; `drop` and `condition` concern statements."""
