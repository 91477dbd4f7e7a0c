"""Stand-ins that do nothing: a bank must not pay for them.

A stand-in calls the reference and hands back, in place of every array and number that this returns,
zeros, ones, or the first argument of the same shape. What a function leaves with the student for
others, such as a cache, stays; what it writes into its arguments is undone, and it never raises.
So shapes and types are right, and nothing else is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from grader.model.contract import ContractEntry
from grader.model.module_path import source_file

FILLS: Final = ("zeros", "ones", "input")
_HOOK: Final = "_do_nothing"


def idle_packages(
    files: Mapping[str, str], contract: Mapping[str, ContractEntry]
) -> Iterator[tuple[str, tuple[str, ...], dict[str, str]]]:
    """Packages in which one function does nothing, and those in which none does anything.

    Args:
        files: the reference, text by path.
        contract: the contract; its classes are left as they are.

    Yields:
        An id such as `scale_forward:idle:zeros`, the functions that do nothing, and the files that
        differ from the reference's.
    """
    names = [name for name, entry in contract.items() if not entry.makes_object]
    for fill in FILLS:
        for name in names:
            yield f"{name}:idle:{fill}", (name,), _idle(files, contract, [name], fill)
        yield f"all:idle:{fill}", tuple(names), _idle(files, contract, names, fill)


def _idle(
    files: Mapping[str, str], contract: Mapping[str, ContractEntry], names: Sequence[str], fill: str
) -> dict[str, str]:
    changed: dict[str, str] = {}
    for name in names:
        file = source_file(contract[name].module)
        text = changed.get(file) or f"{files[file]}\n\nfrom {__name__} import idle as {_HOOK}\n"
        kept = [value.endswith("*") for value in contract[name].returns]
        changed[file] = f"{text}{name} = {_HOOK}({name}, {kept}, {fill!r})\n"
    return changed


def idle(function: Any, kept: Sequence[bool], fill: str) -> Any:
    """`function`, with what it returns replaced, but for the values that are `kept`."""

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = copy.deepcopy((args, kwargs))
        given = [value.copy() for value in _arrays((args, kwargs))]
        try:
            result = function(*args, **kwargs)
        except Exception:
            return None
        if not isinstance(result, tuple):
            return _filled(result, fill, given)
        return tuple(
            value if keep else _filled(value, fill, given)
            for value, keep in zip(result, kept, strict=True)
        )

    return stand_in


def _filled(value: Any, fill: str, given: Sequence[np.ndarray]) -> Any:
    if not isinstance(value, np.ndarray):
        return float(fill == "ones")
    if fill == "input":
        alike = (array for array in given if array.shape == value.shape)
        return next(alike, np.zeros_like(value))
    return np.full_like(value, float(fill == "ones"))


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (tuple, list)):
        for entry in value:
            yield from _arrays(entry)
    elif isinstance(value, dict):
        yield from _arrays(list(value.values()))
