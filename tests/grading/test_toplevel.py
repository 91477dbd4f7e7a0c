"""Code at the top of a module, and time that runs out, in the grading of a whole submission."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.batches.opening import open_context
from grader.grading import GradingContext, Settings, grade_submission
from grader.model.notebook_grade import Graded
from grader.model.result import Outcome, Result
from grader.model.submission import Submission
from grader.runner.check_run import CheckRun
from grader.student.time_limit import TimeLimit
from grader.submission import single
from tests.batch.toy import LAYERS, hand_in
from tests.verify.toy import RUBRIC, SCALE, SHIFT, make

EXIT = f"{LAYERS}import os\nos._exit(3)\n"


class Notebooks:
    """Takes note of what notebooks would be run with."""

    sandbox: Any = None

    def __init__(self) -> None:
        self.given: list[Submission] = []

    def grade(self, submission: Submission, path: Path) -> Graded:
        self.given.append(submission)
        return Graded()

    def renew(self) -> None: ...

    def close(self) -> None: ...


Grade = Callable[[str], Result]


def graded(tmp_path: Path, use: Callable[[GradingContext, Grade], None], limits: str = "") -> None:
    """Call `use` with a context and what grades a module with it."""
    assignment = make(tmp_path, SCALE, SHIFT, rubric=f"{RUBRIC}\n[limits]\n{limits}\n")

    def grade_with(context: GradingContext) -> Grade:
        def grade(layers: str) -> Result:
            path = hand_in(tmp_path / str(len(list(tmp_path.iterdir()))), "ann", layers)
            return grade_submission(context, single(path.parents[1]))

        return grade

    open_context(Settings(assignment=str(assignment.path)), lambda b: use(b, grade_with(b)))


def test_notebooks_get_the_modules_less_what_must_not_be_run(tmp_path: Path) -> None:
    notebooks = Notebooks()

    def use(context: GradingContext, grade: Grade) -> None:
        context.notebooks = notebooks
        result = grade(EXIT)
        assert result.score == 4
        assert "`os._exit(3)` ended the whole process" in result.notes[0]
        assert grade(LAYERS).notes == []  # nothing is kept for the next one

    graded(tmp_path, use)
    first, second = (submission.files["layers.py"].text for submission in notebooks.given)
    assert first == EXIT.replace("os._exit(3)", "pass")
    assert second == LAYERS


def test_when_time_is_over_the_rest_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = CheckRun.finish

    def use(context: GradingContext, grade: Grade) -> None:
        limits: list[TimeLimit] = []
        begin = TimeLimit.__init__

        def begun(limit: TimeLimit, *seconds: float) -> None:
            begin(limit, *seconds)
            limits.append(limit)

        def finished(run: CheckRun, *details: Any) -> Any:
            limits[-1].until = 0  # over after the first check
            return finish(run, *details)

        monkeypatch.setattr(TimeLimit, "__init__", begun)
        monkeypatch.setattr(CheckRun, "finish", finished)
        first, second = grade(LAYERS).checks
        assert (first.outcome, second.outcome) == (Outcome.PASSED, Outcome.ERROR)
        assert second.message.startswith("Not run: the 77 seconds that a submission may take")

    graded(tmp_path, use, "submission_seconds = 77")
