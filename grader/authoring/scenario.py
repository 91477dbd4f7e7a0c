"""A scenario: values drawn, calls made, values looked at; run here, or written as a check."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from grader.authoring.argument_kinds import Kind, Sizes
from grader.authoring.native_reference import NativeReference
from grader.checks.inputs import Inputs

SEED: Final = 11
MOST_ITEMS: Final = 200
"""Taken from what yields them one by one."""
_NAME: Final = re.compile(r"(?<!['\"\w])[A-Za-z_]\w*")
SET: Final = "="
"""As the function of a step: a place in a dict or an object is set, such as `["W1"]` or `.grad`."""


class Step(NamedTuple):
    """One call."""

    function: str
    """Contract name; empty for a method."""
    receiver: str
    """The variable whose method is called; empty for a contract name."""
    method: str
    args: tuple[tuple[str, str], ...]
    """Keyword (or nothing) and code, in order."""
    results: tuple[str, ...] = ()
    """Variables that get what it returns; empty where nothing is kept."""
    returns: tuple[str, ...] | None = None
    """What is asked for, if not what the contract says."""
    drained: Literal["", "values", "objects"] = ""
    """What it yields, if that is taken one by one into a list."""

    def renamed(self, names: Mapping[str, str]) -> Step:
        """The same call with other names for variables, those in lists of them included."""

        def new(code: str) -> str:
            if code.startswith("["):
                return _NAME.sub(lambda match: names.get(match[0], match[0]), code)
            return names.get(code, code)

        return self._replace(
            receiver=new(self.receiver),
            args=tuple((keyword, new(code)) for keyword, code in self.args),
            results=tuple(map(new, self.results)),
        )

    def code(self, side: str) -> str:
        """The call as it is written in a check."""
        if self.function == SET:
            return f"{self.receiver}{self.method} = {self.args[0][1]}"
        parts = [f"{keyword}={code}" if keyword else code for keyword, code in self.args]
        written = _as_python_writes_it(self, parts)
        if written:
            return f"{self.results[0]} = {written}" if self.results else written
        if self.returns is not None:
            parts.append(f"returns={_tuple(self.returns)}")
        target = f"{self.receiver}.{self.method}" if self.receiver else f"{side}.{self.function}"
        target = target.removesuffix(".__call__")
        call = f"{target}({', '.join(parts)})"
        if self.drained:
            item = "each.read()" if self.drained == "values" else "each"
            call = f"[{item} for each in {call}]"
        return f"{', '.join(self.results)} = {call}" if self.results else call


def _as_python_writes_it(step: Step, args: list[str]) -> str:
    """A call of `__add__` and its like; empty for any other."""
    name = step.method.strip("_")
    if not step.method.startswith("__") or name == "call":
        return ""
    if name == "len":
        return f"len({step.receiver})"
    it = step.receiver
    if name in _UNARY:
        written = _UNARY[name].format(it)
    elif name == "getitem":
        written = f"{it}[{args[0]}]"
    elif name in _BINARY:
        written = f"{it} {_BINARY[name]} {args[0]}"
    elif name[:1] == "r" and name[1:] in _BINARY:
        written = f"{args[0]} {_BINARY[name[1:]]} {it}"
    else:
        return ""
    stays = step.returns is None or step.returns[0].endswith("*") or step.returns == ("_",)
    if stays:
        return written
    return f"{written}.read()" if name == "getitem" else f"({written}).read()"


_BINARY: Final[Mapping[str, str]] = {
    "add": "+", "sub": "-", "mul": "*", "matmul": "@", "truediv": "/", "pow": "**", "mod": "%",
    "eq": "==", "lt": "<", "gt": ">",
}  # fmt: skip
_UNARY: Final[Mapping[str, str]] = {"neg": "-{}", "abs": "abs({})"}


class Seen(NamedTuple):
    """A value that is looked at."""

    label: str
    """What the student calls it."""
    variable: str
    path: str = ""
    """What leads from the variable to the value: `.params`, `[0].data`."""
    kept: bool = False
    """Whether it is an argument, as the call leaves it."""

    @property
    def code(self) -> str:
        """How a check gets at it."""
        if self.kept:
            return f"{self.variable}_kept.read()"
        return f"{self.variable}{self.path}.read()" if self.path else self.variable

    def value(self, variables: Mapping[str, Any]) -> Any:
        """The value itself, here."""
        return eval(f"{self.variable}{self.path}", {}, dict(variables))


class Scenario(NamedTuple):
    """Draws, steps, and what is looked at in the end."""

    draws: tuple[tuple[str, str], ...] = ()
    """Variable and template, in order."""
    steps: tuple[Step, ...] = ()
    seen: tuple[Seen, ...] = ()
    seeded: bool = False
    """Whether the generator is seeded on either side before the first step."""
    sizes: Sizes = Sizes()
    """Of the symbols in the templates."""

    def filled(self) -> Scenario:
        """The same with all sizes filled in."""
        return self._replace(
            draws=tuple((name, Kind(code).code(self.sizes)) for name, code in self.draws),
            steps=tuple(
                step._replace(
                    args=tuple((key, Kind(code).code(self.sizes)) for key, code in step.args)
                )
                for step in self.steps
            ),
        )


class Ran(NamedTuple):
    """A scenario that came to its end here."""

    variables: dict[str, Any]
    result: Any
    """Of its last step."""


def run_here(
    scenario: Scenario,
    reference: NativeReference,
    modules: Mapping[str, str],
    seed: int | str = SEED,
    redrawn: str = "",
) -> Ran:
    """Run it on the reference itself; every draw has a generator of its own.

    Args:
        scenario: what is run.
        reference: the package.
        modules: contract name to its module.
        seed: of the draws.
        redrawn: a variable that is drawn with another seed.
    """
    scope: dict[str, Any] = {"np": np}
    scenario = scenario.filled()
    for name, code in scenario.draws:
        own = f"{seed}, again" if name == redrawn else seed
        scope[name] = eval(code, {**scope, "inputs": Inputs(own, name)})
    if scenario.seeded:
        np.random.seed(SEED)
        random.seed(SEED)
    result: Any = None
    for step in scenario.steps:
        if step.function == SET:
            exec(f"{step.receiver}{step.method} = {step.args[0][1]}", scope)
            continue
        if step.receiver:
            function = getattr(scope[step.receiver], step.method)
        else:
            function = reference.resolve(modules[step.function], step.function)
        args = [eval(code, scope) for keyword, code in step.args if not keyword]
        kwargs = {keyword: eval(code, scope) for keyword, code in step.args if keyword}
        result = function(*args, **kwargs)
        if step.drained:
            result = list(islice(result, MOST_ITEMS))
        if len(step.results) == 1:
            scope[step.results[0]] = result
        elif step.results:
            scope |= dict(zip(step.results, result, strict=True))
    return Ran(scope, result)


def _tuple(names: tuple[str, ...]) -> str:
    inside = ", ".join(f'"{name}"' for name in names)
    return f"({inside},)" if len(names) == 1 else f"({inside})"
