"""Whether there was a dry run of the bank or not: results are the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import pytest
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.batches.opening import open_context
from grader.demo import class_of, make_class
from grader.grading import GradingContext, Settings, grade_submission
from grader.model.result import Outcome, Result
from grader.runner.check import Check
from grader.submission import discover
from tests.attacks.peeking import PEEKING_RULES
from tests.support import FORM, submission

WHO: Final = (
    "right, writes in place wherever it can",
    "ReLU stopped by dout, and statistics shared between layers",
    "Python 2, dropout and Adam wrong",
    "four functions not begun",
    "os._exit(0)",
)
"""Of the demo's class: kinds that may notice who asks when, or end what was asked ahead."""

RIGHT: Final = WHO[0]
PEEKING: Final = "update rules that look for their answers in what waits to be asked"


class Pair(NamedTuple):
    """One submission's results, less times."""

    before: Result
    """Without a dry run."""
    after: Result
    ran: int
    """Checks that had to run after it."""


Results = dict[str, Pair]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """By what the student is like."""
    folder = tmp_path_factory.mktemp("foresight")
    chosen = [student for student in class_of(Assignment.load("numpynn")) if student.what in WHO]
    found: Results = {}
    ran: list[str] = []
    call = Check.call

    def counted(check: Check, fixtures: Mapping[str, Callable[[], Any]]) -> None:
        ran.append(check.id)
        call(check, fixtures)

    def use(context: GradingContext) -> None:
        sources = {}
        for student in chosen:
            make_class([student], folder / student.what, context.assignment)
            [sources[student.what]] = discover(folder / student.what, FORM)
        submission(folder / PEEKING, "peeking", PEEKING_RULES)
        [sources[PEEKING]] = discover(folder / PEEKING, FORM)
        before = {what: timeless(grade_submission(context, at)) for what, at in sources.items()}
        context.prepare_for_many()
        for what, at in sources.items():
            ran.clear()
            after = timeless(grade_submission(context, at))
            found[what] = Pair(before[what], after, len(ran))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Check, "call", counted)
        open_context(Settings(assignment="numpynn"), use)
    assert found.keys() == {*WHO, PEEKING}
    return found


def timeless(result: Result) -> Result:
    checks = [replace(check, duration=0.0) for check in result.checks]
    return replace(result, duration=0.0, graded_at="", checks=checks)


def test_nothing_is_different(results: Results) -> None:
    for what in WHO:
        assert results[what].before == results[what].after, what


def test_nothing_is_gained_from_what_waits_to_be_asked(results: Results) -> None:
    before, after = (
        {check.id: check.points for check in result.checks}
        for result in (results[PEEKING].before, results[PEEKING].after)
    )
    assert before == after
    assert before["optimizers::adam_steps"] == 0


def test_there_was_something_to_differ(results: Results) -> None:
    outcomes = {check.outcome for pair in results.values() for check in pair.after.checks}
    assert {"passed", "failed", "error", "missing", "skipped"} <= {each.value for each in outcomes}


def test_who_answers_as_the_reference_is_hardly_checked_again(results: Results) -> None:
    pair = results[RIGHT]
    assert len(pair.after.checks) > 240
    assert pair.ran < 0.1 * len(pair.after.checks)


def test_what_is_wrong_is_looked_at(results: Results) -> None:
    pair = results[WHO[1]]
    wrong = [check for check in pair.after.checks if check.outcome is Outcome.FAILED]
    assert len(wrong) <= pair.ran < 0.5 * len(pair.after.checks)
