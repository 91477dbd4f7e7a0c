"""Whether the bank was rehearsed or not: results are the same."""

from __future__ import annotations

from typing import Final

import pytest
from msgspec.structs import replace

from grader.demo import make_class
from grader.demo.pupils import CLASS
from grader.engine.server import open_bench
from grader.grading import Bench, Settings, grade_submission
from grader.result import Result
from grader.submission import discover

WHO: Final = (
    "right, writes in place wherever it can",
    "ReLU stopped by dout, and statistics shared between layers",
    "Python 2, dropout and Adam wrong",
    "four functions not begun",
    "os._exit(0)",
)
"""Of the demo's class: kinds that may notice who asks when, or end what was asked ahead."""

Results = dict[str, tuple[Result, Result]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Without and with a rehearsal, less times."""
    folder = tmp_path_factory.mktemp("foresight")
    chosen = [pupil for pupil in CLASS if pupil.what in WHO]
    make_class(chosen, folder / "class")
    found: Results = {}

    def use(bench: Bench) -> None:
        sources = discover(folder / "class")
        before = [timeless(grade_submission(bench, source)) for source in sources]
        bench.rehearse()
        assert bench.scripts
        after = [timeless(grade_submission(bench, source)) for source in sources]
        found.update(
            (one.submission, (one, other)) for one, other in zip(before, after, strict=True)
        )

    open_bench(Settings(), use)
    assert len(found) == len(WHO)
    return found


def timeless(result: Result) -> Result:
    checks = [replace(check, duration=0.0) for check in result.checks]
    return replace(result, duration=0.0, graded_at="", checks=checks)


def test_nothing_is_different(results: Results) -> None:
    for name, (before, after) in results.items():
        assert before == after, name


def test_there_was_something_to_differ(results: Results) -> None:
    outcomes = {check.outcome for result, _ in results.values() for check in result.checks}
    assert {"passed", "failed", "error", "missing", "skipped"} <= {each.value for each in outcomes}
