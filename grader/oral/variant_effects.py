"""What a change of a function does to what it returns, where that is the same on every input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.oral.variant_bench import Calls, ObservedCall, are_numbers, same
from grader.student.replies import Raised, verdict_of

LEAST: Final = 2
"""Inputs on which a change must do the same, for an answer to be one."""
_LEAST_SAME: Final = 3
"""The same where nothing changes."""


class ReturnedValue(NamedTuple):
    """What becomes of a returned value."""

    name: str
    what: str
    """`same`, `kind`, `shape`, `not finite`, `zero`, `factor`, `scaled` (a single number), `some`,
    `number` (another single one) or `differs`."""
    detail: str = ""
    """What it is now, the shapes before and after, the factor, or how many entries of how many."""


class VariantEffect(NamedTuple):
    """What a change does."""

    raised: str
    """The exception's class; empty where there is none."""
    message: str
    line: int
    """Where it is raised, in the student's file; 0 if that is not known."""
    values: tuple[ReturnedValue, ...]
    call: ObservedCall
    """On which it was seen first."""
    inputs: int = 1

    @property
    def changes_nothing(self) -> bool:
        """Whether everything stays as it was."""
        return not self.raised and all(each.what == "same" for each in self.values)

    @property
    def is_telling(self) -> bool:
        """Whether more can be said than that everything that is returned has other values."""
        plain = [each for each in self.values if each.what != "same" or "[" not in each.name]
        return bool(self.raised) or any(each.what not in ("differs", "number") for each in plain)

    @property
    def _kind(self) -> tuple[object, ...]:
        return (self.raised, self.line, tuple((each.name, each.what) for each in self.values))


def definite_effect(
    before: Calls, after: Calls, returns: Sequence[str], file: str
) -> VariantEffect | None:
    """What a change does, if it is the same on several inputs; None if that is not so.

    Args:
        before: the calls of the code as it was submitted, by check.
        after: those of the code with the change.
        returns: the function's values, as the contract names them.
        file: where the function stands.
    """
    found: list[VariantEffect] = []
    unchanged = 0
    for check, calls in before.items():
        effects = [
            _effect(one, other, returns, file)
            for one, other in zip(calls, after.get(check, ()), strict=False)
        ]
        if not effects or None in effects:
            return None
        different = [each for each in effects if each and not each.changes_nothing]
        unchanged += 0 if different else len(effects)
        found += different[:1] or [each for each in effects[:1] if each]
    if len(found) < LEAST or len({each._kind for each in found}) != 1:
        return None
    if found[0].changes_nothing:
        return _nothing(found[0], unchanged, returns)
    details = {tuple(value.detail for value in each.values) for each in found}
    steady = "factor" if len(details) == 1 else "number"
    values = tuple(
        each._replace(what=steady, detail=each.detail if steady == "factor" else "")
        if each.what == "scaled"
        else each
        for each in found[0].values
    )
    return found[0]._replace(values=values, inputs=len(found))


def _nothing(effect: VariantEffect, inputs: int, returns: Sequence[str]) -> VariantEffect | None:
    """That nothing changes, where all that a function gives can be seen."""
    hidden = any(name.endswith("*") for name in returns) or effect.call.has_objects
    method = bool(effect.call.request.get("path"))
    if hidden or method or inputs < _LEAST_SAME:
        return None
    return effect._replace(inputs=inputs)


def _effect(
    one: ObservedCall, other: ObservedCall, returns: Sequence[str], file: str
) -> VariantEffect | None:
    if not same(_without_seed(one.request), _without_seed(other.request)):
        return None
    status = other.reply.get("status")
    if status == "raised":
        return _raised(one, other, file)
    if status != "ok":
        return None
    names = one.request.get("returns") or returns
    before, after = one.reply.get("value"), other.reply.get("value")
    if len(names) == 1:
        before, after = (before,), (after,)
    if not _are_values(before, names) or not _are_values(after, names):
        return None
    pairs = zip(names, before, after, strict=True)  # type: ignore[arg-type]
    values = tuple(v for name, a, b in pairs if name != "_" for v in _values(name, a, b))
    return VariantEffect("", "", 0, values, one) if values else None


def _are_values(found: Any, names: Sequence[str]) -> bool:
    return isinstance(found, tuple | list) and len(found) == len(names)


def _without_seed(request: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in request.items() if key in ("args", "kwargs", "returns")}


def _raised(one: ObservedCall, other: ObservedCall, file: str) -> VariantEffect | None:
    verdict = verdict_of(other.reply, "", "")
    if not isinstance(verdict, Raised):
        return None
    frames = verdict.finding.traceback if verdict.finding else []
    lines = [frame.line for frame in frames if frame.file.endswith(file)]
    message = str(other.reply.get("message", ""))
    return VariantEffect(verdict.kind, message, lines[-1] if lines else 0, (), one)


def _values(name: str, before: Any, after: Any) -> Iterator[ReturnedValue]:
    """What becomes of a value; of a dict, of each of its entries."""
    if name.endswith("*"):
        return
    if isinstance(before, dict):
        if not isinstance(after, dict) or before.keys() != after.keys():
            yield ReturnedValue(name, "differs")
            return
        for key in before:
            yield from _values(f"{name}[{key!r}]", before[key], after[key])
        return
    yield ReturnedValue(name, *_compared(before, after))


def _compared(before: Any, after: Any) -> tuple[str, str]:
    if same(before, after):
        return "same", ""
    if not (are_numbers(before) and are_numbers(after)):
        return "kind", type(after).__name__
    old, new = np.asarray(before), np.asarray(after)
    if old.shape != new.shape:
        return "shape", f"{old.shape} {new.shape}"
    if old.dtype.kind not in "fiu" or new.dtype.kind not in "fiu":
        return "differs", ""
    if not np.isfinite(new).all():
        return "not finite", ""
    if not new.any():
        return "zero", ""
    if factor := _factor(old, new):
        return ("factor" if old.size > 1 else "scaled"), factor
    changed = int((~np.isclose(old, new, rtol=1e-9, atol=1e-12)).sum())
    return ("some", f"{changed} {old.size}") if changed < old.size else ("differs", "")


def _factor(old: NDArray[Any], new: NDArray[Any]) -> str:
    """By what all entries are multiplied; empty if they are not."""
    there = np.abs(old) > 1e-9 * max(float(np.abs(old).max(initial=0)), 1e-300)
    if not there.any() or (there.sum() < 2 and old.size > 1):
        return ""
    ratios = new[there] / old[there]
    even = np.allclose(ratios, ratios[0], rtol=1e-6) and np.allclose(new[~there], 0, atol=1e-9)
    return f"{ratios[0]:.4g}" if even else ""
