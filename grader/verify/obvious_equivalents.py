"""Changes that no test can notice, recognised by their form: mutants of them are not made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

_SHOWS: Final = frozenset(
    {"print", "display", "show", "plot", "title", "xlabel", "ylabel", "legend"}
)
_DISPLAYS: Final = frozenset({"__repr__", "__str__"})
_SYMMETRIC: Final = frozenset(
    {"maximum", "minimum", "fmax", "fmin", "add", "multiply", "hypot", "logical_and",
     "logical_or", "logical_xor", "array_equal"}
)  # fmt: skip
"""Functions of NumPy to which the order of two arguments means nothing."""
_FILLED: Final = frozenset(
    {"zeros", "ones", "empty", "zeros_like", "ones_like", "empty_like", "full"}
)


def is_display(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function only says how an object looks."""
    return function.name in _DISPLAYS


def only_shows(node: ast.AST) -> bool:
    """Whether a statement prints or draws, and does nothing else."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    function = node.value.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in _SHOWS


def overwritten(function: ast.AST) -> set[str]:
    """Variables whose first value, an array filled with one number, is replaced element by element.

    Each store must be at the running variables of loops or at whole axes, and none may add to
    what is there.
    """
    nodes = list(ast.walk(function))
    loops = {
        node.target.id
        for node in nodes
        if isinstance(node, ast.For)
        and isinstance(node.target, ast.Name)
        and _counts_all(node.iter)
    }
    stores: dict[str, bool] = {}
    for node in nodes:
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=where, ctx=ast.Store()):
                covers = all(_covers(part, loops) for part in _parts(where))
                stores[name] = stores.get(name, True) and covers
    for node in nodes:
        if isinstance(node, ast.AugAssign):
            for name in _names(node.target):
                stores[name] = False
        if isinstance(node, ast.If | ast.While | ast.Try):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Subscript) and isinstance(inner.ctx, ast.Store):
                    for name in _names(inner.value):
                        stores[name] = False
    return {name for name, replaced in stores.items() if replaced}


def never_read(function: ast.AST) -> set[int]:
    """Lines of plain assignments whose values are replaced before anything reads them.

    What is read by the message of an error only counts as not read.
    """
    told = _only_told(function)
    return {
        node.lineno
        for block in _blocks(function)
        for at, node in enumerate(block)
        if isinstance(node, ast.Assign)
        and all(isinstance(target, ast.Name) for target in node.targets)
        and all(
            target.id in told or _is_replaced(target.id, block[at + 1 :])
            for target in _plain(node.targets)
        )
    }


def _only_told(function: ast.AST) -> set[str]:
    """Variables that nothing reads but the messages of errors."""
    messages = [
        message
        for node in ast.walk(function)
        for message in (
            [node.msg]
            if isinstance(node, ast.Assert)
            else [node.exc]
            if isinstance(node, ast.Raise)
            else []
        )
        if message is not None
    ]
    inside = {id(node) for message in messages for node in ast.walk(message)}
    read = [
        (node.id, id(node) in inside)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]
    return {name for name, told in read if told} - {name for name, told in read if not told}


def _plain(targets: list[ast.expr]) -> list[ast.Name]:
    return [target for target in targets if isinstance(target, ast.Name)]


def _blocks(function: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield block


def _is_replaced(name: str, following: list[ast.stmt]) -> bool:
    """Whether the first statement that names a variable gives it another value."""
    for node in following:
        if name not in set(_names(node)):
            continue
        is_assigned = isinstance(node, ast.Assign) and any(
            name in set(_names(target)) and not isinstance(target, ast.Subscript | ast.Attribute)
            for target in node.targets
        )
        return is_assigned and isinstance(node, ast.Assign) and name not in set(_names(node.value))
    return False


def only_squared(function: ast.AST) -> set[str]:
    """Variables that are read only to be squared, so that their sign is lost."""
    inside = {
        id(part)
        for node in ast.walk(function)
        for part in _squared_parts(node)
        if isinstance(part, ast.Name)
    }
    read: dict[str, bool] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read[node.id] = read.get(node.id, True) and id(node) in inside
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            read[node.target.id] = False
    return {name for name, squared in read.items() if squared}


def _squared_parts(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=2)):
            yield base
        case ast.BinOp(left=ast.Name(id=one) as left, op=ast.Mult(), right=ast.Name(id=other)):
            if one == other:
                yield from (left, node.right)
        case ast.Call(func=ast.Attribute(attr="square" | "abs" | "norm"), args=[only, *_]):
            yield only


def assigns_one(node: ast.AST, variables: set[str]) -> bool:
    """Whether a statement gives a value to one of these variables, and to nothing else."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in variables
    return False


def turns_sign(old: ast.AST, new: ast.AST) -> bool:
    """Whether two assignments differ in the sign of the value: `-(a - b)`, `b - a`."""
    if not isinstance(old, ast.Assign) or not isinstance(new, ast.Assign):
        return False
    return _is_turned(old.value, new.value)


def same_square(parent: ast.AST | None, node: ast.AST, new: ast.AST) -> bool:
    """Whether a change turns the sign of what is squared on the spot: `(a - b) ** 2`."""
    inside = any(part is node for part in _squared_parts(parent)) if parent is not None else False
    return inside and _is_turned(node, new)


def _is_turned(old: ast.AST, new: ast.AST) -> bool:
    match new:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return ast.dump(operand) == ast.dump(old)
        case ast.BinOp(left=left, op=ast.Sub(), right=right) if isinstance(old, ast.BinOp):
            turned = ast.dump(left), ast.dump(right)
            is_same = turned == (ast.dump(old.right), ast.dump(old.left))
            return isinstance(old.op, ast.Sub) and is_same
    return False


def same_arguments(node: ast.AST, new: ast.AST) -> bool:
    """Whether a change exchanges arguments whose order means nothing: `np.maximum(0, x)`."""
    if not isinstance(node, ast.Call) or not isinstance(new, ast.Call):
        return False
    first = _exchangeable(node)
    if first is None or len(new.args) != first + 2:
        return False
    turned = ast.Call(new.func, [*new.args[:first], *new.args[:-3:-1]], new.keywords)
    return ast.dump(turned) == ast.dump(node)


def _exchangeable(call: ast.Call) -> int | None:
    """The first of two arguments of a call that may be exchanged, if there are such."""
    match call.func:
        case ast.Name(id="max" | "min"):  # of Python; np.max takes an axis
            return 0
        case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=name):
            return 1 if name == "swapaxes" else 0 if name in _SYMMETRIC else None
        case ast.Attribute(attr="swapaxes"):
            return 0
    return None


def negates_zeros(node: ast.AST) -> bool:
    """Whether a statement assigns zeros with a minus sign."""
    value = node.value if isinstance(node, ast.Assign) else None
    operand = value.operand if isinstance(value, ast.UnaryOp) else None
    function = operand.func if isinstance(operand, ast.Call) else None
    return isinstance(function, ast.Attribute) and function.attr in {"zeros", "zeros_like"}


def fills_nothing(node: ast.AST) -> bool:
    """Whether a call fills an array that has no elements: `np.zeros(0)`."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name), args=[ast.Constant(value=0), *_]):
            return name in _FILLED
    return False


def fills(node: ast.AST, variables: set[str]) -> bool:
    """Whether a statement gives one of these variables its first value."""
    return (
        isinstance(node, ast.Assign)
        and all(isinstance(target, ast.Name) and target.id in variables for target in node.targets)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr in _FILLED
    )


def same_fill(old: ast.AST, new: ast.AST) -> bool:
    """Whether two statements that fill an array differ in the fill alone."""
    if not isinstance(old, ast.Assign) or not isinstance(new, ast.Assign):
        return False
    before, after = old.value, new.value
    if isinstance(after, ast.UnaryOp) and isinstance(after.op, ast.USub):
        after = after.operand
    if not isinstance(before, ast.Call) or not isinstance(after, ast.Call):
        return False
    known = isinstance(after.func, ast.Attribute) and after.func.attr in _FILLED
    return known and [*map(ast.dump, before.args)] == [*map(ast.dump, after.args)]


def same_size(parent: ast.AST | None, node: ast.AST, new: ast.AST) -> bool:
    """Whether a change asks an array of the same shape for its size, or counts an axis back."""
    if isinstance(node, ast.Name) and isinstance(new, ast.Name):
        of_shape = isinstance(parent, ast.Attribute) and parent.attr in {
            "shape",
            "ndim",
            "size",
            "dtype",
        }
        of_len = isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "len"
        return of_shape or of_len
    behind = isinstance(new, ast.UnaryOp) and isinstance(new.op, ast.USub)
    is_shape = isinstance(parent, ast.Subscript) and getattr(parent.value, "attr", "") == "shape"
    return is_shape and behind and parent is not None and getattr(parent, "slice", None) is node


def _counts_all(iterable: ast.expr) -> bool:
    """Whether a loop runs over `range(n)`, from 0."""
    return (
        isinstance(iterable, ast.Call)
        and getattr(iterable.func, "id", "") in {"range", "xrange"}
        and len(iterable.args) == 1
    )


def _covers(part: ast.expr, loops: set[str]) -> bool:
    whole = isinstance(part, ast.Slice) and not (part.lower or part.upper or part.step)
    return whole or (isinstance(part, ast.Name) and part.id in loops)


def _parts(where: ast.expr) -> list[ast.expr]:
    return where.elts if isinstance(where, ast.Tuple) else [where]


def _names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
