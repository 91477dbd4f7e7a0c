"""The values inside an object, and what leads to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from grader.authoring.explore import Explorer
from grader.authoring.native_reference import is_plain


def leaves(
    explorer: Explorer,
    value: object,
    path: str = "",
    depth: int = 0,
    skipped: Collection[int] = frozenset(),
) -> Iterator[tuple[str, object]]:
    """The plain values inside an object of the package, by what leads to them.

    Args:
        explorer: knows the package.
        value: the object.
        path: what leads to it.
        depth: how many objects that one lies in.
        skipped: ids of objects that are looked at by themselves.
    """
    if is_plain(value):
        if path:
            yield path, value
    elif path and id(value) in skipped:
        return
    elif isinstance(value, list | tuple) and value and explorer.reference.is_ours(value[0]):
        for at in dict.fromkeys((0, len(value) - 1)):
            yield from leaves(explorer, value[at], f"{path}[{at}]", depth + 1, skipped)
    elif isinstance(value, dict) and depth < 4:
        for key, each in value.items():
            if isinstance(key, str):
                yield from leaves(explorer, each, f"{path}[{key!r}]", depth + 1, skipped)
    elif explorer.reference.is_ours(value) and depth < 4:
        for name in _public(value):
            inner = f"{path}.{name}"
            yield from leaves(explorer, getattr(value, name), inner, depth + 1, skipped)
    elif path and _is_of_library(value):
        for name in _public(value):
            held = getattr(value, name)
            if is_plain(held) and (
                held if isinstance(held, dict) else isinstance(held, np.ndarray)
            ):
                yield f"{path}.{name}", held


def _is_of_library(value: object) -> bool:
    """Whether a value is an object of a library, such as a distribution of SciPy."""
    home = type(value).__module__.partition(".")[0]
    return home not in ("builtins", "numpy", "random") and hasattr(value, "__dict__")


def _public(value: object) -> list[str]:
    held = list(vars(value)) if hasattr(value, "__dict__") else []
    properties = [
        name
        for base in type(value).__mro__
        for name, each in vars(base).items()
        if isinstance(each, property) and name not in held
    ]
    return [
        name for name in [*held, *properties] if not name.startswith("_") and _readable(value, name)
    ]


def _readable(value: object, name: str) -> bool:
    try:
        getattr(value, name)
    except Exception:
        return False
    return True
