"""Names that NumPy once had: such code was right when it was written, and is run as it was."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

_GONE: Final = frozenset(
    {
        "float", "int", "bool", "object", "complex", "str", "long", "unicode", "float_", "complex_",
        "int0", "uint0", "object0", "unicode_", "string_", "Inf", "Infinity", "NaN", "NAN", "PINF",
        "NINF", "infty", "product", "cumproduct", "sometrue", "alltrue", "asscalar", "rank",
        "round_", "msort", "in1d", "row_stack", "trapz", "asfarray", "find_common_type", "cast",
    }
)  # fmt: skip
_MAY_USE: Final = re.compile(rf"\.[\s\\]*(?:{'|'.join(sorted(_GONE))}|lib)\b|newshape")
"""Found in every text that uses an old name, and in few others."""
_MAX_PLACES: Final = 3


def old_numpy_notes(modules: Iterable[tuple[str, str, ast.Module]]) -> list[str]:
    """One remark for each old name, with the places where it is used.

    `modules` are the files' names, texts and trees.
    """
    places: dict[str, list[str]] = {}
    for file, text, tree in modules:
        uses = _uses(tree) if _MAY_USE.search(text) else ()
        for name, line in sorted(uses, key=lambda use: use[1]):
            places.setdefault(name, []).append(f"{file}:{line}")
    return [
        f"{name} ({_some(at)}) belongs to an older NumPy; graded as it was meant then."
        for name, at in places.items()
    ]


def _some(places: list[str]) -> str:
    more = len(places) - _MAX_PLACES
    return ", ".join(places[:_MAX_PLACES]) + (f" and {more} more" if more > 0 else "")


def _uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    nodes = list(ast.walk(tree))
    numpy = _numpy_names(nodes)
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in numpy:
                if name in _GONE:
                    yield f"np.{name}", node.lineno
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id=module), attr="lib"), attr="pad"
            ) if module in numpy:
                yield "np.lib.pad", node.lineno
            case ast.Call(func=ast.Attribute(attr="reshape"), keywords=keywords):
                if any(keyword.arg == "newshape" for keyword in keywords):
                    yield "newshape= of np.reshape", node.lineno


def _numpy_names(nodes: list[ast.AST]) -> set[str]:
    return {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "numpy"
    } | {"np"}
