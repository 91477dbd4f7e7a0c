"""Objects as arguments: which classes of the package a parameter may want."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from itertools import permutations
from typing import Final

import numpy as np

from grader.authoring.argument_kinds import Kind
from grader.authoring.argument_usage import Usage
from grader.authoring.reference_source import (
    ClassDefinition,
    DeclaredParameter,
    Definition,
    ReferenceSource,
)

OBJECT: Final = "@"
"""Begins a template that stands for an object of a class: `@Value#0`, made in the first way."""
LIST_OF_OBJECTS: Final = "@["
"""Begins a template that stands for a list of two of them: `@[Value]`, `@[Linear, Tanh]`."""
USED: Final = "!"
"""Ends a template that stands for an object whose methods were called: `@Net#0!`."""
OPERATORS: Final = frozenset(
    f"__{name}__"
    for name in ("add", "sub", "mul", "truediv", "matmul", "pow", "neg", "radd", "rsub", "rmul",
                 "rtruediv", "rpow", "call", "getitem", "len", "eq", "lt", "gt", "abs", "mod")
)  # fmt: skip
_FUNCTION: Final = re.compile(r"f|g|h|fn|func\w*|callback|hook|f_\w+|\w+_(fn|fun|func\w*)")
_REFLECTED: Final = frozenset(name for name in OPERATORS if name.startswith("__r"))
_OF_ARRAYS: Final = frozenset({*dir(np.ndarray), *dir(dict), *dir(list), *dir(str)})
_MIXED: Final = 3
"""Classes whose objects may stand beside each other in a list."""
_MOST_HEIRS: Final = 3
_WAYS: Final = 6
"""In which an object of a class is made for one parameter."""


def object_kinds(
    source: ReferenceSource,
    parameter: DeclaredParameter,
    usage: Usage,
    definition: Definition,
    closed: Collection[str],
) -> list[Kind]:
    """The objects that a parameter may be, the likeliest first; all of them before arrays.

    Args:
        source: the package.
        parameter: whose.
        usage: how it is used.
        definition: the function that has it.
        closed: classes of which no object can be had, as one is being made.
    """
    if definition.name in _REFLECTED:  # an object on the left would be asked first
        return [Kind("0.7", -0.5), Kind("-2", -0.45)]
    names = _classes_for(source, parameter, usage, definition)
    operator = definition.name in OPERATORS and definition.name != "__call__"
    ways = _WAYS if operator or not definition.owner else 1
    kinds = [
        Kind(f"{OBJECT}{name}#{way}", -0.5 + 0.1 * at + 0.02 * way)
        for at, name in enumerate(names)
        for way in range(ways)
        if name not in closed
    ]
    items = _items(source, usage, definition)
    if _is_list(parameter):
        named = _annotated(source, parameter)
        items = [*(each for name in named for each in _makeable(source, name)), *items]
    lists = [name for name in dict.fromkeys(items) if name not in closed]
    kinds += [
        Kind(f"{LIST_OF_OBJECTS}{one}, {other}]", -0.45)
        for one, other in permutations(lists[:_MIXED], 2)
        if _are_siblings(source, one, other)
    ]
    kinds += [Kind(f"{LIST_OF_OBJECTS}{name}]", -0.4) for name in lists]
    if definition.name != "__init__" and not operator:
        kinds += [Kind(f"{OBJECT}{name}#0{USED}", -0.2) for name in names if name not in closed]
    if not kinds and definition.name != "__init__":
        computing = [name for name in _computing(source) if name not in closed]
        kinds += [
            Kind(f"{OBJECT}{name}#{way}", 1.5 + 0.02 * way)
            for name in computing[:2]
            for way in range(ways)
        ]
    return kinds


def _classes_for(
    source: ReferenceSource, parameter: DeclaredParameter, usage: Usage, definition: Definition
) -> list[str]:
    """Classes whose objects a parameter may be."""
    classes = source.classes
    named = [] if _is_list(parameter) else _annotated(source, parameter)
    protocols = [name for name in named if _is_protocol(classes[name])]
    named = [name for name in named if name not in protocols]
    named += [name for name in classes if name in usage.types]
    if definition.name in OPERATORS and definition.name != "__call__":
        named += [definition.owner] if definition.owner in classes else []
    if usage.is_called and not _is_function(parameter):
        named += [name for name in classes if "__call__" in source.methods(name)]
    wanted = usage.attributes - _OF_ARRAYS
    for protocol in protocols:
        wanted |= _attributes(source, protocol)
    if wanted and not named:
        named = [name for name in classes if wanted <= _attributes(source, name)]
        named = [name for name in named if name not in protocols][:3]
    return list(dict.fromkeys(each for name in named for each in _makeable(source, name)))


def _is_function(parameter: DeclaredParameter) -> bool:
    """Whether what is called should be a plain function, by its name or annotation."""
    named = _FUNCTION.fullmatch(parameter.name)
    return named is not None or "callable" in parameter.annotation.lower()


def _annotated(source: ReferenceSource, parameter: DeclaredParameter) -> list[str]:
    """The classes that an annotation names."""
    words = set(re.findall(r"\w+", parameter.annotation))
    return [name for name in source.classes if name in words]


def _is_list(parameter: DeclaredParameter) -> bool:
    return bool(re.search(r"(?i)\b(list|sequence|iterable)\[", parameter.annotation))


def _makeable(source: ReferenceSource, name: str) -> list[str]:
    """A class; before it those that inherit from it, where it is abstract or has no constructor."""
    heirs = _heirs(source, name)
    if is_abstract(source, name):
        concrete = [heir for heir in heirs if not is_abstract(source, heir)]
        # one of which others inherit says less than these
        return sorted(concrete, key=lambda heir: bool(_heirs(source, heir)))[:_MOST_HEIRS] or [name]
    if "__init__" in source.methods(name):
        return [name]
    return [*[heir for heir in heirs if "__init__" in source.methods(heir)], name]


def is_abstract(source: ReferenceSource, name: str) -> bool:
    """Whether a class leaves one of its methods to those that inherit from it."""
    return any(method.is_abstract for method in source.methods(name).values())


def _heirs(source: ReferenceSource, name: str) -> list[str]:
    """The classes that inherit from one, directly or not."""
    found: dict[str, None] = {}
    for other, known in source.classes.items():
        if other != name and any(base == name or base in found for base in known.bases):
            found[other] = None
    return list(found)


def _are_siblings(source: ReferenceSource, one: str, other: str) -> bool:
    """Whether two classes inherit from one of the package, or one from the other."""
    return bool(_line(source, one) & _line(source, other))


def _line(source: ReferenceSource, name: str) -> set[str]:
    """A class, and those of the package that it inherits from."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each in source.classes and each not in found:
            found.add(each)
            waiting += source.classes[each].bases
    return found


def _items(source: ReferenceSource, usage: Usage, definition: Definition) -> list[str]:
    """Classes whose objects may be in a list, by what is asked of its items."""
    wanted = usage.item_attributes
    if not wanted - _OF_ARRAYS:
        return []
    names = [name for name in source.classes if wanted <= _attributes(source, name)]
    makeable = dict.fromkeys(each for name in names for each in _makeable(source, name))
    concrete = [name for name in makeable if not is_abstract(source, name)]
    return [name for name in concrete or makeable if name != definition.owner][:_MIXED]


def _computing(source: ReferenceSource) -> list[str]:
    """Classes that one computes with."""
    return [
        name
        for name in source.classes
        if len(OPERATORS & set(source.methods(name)) - {"__call__", "__len__", "__getitem__"}) > 1
    ]


def _attributes(source: ReferenceSource, name: str) -> set[str]:
    methods = source.methods(name)
    stored = {node.attr for method in methods.values() for node in _stored(method.node)}
    node = source.classes[name].node
    declared = {
        each.target.id
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    return stored | declared | set(methods)


def _stored(node: ast.AST) -> Iterator[ast.Attribute]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            yield inner


def _is_protocol(known: ClassDefinition) -> bool:
    return "Protocol" in known.bases


def constructor(source: ReferenceSource, known: ClassDefinition) -> Definition:
    """How an object is made: `__init__`, the fields of a dataclass, or nothing."""
    own = source.methods(known.name).get("__init__")
    if own is not None:
        return own
    node = ast.parse("def __init__(self): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    return Definition(known.module, known.name, node, _fields(known))


def _fields(known: ClassDefinition) -> tuple[DeclaredParameter, ...]:
    """The parameters of a dataclass."""
    if not any("dataclass" in ast.unparse(each) for each in known.node.decorator_list):
        return ()
    return tuple(
        DeclaredParameter(
            node.target.id,
            ast.unparse(node.annotation),
            ast.unparse(node.value) if node.value else None,
        )
        for node in known.node.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    )
