"""Where a function hands its parameters on to: what these may be is known there, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from grader.authoring.reference_source import Definition, ReferenceSource

_DEPTH: Final = 4


class Receiver(NamedTuple):
    """A parameter of another function that gets the same value."""

    definition: Definition
    parameter: str


def receivers(
    source: ReferenceSource, definition: Definition, parameter: str, depth: int = _DEPTH
) -> Iterator[Receiver]:
    """The functions of the package that get a parameter as it is, nearest first."""
    if not depth:
        return
    found = dict.fromkeys(_direct(source, definition, parameter))
    yield from found
    for receiver in found:
        if receiver.definition.node is not definition.node:
            yield from receivers(source, receiver.definition, receiver.parameter, depth - 1)


def _direct(source: ReferenceSource, definition: Definition, name: str) -> Iterator[Receiver]:
    for node in ast.walk(definition.node):
        if not isinstance(node, ast.Call):
            continue
        called = _called(source, definition, node.func)
        if called is None:
            continue
        names = [parameter.name for parameter in called.parameters]
        given = [*zip(names, node.args, strict=False)]
        given += [(keyword.arg or "", keyword.value) for keyword in node.keywords]
        for parameter, value in given:
            if isinstance(value, ast.Name) and value.id == name and parameter in names:
                yield Receiver(called, parameter)


def _called(
    source: ReferenceSource, definition: Definition, function: ast.expr
) -> Definition | None:
    match function:
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return source.methods(definition.owner).get(name)
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(), attr=name):
            return _named(source, name)
    return None


def _named(source: ReferenceSource, name: str) -> Definition | None:
    """A function, or the constructor of a class."""
    if name in source.classes:
        return source.methods(name).get("__init__")
    found = [each for each in source.functions if each.name == name]
    return found[0] if len(found) == 1 else None
