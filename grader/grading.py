"""Grading one submission: from a path to a `Result`."""

from __future__ import annotations

import datetime as dt
import platform
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from grader.assignment import Assignment
from grader.checks.declare import Spec
from grader.checks.key import Key
from grader.checks.plugin import CheckPlugin, check_id, item_spec
from grader.checks.run import Player, Run
from grader.diagnosis.diagnose import diagnose, structural
from grader.diagnosis.packages import Catalogue
from grader.diagnosis.tape import Tapes
from grader.dropout_reading import observe_dropout
from grader.errors import GraderError, InputError
from grader.follow_through import ReferenceSubstitutes, to_repeat, wrong_functions
from grader.result import CheckResult, Outcome, Result, Visibility
from grader.rubric import Rubric
from grader.scoring import not_asked, parts_of, score
from grader.submission import Source, load
from grader.submission.record import Submission
from grader.wall.channel import CallLimits, Substitutes, WorkerChannel
from grader.wall.sandbox import Limits, Sandbox
from grader.wall.student import Student


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to grade."""

    assignment: str = "numpynn"
    seed: str = ""
    """Instead of the rubric's: the same checks on other numbers."""
    dialect: str = "auto"
    sandbox: str = "auto"
    lang: str = "en"
    public_only: bool = False
    """Only the checks of the self-check."""
    parts: tuple[str, ...] = ()
    """Only these parts or contract names; empty for all."""
    keyword: str = ""
    """Only checks whose id holds this text."""
    diagnose: bool = True
    """Whether to look for the mistakes behind failed checks."""
    fork: bool = True
    """Whether processes may be forked; without, every worker is a cold start."""

    def seed_for(self, rubric: Rubric) -> str:
        """The seed in force."""
        return self.seed or str(rubric.seed)


class Bench(msgspec.Struct):
    """All that is needed to grade submissions of one assignment, ready to be used many times."""

    assignment: Assignment
    settings: Settings
    key: Key
    sandbox: Sandbox
    plugin: CheckPlugin
    items: list[pytest.Item]
    reference: Callable[[str], Any] | None = None
    """Resolves a contract name to the reference's function, where the reference is at hand."""
    catalogue: Catalogue | None = None
    """The known mistakes, where the reference is at hand."""


def grade_submission(bench: Bench, source: Source) -> Result:
    """Grade one submission.

    Whatever happens is in the result: an unreadable submission has `error_kind` "input", a fault of
    ours "internal".
    """
    start = time.perf_counter()
    try:
        if source.problem:
            raise InputError(source.problem)
        submission = load(
            source, contract=contract_of(bench.assignment), dialect=bench.settings.dialect
        )
        result = _grade(bench, submission)
    except InputError as error:
        result = _ungraded(bench, source, "input", str(error))
    except GraderError as error:
        result = _ungraded(bench, source, "internal", str(error))
    except Exception as error:
        result = _ungraded(bench, source, "internal", _in_one_line(error))
    return msgspec.structs.replace(
        result,
        duration=round(time.perf_counter() - start, 3),
        graded_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )


def _in_one_line(error: Exception) -> str:
    """An error that nobody foresaw, with the place where it was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{what} ({Path(frame.filename).name}, line {frame.lineno}, in {frame.name})"


def contract_of(assignment: Assignment) -> dict[str, str]:
    """Contract name to the module that should define it."""
    return {name: signature.module for name, signature in assignment.api.items()}


def _grade(bench: Bench, submission: Submission) -> Result:
    rubric = bench.assignment.rubric
    with _channel(bench, submission) as channel:
        submission = observe_dropout(submission, Student(channel, bench.assignment.api))
        tapes, again = Tapes(), Tapes()
        raw = bench.plugin.run_all(bench.items, _run(bench, submission, channel, tapes))
    followed = _follow(bench, submission, raw, again)
    explained, trouble = _explained(bench, submission, followed, tapes, again)
    ruled = [_ruled(rubric, check, bench.settings.lang) for check in explained]
    checks, points, possible = score(rubric, ruled)
    return Result(
        submission=submission.id,
        assignment=rubric.id,
        title=rubric.title.in_language(bench.settings.lang),
        score=points,
        max_score=possible,
        parts=parts_of(rubric, checks, bench.settings.lang),
        checks=checks,
        dialect=submission.dialect,
        package=submission.package,
        sandbox=bench.sandbox.info,
        environment=environment(),
        notes=[*submission.notes, *_spread_points(rubric, checks), *channel.problems, *trouble],
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


def _channel(
    bench: Bench, submission: Submission, substitutes: Substitutes | None = None
) -> WorkerChannel:
    limits = bench.assignment.rubric.limits
    return WorkerChannel(
        bench.sandbox,
        submission,
        limits=Limits(memory_bytes=limits.memory_mb << 20),
        calls=CallLimits(call_seconds=limits.call_seconds, load_seconds=limits.load_seconds),
        substitutes=substitutes,
    )


def _run(
    bench: Bench,
    submission: Submission,
    channel: WorkerChannel,
    tapes: Tapes,
    earlier: Iterable[CheckResult] = (),
) -> Run:
    api = bench.assignment.api
    return Run(
        api=api,
        seed=bench.settings.seed_for(bench.assignment.rubric),
        student=lambda _check: Student(channel, api, submission.dialect),
        reference=Player(bench.key),
        submission=submission,
        earlier=earlier,
        tapes=tapes if bench.settings.diagnose and bench.catalogue else None,
    )


def _follow(
    bench: Bench, submission: Submission, checks: list[CheckResult], tapes: Tapes
) -> list[CheckResult]:
    """The checks, with those repeated that stand on a wrong function of another part."""
    rubric = bench.assignment.rubric
    names = wrong_functions(checks, rubric) if bench.reference else []
    repeat = to_repeat(checks, rubric)
    if not names or not repeat or bench.reference is None:
        return checks
    substitutes = ReferenceSubstitutes(
        bench.reference, bench.assignment.api, submission.dialect, names
    )
    items = [item for item in bench.items if check_id(item) in repeat]
    with _channel(bench, submission, substitutes) as channel:
        again = bench.plugin.run_all(items, _run(bench, submission, channel, tapes, checks))
    passed = {check.id: check for check in again if check.outcome is Outcome.PASSED}
    return [
        msgspec.structs.replace(passed[check.id], follow_through=names)
        if check.id in repeat and check.id in passed
        else check
        for check in checks
    ]


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
        what = f"The grader could not look for causes; no points are lost. {_in_one_line(error)}"
        return checks, [what]


def _ruled(rubric: Rubric, check: CheckResult, lang: str) -> CheckResult:
    """The check as the rubric wants it: its weight, its visibility, a hint if no cause has one."""
    override = rubric.checks.get(check.id)
    weight = override.points if override and override.points is not None else check.max_points
    names = (check.id, check.id.partition("[")[0], check.targets[0])
    hint = next((rubric.hints[name] for name in names if name in rubric.hints), None)
    wrong = check.outcome in (Outcome.FAILED, Outcome.ERROR)
    own = next((cause.hint for cause in check.causes if cause.hint), "")
    return msgspec.structs.replace(
        _noted(check) if weight == 0 and check.outcome is Outcome.FAILED else check,
        max_points=weight,
        visibility=rubric.visibility(check.id, check.part, check.visibility),
        hint=(own or (hint.in_language(lang) if hint else "")) if wrong else "",
    )


def _noted(check: CheckResult) -> CheckResult:
    """A check that is worth nothing and failed: a deviation that is noted, not a fault."""
    what = check.causes[0].title if check.causes else f"not so: {check.title}"
    return msgspec.structs.replace(
        check,
        outcome=Outcome.PASSED,
        message="",
        finding=None,
        causes=[],
        notes=[*check.notes, f"Noted, at no cost: {what}."],
    )


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


def environment() -> dict[str, str]:
    """Versions that a result depends on."""
    return {
        "gradewall": harness_version(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
    }


def harness_version() -> str:
    """Version of this package."""
    try:
        return metadata.version("gradewall")
    except metadata.PackageNotFoundError:
        return "0+checkout"


def select(settings: Settings, rubric: Rubric, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The checks that the settings ask for, of those that the rubric has not switched off.

    Raises:
        InputError: the rubric names parts or checks that are not there.
    """
    if not items:
        raise InputError("The test bank holds no checks.")
    chosen = []
    for item in items:
        spec = item_spec(item)
        if spec is None:
            raise InputError(f"{item.nodeid}: a function of the bank that is not declared a check.")
        if spec.part not in rubric.parts:
            raise InputError(f"{item.nodeid}: the rubric has no part {spec.part!r}.")
        if _wanted(settings, rubric, check_id(item), spec):
            chosen.append(item)
    return chosen


def _wanted(settings: Settings, rubric: Rubric, name: str, spec: Spec) -> bool:
    override = rubric.checks.get(name)
    if override is not None and not override.enabled:
        return False
    visibility = rubric.visibility(name, spec.part, spec.visibility)
    if settings.public_only and visibility is not Visibility.PUBLIC:
        return False
    if settings.parts and not {spec.part, *spec.targets} & set(settings.parts):
        return False
    return settings.keyword.lower() in name.lower()
