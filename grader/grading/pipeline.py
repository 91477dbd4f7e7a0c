"""Grading one submission: from a path to a `Result`."""

from __future__ import annotations

import datetime as dt
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from grader.diagnosis.visible import structural
from grader.grading.cell_places import told_by_cell
from grader.grading.compat_notes import old_use_notes
from grader.grading.context import GradingContext
from grader.grading.environment import environment
from grader.grading.follow_through import carry_mistakes, follow_through, wrong_functions
from grader.grading.observe import observed
from grader.grading.scoring import not_asked, parts_of, ruled, score
from grader.grading.submission_run import SubmissionRun
from grader.model.errors import GraderError, InputError, InternalError
from grader.model.notebook_grade import Graded
from grader.model.release import ReleaseInfo
from grader.model.result import CheckResult, Result
from grader.model.rubric import Rubric
from grader.model.submission import Submission
from grader.runner.check import uses_elsewhere
from grader.runner.consequences import standing, unusable_files, with_consequences
from grader.sandbox.prestart import Ordered
from grader.student.loading import loaded_as
from grader.student.trace import Traces
from grader.submission import Source, load

_UTC: Final = dt.timezone.utc  # noqa: UP017  `dt.UTC` is not in Python 3.10


def grade_submission(context: GradingContext, source: Source) -> Result:
    """Grade one submission.

    Whatever happens is in the result: an unreadable submission has `error_kind` "input", a fault of
    ours "internal".
    """
    start = time.perf_counter()
    try:
        if source.problem:
            raise InputError(source.problem)
        with Ordered(context.sandbox, context.limits) as sandbox:
            submission = read_submission(context, source)
            result = _graded(SubmissionRun(context, submission, sandbox), submission, source.path)
    except InputError as error:
        result = _ungraded(context, source, "input", str(error))
    except GraderError as error:
        result = _ungraded(context, source, "internal", str(error))
    except Exception as error:
        result = _ungraded(context, source, "internal", _in_one_line(error))
    return replace(
        result,
        name=source.name,
        duration=round(time.perf_counter() - start, 3),
        graded_at=dt.datetime.now(tz=_UTC).isoformat(timespec="seconds"),
    )


def read_submission(context: GradingContext, source: Source) -> Submission:
    """A submission as its assignment reads it; nothing of it is run.

    Raises:
        InputError: it cannot be read.
    """
    return load(
        source,
        contract=context.assignment.contract,
        form=context.assignment.form,
        given=context.assignment.given_files,
        notebooks=context.assignment.given_notebooks,
        plugin=context.assignment.plugin,
        release=context.settings.release,
        fixed=context.assignment.rubric.grading.release,
    )


class _Judged(NamedTuple):
    submission: Submission
    checks: list[CheckResult]
    notes: list[str]


def _graded(run: SubmissionRun, submission: Submission, path: Path) -> Result:
    """The result: of the functions, then of the notebooks, which use them."""
    judged = _judged(run, submission)
    notebooks = Graded()
    if run.context.notebooks is not None:
        notebooks = run.context.notebooks.grade(loaded_as(submission, run.loading), path)
    return told_by_cell(_result(run, judged, notebooks), submission.files)


def _judged(run: SubmissionRun, submission: Submission) -> _Judged:
    """The functions, judged a second time if a worker was killed, perhaps for want of memory."""
    try:
        judged = _judge(run, submission)
    except InternalError:
        if not run.killed:
            raise
    else:
        if not run.killed or run.time_limit.is_over:
            return judged
    return _judge(run, submission)


def _judge(run: SubmissionRun, submission: Submission) -> _Judged:
    with run.channel(submission) as channel:
        submission = observed(run.context.assignment, submission, channel)
        traces, again = Traces(), Traces()
        raw = run.run(submission, channel, traces)
        channel.hang_up()
        followed = follow_through(run, submission, raw, again)
        explained, trouble = _explained(run.context, submission, followed, traces, again)
        carried = _carried(run, submission, explained)
        told = _with_consequences(run.context, submission, carried, channel.problems)
        return _Judged(
            submission, told, [*channel.problems, *old_use_notes(channel.uses), *trouble]
        )


def _with_consequences(
    context: GradingContext, submission: Submission, checks: list[CheckResult], problems: list[str]
) -> list[CheckResult]:
    """The checks, each with the fault elsewhere that it fails for."""
    rubric = context.assignment.rubric
    wrong = wrong_functions(checks, rubric) if context.reference else []
    replaced = [name for name in wrong if name in submission.locations]
    again = {check.id for check in checks if rubric.parts[check.part].follow_through}
    return with_consequences(
        checks,
        uses_elsewhere(context.checks),
        unusable_files(submission.broken, submission.locations, problems),
        dict.fromkeys(again, replaced),
    )


def _result(run: SubmissionRun, judged: _Judged, notebooks: Graded) -> Result:
    submission = judged.submission
    rubric, lang = run.context.assignment.rubric, run.context.settings.lang
    fails = rubric.grading.numerical_backward == "fail"
    counted = [run.calls.ruled(check, fails=fails, lang=lang) for check in judged.checks]
    seen = [
        replace(check, visibility=rubric.visibility(check.id, check.part, check.visibility))
        for check in notebooks.checks
    ]
    every = [*counted, *seen]
    checks, points, possible = score(rubric, ruled(rubric, every, lang))
    return Result(
        submission=submission.id,
        assignment=rubric.id,
        title=rubric.title.in_language(lang),
        score=points,
        max_score=possible,
        parts=parts_of(rubric, checks, lang),
        checks=checks,
        release=ReleaseInfo.of(submission.release) if submission.release else None,
        python2=bool(submission.python2),
        package=submission.package,
        sandbox=run.sandbox.info,
        environment=environment(),
        notes=[
            *submission.notes,
            *(submission.release.notes if submission.release else ()),
            *_spread_points(rubric, checks),
            *judged.notes,
            *notebooks.notes,
        ],
        notebooks=notebooks.notebooks,
        stands_on=standing(rubric.contract, checks),
    )


def _spread_points(rubric: Rubric, checks: Iterable[CheckResult]) -> list[str]:
    """What was not asked for, since the other parts' points are larger for it."""
    missing = []
    for name, part in rubric.parts.items():
        if not part.points:
            continue
        asked = [not not_asked(check) for check in checks if check.part == name]
        if asked and not any(asked):
            missing.append(part.title.en)
    if not missing:
        return []
    what = ", ".join(missing)
    return [
        f"This template does not ask for, or gives complete: {what}. "
        "Its points are spread over the other parts."
    ]


def _explained(
    context: GradingContext,
    submission: Submission,
    checks: list[CheckResult],
    traces: Traces,
    again: Traces,
) -> tuple[list[CheckResult], list[str]]:
    """The checks with their causes, and a note if looking for them failed: it costs no points."""
    lang = context.settings.lang
    if not context.settings.diagnose:
        return checks, []
    try:
        if context.catalogue is None:
            return structural(checks, lang), []
        form = context.form(submission)
        return context.catalogue.explain(
            checks, traces, again, form, lang=lang, spans=submission.spans
        ), []
    except Exception as error:
        place = _place(error)  # without its text, which may quote an input
        return checks, [f"The grader could not look for causes; no points are lost. ({place})"]


def _carried(
    run: SubmissionRun, submission: Submission, checks: list[CheckResult]
) -> list[CheckResult]:
    """The checks, with backward passes judged and explained behind a forward known to be wrong."""
    traces = Traces()
    carried = carry_mistakes(run, submission, checks, traces)
    catalogue = run.context.catalogue
    if catalogue is None or carried is checks:
        return checks
    try:
        form, lang = run.context.form(submission), run.context.settings.lang
        return catalogue.explain_carried(carried, traces, form, lang=lang, spans=submission.spans)
    except Exception:  # as in `_explained`: a cause that is not found costs no points
        return carried


def _ungraded(context: GradingContext, source: Source, kind: str, why: str) -> Result:
    rubric = context.assignment.rubric
    return Result(
        submission=source.id,
        assignment=rubric.id,
        title=rubric.title.in_language(context.settings.lang),
        score=0.0,
        max_score=rubric.points,
        parts=[],
        checks=[],
        sandbox=context.sandbox.info,
        environment=environment(),
        error=why,
        error_kind=kind,
    )


def _in_one_line(error: Exception) -> str:
    """An error that nobody foresaw, with the place where it was raised."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{what} ({_place(error)})"


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name}"
