"""A check as everything but pytest knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from grader.checks.declare import Spec

FIXTURES: Final = ("student", "reference", "inputs")
"""What a check may ask for: the student's code, the recorded reference, seeded inputs."""


class ListedCheck(Spec, frozen=True, kw_only=True):
    """What the index of a bank says of a check: all that is known of it without importing it."""

    id: str
    """`layers::scale_forward_values[case]`."""
    file: str
    """Name of the bank's file in which pytest finds it."""
    line: int
    """Of the file in which its function stands, from 1."""

    @property
    def family(self) -> str:
        """The id without the case: all cases of a check function have it."""
        return self.id.partition("[")[0]

    @property
    def needed(self) -> list[str]:
        """The families of the checks that must pass first."""
        module = self.id.partition("::")[0]
        return [f"{module}::{name.removeprefix('test_')}" for name in self.needs]


class Check(ListedCheck, frozen=True, kw_only=True, eq=False):
    """One check of a bank: what it declares, and what is called to run it."""

    path: Path
    """Of the file in which pytest finds it."""
    function: Callable[..., None]
    """Takes the fixtures of `takes` and the `parameters`, by name."""
    takes: tuple[str, ...]
    """Those of `FIXTURES` that it asks for."""
    parameters: Mapping[str, Any] = {}

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.path}:{self.line}"

    @property
    def listed(self) -> ListedCheck:
        """Its entry in the index of the bank."""
        names = ListedCheck.__struct_fields__
        return ListedCheck(**{name: getattr(self, name) for name in names})

    def call(self, fixtures: Mapping[str, Callable[[], Any]]) -> None:
        """Run it; `fixtures` makes what it takes."""
        self.function(**self.parameters, **{name: fixtures[name]() for name in self.takes})


def uses_elsewhere(checks: Iterable[Check]) -> dict[str, list[str]]:
    """Id of a check to the functions of other parts that it uses: it fails with them.

    For a fault of a function of its own part a check allows, or says that it cannot be judged.
    """
    every = list(checks)
    home = {name: check.part for check in every for name in check.targets}
    return {
        check.id: [name for name in check.uses if home.get(name, check.part) != check.part]
        for check in every
    }
