"""How a function uses one of its parameters, as its source says."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_SIZERS: Final = frozenset(
    {"zeros", "ones", "empty", "range", "arange", "randn", "rand", "full", "eye"}
)
_DRAWS: Final = frozenset({"normal", "uniform", "random", "standard_normal", "randint"})
"""Functions whose shape is a tuple."""
_MARKS: Final = (
    "is_integer", "is_index", "is_called", "is_iterated", "is_truth", "is_array",
)  # fmt: skip


class Usage:
    """How the value of one parameter is used in some functions."""

    def __init__(
        self,
        bodies: Iterable[ast.AST],
        name: str,
        attribute: str = "",
        tables: Iterable[tuple[str, Sequence[str]]] = (),
    ) -> None:
        """Look for the variable `name`, and for `self.attribute`.

        Args:
            bodies: of the functions.
            name: of the variable.
            attribute: of `self`, which may hold the same value.
            tables: dicts of the module, by name, with their keys.
        """
        self._tables = dict(tables)
        self.ndim = 0
        self.choices: list[str] = []
        self.keys: dict[str, str | None] = {}
        """Keys of a dict to their defaults, as source."""
        self.options: dict[str, list[str]] = {}
        """Keys of a dict to the texts that their values are compared with."""
        self.is_integer = False
        self.is_index = False
        self.is_called = False
        self.is_iterated = False
        self.is_truth = False
        self.is_array = False
        self.attributes: set[str] = set()
        self.types: set[str] = set()
        self.item_attributes: set[str] = set()
        """What is asked of its items."""
        self._name = name
        self._attribute = attribute
        kept = list(bodies)
        self._texts = {name: texts for body in kept for name, texts in _texts_looped_over(body)}
        for body in kept:
            for node in ast.walk(body):
                self._see(node)
        for body in kept:
            items = set(self._item_names(body))
            self.item_attributes |= set(_attributes_of(body, items)) if items else set()
        for key, variable in self._read_into(kept):
            choices = Usage(kept, variable).choices
            if choices:
                self.options[key] = list(dict.fromkeys(choices))

    def take(self, other: Usage) -> None:
        """Add what another function does with the same value."""
        self.ndim = self.ndim or other.ndim
        self.choices += [choice for choice in other.choices if choice not in self.choices]
        self.keys = {**other.keys, **self.keys}
        self.options = {**other.options, **self.options}
        self.attributes |= other.attributes
        self.types |= other.types
        self.item_attributes |= other.item_attributes
        for name in _MARKS:
            setattr(self, name, getattr(self, name) or getattr(other, name))

    def _item_names(self, body: ast.AST) -> Iterator[str]:
        """Variables of loops over it, as it is or numbered."""
        for node in ast.walk(body):
            match node:
                case (
                    ast.For(target=target, iter=it) | ast.comprehension(target=target, iter=it)
                ) if self._is_it(it):
                    yield from (n.id for n in [target] if isinstance(n, ast.Name))
                case ast.For(
                    target=ast.Tuple(elts=[_, ast.Name(id=name)]),
                    iter=ast.Call(func=ast.Name(id="enumerate"), args=[it]),
                ) if self._is_it(it):
                    yield name

    def _read_into(self, bodies: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
        """Keys of the dict, and the variables into which their values are read."""
        for body in bodies:
            for node in ast.walk(body):
                if isinstance(node, ast.Assign):
                    targets = getattr(node.targets[0], "elts", [node.targets[0]])
                    values = getattr(node.value, "elts", [node.value])
                    for target, value in zip(targets, values, strict=False):
                        key = self._key_read(value)
                        if key and isinstance(target, ast.Name):
                            yield key, target.id

    def _key_read(self, value: ast.AST) -> str:
        match value:
            case ast.Subscript(value=it, slice=ast.Constant(value=str(key))) if self._is_it(it):
                return key
            case ast.Call(
                func=ast.Attribute(value=it, attr="get" | "setdefault"),
                args=[ast.Constant(value=str(key)), *_],
            ) if self._is_it(it):
                return key
        return ""

    def _is_it(self, node: ast.AST | None) -> bool:
        match node:
            case ast.Name(id=name):
                return name == self._name
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return bool(self._attribute) and name == self._attribute
        return False

    def _see(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(
                targets=[ast.Tuple(elts=names)], value=ast.Attribute(value=it, attr="shape")
            ):
                if self._is_it(it):
                    self.ndim, self.is_array = len(names), True
            case ast.Subscript(
                value=ast.Attribute(value=it, attr="shape"), slice=ast.Constant(value=int(at))
            ):
                if self._is_it(it):
                    self.ndim, self.is_array = max(self.ndim, at + 1), True
            case ast.Subscript(value=it, slice=ast.Constant(value=str(key))) if self._is_it(it):
                self.keys.setdefault(key, None)
            case ast.Subscript(value=it, slice=ast.Name(id=key)) if (
                self._is_it(it) and key in self._texts
            ):
                self.keys |= {text: None for text in self._texts[key] if text not in self.keys}
            case ast.Subscript(value=ast.Name(id=table), slice=it) if (
                self._is_it(it) and table in self._tables
            ):
                self.choices += self._tables[table]
            case ast.Subscript(value=it, slice=where):
                self._see_subscript(it, where)
            case ast.Call():
                self._see_call(node)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                self._see_comparison(left, ops, rights)
            case ast.Attribute(value=it, attr=name) if self._is_it(it):
                self.attributes.add(name)
                self.is_array |= name in {"T", "dot", "shape", "sum", "mean", "reshape", "astype"}
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                self.is_array |= self._is_it(left) or self._is_it(right)
            case ast.For(iter=it) | ast.comprehension(iter=it):
                self.is_iterated |= self._is_it(it)
            case ast.If(test=test) | ast.IfExp(test=test) | ast.UnaryOp(op=ast.Not(), operand=test):
                self.is_truth |= self._is_it(test)

    def _see_subscript(self, it: ast.AST, where: ast.AST) -> None:
        if self._is_it(it) and isinstance(where, ast.Tuple):
            axes = [part for part in where.elts if not _adds_an_axis(part)]
            self.ndim, self.is_array = max(self.ndim, len(axes)), True
        parts = where.elts if isinstance(where, ast.Tuple) else [where]
        self.is_index |= any(self._is_it(part) for part in parts)

    def _see_call(self, node: ast.Call) -> None:
        function = node.func
        if self._is_it(function):
            self.is_called = True
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if isinstance(function, ast.Attribute) and self._is_it(function.value) and node.args:
            first = node.args[0]
            if name in {"get", "setdefault", "pop"} and isinstance(first, ast.Constant):
                default = ast.unparse(node.args[1]) if len(node.args) > 1 else None
                if isinstance(first.value, str):
                    self.keys[first.value] = default
        if name in _SIZERS:
            inner = [part for arg in node.args for part in getattr(arg, "elts", [arg])]
            self.is_integer |= any(self._is_it(part) for part in inner)
        if name in _DRAWS:
            shapes = [arg for arg in node.args if isinstance(arg, ast.Tuple)]
            self.is_integer |= any(self._is_it(part) for arg in shapes for part in arg.elts)
        if name == "isinstance" and len(node.args) == 2 and self._is_it(node.args[0]):
            self.types |= {part.strip(" ()") for part in ast.unparse(node.args[1]).split(",")}

    def _see_comparison(
        self, left: ast.expr, ops: Sequence[ast.cmpop], rights: Sequence[ast.expr]
    ) -> None:
        for op, right in zip(ops, rights, strict=True):
            if self._is_it(left):
                values = getattr(right, "elts", [right])
                self.choices += self._tables.get(getattr(right, "id", ""), ())
                for value in values:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        self.choices.append(value.value)
            elif isinstance(op, ast.In | ast.NotIn) and self._is_it(right):
                key = left.value if isinstance(left, ast.Constant) else None
                if isinstance(key, str):
                    self.keys.setdefault(key, None)


def _attributes_of(body: ast.AST, names: set[str]) -> Iterator[str]:
    for node in ast.walk(body):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in names:
                yield attribute


def _texts_looped_over(body: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """Variables of loops over texts that are written down."""
    for node in ast.walk(body):
        match node:
            case (
                ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=items) | ast.List(elts=items))
                | ast.comprehension(
                    target=ast.Name(id=name), iter=ast.Tuple(elts=items) | ast.List(elts=items)
                )
            ):
                values = [item.value for item in items if isinstance(item, ast.Constant)]
                texts = [value for value in values if isinstance(value, str)]
                if texts and len(texts) == len(items):
                    yield name, texts


def _adds_an_axis(node: ast.AST) -> bool:
    return ast.unparse(node) in {"None", "np.newaxis", "numpy.newaxis", "..."}


def kept_as(node: ast.AST, name: str) -> str:
    """The attribute of `self` in which a parameter is kept, as it is or as a list."""
    for inner in ast.walk(node):
        match inner:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=attribute)],
                value=ast.Name(id=value)
                | ast.Call(func=ast.Name(id="list" | "tuple"), args=[ast.Name(id=value)]),
            ) if value == name:
                return attribute
    return ""
