"""Running packages of ours through the bank, in this process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from grader.assignment import Assignment
from grader.catalogue import write_package
from grader.checks.key import Key
from grader.checks.plugin import CheckPlugin
from grader.checks.reference import LocalCode
from grader.checks.run import Player, Run
from grader.checks.session import run_session
from grader.result import CheckResult, Outcome
from grader.wall.student import Student

Results = dict[str, list[CheckResult]]


def judge(assignment: Assignment, key: Key, packages: Mapping[str, dict[str, str]]) -> Results:
    """What the bank says of each package, by the package's name."""
    results: Results = {}

    def loop(plugin: CheckPlugin, items: list[pytest.Item]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, files in packages.items():
                write_package(files, Path(folder) / name)
                code = LocalCode(Path(folder) / name, assignment)
                results[name] = plugin.run_all(items, _run(assignment, key, code))

    run_session(assignment, loop)
    return results


def _run(assignment: Assignment, key: Key, code: LocalCode) -> Run:
    return Run(
        api=assignment.api,
        seed=key.seed,
        student=lambda _check: Student(code.channel(), assignment.api),
        reference=Player(key),
    )


def missed(results: list[CheckResult]) -> Iterator[CheckResult]:
    """The checks that did not pass."""
    return (result for result in results if result.outcome is not Outcome.PASSED)
