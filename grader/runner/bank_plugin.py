"""The pytest plugin that collects a bank: what pytest found becomes a list of checks, once.

A check that asks pytest for nothing but our fixtures and its own parameters is called directly,
since pytest's protocol takes as long as most checks. One with fixtures or marks of its own goes
through the protocol, behind the same door.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from grader.checks.declare import Spec, spec_of
from grader.model.errors import InputError
from grader.runner.check import FIXTURES, Check

Loop = Callable[[Iterator[Check]], None]
"""Is given what was collected, which may turn out to be no checks as it is gone through."""


class CheckPlugin:
    """Gives checks their fixtures, and hands what was collected to a loop."""

    def __init__(self, loop: Loop | None = None) -> None:
        self._loop = loop
        self._given: dict[str, Any] = {}
        """The fixtures of the check that pytest is running."""
        self._ended: BaseException | None = None

    # The fixtures do not ask for `request`, which costs as much as all else that pytest does here.

    @pytest.fixture(name="student")
    def _fixture_student(self) -> Any:
        """The student's code, behind the wall."""
        return self._fixture("student")

    @pytest.fixture(name="reference")
    def _fixture_reference(self) -> Any:
        """The recorded reference."""
        return self._fixture("reference")

    @pytest.fixture(name="inputs")
    def _fixture_inputs(self) -> Any:
        """The seeded inputs of this check."""
        return self._fixture("inputs")

    def _fixture(self, name: str) -> Any:
        if name not in self._given:
            raise RuntimeError("no submission is being graded")
        return self._given[name]

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Hand the collected checks to the loop we were given, if any."""
        if self._loop is None or session.testsfailed or session.config.option.collectonly:
            return None
        self._loop(map(self._declared, session.items))
        return True

    def _declared(self, item: pytest.Item) -> Check:
        check = self.check_of(item)
        if check is None:
            raise InputError(f"{item.nodeid}: a function of the bank that is not declared a check.")
        return check

    def check_of(self, item: pytest.Item) -> Check | None:
        """The check of a collected item; None if it is declared to be none."""
        spec = spec_of(item.function) if isinstance(item, pytest.Function) else None
        if spec is None or not isinstance(item, pytest.Function):
            return None
        direct = _is_direct(item)
        name = item.function.__module__.rpartition(".")[2]
        return Check(
            **_fields(spec),
            id=f"{name}::{re.sub('^test_', '', item.name)}",
            file=item.path.name,
            path=item.path,
            line=inspect.unwrap(item.function).__code__.co_firstlineno,
            function=item.obj if direct else self._through_pytest(item),
            takes=tuple(fixture for fixture in FIXTURES if fixture in item.fixturenames),
            parameters=_parameters(item) if direct else {},
        )

    def _through_pytest(self, item: pytest.Function) -> Callable[..., None]:
        def call(**given: Any) -> None:
            self._given, self._ended = given, None
            runtestprotocol(item, log=False)
            if self._ended is not None:
                raise self._ended

        return call

    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """Remember what ended a check that pytest runs for us."""
        if call.excinfo is not None and self._ended is None:
            self._ended = call.excinfo.value


class ScratchPlugin:
    """Gives checks that ask for `tmp_path` a folder of their own, in sessions of ours alone.

    pytest's removes what earlier runs of its user left, which can take minutes.
    """

    @pytest.fixture(name="tmp_path")
    def _fixture_tmp_path(self) -> Iterator[Path]:
        """Gone when the check is."""
        with TemporaryDirectory(prefix="check-", ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()


def _fields(spec: Spec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in Spec.__struct_fields__}


def _parameters(item: pytest.Function) -> dict[str, Any]:
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


def _is_direct(item: pytest.Function) -> bool:
    """Whether a check asks pytest for nothing but our fixtures and its own parameters."""
    asked: Sequence[str] = item.fixturenames
    return set(asked) <= {*FIXTURES, *_parameters(item)} and all(
        mark.name == "parametrize" and not mark.kwargs.get("indirect")
        for mark in item.iter_markers()
    )
