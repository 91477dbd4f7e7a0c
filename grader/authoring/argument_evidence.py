"""What the source of a function says of its parameters: how they are used, named and described."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from grader.authoring import argument_kinds
from grader.authoring.argument_kinds import Kind, normal, ranked
from grader.authoring.reference_source import DeclaredParameter, Definition

_SIZERS: Final = frozenset(
    {"zeros", "ones", "empty", "range", "arange", "randn", "rand", "full", "eye"}
)
_BOUND: Final = 14
"""Kinds that are kept for a parameter."""


class Usage:
    """How the value of one parameter is used in some functions."""

    def __init__(self, bodies: Iterable[ast.AST], name: str, attribute: str = "") -> None:
        """Look for the variable `name`, and for `self.attribute`."""
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
        self._name = name
        self._attribute = attribute
        kept = list(bodies)
        for body in kept:
            for node in ast.walk(body):
                self._see(node)
        for key, variable in self._read_into(kept):
            choices = Usage(kept, variable).choices
            if choices:
                self.options[key] = list(dict.fromkeys(choices))

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
        if name == "isinstance" and len(node.args) == 2 and self._is_it(node.args[0]):
            self.types |= {part.strip(" ()") for part in ast.unparse(node.args[1]).split(",")}

    def _see_comparison(
        self, left: ast.expr, ops: Sequence[ast.cmpop], rights: Sequence[ast.expr]
    ) -> None:
        for op, right in zip(ops, rights, strict=True):
            if self._is_it(left):
                values = getattr(right, "elts", [right])
                for value in values:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        self.choices.append(value.value)
            elif isinstance(op, ast.In | ast.NotIn) and self._is_it(right):
                key = left.value if isinstance(left, ast.Constant) else None
                if isinstance(key, str):
                    self.keys.setdefault(key, None)


def _adds_an_axis(node: ast.AST) -> bool:
    return ast.unparse(node) in {"None", "np.newaxis", "numpy.newaxis", "..."}


def kinds_of(
    parameter: DeclaredParameter, definition: Definition, siblings: Sequence[Definition], doc: str
) -> list[Kind]:
    """What a parameter may be, the likeliest first.

    Args:
        parameter: whose.
        definition: the function that has it.
        siblings: other methods of its class, where it is kept on `self`.
        doc: docstrings of the function and its class.
    """
    bodies = [definition.node, *(other.node for other in siblings)]
    usage = Usage(bodies[:1], parameter.name)
    kept = _kept_as(definition.node, parameter.name)
    if kept:
        usage = Usage(bodies, parameter.name, kept)
    kinds = list(_all_kinds(parameter, usage, doc))
    if usage.ndim:
        kinds += ranked(_of_rank(usage.ndim), start=1.0)
        kinds = [kind for kind in kinds if _may_have_rank(kind, usage.ndim)] or kinds
    best: dict[str, float] = {}
    for kind in kinds:
        best[kind.template] = min(kind.cost, best.get(kind.template, kind.cost))
    merged = sorted((Kind(template, cost) for template, cost in best.items()), key=lambda k: k.cost)
    return merged[:_BOUND]


def _all_kinds(parameter: DeclaredParameter, usage: Usage, doc: str) -> Iterator[Kind]:
    by_name = argument_kinds.named(parameter.name)
    if usage.choices:
        yield from (Kind(repr(choice), 0.1 * at) for at, choice in enumerate(usage.choices))
        yield Kind("'another'", 1.0)
        return
    if usage.keys and not usage.is_array:
        yield from _dicts(usage, argument_kinds.documented(doc))
    if usage.is_called or "callable" in parameter.annotation.lower():
        yield from ranked(argument_kinds.FUNCTIONS)
    text = argument_kinds.documented(doc).get(parameter.name, "")
    yield from argument_kinds.described(text)
    yield from _annotated(parameter.annotation, by_name)
    if parameter.default is not None:
        yield from argument_kinds.from_default(parameter.default)
    if usage.is_integer and not usage.is_array:
        sized = [kind for kind in by_name if not kind.is_drawn]
        yield from (kind._replace(cost=kind.cost + 0.1) for kind in sized)
        yield from ranked(argument_kinds.INTEGERS, start=0.4)
    elif usage.is_index:
        yield from ranked((argument_kinds.LABELS, argument_kinds.BINARY, "1"), start=0.3)
    elif usage.is_truth and not by_name and parameter.default is None:
        yield from ranked(("True", "False"), start=0.3)
    yield from by_name
    yield from (
        (kind._replace(cost=kind.cost + (2.0 if by_name else 0.0)))
        for kind in argument_kinds.anything()
    )


def _annotated(annotation: str, by_name: list[Kind]) -> Iterator[Kind]:
    low = annotation.lower()
    scalars = [kind for kind in by_name if not kind.is_drawn]
    arrays = [kind for kind in by_name if kind.is_drawn]
    if "ndarray" in low or "arraylike" in low or "array" in low:
        yield from arrays
        yield from ranked(argument_kinds.ARRAYS, start=0.2)
    elif "list[" in low or low in {"list", "sequence"} or "iterable" in low:
        numbers = ("[3, 1, 2]", "[2, 2, 0, 1]") if "int" in low else ("[0.5, -1.2, 2.0]",)
        yield from ranked(("['a', 'b', 'a']",) if "str" in low else numbers, start=-0.2)
    elif "bool" in low:
        yield from ranked(("True", "False"), start=-0.2)
    elif "int" in low:
        yield from (kind for kind in scalars if "." not in kind.template)
        yield from ranked(argument_kinds.INTEGERS, start=-0.1)
    elif "float" in low:
        yield from (kind for kind in scalars if "." in kind.template)
        yield from ranked(argument_kinds.NUMBERS, start=-0.1)
    elif low == "str":
        yield from ranked(("'abca'", "'the cat'"), start=0.0)


def _dicts(usage: Usage, doc: Mapping[str, str]) -> Iterator[Kind]:
    """Dicts with the keys that the function must have, then with those that it may have."""
    must = {key: _value_for(key, doc) for key, default in usage.keys.items() if default is None}
    may = {key: default for key, default in usage.keys.items() if default is not None}
    literal = {key: value for key, value in may.items() if _is_literal(value)}
    computed = {key: _value_for(key, doc) for key in may if key not in literal and key != "seed"}
    choices = [(key, choice) for key, options in usage.options.items() for choice in options]
    for at, (key, choice) in enumerate(choices or [("", "")]):
        chosen = {key: repr(choice)} if key else {}
        seed = {"seed": "3"} if "seed" in may or "seed" in must else {}
        least = {name: value for name, value in must.items() if name != "seed"}
        yield Kind(_dict({**least, **chosen, **seed}), 0.1 + 0.02 * at)
        yield Kind(_dict({**must, **computed, **chosen, **seed}), 0.2 + 0.02 * at)
        yield Kind(_dict({**must, **literal, **chosen}), 0.3 + 0.02 * at)
        others = {name: _changed(value) for name, value in literal.items()}
        yield Kind(_dict({**must, **others, **chosen}), 0.4 + 0.02 * at)


def _changed(source: str) -> str:
    """A number that is not the default."""
    value = ast.literal_eval(source)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return source
    return f"{value / 2:.3g}" if isinstance(value, float) and value else str(value + 1)


def _dict(items: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in items.items()) + "}"


def optional_sizes(parameter: DeclaredParameter) -> list[Kind]:
    """Small sizes for a parameter whose default is a large one."""
    try:
        large = (
            parameter.default is not None and int(eval(parameter.default, {"__builtins__": {}})) > 7
        )
    except (SyntaxError, NameError, TypeError, ValueError):
        return []
    sized = [kind for kind in argument_kinds.named(parameter.name) if "<" in kind.template]
    return [kind for kind in sized if not kind.is_drawn] if large else []


def _value_for(key: str, doc: Mapping[str, str]) -> str:
    kinds = argument_kinds.described(doc.get(key, "")) or argument_kinds.named(key)
    template = kinds[0].template if kinds else "0.5"
    spread = template.startswith("inputs.normal(") and re.search(r"var|std|sigma|scale", key)
    return template.replace("inputs.normal(", "inputs.uniform(0.5, 1.5, ") if spread else template


def _is_literal(source: str) -> bool:
    try:
        ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return False
    return True


def _kept_as(node: ast.AST, name: str) -> str:
    """The attribute of `self` in which a parameter is kept."""
    for inner in ast.walk(node):
        match inner:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=attribute)],
                value=ast.Name(id=value),
            ) if value == name:
                return attribute
    return ""


def _of_rank(ndim: int) -> tuple[str, ...]:
    return {
        1: (normal("N"), normal("D"), argument_kinds.LABELS, normal("M")),
        2: (argument_kinds.X, normal("D", "M"), argument_kinds.ROWS, normal("N", "M")),
        3: (argument_kinds.SEQUENCE, "inputs.normal(3, 4, 5)"),
        4: (argument_kinds.IMAGES, "inputs.normal(<F>, 3, 3, 3)"),
    }.get(ndim, ())


def _may_have_rank(kind: Kind, ndim: int) -> bool:
    if not kind.is_numeric_array:
        return kind.is_drawn or kind.template.startswith(("np.", "{"))
    inside = kind.template.partition("(")[2].rstrip(")")
    count = len(inside.split(",")) - (2 if kind.template.startswith("inputs.uniform") else 0)
    return count >= ndim
