"""What a parameter may be, by how it is used, named and described."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from grader.authoring import argument_kinds
from grader.authoring.argument_flow import Receiver
from grader.authoring.argument_kinds import Kind, normal, ranked
from grader.authoring.argument_usage import Usage, kept_as
from grader.authoring.reference_source import DeclaredParameter, Definition

_LARGE: Final = 7
_BOOLEANS: Final = frozenset({"True", "False"})
_OFTEN: Final = 50
_REPEATED: Final = re.compile(r"(n|num|max)?_?(iter\w*|epochs?|steps?|rounds?|n_iter\w*|repeats?)")
_BOUND: Final = 14
"""Kinds that are kept for a parameter."""


def usage_of(
    parameter: DeclaredParameter,
    definition: Definition,
    siblings: Sequence[Definition],
    passed_on: Sequence[Receiver],
) -> Usage:
    """How a parameter is used by its function, and by those that get it from there.

    Args:
        parameter: whose.
        definition: the function that has it.
        siblings: other methods of its class, where it is kept on `self`.
        passed_on: parameters that get the same value.
    """
    bodies = [definition.node, *(other.node for other in siblings)]
    kept = kept_as(definition.node, parameter.name)
    usage = Usage(bodies if kept else bodies[:1], parameter.name, kept, definition.tables)
    for receiver in passed_on:
        tables = receiver.definition.tables
        usage.take(Usage([receiver.definition.node], receiver.parameter, tables=tables))
    return usage


def kinds_of(
    parameter: DeclaredParameter,
    definition: Definition,
    siblings: Sequence[Definition],
    doc: str,
    passed_on: Sequence[Receiver] = (),
) -> list[Kind]:
    """What a parameter may be, the likeliest first.

    Args:
        parameter: whose.
        definition: the function that has it.
        siblings: other methods of its class, where it is kept on `self`.
        doc: docstrings of the function and its class.
        passed_on: parameters of other functions that get the same value.
    """
    if parameter.default in _BOOLEANS:
        return argument_kinds.from_default(parameter.default)
    usage = usage_of(parameter, definition, siblings, passed_on)
    kinds = list(_all_kinds(parameter, usage, doc))
    for receiver in passed_on:
        said = argument_kinds.documented(receiver.definition.doc).get(receiver.parameter, "")
        there = [*argument_kinds.described(said), *_annotated_there(receiver)]
        kinds += [kind._replace(cost=kind.cost + 0.05) for kind in there]
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
    if "list" in usage.types:
        yield from ranked(("[0.5, 1.5, 2.0]", "list(inputs.normal(<D>))"), start=0.3)
    text = argument_kinds.documented(doc).get(parameter.name, "")
    yield from argument_kinds.described(text)
    yield from _annotated(parameter.annotation, by_name)
    if parameter.default is not None:
        yield from argument_kinds.from_default(parameter.default)
    if usage.is_integer and not usage.is_array:
        yield from ranked((kind.template for kind in by_name if not kind.is_drawn), start=0.1)
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
    scalars = [kind._replace(cost=kind.cost - 0.2) for kind in by_name if not kind.is_drawn]
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


def _annotated_there(receiver: Receiver) -> Iterator[Kind]:
    for parameter in receiver.definition.parameters:
        if parameter.name == receiver.parameter:
            yield from _annotated(parameter.annotation, argument_kinds.named(parameter.name))


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
        others = {name: _another_value(name, doc, place) for place, name in enumerate(least)}
        yield Kind(_dict({**others, **chosen, **seed}), 0.45 + 0.02 * at)
        for place, name in enumerate(least):
            another = {**least, name: _another_value(name, doc, place)}
            yield Kind(_dict({**another, **chosen, **seed}), 0.5 + 0.02 * (at + place))


def _changed(source: str) -> str:
    """A number that is not the default."""
    value = ast.literal_eval(source)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return source
    return f"{value / 2:.3g}" if isinstance(value, float) and value else str(value + 1)


def _dict(items: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in items.items()) + "}"


def small_counts(parameter: DeclaredParameter) -> list[Kind]:
    """How often something is repeated, where a function does it very often by itself."""
    try:
        default = float(parameter.default or "0")
    except ValueError:
        return []
    often = default > _OFTEN and _REPEATED.fullmatch(parameter.name.lower())
    return [Kind("60"), Kind("10", 0.5), Kind("3", 1.0)] if often else []


def optional_sizes(parameter: DeclaredParameter, doc: str) -> list[Kind]:
    """Small sizes for a parameter whose default is a large one, or a shape that has one."""
    try:
        default = eval(parameter.default or "0", {"__builtins__": {}})
        sides = [int(side) for side in default] if isinstance(default, tuple) else [int(default)]
    except (SyntaxError, NameError, TypeError, ValueError):
        return []
    if not any(side > _LARGE for side in sides):
        return []
    if isinstance(default, tuple):
        said = argument_kinds.documented(doc).get(parameter.name, "")
        symbols = list(dict.fromkeys(re.findall(r"\b[A-Z]\b", said)))
        symbols = symbols if len(symbols) == len(sides) else ["3", "6", "4", "2"][: len(sides)]
        shape = ", ".join(f"<{symbol}>" if symbol.isalpha() else symbol for symbol in symbols)
        return [Kind(f"({shape},)" if len(sides) == 1 else f"({shape})")]
    sized = [kind for kind in argument_kinds.named(parameter.name) if "<" in kind.template]
    return [kind for kind in sized if not kind.is_drawn]


def _value_for(key: str, doc: Mapping[str, str]) -> str:
    kinds = argument_kinds.described(doc.get(key, "")) or argument_kinds.named(key)
    template = kinds[0].template if kinds else "0.5"
    spread = template.startswith("inputs.normal(") and re.search(r"var|std|sigma|scale", key)
    return template.replace("inputs.normal(", "inputs.uniform(0.5, 1.5, ") if spread else template


def _another_value(key: str, doc: Mapping[str, str], place: int) -> str:
    """What a key may hold beside what `_value_for` says; 2 or 3 where nothing is known of it."""
    first = _value_for(key, doc)
    numbers = (kind.template for kind in argument_kinds.named(key) if not kind.is_drawn)
    return next((template for template in numbers if template != first), str(2 + place % 2))


def _is_literal(source: str) -> bool:
    try:
        ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return False
    return True


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
