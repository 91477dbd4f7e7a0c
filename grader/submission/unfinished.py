"""Telling a function left as in the template from one that was worked on.

It is left if its syntax tree is that of a known template. Otherwise its statements decide:
templates give more than `pass`: results preset to None, parameters unpacked, a branch for each
mode, the cache packed, the random seed set. A function is *left* when nothing but such lines is
there, one of them keeps a place for the work (`raise`, `pass`, `...`, None), **and** its first
result can only be what it was preset to. The last condition alone proves that it cannot be right
where something is to be computed, so that no working function is ever called left.

Of a class the methods count that the contract lists; a class of which it lists none is never left.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from grader.assignment.template_digests import is_in_template, plain_body
from grader.model.contract import ContractEntry

Function = ast.FunctionDef | ast.AsyncFunctionDef

_GIVEN_CALLS: Final = frozenset(
    {
        "AssertionError", "KeyError", "NotImplementedError", "TypeError", "ValueError",
        "RandomState", "default_rng", "dict", "enumerate", "float", "format", "int", "isinstance",
        "items", "iter", "keys", "len", "list", "print", "range", "setdefault", "str", "tuple",
        "type", "values",
        "astype", "copy", "get", "ones", "ones_like", "seed", "zeros", "zeros_like", "super",
        "__init__",
    }
)  # fmt: skip


def is_left(function: Function, entry: ContractEntry) -> bool:
    """Whether a function is as a template gave it; `entry` is the contract's on it."""
    if function.decorator_list:
        return False
    if is_in_template(function, entry.templates):
        return True
    body = _without_given(_reached(plain_body(function)), entry)
    parameters = _parameters(function)
    if not all(_is_given(statement, parameters, entry.random) for statement in body):
        return False
    presets = _presets(body, parameters)
    returned = [node.value for node in _walk(body) if isinstance(node, ast.Return)]
    return _keeps_a_place(body, returned) and all(_is_preset(_first(v), presets) for v in returned)


def left_methods(owner: ast.ClassDef, entry: ContractEntry) -> list[str]:
    """Which of the methods that a contract lists are left as in a template, or not there."""
    if owner.decorator_list or owner.keywords or not _inherits_nothing(owner):
        return []
    methods = {node.name: node for node in owner.body if isinstance(node, Function)}
    others = {
        target.id
        for node in owner.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return [
        name
        for name, method in entry.methods.items()
        if name not in others
        and not method.given
        and (name not in methods or is_left(methods[name], replace(method, random=entry.random)))
    ]


def _keeps_a_place(body: list[ast.stmt], returned: list[ast.expr | None]) -> bool:
    """Whether something stands where the work is to be; an empty body is such a place too."""
    if not body or any(value is None for value in returned):
        return True
    return any(
        isinstance(node, (ast.Pass, ast.Raise))
        or (isinstance(node, ast.Constant) and node.value in (None, ...))
        for node in _walk(body)
    )


def _without_given(body: list[ast.stmt], entry: ContractEntry) -> list[ast.stmt]:
    """The body without the statements that the contract says templates give, at any depth."""
    if not entry.given_lines:
        return body
    given = {ast.unparse(ast.parse(line)) for line in entry.given_lines}
    return [_Pruned(given).visit(copy.deepcopy(statement)) for statement in body]


class _Pruned(ast.NodeTransformer):
    """Puts a text in the place of some assignments."""

    def __init__(self, given: Collection[str]) -> None:
        self._given = given

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        return ast.Expr(ast.Constant("given")) if ast.unparse(node) in self._given else node


def _inherits_nothing(network: ast.ClassDef) -> bool:
    return all(isinstance(base, ast.Name) and base.id == "object" for base in network.bases)


def _reached(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements up to the first that ends the function."""
    ends = (at for at, statement in enumerate(body, 1) if _ends(statement))
    return body[: next(ends, len(body))]


def _ends(statement: ast.stmt) -> bool:
    match statement:
        case ast.Raise() | ast.Return():
            return True
        case ast.If(body=body, orelse=orelse):
            return any(map(_ends, body)) and any(map(_ends, orelse))
    return False


def _parameters(function: Function) -> set[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return {argument.arg for argument in every}


def _walk(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    for statement in body:
        yield from ast.walk(statement)


def _is_given(statement: ast.stmt, parameters: set[str], own: Collection[str] = ()) -> bool:
    """Whether the statement is of the kind that templates give; `own` attributes are work."""
    match statement:
        case ast.Pass() | ast.Continue() | ast.Break():
            return True
        case ast.Return(value=value) | ast.AnnAssign(value=value):
            return value is None or _is_plain(value)
        case ast.Expr(value=value):
            return _is_plain(value)
        case ast.Raise(exc=raised):
            return raised is None or _is_plain(raised)
        case ast.Assert(test=test):
            return _is_plain(test)
        case ast.Assign(targets=targets, value=value):
            return _is_plain(value) and all(
                _is_given_target(target, value, parameters, own) for target in targets
            )
        case ast.If(test=test):
            return _is_plain(test) and _all_given(
                statement.body + statement.orelse, parameters, own
            )
        case ast.For(target=target, iter=iterable):
            return _is_given_loop(target, iterable) and _all_given(
                statement.body + statement.orelse, parameters | _names(target), own
            )
    return False


def _all_given(body: list[ast.stmt], parameters: set[str], own: Collection[str]) -> bool:
    return all(_is_given(statement, parameters, own) for statement in body)


def _is_given_loop(target: ast.expr, iterable: ast.expr) -> bool:
    return _is_plain(target) and _is_plain(iterable)


def _is_given_target(
    target: ast.expr, value: ast.expr, parameters: set[str], own: Collection[str]
) -> bool:
    match target:
        case ast.Name():
            return True
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return all(isinstance(element, ast.Name) for element in elements)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name not in own or _is_empty(value)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant() | ast.Name()):
            return name in parameters
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id="self"), attr=name), slice=key):
            return name not in own or (isinstance(key, ast.Name) and _is_cast(value))
    return False


def _is_cast(value: ast.expr) -> bool:
    """`v.astype(dtype)`: the loop at the end of the template's `__init__`."""
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr="astype")):
            return True
    return False


def _is_plain(value: ast.expr) -> bool:
    """Whether an expression only names, picks, packs or presets; nothing is computed."""
    match value:
        case ast.Constant() | ast.Name():
            return True
        case ast.Attribute(value=inner) | ast.Starred(value=inner):
            return _is_plain(inner)
        case ast.UnaryOp(operand=inner):
            return _is_plain(inner)
        case ast.Subscript(value=inner, slice=index):
            return _is_plain(inner) and _is_plain(index)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.BoolOp(values=parts):
            return all(map(_is_plain, parts))
        case ast.JoinedStr():
            return True
        case ast.Dict(keys=keys, values=values):
            return all(_is_plain(part) for part in [*keys, *values] if part is not None)
        case ast.Compare(left=left, comparators=others):
            return _is_plain(left) and all(map(_is_plain, others))
        case ast.IfExp(test=test, body=one, orelse=other):
            return _is_plain(test) and _is_plain(one) and _is_plain(other)
        case ast.BinOp():
            return _is_text_or_count(value)
        case ast.Call():
            return _is_given_call(value)
        case ast.ListComp(elt=element, generators=[ast.comprehension(iter=iterable, ifs=[])]):
            return _is_plain(element) and _is_plain(iterable)
    return False


def _is_text_or_count(value: ast.BinOp) -> bool:
    """`"mode %s" % mode`, `1 + len(sizes)`, `self.num_layers - 1`."""
    sides = (value.left, value.right)
    if not all(map(_is_plain, sides)):
        return False
    if isinstance(value.op, ast.Mod):
        return isinstance(value.left, ast.Constant) and isinstance(value.left.value, str)
    is_sum = isinstance(value.op, (ast.Add, ast.Sub, ast.Mult))
    return is_sum and any(_is_integer(side) for side in sides)


def _is_integer(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=int()):
            return True
        case ast.BinOp(left=left, right=right):
            return _is_integer(left) and _is_integer(right)
    return False


def _is_given_call(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id=name):
            receiver_is_plain = True
        case ast.Attribute(value=receiver, attr=name):
            receiver_is_plain = _is_plain(receiver)
        case _:
            return False
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    return name in _GIVEN_CALLS and receiver_is_plain and all(map(_is_plain, arguments))


def _presets(body: list[ast.stmt], parameters: set[str]) -> set[str]:
    """Local names that can only hold what they were preset to: None, 0, or an empty container."""
    bindings = list(_bindings(body))
    presets = {name for name, _ in bindings} - parameters
    while True:
        wrong = {name for name, value in bindings if not _is_preset(value, presets)}
        if not wrong & presets:
            return presets
        presets -= wrong


def _bindings(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr | None]]:
    """Every name that is bound, and what to; an unknown value is the name's own, never preset."""
    for statement in body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _unpacked(target, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                yield name, value
            case ast.If():
                yield from _bindings(statement.body)
                yield from _bindings(statement.orelse)
            case ast.For(target=target):
                for name in _names(target):
                    yield name, ast.Constant(value=...)
                yield from _bindings(statement.body)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
                yield name, ast.Constant(value=...)


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr | None]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, value
        case ast.Tuple(elts=inner), ast.Tuple(elts=parts) if len(inner) == len(parts):
            for one, part in zip(inner, parts, strict=True):
                yield from _unpacked(one, part)
        case _:
            for name in _names(target):
                yield name, ast.Constant(value=...)


def _names(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _first(value: ast.expr | None) -> ast.expr | None:
    return value.elts[0] if isinstance(value, ast.Tuple) and value.elts else value


def _is_preset(value: ast.expr | None, presets: set[str]) -> bool:
    match value:
        case None:
            return True
        case ast.Name(id=name):
            return name in presets
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="astype" | "copy")):
            return name in presets
    return _is_empty(value)


def _is_empty(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=constant):
            return constant is None or (constant == 0 and constant is not False)
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id="dict" | "list" | "tuple"), args=[], keywords=[]):
            return True
    return False
