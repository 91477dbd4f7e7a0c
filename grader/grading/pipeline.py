"""Grading one submission: from a path to a `Result`."""

from __future__ import annotations

import datetime as dt
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from grader.diagnosis.diagnose import diagnose, structural
from grader.grading.cell_places import told_by_cell
from grader.grading.compat_notes import old_use_notes
from grader.grading.context import Bench, contract_of
from grader.grading.dropout_reading import observe_dropout
from grader.grading.environment import environment
from grader.grading.follow_through import carry_mistakes, follow_through, wrong_functions
from grader.grading.scoring import not_asked, parts_of, ruled, score
from grader.model.errors import GraderError, InputError, InternalError
from grader.model.notebook_grade import Graded
from grader.model.result import CheckResult, Result
from grader.model.rubric import Rubric
from grader.model.submission import Submission
from grader.runner.bank_plugin import uses_elsewhere
from grader.runner.consequences import unusable_files, with_consequences
from grader.sandbox.prestart import Ordered
from grader.student.loading import loaded_as
from grader.student.trace import Tapes
from grader.submission import Source, load


def grade_submission(bench: Bench, source: Source) -> Result:
    """Grade one submission.

    Whatever happens is in the result: an unreadable submission has `error_kind` "input", a fault of
    ours "internal".
    """
    start = time.perf_counter()
    try:
        if source.problem:
            raise InputError(source.problem)
        with Ordered(bench.sandbox, bench.limits) as sandbox:
            submission = _loaded(bench, source)
            result = _graded(replace(bench, sandbox=sandbox), submission, source.path)
    except InputError as error:
        result = _ungraded(bench, source, "input", str(error))
    except GraderError as error:
        result = _ungraded(bench, source, "internal", str(error))
    except Exception as error:
        result = _ungraded(bench, source, "internal", _in_one_line(error))
    return replace(
        result,
        name=source.name,
        duration=round(time.perf_counter() - start, 3),
        graded_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )


def _loaded(bench: Bench, source: Source) -> Submission:
    return load(
        source,
        contract=contract_of(bench.assignment),
        given=bench.assignment.given_files,
        notebooks=bench.assignment.given_notebooks,
        dialect=bench.settings.dialect,
        template=bench.assignment.rubric.grading.template,
    )


class _Judged(NamedTuple):
    submission: Submission
    checks: list[CheckResult]
    notes: list[str]


def _graded(bench: Bench, submission: Submission, path: Path) -> Result:
    """The result: of the functions, then of the notebooks, which use them."""
    bench.begin(submission)
    judged = _judged(bench, submission)
    notebooks = Graded()
    if bench.notebooks is not None:
        usable = loaded_as(submission, bench.loading) if bench.loading else submission
        notebooks = bench.notebooks.grade(usable, path)
    return told_by_cell(_result(bench, judged, notebooks), submission.files)


def _judged(bench: Bench, submission: Submission) -> _Judged:
    """The functions, judged a second time if a worker was killed, perhaps for want of memory."""
    bench.killed.clear()
    bench.calls.clear()
    try:
        judged = _judge(bench, submission)
    except InternalError:
        if not bench.killed:
            raise
    else:
        if not bench.killed or bench.time_limit.is_over:
            return judged
    return _judge(bench, submission)


def _judge(bench: Bench, submission: Submission) -> _Judged:
    with bench.channel(submission) as channel:
        submission = observe_dropout(submission, channel, bench.assignment.contract)
        tapes, again = Tapes(), Tapes()
        raw = bench.run(submission, channel, tapes)
        channel.hang_up()
        followed = follow_through(bench, submission, raw, again)
        explained, trouble = _explained(bench, submission, followed, tapes, again)
        carried = carry_mistakes(bench, submission, explained)
        told = _with_consequences(bench, submission, carried, channel.problems)
        return _Judged(
            submission, told, [*channel.problems, *old_use_notes(channel.uses), *trouble]
        )


def _with_consequences(
    bench: Bench, submission: Submission, checks: list[CheckResult], problems: list[str]
) -> list[CheckResult]:
    """The checks, each with the fault elsewhere that it fails for."""
    rubric = bench.assignment.rubric
    wrong = wrong_functions(checks, rubric) if bench.reference else []
    replaced = [name for name in wrong if name in submission.locations]
    again = {check.id for check in checks if rubric.parts[check.part].follow_through}
    return with_consequences(
        checks,
        uses_elsewhere(bench.items),
        unusable_files(submission.broken, submission.locations, problems),
        dict.fromkeys(again, replaced),
    )


def _result(bench: Bench, judged: _Judged, notebooks: Graded) -> Result:
    submission = judged.submission
    rubric, lang = bench.assignment.rubric, bench.settings.lang
    fails = rubric.grading.numerical_backward == "fail"
    counted = [bench.calls.ruled(check, fails=fails, lang=lang) for check in judged.checks]
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
        dialect=submission.dialect,
        package=submission.package,
        sandbox=bench.sandbox.info,
        environment=environment(),
        notes=[
            *submission.notes,
            *_spread_points(rubric, checks),
            *judged.notes,
            *notebooks.notes,
        ],
        notebooks=notebooks.notebooks,
    )


def _spread_points(rubric: Rubric, checks: Iterable[CheckResult]) -> list[str]:
    """What was not asked for, since the other parts' points are larger for it."""
    missing = []
    for name, part in rubric.parts.items():
        asked = [not not_asked(check) for check in checks if check.part == name]
        if asked and not any(asked):
            missing.append(part.title.en)
    if not missing:
        return []
    what = ", ".join(missing)
    return [f"Not asked for by this template: {what}. Its points are spread over the other parts."]


def _explained(
    bench: Bench, submission: Submission, checks: list[CheckResult], tapes: Tapes, again: Tapes
) -> tuple[list[CheckResult], list[str]]:
    """The checks with their causes, and a note if looking for them failed: it costs no points."""
    lang = bench.settings.lang
    if not bench.settings.diagnose:
        return checks, []
    try:
        if bench.catalogue is None:
            return structural(checks, lang), []
        return diagnose(
            checks, tapes, again, bench.catalogue, submission.dialect,
            lang=lang, spans=submission.spans,
        ), []  # fmt: skip
    except Exception as error:
        place = _place(error)  # without its text, which may quote an input
        return checks, [f"The grader could not look for causes; no points are lost. ({place})"]


def _ungraded(bench: Bench, source: Source, kind: str, why: str) -> Result:
    rubric = bench.assignment.rubric
    return Result(
        submission=source.id,
        assignment=rubric.id,
        title=rubric.title.in_language(bench.settings.lang),
        score=0.0,
        max_score=rubric.points,
        parts=[],
        checks=[],
        sandbox=bench.sandbox.info,
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
